"""Digits that nobody wrote: two networks learn from each other, one draws and one tells drawings from the real ones.

    python -m cycnn.examples.gan_digits
    python -m cycnn.examples.gan_digits --epochs 30 --samples 60000 --output results

The generator makes an image of 28×28 pixels from 32 random numbers; the discriminator says how real it is. Each learns
against the other, with an optimizer of its own, in a `train_step` that is written out below (Goodfellow et al., 2014,
"Generative adversarial nets"; the layers are those of Radford et al., 2015, "Unsupervised representation learning with
deep convolutional generative adversarial networks"). A third network, which learned to read the real digits, judges.

Bar: it is sure (a probability of at least 0.9) of 0.3 of the drawings, and reads all ten digits among them.
"""

from collections.abc import Sequence

import numpy as np

import cycnn
from cycnn import layers, losses, metrics, models, ops, optimizers, random, visualization
from cycnn.examples.common import Pair, handwritten, start

NUMBERS = 32  # that a drawing is made from


def build_generator() -> models.Sequential:
    """Numbers to images: 7×7 places, doubled twice."""
    return models.Sequential(
        [
            layers.Input((NUMBERS,)),
            layers.Dense(7 * 7 * 32, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Reshape((7, 7, 32)),
            layers.Conv2DTranspose(24, 4, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid"),
        ],
        name="generator",
    )


def build_discriminator() -> models.Sequential:
    """Images to one number: above 0 for a real one."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(32, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def build_reader() -> models.Sequential:
    """Images to probabilities of the ten digits."""
    return models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


class GAN(cycnn.Model):
    """A generator and a discriminator, which learn in turns."""

    def __init__(self) -> None:
        super().__init__()
        self.generator, self.discriminator = build_generator(), build_discriminator()
        self.loss_of = losses.BinaryCrossentropy(from_logits=True)
        self.drawing, self.telling = metrics.Mean(name="drawing"), metrics.Mean(name="telling")
        self.draws, self.tells = optimizers.Adam(2e-3, beta_1=0.5), optimizers.Adam(1e-3, beta_1=0.5)

    def train_step(self, data: np.ndarray) -> dict[str, float]:
        """One batch of real images: a step of each network."""
        numbers = random.normal((len(data), NUMBERS))
        with cycnn.GradientTape() as draws, cycnn.GradientTape() as tells:
            drawn = self.generator(numbers, training=True)
            of_real = self.discriminator(data, training=True)
            of_drawn = self.discriminator(drawn, training=True)
            drawing = self.loss_of(ops.ones_like(of_drawn), of_drawn)
            real, fake = 0.9 * ops.ones_like(of_real), ops.zeros_like(of_drawn)  # 0.9: nobody should be too sure
            telling = self.loss_of(real, of_real) + self.loss_of(fake, of_drawn)
        weights = self.generator.trainable_weights
        self.draws.apply_gradients(zip(draws.gradient(drawing, weights), weights))
        weights = self.discriminator.trainable_weights
        self.tells.apply_gradients(zip(tells.gradient(telling, weights), weights))
        self.drawing.update_state(drawing)
        self.telling.update_state(telling)
        return {"drawing": self.drawing.result(), "telling": self.telling.result()}


def judge(drawn: np.ndarray, real: Pair) -> tuple[float, int]:
    """The share of drawings that a reader of real digits is sure of, and how many different digits it reads in these."""
    reader = build_reader()
    reader.compile("adam", "sparse_categorical_crossentropy")
    reader.fit(*real, batch_size=32, epochs=max(2, 10_000 // len(real[0])), verbose=0)
    probabilities = reader.predict(drawn, verbose=0)
    sure = probabilities.max(axis=1) >= 0.9
    return float(sure.mean()), len(np.unique(probabilities[sure].argmax(axis=1)))


def main(arguments: Sequence[str] | None = None) -> tuple[float, int]:
    """Run the program; returns what `judge` says."""
    options = start("gan_digits", arguments, "Draw digits that nobody wrote.", epochs=10, samples=10_000)
    name, real, _ = handwritten(options.samples)

    gan = GAN()
    gan.generator.summary()
    gan.compile()
    gan.fit(real[0], batch_size=32, epochs=options.epochs)

    drawn = gan.generator.predict(options.random.normal(size=(1000, NUMBERS)), verbose=0)
    sure, kinds = judge(drawn, real)
    print(f"A reader of real digits is sure of {sure:.3f} of the drawings, and reads {kinds} different digits in them.")

    path = options.output / f"{name.lower()}-gan.png"
    titles = [*["real"] * 10, *["drawn"] * 30]
    visualization.plot_images(np.concatenate([real[0][:10], drawn[:30]]), titles, count=40, columns=10, path=path)
    print(f"Written: {path}")
    return sure, kinds


if __name__ == "__main__":
    main()
