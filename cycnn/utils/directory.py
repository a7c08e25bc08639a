"""Folders of files, one folder a class: what is there, which class it is of, and which part of it is meant."""

import os
import warnings

import numpy as np

from cycnn.core import checks, random
from cycnn.training.data.dataset import AUTOTUNE, Dataset
from cycnn.utils.np_utils import to_categorical


class Files:
    """Paths with their classes.

    Args:
        paths: List.
        labels: int32 array of class numbers, or `None`.
        class_names: List, or `None` where there are no labels.
    """

    def __init__(self, paths, labels, class_names):
        self.paths, self.labels, self.class_names = paths, labels, class_names

    def part(self, first, last):
        """Files `first` to `last` (without it)."""
        labels = None if self.labels is None else self.labels[first:last]
        return Files(self.paths[first:last], labels, self.class_names)

    def samples(self, label_mode):
        """A `Dataset` of paths, or of paths and labels as `label_mode` wants them."""
        paths = np.array(self.paths, object)
        if label_mode is None:
            return Dataset.from_tensor_slices(paths)
        labels = self.labels
        if label_mode == "binary":
            labels = labels.astype(np.float32)[:, None]
        elif label_mode == "categorical":
            labels = to_categorical(labels, len(self.class_names), "float32")
        return Dataset.from_tensor_slices((paths, labels))


def check_labels(labels, label_mode, class_names):
    """`label_mode`, `None` where there are no labels; refuse arguments that contradict one another."""
    if (isinstance(labels, str) and labels != "inferred") or not isinstance(labels, (str, list, tuple, type(None))):
        raise checks.refuse("labels", "'inferred', None, or a list with an integer for each file", labels)
    if labels != "inferred" and class_names:
        raise ValueError(
            "`class_names` can only be given where labels are those of the folders, labels='inferred'. "
            f"Received: class_names={checks.short(class_names)}."
        )
    if labels is None or label_mode is None:
        return None
    return checks.one_of("label_mode", label_mode, ("int", "categorical", "binary"))


def check_split(validation_split, subset, shuffle, seed):
    """Refuse arguments about a part for validation that do not go together."""
    if subset is not None:
        checks.one_of("subset", subset, ("training", "validation", "both"))
    if bool(validation_split) != (subset is not None):
        raise ValueError(
            "`validation_split` and `subset` must be given both, or none. "
            f"Received: validation_split={validation_split}, subset={subset!r}."
        )
    if not validation_split:
        return
    checks.number("validation_split", validation_split, 0, 1, open_low=True, open_high=True)
    if shuffle and seed is None:
        raise ValueError(
            "`seed` must be given where shuffled files are split, so that the training and the validation part have none in "
            "common. Received: seed=None."
        )


def index(directory, labels, endings, class_names, shuffle, seed, follow_links, verbose):
    """The files of a folder, at any depth, in alphabetical order, class after class; or shuffled, all together.

    Args:
        directory: Path.
        labels: `"inferred"`: the class of a file is the folder of `directory` that it lies in; a list of integers, for the
            files in alphabetical order; or `None`.
        endings: Of the files that count, in lower case.
        class_names: Names of the folders to read, in this order; `None`: all of them.
        shuffle, seed: Whether to shuffle, and how. The order is that of Keras for the same seed.
        follow_links: Whether to go into folders that are symbolic links.
        verbose: Whether to print how many files there are.

    Returns:
        `Files`.

    Raises:
        ValueError: If there are no such folders, or not as many files as labels.
    """
    directory = os.fspath(directory)
    inferred = labels == "inferred"
    names = class_names
    if inferred:
        there = sorted(
            entry.name for entry in os.scandir(directory) if entry.is_dir() and not entry.name.startswith(".")
        )
        names = there if class_names is None else list(class_names)
        if not set(names) <= set(there):
            raise ValueError(
                f"`class_names` must be names of folders in {directory}: {checks.short(there)}. "
                f"Received: class_names={checks.short(class_names)}."
            )
    found = [
        list(_listed(os.path.join(directory, name), endings, follow_links)) for name in (names if inferred else [""])
    ]
    paths = [path for files in found for path in files]
    if inferred:
        labels = np.repeat(np.arange(len(names), dtype=np.int32), [len(files) for files in found])
    elif labels is not None:
        if len(labels) != len(paths):
            raise ValueError(
                f"`labels` must have an integer for each of the {len(paths)} files in {directory}. Received: {len(labels)}."
            )
        labels, names = np.array(labels, np.int32), [str(label) for label in sorted(set(labels))]
    if verbose:
        classes = "" if labels is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    if shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)  # as Keras, so that the same seed gives the same parts
        paths = [paths[k] for k in order]
        labels = None if labels is None else labels[order]
    return Files(paths, labels, names if labels is not None else None)


def _listed(folder, endings, follow_links):
    """Paths of the files in a folder and in those within, in alphabetical order."""
    for where, _, files in sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0]):
        yield from (os.path.join(where, name) for name in sorted(files) if name.lower().endswith(endings))


def parts(files, validation_split, subset, verbose, what, directory):
    """The files of each part that is asked for: one, or two for `"both"`.

    Raises:
        ValueError: If a part is empty.
    """
    total = len(files.paths)
    held_out = int((validation_split or 0) * total)
    cut = {"training": (0, total - held_out), "validation": (total - held_out, total), None: (0, total)}
    chosen = []
    for name in ("training", "validation") if subset == "both" else (subset,):
        first, last = cut[name]
        if name is not None and verbose:
            print(f"Using {last - first} files for {name}.")
        if first == last:
            of = "" if name is None else f" for {name}"
            raise ValueError(f"There must be {what} in {directory}{of}. Received: none among {total} files.")
        chosen.append(files.part(first, last))
    return chosen


def assembled(files, load, label_mode, batch_size, shuffle, seed, on_error, workers):
    """A `Dataset` of batches that `load` reads from files, on threads ahead of their use.

    Args:
        load: Function of a path; raises `ValueError` or `OSError`, naming the path, for a file that it cannot read.
        on_error: What happens then: `"raise"`, or `"warn"`: the file is left out.
        workers: Threads; `AUTOTUNE`: as many as cycnn may use.
        files, label_mode, batch_size, shuffle, seed: Of the loaders.
    """
    broken = set()

    def sample(path, *label):
        try:
            return (load(path), *label) if label else load(path)
        except (OSError, ValueError) as error:
            if on_error == "raise":
                raise
            if path not in broken:
                broken.add(path)
                warnings.warn(f"A file is left out. {error}", stacklevel=2)
            return None

    samples = files.samples(label_mode)
    if shuffle:
        samples = samples.shuffle(len(files.paths), seed)
    samples = samples.map(sample, workers)
    if on_error == "warn":
        whole = samples.filter(lambda *parts: parts[0] is not None)
        samples = Dataset(whole.as_numpy_iterator, lambda: len(files.paths) - len(broken))
    dataset = (samples if batch_size is None else samples.batch(batch_size)).prefetch()
    dataset.class_names, dataset.file_paths = files.class_names, files.paths
    return dataset


def loaded(load, what, endings, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
           subset, follow_links, verbose, on_error, workers):  # fmt: skip
    """What the loaders have in common: their arguments → one dataset, or two for `subset="both"`."""
    label_mode = check_labels(labels, label_mode, class_names)
    check_split(validation_split, subset, shuffle, seed)
    checks.one_of("on_error", on_error, ("raise", "warn"))
    batch_size = None if batch_size is None else checks.positive_int("batch_size", batch_size)
    workers = AUTOTUNE if workers is None else checks.positive_int("workers", workers)
    seed = random.make_seed() if seed is None else seed
    files = index(
        directory, None if label_mode is None else labels, endings, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(files.class_names) != 2:
        raise ValueError(f"label_mode='binary' needs two classes. Received: {checks.short(files.class_names)}.")
    chosen = parts(files, validation_split, subset, verbose, f"{what} ({', '.join(endings)})", directory)
    shuffled = [shuffle, False]  # of two parts, that for validation keeps its order
    datasets = [
        assembled(part, load, label_mode, batch_size, mixed, seed, on_error, workers)
        for part, mixed in zip(chosen, shuffled)
    ]
    return datasets if subset == "both" else datasets[0]
