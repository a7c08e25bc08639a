"""The batches that an `ImageDataGenerator` makes: of arrays, of the files in a folder, of those that a table names."""

import os
import threading
import warnings

import numpy as np

from cycnn import config
from cycnn.core import checks, random
from cycnn.training.data.py_dataset import PyDataset
from cycnn.utils.image_utils import COLOR_MODES, array_to_img, img_to_array, load_img

ENDINGS = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")


class Iterator(PyDataset):
    """Base of batches with numbers, `batches[k]`, that `next` gives one after another without end.

    What is random follows from the seed, the epoch and the number of the batch, on any number of threads. For the same seed,
    `next` gives the samples and the transformations that Keras's would.

    Args:
        n: Samples.
        batch_size: Samples of a batch.
        shuffle: Whether they come in a new random order in each epoch.
        seed: Integer; `None`: one that follows from `utils.set_random_seed`.
        **kwargs: Of `utils.PyDataset`; `workers` is as many threads as cycnn may use.
    """

    def __init__(self, n, batch_size, shuffle, seed, **kwargs):
        super().__init__(**{"workers": config.get_num_threads(), **kwargs})
        self.n, self.shuffle = n, shuffle
        self.batch_size = checks.positive_int("batch_size", batch_size)
        self.seed = random.make_seed() if seed is None else seed
        self.batch_index = self.total_batches_seen = self._epoch = 0
        self._lock, self._order = threading.Lock(), (None, None)

    def __len__(self):
        return (self.n + self.batch_size - 1) // self.batch_size

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: index={index}.")
        return self._batch(self._epoch, index)

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            if not self.n:
                raise StopIteration
            epoch, index = divmod(self.total_batches_seen, len(self))
            self.total_batches_seen += 1
            self.batch_index = self.total_batches_seen % len(self)
        return self._batch(epoch, index)

    next = __next__  # as Python 2 had it

    def on_epoch_end(self):
        """Another order, and other transformations, from now on."""
        self._epoch += 1

    def reset(self):
        """Let `next` begin at the beginning."""
        self.batch_index = self.total_batches_seen = 0

    def _batch(self, epoch, index):
        stream = np.random.RandomState((self.seed + epoch * len(self) + index) % (1 << 32))
        order = self._order_of(epoch)
        if index == 0 and self.shuffle:
            stream.permutation(self.n)  # Keras draws the order here
        rows = order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.batch_of(rows, stream)

    def _order_of(self, epoch):
        known, order = self._order
        if known != epoch:
            first = np.random.RandomState((self.seed + epoch * len(self)) % (1 << 32))
            order = first.permutation(self.n) if self.shuffle else np.arange(self.n)
            self._order = epoch, order
        return order

    def batch_of(self, rows, random):
        """The batch of these samples.

        Args:
            rows: Their numbers.
            random: A `numpy.random.RandomState`.
        """
        raise NotImplementedError(f"{type(self).__name__} must write `batch_of(rows, random)`, which returns a batch.")


class _Pictures(Iterator):
    """Base of iterators over pictures, which a generator changes and which may be written to a folder."""

    def __init__(
        self, n, batch_size, shuffle, seed, generator, data_format, dtype, save_to_dir, save_prefix, save_format
    ):
        super().__init__(n, batch_size, shuffle, seed)
        self.image_data_generator = generator
        self.data_format, self.dtype = checks.data_format(data_format), dtype or config.floatx()
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format

    def changed(self, picture, random):
        """A picture as the generator makes it."""
        generator = self.image_data_generator
        if generator is None:
            return picture
        return generator.standardize(generator.apply_transform(picture, generator.draw(picture.shape, random)))

    def kept(self, pictures, rows, random):
        """The pictures; written to the folder for it, if there is one."""
        if self.save_to_dir:
            for picture, row in zip(pictures, rows):
                name = f"{self.save_prefix}_{row}_{random.randint(10**7)}.{self.save_format}"
                array_to_img(picture, self.data_format).save(os.path.join(self.save_to_dir, name))
        return pictures


class NumpyArrayIterator(_Pictures):
    """Batches of the pictures of an array.

    Args:
        x: Pictures, (n, h, w, c) or (n, c, h, w); or a tuple of them and of an array, or a list of arrays, that are handed on
            as they are.
        y: Labels, or `None`.
        image_data_generator: What changes the pictures.
        batch_size, shuffle, seed: As of `Iterator`.
        sample_weight: A number for each picture, or `None`.
        data_format, dtype: As of `ImageDataGenerator`.
        save_to_dir: Folder to write each changed picture to, with its numbers scaled to 0 to 255; `None`: none.
        save_prefix, save_format: How the names of these files begin and end.
        subset: `"training"` or `"validation"`: the last or first pictures, by the generator's `validation_split`; `None`: all.
        ignore_class_split: Whether the two parts may differ in their classes.

    Raises:
        ValueError: If an argument is wrong, or lengths differ.

    A batch is x, (x, y) or (x, y, sample_weight).
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
    ):
        x, others = (x[0], x[1] if isinstance(x[1], list) else [x[1]]) if isinstance(x, (tuple, list)) else (x, [])
        arrays = [None if part is None else np.asarray(part) for part in (x, y, sample_weight, *others)]
        lengths = [len(array) for array in arrays if array is not None]
        if len(set(lengths)) > 1:
            raise ValueError(f"`x`, `y` and `sample_weight` must have the same length. Received: lengths {lengths}.")
        if subset is not None:
            checks.one_of("subset", subset, ("training", "validation"))
            at = int(lengths[0] * image_data_generator.validation_split)
            if y is not None and not ignore_class_split and set(np.unique(y[:at])) != set(np.unique(y[at:])):
                raise ValueError(
                    "Both parts of a split must have the same classes: shuffle the data first, or pass "
                    f"ignore_class_split=True. Received: {at} samples for validation, which differ in their classes."
                )
            part = slice(at) if subset == "validation" else slice(at, None)
            arrays = [None if array is None else array[part] for array in arrays]
        self.x, self.y, self.sample_weight, *self.x_misc = arrays
        if self.x.ndim != 4:
            raise ValueError(f"`x` must be pictures: (n, h, w, c). Received: shape {self.x.shape}.")
        super().__init__(
            len(self.x), batch_size, shuffle, seed, image_data_generator, data_format, dtype, save_to_dir, save_prefix,
            save_format,
        )  # fmt: skip
        channels = self.x.shape[3 if self.data_format == "channels_last" else 1]
        if channels not in (1, 3, 4):
            warnings.warn(
                f"Pictures have 1, 3 or 4 channels. Received: {channels}, for data_format={self.data_format!r}.",
                stacklevel=3,
            )

    def batch_of(self, rows, random):
        pictures = np.zeros((len(rows), *self.x.shape[1:]), self.dtype)
        for k, row in enumerate(rows):
            pictures[k] = self.changed(self.x[row].astype(self.dtype), random)
        self.kept(pictures, rows, random)
        x = [pictures, *(array[rows] for array in self.x_misc)] if self.x_misc else pictures
        batch = (x, *(array[rows] for array in (self.y, self.sample_weight) if array is not None))
        return batch if self.y is not None else x


class _Files(_Pictures):
    """Base of iterators over files."""

    def __init__(self, filepaths, generator, target_size, color_mode, class_mode, batch_size, shuffle, seed, data_format,
                 save_to_dir, save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype):  # fmt: skip
        super().__init__(
            len(filepaths),
            batch_size,
            shuffle,
            seed,
            generator,
            data_format,
            dtype,
            save_to_dir,
            save_prefix,
            save_format,
        )
        self.filepaths, self.samples, self.class_mode, self.subset = filepaths, len(filepaths), class_mode, subset
        self.target_size = checks.positive_pair("target_size", target_size)
        self.color_mode = checks.one_of("color_mode", color_mode, tuple(COLOR_MODES))
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        channels = {"grayscale": 1, "rgb": 3, "rgba": 4}[self.color_mode]
        first = self.data_format == "channels_first"
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)

    def batch_of(self, rows, random):
        pictures = np.zeros((len(rows), *self.image_shape), self.dtype)
        for k, row in enumerate(rows):
            image = load_img(
                self.filepaths[row], self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio
            )
            pictures[k] = self.changed(img_to_array(image, self.data_format, self.dtype), random)
        self.kept(pictures, rows, random)
        if self.class_mode is None:
            return pictures
        y, weights = self._targets(pictures, rows), getattr(self, "sample_weight", None)
        return (pictures, y) if weights is None else (pictures, y, weights[rows])

    def _targets(self, pictures, rows):
        if self.class_mode == "input":
            return pictures.copy()
        if self.class_mode == "multi_output":
            return [column[rows] for column in self.labels]
        if self.class_mode == "raw":
            return self.labels[rows]
        if self.class_mode == "categorical":
            y = np.zeros((len(rows), len(self.class_indices)), self.dtype)
            for k, row in enumerate(rows):
                y[k, self.classes[row]] = 1
            return y
        return np.array([self.classes[row] for row in rows], self.dtype)


class DirectoryIterator(_Files):
    """Batches of the pictures in a folder that has one folder a class.

    Args:
        directory: Path. Files are those that end in .png, .jpg, .jpeg, .bmp, .ppm, .tif or .tiff, at any depth.
        image_data_generator: What changes the pictures; `None`: nothing.
        target_size: `(height, width)` of all pictures.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        classes: Names of the folders to read, in the order of their numbers; `None`: all, in alphabetical order.
        class_mode: Labels: `"categorical"`: (n, classes), one-hot; `"binary"` and `"sparse"`: (n,), class numbers; `"input"`:
            the pictures themselves; `None`: none.
        batch_size, shuffle, seed: As of `Iterator`.
        data_format, dtype: As of `ImageDataGenerator`.
        save_to_dir, save_prefix, save_format: As of `NumpyArrayIterator`.
        follow_links: Whether to go into folders that are symbolic links.
        subset: `"training"` or `"validation"`: of each class, the last or first files, by the generator's `validation_split`;
            `None`: all.
        interpolation, keep_aspect_ratio: As of `utils.load_img`.

    Attributes:
        class_indices: Dictionary, name → number of a class.
        classes: int32 array: the class of each file.
        filenames, filepaths: Their names within `directory`, and their paths.
        samples, num_classes: How many there are.

    Raises:
        ValueError: If an argument is wrong.
    """

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
    ):
        if class_mode is not None:
            class_mode = checks.one_of("class_mode", class_mode, ("categorical", "binary", "sparse", "input"))
        low, high = _share(subset, image_data_generator)
        self.directory = os.fspath(directory)
        if not classes:
            entries = (entry for entry in os.scandir(self.directory) if not entry.name.startswith("."))
            classes = sorted(entry.name for entry in entries if entry.is_dir())
        self.filenames, numbers = [], []
        for number, name in enumerate(classes):
            files = _files(os.path.join(self.directory, name), follow_links)
            files = files[int(low * len(files)) : int(high * len(files))]
            self.filenames += [os.path.relpath(path, self.directory) for path in files]
            numbers += [number] * len(files)
        self.classes = self.labels = np.array(numbers, np.int32)
        self.num_classes, self.class_indices = len(classes), {name: number for number, name in enumerate(classes)}
        print(f"Found {len(numbers)} images belonging to {len(classes)} classes.")
        super().__init__(
            [os.path.join(self.directory, name) for name in self.filenames], image_data_generator, target_size, color_mode,
            class_mode, batch_size, shuffle, seed, data_format, save_to_dir, save_prefix, save_format, subset, interpolation,
            keep_aspect_ratio, dtype,
        )  # fmt: skip


class DataFrameIterator(_Files):
    """Batches of the pictures that a table names.

    Args:
        dataframe: pandas's DataFrame, or a dictionary of columns.
        directory: Folder that the names are relative to; `None`: the names are paths.
        image_data_generator: What changes the pictures; `None`: nothing.
        x_col: Name of the column of files.
        y_col: Name of the column of labels; a list of names for `class_mode="multi_output"`, or `"raw"`.
        weight_col: Name of the column of weights of the samples, or `None`.
        classes: Names of the classes to read, in the order of their numbers; `None`: all, in alphabetical order.
        class_mode: Labels: `"categorical"`: (n, classes), one-hot, or several-hot where a label is a list of names;
            `"binary"` and `"sparse"`: (n,), class numbers; `"raw"`: the column as it is; `"multi_output"`: a list of columns;
            `"input"`: the pictures themselves; `None`: none.
        subset: `"training"` or `"validation"`: the last or first rows, by the generator's `validation_split`; `None`: all.
        validate_filenames: Whether to leave out, with a warning, rows whose file is not there or no picture by its name.
        target_size, color_mode, batch_size, shuffle, seed, data_format, save_to_dir, save_prefix, save_format, interpolation,
            keep_aspect_ratio, dtype: As of `DirectoryIterator`.

    Attributes: those of `DirectoryIterator`.

    Raises:
        TypeError: If there is something else than text among the names of files or classes.
        ValueError: If an argument is wrong.
    """

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format="channels_last",
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
        validate_filenames=True,
    ):
        modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse")
        class_mode = None if class_mode is None else checks.one_of("class_mode", class_mode, modes)
        by_class = class_mode in ("binary", "categorical", "sparse")
        if class_mode == "multi_output" and not isinstance(y_col, list):
            raise TypeError(f"`y_col` must be a list for class_mode='multi_output'. Received: y_col={y_col!r}.")
        low, high = _share(subset, image_data_generator)
        self.directory = directory or ""
        names = list(dataframe[x_col])
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"The column x_col={x_col!r} must hold names of files. Received: {checks.short(names)}.")
        rows = range(len(names))
        if validate_filenames:
            rows = [k for k in rows if _is_picture(os.path.join(self.directory, names[k]))]
            if len(rows) < len(names):
                warnings.warn(
                    f"{len(names) - len(rows)} rows are left out: no picture is there under the name in {x_col!r}.",
                    stacklevel=3,
                )
        if by_class:
            labels = [_labels(label, class_mode, y_col) for label in dataframe[y_col]]
            classes = list(dict.fromkeys(classes)) if classes else sorted({each for k in rows for each in labels[k]})
            if class_mode == "binary" and len(classes) != 2:
                raise ValueError(f"class_mode='binary' needs two classes. Received: {checks.short(classes)}.")
            self.class_indices = {name: number for number, name in enumerate(classes)}
            labels = [[self.class_indices[each] for each in found if each in self.class_indices] for found in labels]
            rows = [k for k in rows if labels[k]]
        rows = rows[int(low * len(rows)) : int(high * len(rows))]
        if by_class:
            self.classes = [labels[k] if class_mode == "categorical" else labels[k][0] for k in rows]
            self.labels = self.classes
        elif class_mode == "multi_output":
            self.labels = [np.array(list(dataframe[column]))[list(rows)] for column in y_col]
        elif class_mode == "raw":
            columns = [np.asarray(dataframe[name]) for name in y_col] if isinstance(y_col, list) else dataframe[y_col]
            self.labels = (np.stack(columns, 1) if isinstance(y_col, list) else np.asarray(columns))[list(rows)]
        self.sample_weight = None if weight_col is None else np.asarray(dataframe[weight_col])[list(rows)]
        self.filenames = [names[k] for k in rows]
        what = f"{'' if validate_filenames else 'non-'}validated image filenames"
        print(f"Found {len(rows)} {what}{f' belonging to {len(classes)} classes' if by_class else ''}.")
        super().__init__(
            [os.path.join(self.directory, name) for name in self.filenames], image_data_generator, target_size, color_mode,
            class_mode, batch_size, shuffle, seed, data_format, save_to_dir, save_prefix, save_format, subset, interpolation,
            keep_aspect_ratio, dtype,
        )  # fmt: skip


def _share(subset, generator):
    """From where to where the files or rows of a subset lie."""
    if subset is None:
        return 0, 1
    at = generator.validation_split
    return (0, at) if checks.one_of("subset", subset, ("training", "validation")) == "validation" else (at, 1)


def _files(folder, follow_links):
    """Paths of the pictures in a folder and in those within, in alphabetical order."""
    found = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    return [os.path.join(where, name) for where, _, names in found for name in sorted(names) if _ends_well(name)]


def _ends_well(name):
    return name.lower().endswith(ENDINGS)


def _is_picture(path):
    return _ends_well(path) and os.path.isfile(path)


def _labels(label, class_mode, column):
    """The classes of a row: none where its label is missing."""
    if label is None or label != label:
        return []
    if isinstance(label, str):
        return [label]
    if class_mode == "categorical" and isinstance(label, (list, tuple)):
        return list(label)
    raise TypeError(
        f"The column y_col={column!r} must hold names of classes for class_mode={class_mode!r}. Received: {label!r}."
    )
