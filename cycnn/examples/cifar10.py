"""CIFAR-10: small photos of ten kinds of things, by a network in the manner of VGG or of ResNet.

    python -m cycnn.examples.cifar10
    python -m cycnn.examples.cifar10 --network resnet --epochs 30 --samples 50000 --output results

VGG (Simonyan and Zisserman, 2015) stacks 3×3 convolutions; ResNet (He et al., 2016) adds what came in to what comes out of
each pair of them. Both learn from pictures that are mirrored and shifted, others in each epoch.

Where the photos can neither be found nor downloaded, pictures are drawn, of ten textures in any colours, and this is said.
Bar on these: an accuracy of at least 0.9, with either network. They are easier than photos, and say nothing about them.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.datasets import cifar10
from cycnn.examples.common import start

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TEXTURES = ("plain", "across", "down", "checks", "rings", "dots", "rays", "waves", "slope", "grain")
Pair = tuple[np.ndarray, np.ndarray]  # bytes (n, 32, 32, 3), and labels (n, 1)


def load(samples: int, random: np.random.Generator) -> tuple[str, Sequence[str], Pair, Pair]:
    """Name, classes, training pair and test pair."""
    try:
        (x, y), test = cifar10.load_data()
        return "CIFAR-10", CLASSES, (x[:samples], y[:samples]), test
    except OSError as error:
        print(f"CIFAR-10 was not found and could not be downloaded: {error}")
        print("Learning from a synthetic stand-in instead: drawn textures. This is not CIFAR-10.")
        return "synthetic stand-in", TEXTURES, draw(samples, random), draw(300, random)


def draw(number: int, random: np.random.Generator) -> Pair:
    """Ten textures between two colours, at any place and in any size, with noise."""
    labels = random.integers(0, 10, (number, 1))
    pictures = np.empty((number, 32, 32, 3))
    y, x = np.mgrid[:32, :32]
    for picture, label in zip(pictures, labels[:, 0], strict=True):
        left, top = random.uniform(8, 24, 2)
        pattern = texture(TEXTURES[label], x - left, y - top, random)
        one = random.uniform(0, 255, 3)
        other = (one + random.uniform(80, 175, 3)) % 255  # never much the same
        picture[:] = one + (other - one) * (0.5 + 0.5 * pattern[..., np.newaxis])
    return (pictures + random.normal(0, 12, pictures.shape)).clip(0, 255).astype(np.uint8), labels


def texture(kind: str, dx: np.ndarray, dy: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Numbers from -1 to 1 around a place, with periods of 5 to 8 pixels."""
    f = 2 * np.pi / random.uniform(5, 8)
    patterns = {
        "plain": lambda: 0 * dx,
        "across": lambda: np.sin(f * dy),
        "down": lambda: np.sin(f * dx),
        "checks": lambda: np.sign(np.sin(f * dx) * np.sin(f * dy)),
        "rings": lambda: np.sin(f * np.hypot(dx, dy)),
        "dots": lambda: np.where(np.cos(f * dx) + np.cos(f * dy) > 1, 1, -1),
        "rays": lambda: np.sin(6 * np.arctan2(dy, dx)),
        "waves": lambda: np.sin(f * (dy + 3 * np.sin(dx / 3))),
        "slope": lambda: (dx + dy) / 20,
        "grain": lambda: random.normal(0, 1, dx.shape),
    }
    pattern: np.ndarray = np.clip(patterns[kind](), -1, 1)
    return pattern


def build(network: str) -> models.Model:
    """Three stages of 32×32, 16×16 and 8×8 places, with more and more filters."""

    def normalized(x: object, filters: int, strides: int = 1) -> object:
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9)(x)

    x = inputs = layers.Input((32, 32, 3))
    x = layers.RandomTranslation(0.1, 0.1)(layers.RandomFlip("horizontal")(x))
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    if network == "vgg":
        for filters in (16, 32, 64):
            x = layers.ReLU()(normalized(x, filters))
            x = layers.ReLU()(normalized(x, filters))
            x = layers.MaxPooling2D(2)(x)
    else:
        x = layers.ReLU()(normalized(x, 16, strides=2))
        for filters, strides in ((16, 1), (32, 2), (64, 2)):
            shortcut = x if strides == 1 else layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
            x = layers.ReLU()(normalized(x, filters, strides))
            x = layers.ReLU()(layers.add([normalized(x, filters), shortcut]))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return models.Model(inputs, layers.Dense(10, activation="softmax")(x), name=network)


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on the test pictures."""
    options = start(
        "cifar10", arguments, "Ten kinds of small photos.", epochs=8, samples=2000, network=("vgg", "resnet")
    )
    name, classes, (x, y), (x_test, y_test) = load(options.samples, options.random)
    print(f"{name}: {len(x)} pictures for training, {len(x_test)} for testing")

    model = build(options.network)
    model.summary()
    steps = options.epochs * -(-len(x) // 32)
    rate = optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test accuracy: {accuracy:.4f} ({name}, {options.network}, seed {options.seed})")

    path = options.output / f"{name.lower().replace(' ', '-')}-{options.network}.png"
    visualization.plot_images(x_test[:25], y_test[:25], model.predict(x_test[:25], verbose=0), classes, path=path)
    print(f"Written: {path}")
    return float(accuracy)


if __name__ == "__main__":
    main()
