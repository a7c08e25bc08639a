"""Transfer learning: what was learned from some digits helps with others, of which there are few.

    python -m cycnn.examples.transfer_learning
    python -m cycnn.examples.transfer_learning --epochs 10 --samples 60000 --output results

A network learns the digits 0 to 4 from many images. Then five images of each of the digits 5 to 9 are all there is:

    frozen        its convolutions stay as they are, and a new last layer learns
    fine-tuned    then everything goes on learning, at a small rate
    from nothing  the same network without what was learned before

Bar, on MNIST: the fine-tuned network is at least 0.7 right on the digits 5 to 9, and at least 0.05 more than the one from
nothing. Of scikit-learn's digits, which are easier, five images each are enough for both: there the bar is 0.7 for it alone.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.examples.common import handwritten, start

FEW = 5  # images of each new digit


def build_features() -> models.Sequential:
    """What looks at the images: it is the same for all digits."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            *block(16),
            *block(32),
            *block(48),
            layers.Flatten(),
        ],
        name="features",
    )


def block(filters: int) -> list[layers.Layer]:
    """A convolution, normalized, at half the size."""
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(2),
    ]


def with_head(features: models.Sequential) -> models.Sequential:
    """A new last layer for five digits on what there is."""
    return models.Sequential(
        [layers.Input((28, 28, 1)), features, layers.Dropout(0.3), layers.Dense(5, activation="softmax")]
    )


def train(model: models.Model, x: np.ndarray, y: np.ndarray, epochs: int, rate: float = 1e-3) -> None:
    """Compile it, as what may change is settled there, and fit it."""
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=min(32, len(x) // 5), epochs=epochs, verbose=0)


def few(y: np.ndarray) -> np.ndarray:
    """The places of the first images of each digit."""
    return np.concatenate([np.flatnonzero(y == digit)[:FEW] for digit in np.unique(y)])


def main(arguments: Sequence[str] | None = None) -> tuple[float, float]:
    """Run the program; returns the accuracy of the fine-tuned network, and of that from nothing."""
    options = start("transfer_learning", arguments, "Learn much from few images.", epochs=5, samples=12_000)
    name, (x, y), (x_test, y_test) = handwritten(options.samples)
    old, new, new_test = y < 5, y >= 5, y_test >= 5
    x_test, y_test = x_test[new_test], y_test[new_test] - 5
    chosen = few(y[new])
    x_few, y_few = x[new][chosen], y[new][chosen] - 5
    print(f"{old.sum()} images of 0 to 4, {len(x_few)} of 5 to 9")

    features = build_features()
    train(with_head(features), x[old], y[old], options.epochs)

    features.trainable = False
    model = with_head(features)
    train(model, x_few, y_few, 40)
    _, frozen = model.evaluate(x_test, y_test, verbose=0)
    print(f"      frozen: {sum(w.size for w in model.get_weights()):,} parameters, {frozen:.4f} right")

    features.trainable = True
    train(model, x_few, y_few, 40, rate=5e-4)
    _, tuned = model.evaluate(x_test, y_test, verbose=0)
    print(f"  fine-tuned: {tuned:.4f} right")

    other = with_head(build_features())
    train(other, x_few, y_few, 80)
    _, nothing = other.evaluate(x_test, y_test, verbose=0)
    print(f"from nothing: {nothing:.4f} right")

    path = options.output / f"{name.lower()}-transfer-wrong.png"
    names = [str(digit) for digit in range(5, 10)]
    visualization.plot_wrong_predictions(x_test, y_test, model.predict(x_test, verbose=0), names, path=path)
    print(f"Written: {path}")
    return float(tuned), float(nothing)


if __name__ == "__main__":
    main()
