"""Handwritten digits: a small convolutional network learns MNIST.

    python -m cycnn.examples.mnist
    python -m cycnn.examples.mnist --epochs 3 --threads 2 --output results

A page to read from top to bottom: the data, a look at them, the network, training, testing, prediction, saving.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cycnn import config, layers, models, utils
from cycnn.datasets import digits, mnist

try:
    from matplotlib.figure import Figure
    from sklearn.model_selection import train_test_split
except ImportError as error:
    raise ImportError(
        'This example splits with scikit-learn and draws with matplotlib: pip install "cycnn[examples]"'
    ) from error

Pair = tuple[np.ndarray, np.ndarray]  # images and labels


def load(path: str | None) -> tuple[str, Pair, Pair]:
    """The data set's name, its training pair and its test pair.

    Somebody without network, and without the file, still gets to see a network learn: scikit-learn's digits are small
    and come with it. They are easier than MNIST, so what is reached on them is not comparable.
    """
    if path is not None:
        file = Path(path).expanduser().resolve()
        return "MNIST", *mnist.load_data(file / "mnist.npz" if file.is_dir() else file)
    try:
        return "MNIST", *mnist.load_data()
    except OSError as error:
        print(f"MNIST was not found and could not be downloaded: {error}")
        print("Training on scikit-learn's digits instead: 1,797 images of 8x8 pixels, enlarged. This is not MNIST.")
        return "digits", *digits.load_data()


def draw(images: np.ndarray, titles: Sequence[str], path: Path) -> None:
    """A grid of 2x3 images with titles, as a PNG."""
    figure = Figure(figsize=(4, 3), layout="constrained")
    for axes, image, title in zip(figure.subplots(2, 3).flat, images, titles, strict=True):
        axes.imshow(image.reshape(28, 28), cmap="gray")
        axes.set_title(title)
        axes.axis("off")
    figure.savefig(path)


def build() -> models.Sequential:
    """Three convolutions find strokes and their arrangement, two dense layers decide: 93,322 parameters."""
    return models.Sequential(
        [
            layers.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def save(model: models.Sequential, path: Path) -> None:
    """The weights as one array each. The file gets its name when it is complete."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            np.savez(file, *model.get_weights())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on the test images."""
    parser = argparse.ArgumentParser(prog="python -m cycnn.examples.mnist", description="Train a CNN on MNIST.")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the training images (default: 20)")
    parser.add_argument("--batch-size", type=int, default=64, help="images of a training step (default: 64)")
    parser.add_argument("--threads", type=int, help="threads at most (default: as many as there are CPUs)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same weights, on any number of threads")
    parser.add_argument("--data", help="mnist.npz, or its folder (default: found, or downloaded)")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for pictures and weights")
    options = parser.parse_args(arguments)

    if options.threads is not None:
        config.set_num_threads(options.threads)
    utils.set_random_seed(options.seed)

    # The data. A fifth of the training images is set aside, to see during training how the network does on new ones.
    name, (x, y), (x_test, y_test) = load(options.data)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=23)
    print(f"{name}: {len(x_train)} images for training, {len(x_val)} for validation, {len(x_test)} for testing")

    # A first look: six training images with their labels.
    options.output.mkdir(parents=True, exist_ok=True)
    labels_png = options.output / f"{name.lower()}-labels.png"
    draw(x[:6], [f"Label: {label}" for label in y[:6]], labels_png)

    # The network takes images (height, width, channels) of numbers from 0 to 1, and gives ten probabilities.
    x_train, x_val, x_test = (
        images.reshape(-1, 28, 28, 1).astype("float32") / 255 for images in (x_train, x_val, x_test)
    )
    y_train, y_val, y_test = (utils.to_categorical(labels, 10) for labels in (y_train, y_val, y_test))

    model = build()
    model.summary()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    model.fit(x_train, y_train, batch_size=options.batch_size, epochs=options.epochs, validation_data=(x_val, y_val))
    print(f"Trained for {options.epochs} epochs in {time.perf_counter() - began:.1f} s")

    # The test images were not looked at until now.
    loss, accuracy = model.evaluate(x_test, y_test)
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f} ({name}, {len(x_test)} images, seed {options.seed})")

    # Six of them, with the class that gets the highest probability.
    predicted = model.predict(x_test[:6], verbose=0).argmax(axis=1)
    predictions_png = options.output / f"{name.lower()}-predictions.png"
    draw(x_test[:6], [f"Predicted: {label}" for label in predicted], predictions_png)

    weights = options.output / f"{name.lower()}-weights.npz"
    save(model, weights)
    print(f"Written: {labels_png}, {predictions_png}, {weights}")
    return float(accuracy)


if __name__ == "__main__":
    main()
