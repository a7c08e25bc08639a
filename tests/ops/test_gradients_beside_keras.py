"""TensorFlow's and Keras's answers to programs with tapes, added losses and models by subclassing: the same text, with cycnn
in the place of both.

They compute in float32 and were recorded with six digits; a dozen steps of small networks passes on a few dozen roundings.
"""

import numpy as np
import pytest

import cycnn
from tests.recorded.answers import load

RECORDED = load("gradients")
CASES = RECORDED["cases"]
LIMIT = 1e-5


def run(program):
    cycnn.utils.clear_session()
    names = {"keras": cycnn, "tf": cycnn, "np": np}
    exec(RECORDED["prelude"] + program, names)
    return names["answer"]


def compare(found, expected, where="answer"):
    if isinstance(expected, dict):
        assert set(found) == set(expected), where
        for key, value in expected.items():
            compare(found[key], value, f"{where}[{key!r}]")
    elif isinstance(expected, list) and not all(isinstance(value, int | float) for value in expected):
        assert len(found) == len(expected), where
        for k, value in enumerate(expected):
            compare(found[k], value, f"{where}[{k}]")
    elif isinstance(expected, int | float | list) and not isinstance(expected, bool):
        found, expected = np.asarray(found, float), np.asarray(expected, float)
        assert found.shape == expected.shape, where
        worst = np.abs(found - expected).max(initial=0)
        assert worst <= LIMIT * max(1, np.abs(expected).max(initial=0)), f"{where} differs by {worst:.2g}"
    else:
        assert found == expected, where


@pytest.mark.parametrize("name", CASES)
def test_program(name):
    compare(run(CASES[name]["program"]), CASES[name]["answer"])
