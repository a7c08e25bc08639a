"""What callbacks do, beside what the real Keras's did in the same programs (recorded/record_callbacks.py)."""

import math

import numpy as np
import pytest

import cycnn
from tests.recorded.answers import load

RECORDED = load("callbacks")

# In these programs a warning is one of many ways to go on; test_callbacks.py looks at each.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def run(program):
    names = {"keras": cycnn}
    exec(RECORDED["prelude"], names)
    return eval(program, names)


def assert_same(found, expected, where="answer"):
    """Numbers to a few units in float32's last place; everything else exactly, the order of names in logs too."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}[{key!r}]")
    elif isinstance(expected, list):
        assert isinstance(found, (list, tuple)), where
        assert len(found) == len(expected), f"{where}: {found} beside {expected}"
        for k, part in enumerate(expected):
            assert_same(found[k], part, f"{where}[{k}]")
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        assert isinstance(found, (int, float, np.integer, np.floating)), where
        assert math.isclose(found, expected, rel_tol=2e-6, abs_tol=1e-9) or (
            math.isnan(found) and math.isnan(expected)
        ), f"{where}: {found} beside {expected}"
    else:
        assert found == expected, where


@pytest.mark.parametrize("program", RECORDED["answers"])
def test_answers_are_keras_s(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_same(run(program), RECORDED["answers"][program])


@pytest.mark.parametrize("program", RECORDED["refusals"])
def test_what_keras_refuses_is_refused_alike(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception) as caught:  # noqa: PT011, the kind is recorded
        run(program)
    assert RECORDED["refusals"][program][0] in [kind.__name__ for kind in type(caught.value).__mro__]
    assert "Received: " in str(caught.value) or not isinstance(caught.value, ValueError)
