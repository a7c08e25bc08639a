"""A map of handwriting: a variational autoencoder gives each digit a place, and draws what lies between two of them.

    python -m cycnn.examples.vae_digits
    python -m cycnn.examples.vae_digits --epochs 20 --samples 60000 --output results

The encoder says where in a space of ten dimensions an image lies, and how exactly that is known; a place near by is drawn
at random, and the decoder makes an image from it. The loss is what the image lacks, and how far the places are from
those of normal numbers, so that any place means something (Kingma and Welling, 2014, "Auto-encoding variational Bayes").
A layer of our own draws the places and adds its part of the loss; no step is written by hand.

Bar: the squared error of the restored test images is at most 0.35 of that of the mean image.
"""

from collections.abc import Sequence

import numpy as np

import cycnn
from cycnn import layers, models, ops, random, visualization
from cycnn.examples.common import handwritten, start

DIMENSIONS = 10


class Sampling(layers.Layer):
    """Places around `mean`, with the divergence from normal numbers as a loss: Σ (mean² + variance - log variance - 1) / 2."""

    def call(self, inputs: list[cycnn.KerasTensor]) -> cycnn.KerasTensor:
        mean, log_variance = inputs
        divergence = ops.square(mean) + ops.exp(log_variance) - log_variance - 1
        self.add_loss(ops.mean(ops.sum(divergence, axis=1)) / 2)
        return mean + ops.exp(log_variance / 2) * random.normal(ops.shape(mean))


def build() -> tuple[models.Model, models.Model, models.Model]:
    """The autoencoder; its encoder, which gives the middles of the places; and its decoder."""
    image = layers.Input((28, 28, 1))
    x = layers.Conv2D(24, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(48, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    mean, log_variance = layers.Dense(DIMENSIONS)(x), layers.Dense(DIMENSIONS)(x)

    place = layers.Input((DIMENSIONS,))
    x = layers.Reshape((7, 7, 48))(layers.Dense(7 * 7 * 48, activation="relu")(place))
    x = layers.Conv2DTranspose(24, 3, strides=2, padding="same", activation="relu")(x)
    drawn = layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(x)
    decoder = models.Model(place, drawn)
    return models.Model(image, decoder(Sampling()([mean, log_variance]))), models.Model(image, mean), decoder


def bits(image: cycnn.KerasTensor, restored: cycnn.KerasTensor) -> cycnn.KerasTensor:
    """Cross-entropy, summed over the pixels of an image."""
    return ops.sum(ops.binary_crossentropy(image, restored), axis=(1, 2, 3))


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the error of the restored test images, as a share of that of the mean image."""
    options = start("vae_digits", arguments, "A map of handwriting.", epochs=10, samples=10_000)
    name, (x, _), (x_test, y_test) = handwritten(options.samples)

    model, encoder, decoder = build()
    model.summary()
    model.compile("adam", bits)
    model.fit(x, x, batch_size=32, epochs=options.epochs, validation_data=(x_test, x_test))

    places = encoder.predict(x_test, verbose=0)
    restored = decoder.predict(places, verbose=0)
    share = float(np.mean((restored - x_test) ** 2) / np.mean((x.mean(axis=0) - x_test) ** 2))
    print(f"Squared error of restored images: {share:.3f} of that of the mean image")

    first, last = (places[np.flatnonzero(y_test == digit)[0]] for digit in (0, 1))
    way = decoder.predict(np.linspace(first, last, 10), verbose=0)
    drawn = decoder.predict(options.random.normal(size=(10, DIMENSIONS)), verbose=0)
    path = options.output / f"{name.lower()}-vae.png"
    titles = [title for title in ("real", "restored", "0 to 1", "drawn") for _ in range(10)]
    visualization.plot_images(
        np.concatenate([x_test[:10], restored[:10], way, drawn]), titles, count=40, columns=10, path=path
    )
    print(f"Written: {path}")
    return share


if __name__ == "__main__":
    main()
