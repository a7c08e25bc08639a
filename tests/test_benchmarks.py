"""The benchmarks' own contestants still run."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    """Imports of `benchmarks`, from the clone; behind all else, so that `cycnn` stays the one that is tested."""
    if not (ROOT / "benchmarks").is_dir():
        pytest.skip("the benchmarks are part of a clone")
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])


@pytest.mark.parametrize(
    ("kind", "shape"), [("convolution", (2, 6, 6, 3, 5)), ("pooling", (2, 6, 6, 5)), ("dense", (4, 9, 5))]
)
def test_scaling(kind, shape):
    from benchmarks import scaling

    for threads in (1, 2):
        assert len(scaling.layer(kind, shape, threads)(3)) == 3


def test_layers():
    from benchmarks import layers

    ours = layers.Ours("Dense(3)", [np.ones((4, 5), np.float32)], 2)
    assert ours.kernels("forward")
    assert ours.kernels("backward")
    assert np.shape(ours.steps(2)) == (2, 2)


@pytest.mark.parametrize("depthwise", [False, True])
def test_convolutions(depthwise):
    from benchmarks import convolutions

    kernel = np.ones((3, 3, 4, 1 if depthwise else 5), np.float32)
    shape = convolutions.Shape((8, 8, 4), kernel.shape, 2, "same", depthwise)
    ours = convolutions.Ours(shape, np.ones((2, *shape.x), np.float32), kernel, 2)
    assert ours.answer("forward", None).shape == (2, 4, 4, 4 if depthwise else 5)
    for direction in ("forward", "input gradient", "kernel gradient"):
        assert ours.seconds(direction) > 0
        assert ours.algorithm(direction)


def test_photos():
    pytest.importorskip("PIL", reason="the example reads photos with Pillow")
    pytest.importorskip("matplotlib", reason="the example draws with matplotlib")
    from benchmarks import photos

    epoch, parameters = photos.ours(*photos.photos_of(None, 2), threads=2)
    epoch()
    assert parameters == 723_905
