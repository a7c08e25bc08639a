"""Segmentation: a U-Net says for each pixel what it belongs to.

    python -m cycnn.examples.segmentation
    python -m cycnn.examples.segmentation --epochs 20 --samples 2000 --output results

The pictures are generated: bright discs, boxes and triangles of any size and place on dark noise. The network (Ronneberger
et al., 2015) goes down to small maps, which see far, and up again beside those it came from, which see sharply.

Bar: intersection over union of at least 0.85 on new pictures, the mean over background, disc, box and triangle.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import applications, metrics, optimizers, visualization
from cycnn.examples.common import start

CLASSES = ("background", "disc", "box", "triangle")
SIZE = 32  # pixels of a side


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, h, w, 3) from 0 to 1, and the class of each pixel, (n, h, w, 1)."""
    y, x = np.mgrid[:SIZE, :SIZE]
    pictures = random.uniform(0, 0.4, (number, 1, 1, 3)) * np.ones((SIZE, SIZE, 3))
    masks = np.zeros((number, SIZE, SIZE, 1), np.int32)
    for picture, mask in zip(pictures, masks, strict=True):
        for kind in random.permutation([1, 2, 3]):
            r = random.uniform(5, 9)  # half of its side
            dx, dy = x - random.uniform(r, SIZE - r), y - random.uniform(r, SIZE - r)
            inside = (
                dx**2 + dy**2 < r**2,
                (abs(dx) < r) & (abs(dy) < r),
                (abs(dy) < r) & (abs(dx) < (dy + r) / 2),
            )[kind - 1]
            if not mask[inside].any():
                picture[inside] = random.uniform(0.5, 1, 3)
                mask[inside] = kind
    return (pictures + random.normal(0, 0.08, pictures.shape)).clip(0, 1).astype("float32"), masks


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the mean intersection over union."""
    options = start("segmentation", arguments, "Find shapes, pixel by pixel.", epochs=12, samples=1000)
    x, y = generate(options.samples, options.random)
    x_test, y_test = generate(100, options.random)

    model = applications.UNet((SIZE, SIZE, 3), len(CLASSES), filters=8, depth=3, padding="same", dropout=0.0)
    print(f"The network has {model.count_params():,} parameters.")
    steps = options.epochs * -(-len(x) // 4)
    model.compile(optimizers.Adam(optimizers.schedules.CosineDecay(4e-3, steps)), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=4, epochs=options.epochs, validation_data=(x_test, y_test))

    found = model.predict(x_test, verbose=0).argmax(axis=-1)
    for k, name in enumerate(CLASSES):
        print(f"{name:>10}: IoU {metrics.IoU(len(CLASSES), [k])(y_test[..., 0], found):.3f}")
    score = float(metrics.MeanIoU(len(CLASSES))(y_test[..., 0], found))
    print(f"Mean intersection over union: {score:.3f}")

    path = options.output / "segmentation.png"
    shown = {"y_true": y_test[:6], "y_pred": found[:6], "value_range": (0, 1), "path": path}
    visualization.plot_segmentation_mask_gallery(x_test[:6], len(CLASSES) - 1, **shown)
    print(f"Written: {path} (pictures, true masks, masks that were found)")
    return score


if __name__ == "__main__":
    main()
