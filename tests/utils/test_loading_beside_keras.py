"""The real Keras's answers to programs that load and prepare data (tests/recorded/record_loading.py), from the same text with
cycnn in Keras's place.

Keras computes in float32, in another order: a weighted sum of up to ten neighbours per axis, and weights from a sine. So 2**-15
of the largest number, a hundredth of a pixel's step at most.
"""

import warnings

import numpy as np
import pytest

import cycnn
from cycnn import preprocessing
from tests.recorded.answers import load

pytest.importorskip("PIL", reason="pictures are read by Pillow")

RECORDED = load("loading")
CASES = RECORDED["cases"]
LIMIT = 2.0**-15


def run(program, folder):
    modules = {name: getattr(preprocessing, name) for name in ("image", "sequence", "text")}
    names = {"keras": cycnn, "np": np, "folder": str(folder), **modules}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`.*` includes `")  # of normalizations: recorded without Keras's
        exec(RECORDED["prelude"] + program, names)
    return names["answer"]


def compare(found, expected, where="answer"):
    if isinstance(expected, dict):
        assert {str(key) for key in found} == set(expected), where
        for key, value in found.items():
            compare(value, expected[str(key)], f"{where}[{key!r}]")
    elif isinstance(expected, list) and shape_of(expected) is None:
        assert len(found) == len(expected), where
        for k, value in enumerate(expected):
            compare(found[k], value, f"{where}[{k}]")
    elif isinstance(expected, (list, int, float)):
        found, expected = np.asarray(found, float), np.asarray(expected, float)
        assert found.shape == expected.shape, where
        worst = np.abs(found - expected).max(initial=0)
        assert worst <= LIMIT * max(1, np.abs(expected).max(initial=0)), f"{where} differs by {worst:.2g}"
    else:
        assert found == expected, where


def shape_of(value):
    """The shape of nested lists of numbers; None where they are something else."""
    if isinstance(value, (int, float)):
        return ()
    shapes = set(map(shape_of, value)) if isinstance(value, list) and value else {None}
    (shape,) = shapes if len(shapes) == 1 else (None,)
    return None if shape is None else (len(value), *shape)


@pytest.mark.parametrize("name", CASES)
def test_program(name, tmp_path):
    compare(run(CASES[name]["program"], tmp_path), CASES[name]["answer"])


def test_the_recording_is_complete():
    assert len(CASES) >= 24
