"""Super-resolution: a network makes small pictures three times as large, and sharp.

    python -m cycnn.examples.super_resolution
    python -m cycnn.examples.super_resolution --epochs 30 --samples 2000 --output results

The pictures are generated: smooth discs, boxes and stripes of any grey. The network sees them at a third of their size. It
works on the small picture and gives nine values for each of its pixels, which become 3×3 pixels (Shi et al., 2016,
"Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network"), added to
what interpolation gives.

Bar: a peak signal-to-noise ratio at least 3 dB above that of bilinear interpolation, on new pictures.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, ops, optimizers, visualization
from cycnn.examples.common import start

SCALE, SMALL = 3, 16  # times; pixels of a side of what the network sees
LARGE = SCALE * SMALL


def generate(number: int, random: np.random.Generator) -> np.ndarray:
    """Pictures (n, h, w, 1) from 0 to 1."""
    y, x = np.mgrid[:LARGE, :LARGE]
    pictures = random.uniform(0, 1, (number, 1, 1, 1)) * np.ones((LARGE, LARGE, 1))
    for picture in pictures:
        for kind in random.integers(0, 3, 4):
            r, cx, cy, angle = random.uniform([6, 8, 8, 0], [14, LARGE - 8, LARGE - 8, np.pi])
            u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
            v = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
            outside = (np.hypot(u, v) - r, np.maximum(abs(u), abs(v)) - r, np.maximum(abs(u) - r, 2 - abs(v)))[kind]
            cover = np.clip(0.5 - outside, 0, 1)[..., np.newaxis]  # half at the edge: no stairs
            picture += cover * (random.uniform() - picture)
    return pictures.astype("float32")


def shrink(pictures: np.ndarray) -> np.ndarray:
    """The mean of each 3×3 pixels."""
    return np.asarray(pictures.reshape(-1, SMALL, SCALE, SMALL, SCALE, 1).mean(axis=(2, 4)))


def build() -> models.Model:
    """Three convolutions on the small picture; their channels become pixels, on top of the interpolated picture."""
    inputs = layers.Input((SMALL, SMALL, 1))
    x = layers.Conv2D(32, 5, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(SCALE**2, 3, padding="same", kernel_initializer="zeros")(x)
    x = ops.depth_to_space(x, SCALE)
    return models.Model(inputs, layers.add([x, layers.UpSampling2D(SCALE, interpolation="bilinear")(inputs)]))


def psnr(x: np.ndarray, y: np.ndarray) -> float:
    """Peak signal-to-noise ratio in decibels; the peak is 1."""
    return float(np.mean(-10 * np.log10(np.mean((x.clip(0, 1) - y) ** 2, axis=(1, 2, 3)))))


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the gain over interpolation, in decibels."""
    options = start("super_resolution", arguments, "Make small pictures large.", epochs=20, samples=800)
    large, test = generate(options.samples, options.random), generate(100, options.random)

    model = build()
    model.summary()
    steps = options.epochs * -(-len(large) // 16)
    model.compile(optimizers.Adam(optimizers.schedules.CosineDecay(4e-3, steps)), loss="mse")
    model.fit(shrink(large), large, batch_size=16, epochs=options.epochs)

    enlarged = model.predict(shrink(test), verbose=0)
    resized = np.asarray(ops.image.resize(shrink(test), (LARGE, LARGE), interpolation="bilinear"))
    gain = psnr(enlarged, test) - psnr(resized, test)
    print(f"PSNR: {psnr(resized, test):.2f} dB bilinear, {psnr(enlarged, test):.2f} dB network: {gain:.2f} dB more")

    path = options.output / "super-resolution.png"
    rows = np.concatenate(
        [shrink(test[:5]).repeat(SCALE, 1).repeat(SCALE, 2), resized[:5], enlarged[:5].clip(0, 1), test[:5]]
    )
    titles = [*["seen"] * 5, *["bilinear"] * 5, *["network"] * 5, *["true"] * 5]
    visualization.plot_images(rows, titles, columns=5, path=path)
    print(f"Written: {path}")
    return gain


if __name__ == "__main__":
    main()
