"""Volumes: a 3D network looks for round nodules in scans.

    python -m cycnn.examples.volumes
    python -m cycnn.examples.volumes --epochs 20 --samples 1000 --output results

The scans are generated: noise, with a ball, with a tube of the same width, or with neither. In a slice, a tube looks
like a ball; only what lies above and below tells them apart, so the filters slide in three directions.

Bar: an accuracy of at least 0.93 on new scans.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.examples.common import start

KINDS = ("nothing", "nodule", "vessel")
SIDE = 20  # voxels


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scans (n, depth, h, w, 1), what is in them, (n,), and the slice through its middle, (n,)."""
    place = np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), axis=-1)
    scans, kinds = random.normal(0, 0.35, (number, SIDE, SIDE, SIDE, 1)), random.integers(0, len(KINDS), number)
    middles = random.uniform(5, SIDE - 5, (number, 3))
    for scan, kind, middle in zip(scans, kinds, middles, strict=True):
        away = place - middle
        if KINDS[kind] == "vessel":  # what lies along it does not count
            along = random.normal(size=3)
            along /= np.linalg.norm(along)
            away = away - (away @ along)[..., np.newaxis] * along
        if KINDS[kind] != "nothing":
            scan[np.linalg.norm(away, axis=-1) < random.uniform(2.5, 4)] += 1
    return scans.astype("float32"), kinds, middles[:, 0].astype(int)


def build() -> models.Sequential:
    """Three convolutions in space."""
    return models.Sequential(
        [
            layers.Input((SIDE, SIDE, SIDE, 1)),
            layers.Conv3D(8, 3, activation="relu"),
            layers.MaxPooling3D(2),
            layers.Conv3D(16, 3, activation="relu"),
            layers.Conv3D(24, 3, activation="relu"),
            layers.GlobalMaxPooling3D(),
            layers.Dense(len(KINDS), activation="softmax"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on new scans."""
    options = start("volumes", arguments, "Find nodules in scans.", epochs=15, samples=600)
    x, y, _ = generate(options.samples, options.random)
    x_test, y_test, middles = generate(200, options.random)

    model = build()
    model.summary()
    steps = options.epochs * -(-len(x) // 16)
    rate = optimizers.schedules.CosineDecay(4e-3, steps)
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=16, epochs=options.epochs, validation_data=(x_test, y_test))
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f}")

    path = options.output / "volumes-slices.png"
    slices = [scan[middle] for scan, middle in zip(x_test[:15], middles, strict=False)]
    visualization.plot_images(slices, y_test[:15], model.predict(x_test[:15], verbose=0), KINDS, path=path)
    print(f"Written: {path}")
    return float(accuracy)


if __name__ == "__main__":
    main()
