"""The MNIST program with cycnn or with Keras: seconds of each epoch, validation accuracy, test accuracy.

    python -m benchmarks.accuracy --library cycnn --seed 0
    KERAS_BACKEND=torch python -m benchmarks.accuracy --library keras --seed 0

One JSON line for each epoch, and one at the end. The images are read from $CYCNN_HOME/mnist.npz.
"""

import argparse
import importlib
import json
import os
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split


def network(library):
    """The network, as the tutorial that the program comes from prints it."""
    layers = library.layers
    model = library.models.Sequential()
    model.add(
        layers.Conv2D(
            32,
            (3, 3),
            activation="relu",
            strides=(1, 1),
            padding="valid",
            kernel_initializer="glorot_uniform",
            input_shape=(28, 28, 1),
        )
    )
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def images(path):
    """(x, y) of training, validation and test: 48,000, 12,000 and 10,000 images, one-hot labels."""
    with np.load(path) as data:
        x, y, x_test, y_test = (data[key] for key in ("x_train", "y_train", "x_test", "y_test"))
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.2, random_state=23)

    def prepared(x, y):
        return x[..., np.newaxis].astype("float32") / 255, np.eye(10, dtype="float32")[y]

    return prepared(x, y), prepared(x_val, y_val), prepared(x_test, y_test)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=["cycnn", "keras"], default="cycnn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--data", default=Path(os.environ.get("CYCNN_HOME", "~/.cycnn")).expanduser() / "mnist.npz")
    options = parser.parse_args()

    library = importlib.import_module(options.library)
    training, validation, test = images(options.data)
    library.utils.set_random_seed(options.seed)
    model = network(library)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    about = {"library": options.library, "version": library.__version__, "seed": options.seed}
    if options.library == "keras":
        about["backend"] = library.backend.backend()
    times = []
    for epoch in range(options.epochs):  # one epoch a call: what evaluation takes is not in its time
        start = time.perf_counter()
        history = model.fit(*training, batch_size=options.batch_size, epochs=1, verbose=0).history
        times.append(time.perf_counter() - start)
        loss, accuracy = model.evaluate(*validation, batch_size=options.batch_size, verbose=0)
        line = {"epoch": epoch + 1, "seconds": round(times[-1], 3), "loss": history["loss"][-1]}
        line |= {"accuracy": history["accuracy"][-1], "val_loss": loss, "val_accuracy": accuracy}
        print(json.dumps(about | line), flush=True)
    loss, accuracy = model.evaluate(*test, batch_size=options.batch_size, verbose=0)
    line = {"epochs": options.epochs, "seconds": round(sum(times), 3), "test_loss": loss, "test_accuracy": accuracy}
    print(json.dumps(about | line), flush=True)


if __name__ == "__main__":
    main()
