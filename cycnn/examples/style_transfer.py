"""Style transfer: a picture that shows what one picture shows, in the manner of another.

    python -m cycnn.examples.style_transfer
    python -m cycnn.examples.style_transfer --epochs 300 --output results

A small network first learns to tell textures apart. Then its weights stay, and the pixels learn: deep maps should be as those of
the content, and channels should answer together as they do to the style (Gatys, Ecker and Bethge, 2016, "Image style
transfer using convolutional neural networks"). The paper's network is VGG-19, trained on photos: with its weights, put
`applications.VGG19(include_top=False)` in the place of this one.

Bar: at the end the style loss is at most a tenth of what it is for the content picture, and the maps of the
result correlate with those of the content by at least 0.5.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import cycnn
from cycnn import layers, models, ops, optimizers, visualization
from cycnn.examples import cifar10
from cycnn.examples.common import start

SIZE = 64  # pixels of a side
STYLE, CONTENT = ("first", "second", "third"), "third"  # the layers whose maps count


def learn_textures(samples: int, random: np.random.Generator) -> models.Model:
    """A network that knows ten textures; it takes pictures from 0 to 1, of any number of pixels."""
    x, y = cifar10.draw(samples, random)
    features = [
        layers.Conv2D(16, 3, padding="same", activation="relu", name="first"),
        layers.AveragePooling2D(2),
        layers.Conv2D(24, 3, padding="same", activation="relu", name="second"),
        layers.AveragePooling2D(2),
        layers.Conv2D(32, 3, padding="same", activation="relu", name="third"),
    ]
    model = models.Sequential(
        [layers.Input((32, 32, 3)), *features, layers.GlobalMaxPooling2D(), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x / np.float32(255), y, epochs=6, verbose=2)
    maps = inputs = layers.Input((SIZE, SIZE, 3))
    outputs = {}
    for layer in features:  # the same layers, on larger pictures
        outputs[layer.name] = maps = layer(maps)
    return models.Model(inputs, {name: outputs[name] for name in STYLE})


def draw() -> tuple[np.ndarray, np.ndarray]:
    """What is shown, a house under the sun, and the style, waves of two colours: (1, h, w, 3) from 0 to 1."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    content = np.stack([0.5 + 0 * x, 0.7 + 0 * x, 0.9 - 0.3 * y], axis=-1)
    content[y > 0.75] = 0.3, 0.6, 0.25
    content[(abs(x - 0.4) < 0.2) & (abs(y - 0.66) < 0.16)] = 0.8, 0.75, 0.6
    content[(abs(x - 0.4) < 0.28 * (y - 0.25) / 0.25) & (y < 0.5)] = 0.6, 0.2, 0.15
    content[np.hypot(x - 0.8, y - 0.2) < 0.1] = 1, 0.9, 0.3
    waves = 0.5 + 0.5 * np.sin(50 * (y + 0.06 * np.sin(14 * x)))
    style = waves[..., np.newaxis] * [0.9, 0.5, 0.1] + (1 - waves[..., np.newaxis]) * [0.1, 0.1, 0.5]
    return content[np.newaxis].astype("float32"), style[np.newaxis].astype("float32")


def main(arguments: Sequence[str] | None = None) -> tuple[float, float]:
    """Run the program; returns the share of the style loss that is left, and the correlation with the content."""
    options = start("style_transfer", arguments, "Paint in another style.", epochs=150, samples=1000)
    features = learn_textures(options.samples, options.random)
    content, style = draw()
    grams = {name: visualization.gram_matrix(maps) for name, maps in features(style).items()}
    wanted = features(content)[CONTENT]

    def style_loss(maps: dict[str, Any]) -> Any:
        return sum(
            visualization.style_loss(maps[name], gram) / ops.mean(ops.square(gram)) for name, gram in grams.items()
        )

    picture = cycnn.Variable(content)
    adam = optimizers.Adam(0.02)
    first = 0.0  # the style loss of the content picture
    for step in range(options.epochs):
        with cycnn.GradientTape() as tape:
            maps = features(picture)
            of_style = style_loss(maps)
            of_content = ops.mean(ops.square(maps[CONTENT] - wanted)) / np.mean(np.square(wanted))
            first = first or float(of_style)
            loss = 3 * of_style / first + of_content + 1e-4 * visualization.total_variation_loss(picture)
        adam.apply_gradients([(tape.gradient(loss, picture), picture)])
        picture.assign(np.clip(picture.numpy(), 0, 1))
        if step % 25 == 0:
            print(f"step {step}: style {float(of_style):.4f}, content {float(of_content):.4f}")

    result = picture.numpy()
    left = float(style_loss(features(result))) / first
    kept = float(np.corrcoef(np.ravel(features(result)[CONTENT]), np.ravel(wanted))[0, 1])
    print(f"Style loss: {left:.4f} of that of the content picture is left; content: correlation {kept:.3f}")

    path = options.output / "style-transfer.png"
    pictures = np.concatenate([content, style, result])
    visualization.plot_images(pictures, ["content", "style", "result"], columns=3, scale=2.5, path=path)
    print(f"Written: {path}")
    return left, kept


if __name__ == "__main__":
    main()
