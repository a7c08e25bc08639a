"""Denoising: a convolutional autoencoder takes the noise off handwritten digits.

    python -m cycnn.examples.autoencoder
    python -m cycnn.examples.autoencoder --epochs 10 --samples 60000 --output results

The encoder makes an image of 28×28 pixels smaller and smaller, down to 7×7 places; the decoder makes a picture from
that again. Noise does not fit through, strokes do (Vincent et al., 2008, "Extracting and composing robust features with
denoising autoencoders").

Bar: the mean squared error to the clean test images is at most a sixth of that of the noisy ones.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, visualization
from cycnn.examples.common import handwritten, start


def build() -> models.Sequential:
    """Half the size and half the size again, then doubled twice."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(24, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
        ]
    )


def noisy(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The images with noise of standard deviation 0.4, cut to the range from 0 to 1."""
    return np.clip(x + random.normal(0, 0.4, x.shape), 0, 1).astype("float32")


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the error that is left, as a share of that of the noisy images."""
    options = start("autoencoder", arguments, "Take noise off digits.", epochs=4, samples=10_000)
    name, (x, _), (x_test, _) = handwritten(options.samples)
    x_noisy, x_test_noisy = noisy(x, options.random), noisy(x_test, options.random)

    model = build()
    model.summary()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(x_noisy, x, batch_size=32, epochs=options.epochs, validation_data=(x_test_noisy, x_test))

    clean = model.predict(x_test_noisy, verbose=0)
    before, after = (float(np.mean((images - x_test) ** 2)) for images in (x_test_noisy, clean))
    print(f"Mean squared error: {before:.4f} with noise, {after:.4f} without: {after / before:.3f} of it is left")

    path = options.output / f"{name.lower()}-autoencoder.png"
    rows = np.concatenate([x_test[:8], x_test_noisy[:8], clean[:8]])
    titles = [*["clean"] * 8, *["noisy"] * 8, *["denoised"] * 8]
    visualization.plot_images(rows, titles, columns=8, path=path)
    print(f"Written: {path}")
    return after / before


if __name__ == "__main__":
    main()
