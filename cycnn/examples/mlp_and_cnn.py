"""What a convolution saves: a network of dense layers beside one of convolutions.

    python -m cycnn.examples.mlp_and_cnn
    python -m cycnn.examples.mlp_and_cnn --epochs 10 --samples 60000 --output results

Both learn the same digits for the same number of epochs. A dense layer has a weight for each pixel and unit; a filter
uses its few weights everywhere. So the convolutions have a fraction of the parameters, make fewer mistakes, and keep most
of their knowledge when the digits move, which dense layers have never seen.

Bar: at least 0.95 (MNIST) or 0.85 (scikit-learn's digits) on the test images, with less than a tenth of the parameters of
the dense network; and on test images moved by 3 pixels, at least 0.1 more than it.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.examples.common import handwritten, start


def build_mlp() -> models.Sequential:
    """784 pixels, 256 units, 10 classes."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="dense",
    )


def build_cnn() -> models.Sequential:
    """Three convolutions; the largest answer of each filter, wherever it is, decides."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(48, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, activation="softmax"),
        ],
        name="convolutions",
    )


def moved(x: np.ndarray, random: np.random.Generator, by: int = 3) -> np.ndarray:
    """The images, each moved by so many pixels along both axes, in one of four directions."""
    y = np.zeros_like(x)
    for k, image in enumerate(x):
        y[k] = np.roll(image, random.choice([-by, by], 2), axis=(0, 1))
    return y


def article(size: int = 300) -> None:
    """The parameters that tutorials wonder about: photos of 300×300 pixels with 3 channels, and 10 filters of 5×5."""
    shape = (size, size, 3)
    cnn = models.Sequential(
        [layers.Input(shape), layers.Conv2D(10, 5), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(1)]
    )
    mlp = models.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(10), layers.Dense(1)])
    height, width, filters = cnn.layers[0].output.shape[1:]
    values = height * width * filters
    print(f"\nPhotos of {size}x{size}x3: 10 filters of 5x5 and a unit {cnn.count_params():,} parameters")
    print(f"  10 dense units and a unit: {mlp.count_params():,}")
    print(f"  as many dense units as the filters give values, {values:,}: {(size * size * 3 + 1) * values:,}")


def main(arguments: Sequence[str] | None = None) -> tuple[float, float, float]:
    """Run the program; returns the CNN's accuracy, and on moved digits that of the MLP and of the CNN."""
    options = start("mlp_and_cnn", arguments, "Dense layers beside convolutions.", epochs=6, samples=12_000)
    name, (x, y), (x_test, y_test) = handwritten(options.samples)
    x_moved = moved(x_test, options.random)

    rows, scores = [], []
    for model in (build_mlp(), build_cnn()):
        model.compile(optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=32, epochs=options.epochs, verbose=2)
        scores.append([model.evaluate(images, y_test, verbose=0)[1] for images in (x_test, x_moved)])
        rows.append(f"{model.name:>14}{model.count_params():>12,}{scores[-1][0]:>12.4f}{scores[-1][1]:>12.4f}")
        predicted = model.predict(x_moved[:16], verbose=0)
        path = options.output / f"{name.lower()}-moved-{model.name}.png"
        visualization.plot_images(x_moved[:16], y_test[:16], predicted, path=path)
        print(f"Written: {path}")
    print(f"\n{name:>14}{'parameters':>12}{'accuracy':>12}{'moved':>12}")
    print("\n".join(rows))
    article()
    return float(scores[1][0]), float(scores[0][1]), float(scores[1][1])


if __name__ == "__main__":
    main()
