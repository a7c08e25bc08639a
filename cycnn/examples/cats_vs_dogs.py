"""Cats and dogs: a network learns to tell photos of two kinds apart.

    python -m cycnn.examples.cats_vs_dogs                                 a small modern network, from nothing
    python -m cycnn.examples.cats_vs_dogs --data photos --epochs 30 --output results
    python -m cycnn.examples.cats_vs_dogs --network article               one convolution, as tutorials begin

The folder holds `train` and `test` with a folder of photos for each of two classes, or these two folders themselves; a
fifth of the photos is set aside then, one half to watch the training and one half for the test:

    photos/train/cat/*.jpg    photos/train/dog/*.jpg    photos/test/cat/*.jpg    photos/test/dog/*.jpg

Photos of any size are decoded on threads. For the modern network each is decoded once and kept as bytes; for the one of
the article, which sees larger photos, batch by batch in each epoch. Without a folder the program draws pictures, and
says so.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cycnn import config, layers, losses, models, optimizers, utils

try:
    from PIL import Image, ImageDraw

    from cycnn import visualization
except ImportError as error:
    raise ImportError(
        'This example reads photos with Pillow and draws with matplotlib: pip install "cycnn[examples]"'
    ) from error

Photos = utils.Dataset  # of pairs: a photo (h, w, 3) from 0 to 255, and 0 or 1 as an array (1,)


# Networks ------------------------------------------------------------------------------------------------------------


def build_article(size: int = 300) -> models.Sequential:
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


def build_modern(size: int = 160) -> models.Model:
    """A small Xception (Chollet, 2017): separable convolutions with shortcuts around them, 723,905 parameters.

    The photos that it learns from are others in each epoch: turned over, tilted, enlarged, shifted, in another
    light.
    """
    x = inputs = layers.Input(shape=(size, size, 3))
    for change in (
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.05),
        layers.RandomZoom((-0.3, 0.1)),
        layers.RandomTranslation(0.1, 0.1),
        layers.RandomContrast(0.25),
        layers.RandomBrightness(0.1),
    ):
        x = change(x)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.Conv2D(32, 5, strides=2, padding="same", use_bias=False)(x)
    for filters in (32, 64, 128, 256, 512):
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
        for _ in range(2):
            x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
            x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.add([layers.MaxPooling2D(3, strides=2, padding="same")(x), shortcut])
    x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.4)(x)
    return models.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def compile_modern(model: models.Model, steps: int) -> None:
    """AdamW with a learning rate that rises for a twentieth of all steps and falls to nearly 0 along a cosine."""
    warmup = max(1, steps // 20)
    rate = optimizers.schedules.CosineDecay(
        1e-5, max(1, steps - warmup), alpha=0.01, warmup_target=1e-3, warmup_steps=warmup
    )
    loss = losses.BinaryCrossentropy(label_smoothing=0.1)
    model.compile(optimizers.AdamW(rate, weight_decay=0.05), loss, metrics=["accuracy"])


# Photos --------------------------------------------------------------------------------------------------------------


def read(folder: Path, size: int, seed: int, **split: Any) -> Any:
    """The photos in two folders of a folder, one by one; for a split, a list of the two parts. A damaged file is named
    and left out."""
    return utils.image_dataset_from_directory(
        folder, label_mode="binary", image_size=(size, size), batch_size=None, interpolation="area", seed=seed,
        on_error="warn", verbose=False, **split,
    )  # fmt: skip


def load(folder: Path, size: int, seed: int) -> tuple[list[str], Photos, Photos, Photos]:
    """The names of the two classes; photos to learn from, to watch the training with, and to test with."""
    if (folder / "train").is_dir():
        training, validation = read(folder / "train", size, seed, validation_split=0.1, subset="both")
        test = read(folder / "test", size, seed)
        if test.class_names != training.class_names:
            raise ValueError(
                "Training and test must have the same classes. "
                f"Received: {training.class_names} and {test.class_names}."
            )
    else:
        training, rest = read(folder, size, seed, validation_split=0.2, subset="both")
        validation, test = rest.take(len(rest) // 2), rest.skip(len(rest) // 2)
    return training.class_names, training, validation, test


def in_memory(photos: Photos) -> Photos:
    """Each photo decoded once, and kept as bytes: 77 KB for 160×160 pixels."""
    kept: Photos = photos.map(lambda photo, label: (np.rint(photo).astype(np.uint8), label)).cache()
    return kept


def accuracy_both_ways(model: models.Model, photos: Photos) -> float:
    """The share of photos that are told right by the mean of two predictions: of a photo, and of it turned over (as
    Krizhevsky et al., 2012, "ImageNet classification with deep convolutional neural networks", section 4.1)."""
    right = []
    for batch, labels in photos:
        mean = (model.predict_on_batch(batch) + model.predict_on_batch(batch[:, :, ::-1])) / 2
        right.append((mean > 0.5) == (labels > 0.5))
    return float(np.concatenate(right).mean())


# Without photos ------------------------------------------------------------------------------------------------------


DRAWINGS = 200  # of each class, to learn from


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


# From photos to a trained network ------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on the test photos."""
    parser = argparse.ArgumentParser(
        prog="python -m cycnn.examples.cats_vs_dogs", description="Tell two kinds of photos apart."
    )
    parser.add_argument("--network", choices=("modern", "article"), default="modern", help="default: modern")
    parser.add_argument(
        "--data", type=Path, help="folder of photos (default: cats_vs_dogs in $CYCNN_HOME, or drawings)"
    )
    parser.add_argument("--epochs", type=int, help="passes over the training photos (default: 100; article: 5)")
    parser.add_argument("--batch-size", type=int, default=32, help="photos of a training step (default: 32)")
    parser.add_argument(
        "--image-size", type=int, help="pixels of a side that the network sees (default: 160; article: 300)"
    )
    parser.add_argument("--threads", type=int, help="threads at most (default: as many as there are CPUs)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same weights, on any number of threads")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the pictures and the model")
    options = parser.parse_args(arguments)
    modern = options.network == "modern"
    size = options.image_size or (160 if modern else 300)
    epochs = options.epochs or (100 if modern else 5)

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
        draw_stand_in(folder, DRAWINGS)
    classes, training, validation, test = load(folder, size, options.seed)
    print(
        f"{name}: {' (0) or '.join(classes)} (1); {len(training)} photos for training, "
        f"{len(validation)} for validation, {len(test)} for testing"
    )
    if modern:
        training, validation = in_memory(training).shuffle(len(training), options.seed), in_memory(validation)
    training, validation, test = (
        photos.batch(options.batch_size).prefetch() for photos in (training, validation, test)
    )

    if modern:
        model = build_modern(size)
        compile_modern(model, epochs * len(training))
    else:
        model = build_article(size)
        model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    print(f"The network has {model.count_params():,} parameters.")
    began = time.perf_counter()
    history = model.fit(training, epochs=epochs, validation_data=validation)
    print(f"Trained for {epochs} epochs in {time.perf_counter() - began:.1f} s")

    # The test photos were not looked at until now.
    loss, accuracy = model.evaluate(test)
    count = f"{name}, {options.network} network, seed {options.seed}"
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f} ({count})")
    accuracy = accuracy_both_ways(model, test)
    print(f"Test accuracy by the mean of what it says of a photo and of its mirror image: {accuracy:.4f}")

    files = [options.output / f"{name.replace(' ', '-')}{end}" for end in ("-curves.png", "-predictions.png", ".keras")]
    curves_png, predictions_png, model_file = files
    visualization.plot_history(history, path=curves_png)
    photos, labels = next(iter(test))
    shown = {"class_names": classes, "count": 16, "path": predictions_png}
    visualization.plot_images(photos, labels, model.predict(photos, verbose=0), **shown)
    model.save(model_file)
    print(f"Written: {', '.join(map(str, files))}")
    return float(accuracy)


if __name__ == "__main__":
    main()
