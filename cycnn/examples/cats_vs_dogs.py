"""Cats and dogs: one convolution learns to tell photos of two kinds apart.

    python -m cycnn.examples.cats_vs_dogs --data photos
    python -m cycnn.examples.cats_vs_dogs --data photos --epochs 10 --image-size 150 --limit 500 --output results

The folder holds `train` and `test` with a folder of photos for each of two classes, or these two folders themselves; a
fifth of the photos is kept for testing then:

    photos/train/cat/*.jpg    photos/train/dog/*.jpg    photos/test/cat/*.jpg    photos/test/dog/*.jpg

Photos of any size are decoded batch by batch, on threads, while the network learns: memory holds some batches of bytes,
never all photos. Without a folder the program draws pictures, and says so.
"""

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cycnn import config, layers, models, utils

try:
    from matplotlib.figure import Figure
    from PIL import Image, ImageDraw
except ImportError as error:
    raise ImportError(
        'This example reads photos with Pillow and draws with matplotlib: pip install "cycnn[examples]"'
    ) from error

ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"}


# Files ---------------------------------------------------------------------------------------------------------------


class Files(NamedTuple):
    """Paths of photos, and the number of the class of each."""

    paths: list[Path]
    labels: np.ndarray

    def take(self, rows: np.ndarray) -> "Files":
        return Files([self.paths[row] for row in rows], self.labels[rows])


def files_of(folder: Path, limit: int | None) -> tuple[list[str], Files]:
    """The names of the two classes, and the photos in their folders, at most `limit` of each class.

    Raises:
        ValueError: if there are not two folders with photos.
    """
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    photos = [sorted(path for path in kind.iterdir() if path.suffix.lower() in ENDINGS)[:limit] for kind in classes]
    if len(classes) != 2 or not all(photos):
        found = ", ".join(f"{kind.name} ({len(files)} photos)" for kind, files in zip(classes, photos, strict=True))
        raise ValueError(f"{folder} must hold two folders with photos, one of each class. Received: {found or 'none'}.")
    paths = [path for files in photos for path in files]
    return [kind.name for kind in classes], Files(paths, np.repeat([0, 1], [len(files) for files in photos]))


def split(files: Files, share: float, random: np.random.Generator) -> tuple[Files, Files]:
    """A share of the photos, drawn by chance, and the others."""
    order = random.permutation(len(files.paths))
    first = max(1, round(share * len(order)))
    return files.take(order[:first]), files.take(order[first:])


# Photos to arrays ----------------------------------------------------------------------------------------------------


def read(path: Path, size: int) -> np.ndarray:
    """A photo as uint8 (size, size, 3).

    Raises:
        ValueError: if the file is damaged or no photo.
    """
    try:
        with Image.open(path) as photo:
            photo.draft("RGB", (size, size))  # a large JPEG is decoded at half or a quarter of its size
            return np.asarray(photo.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
    except OSError as error:
        raise ValueError(f"{path} must be a photo that Pillow can read. Received: {error}.") from error


class Photos(utils.PyDataset):
    """Batches of photos and labels; in a new order in each epoch, where `random` is given."""

    def __init__(
        self, files: Files, size: int, batch_size: int, random: np.random.Generator | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.files, self.size, self.batch_size, self.random = files, size, batch_size, random
        self.order = np.arange(len(files.paths))
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return np.stack([read(self.files.paths[row], self.size) for row in rows]), self.files.labels[rows]

    def on_epoch_end(self) -> None:
        if self.random is not None:
            self.order = self.random.permutation(self.order)


# Without photos ------------------------------------------------------------------------------------------------------


def draw_stand_in(folder: Path, photos: int, side: int = 128) -> None:
    """Drawn heads on noise, in the layout of a folder of photos: cats with pointed ears, dogs with hanging ones.

    They are easier to tell apart than animals, so what is reached on them says nothing about photos.
    """
    random = np.random.default_rng(0)
    for part, number in (("train", photos), ("test", max(1, photos // 4))):
        for kind in ("cat", "dog"):
            (folder / part / kind).mkdir(parents=True, exist_ok=True)
            for k in range(number):
                draw_head(kind, side, random).save(folder / part / kind / f"drawn-{kind}.{k}.jpg", quality=90)


def draw_head(kind: str, side: int, random: np.random.Generator) -> Image.Image:
    """One drawing, of a random size, place and colour."""
    dim, bright = np.sort(random.integers(0, 256, 2))
    picture = Image.fromarray(random.integers(dim, bright + 1, (side, side, 3), np.uint8))
    pen = ImageDraw.Draw(picture)
    r = side * random.uniform(0.16, 0.28)
    x, y = random.uniform(1.6 * r, side - 1.6 * r, 2)
    fur, dark = tuple(random.integers(60, 240, 3).tolist()), tuple(random.integers(0, 60, 3).tolist())
    for left in (-1, 1):
        if kind == "cat":
            pen.polygon(
                [(x + left * r, y), (x + left * 0.9 * r, y - 1.5 * r), (x + left * 0.1 * r, y - 0.9 * r)], fill=fur
            )
        else:
            ear = x + left * 1.1 * r
            pen.ellipse((ear - 0.35 * r, y - 0.6 * r, ear + 0.35 * r, y + 1.1 * r), fill=dark)
    pen.ellipse((x - r, y - r, x + r, y + r), fill=fur)
    for left in (-1, 1):
        eye = x + left * 0.4 * r
        pen.ellipse((eye - 0.12 * r, y - 0.3 * r, eye + 0.12 * r, y - 0.06 * r), fill=dark)
    pen.ellipse((x - 0.15 * r, y + 0.2 * r, x + 0.15 * r, y + 0.4 * r), fill=dark)
    return picture


# The network, and a look at it ---------------------------------------------------------------------------------------


def build(size: int = 300) -> models.Sequential:
    """One convolution, one pooling, one unit: 219,801 parameters for photos of 300×300."""
    return models.Sequential(
        [
            layers.Input(shape=(size, size, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(10, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def draw_predictions(model: models.Sequential, photos: Photos, classes: list[str], name: str, path: Path) -> None:
    """A grid of 2×4 photos, as far as there are that many, with what the network says of them, as a PNG."""
    rows = np.linspace(0, len(photos.files.paths) - 1, 8).astype(int)
    shown = [read(photos.files.paths[row], photos.size) for row in rows]
    chances = model.predict(np.stack(shown), verbose=0)[:, 0]
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    figure.suptitle(name)
    for axes, photo, row, chance in zip(figure.subplots(2, 4).flat, shown, rows, chances, strict=True):
        said, label = int(chance > 0.5), int(photos.files.labels[row])
        axes.imshow(photo)
        axes.set_title(
            f"{classes[said]}: {chance if said else 1 - chance:.0%}", color="black" if said == label else "firebrick"
        )
        axes.axis("off")
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on the test photos."""
    parser = argparse.ArgumentParser(
        prog="python -m cycnn.examples.cats_vs_dogs", description="Tell two kinds of photos apart."
    )
    parser.add_argument(
        "--data", type=Path, help="folder of photos (default: cats_vs_dogs in $CYCNN_HOME, or drawings)"
    )
    parser.add_argument("--epochs", type=int, default=5, help="passes over the training photos (default: 5)")
    parser.add_argument("--batch-size", type=int, default=32, help="photos of a training step (default: 32)")
    parser.add_argument(
        "--image-size", type=int, default=300, help="pixels of a side that the network sees (default: 300)"
    )
    parser.add_argument("--limit", type=int, help="photos of each class at most, for training and for testing")
    parser.add_argument("--threads", type=int, help="threads at most (default: as many as there are CPUs)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same weights, on any number of threads")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the picture and the model")
    options = parser.parse_args(arguments)

    if options.threads is not None:
        config.set_num_threads(options.threads)
    utils.set_random_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)

    # The photos: a folder that was named must be there; else the one in the data folder, or drawings.
    name, folder = "cats and dogs", options.data or Path(config.data_home()) / "cats_vs_dogs"
    if options.data is None and not folder.is_dir():
        name, folder = "synthetic stand-in", options.output / "synthetic-stand-in"
        print(f"There are no photos in {Path(config.data_home()) / 'cats_vs_dogs'}, and --data names none.")
        print(f"Training on a synthetic stand-in instead: drawn heads, written to {folder}. These are no photos.")
        draw_stand_in(folder, options.limit or 200)

    # A fifth of the training photos is set aside, to see during training how the network does on new ones.
    random = np.random.default_rng(options.seed)
    if (folder / "train").is_dir():
        classes, training = files_of(folder / "train", options.limit)
        classes_of_test, test = files_of(folder / "test", options.limit)
        if classes_of_test != classes:
            raise ValueError(
                f"Training and test must have the same classes. Received: {classes} and {classes_of_test}."
            )
    else:
        classes, every = files_of(folder, options.limit)
        test, training = split(every, 0.2, random)
    validation, training = split(training, 0.2, random)
    print(
        f"{name}: {' (0) or '.join(classes)} (1); {len(training.paths)} photos for training, "
        f"{len(validation.paths)} for validation, {len(test.paths)} for testing"
    )
    size, workers = options.image_size, {"workers": config.get_num_threads(), "max_queue_size": 4}
    photos = Photos(training, size, options.batch_size, random, **workers)
    photos_val = Photos(validation, size, options.batch_size, **workers)
    photos_test = Photos(test, size, options.batch_size, **workers)

    model = build(size)
    model.summary()
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    model.fit(photos, epochs=options.epochs, validation_data=photos_val)
    print(f"Trained for {options.epochs} epochs in {time.perf_counter() - began:.1f} s")

    # The test photos were not looked at until now.
    loss, accuracy = model.evaluate(photos_test)
    print(
        f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f} ({name}, {len(test.paths)} photos, seed {options.seed})"
    )

    stem = name.replace(" ", "-")
    predictions_png, file = options.output / f"{stem}-predictions.png", options.output / f"{stem}.keras"
    draw_predictions(model, photos_test, classes, name, predictions_png)
    model.save(file)
    print(f"Written: {predictions_png}, {file}")
    return float(accuracy)


if __name__ == "__main__":
    main()
