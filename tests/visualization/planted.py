"""Networks whose weights are set by hand, so that it is known what they see: a cross (class 0) and an X (class 1)."""

import numpy as np

from cycnn import layers, models

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.float32)
DIAGONAL = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)
SIZE = 24


def detectors():
    """Kernel and bias of two matched filters: above 0 only where their shape is complete: 5 bright pixels, none in between."""
    kernel = np.stack([2 * shape - 1 for shape in (CROSS, DIAGONAL)], axis=-1)[:, :, None]
    return [kernel, np.array([-3.6, -3.6], np.float32)]


def network(functional=False, units=2, channels=1):
    """Two matched filters, their strongest answers, and a class for each."""
    entry = layers.Input((SIZE, SIZE, channels))
    found = layers.Conv2D(2, 3, padding="same", activation="relu", name="detectors")
    head = layers.Dense(units, activation="softmax" if units == 2 else "sigmoid", name="classes")
    rest = [layers.GlobalMaxPooling2D(), head]
    if functional:
        y = found(entry)
        for layer in rest:
            y = layer(y)
        model = models.Model(entry, y)
    else:
        model = models.Sequential([entry, found, *rest])
    kernel, bias = detectors()
    found.set_weights([np.repeat(kernel, channels, axis=2) / channels, bias])
    head.set_weights(
        [np.eye(2, dtype=np.float32) if units == 2 else np.array([[-1.0], [1.0]], np.float32), np.zeros(units)]
    )
    return model


def scene(cross=(5, 6), diagonal=(17, 16), channels=1, seed=0):
    """A picture with faint noise, a bright cross around one pixel and an X around another; None: without it."""
    picture = np.random.default_rng(seed).uniform(0, 0.2, (SIZE, SIZE, channels)).astype(np.float32)
    for shape, place in ((CROSS, cross), (DIAGONAL, diagonal)):
        if place is not None:
            row, column = place
            window = picture[row - 1 : row + 2, column - 1 : column + 2]
            window[shape > 0] = 1.0
    return picture


def share(heat, place):
    """How much of a map's mass lies in the quadrant of a place."""
    heat = np.maximum(np.asarray(heat, np.float64), 0)
    half = SIZE // 2
    rows, columns = (slice(0, half) if k < half else slice(half, SIZE) for k in place)
    return heat[rows, columns].sum() / heat.sum()
