"""The real Keras's answers to programs around `compile` and `fit`, from the same text with cycnn in Keras's place.

Keras computes in float32; a handful of steps of such small networks passes on a few dozen roundings: 64 EPS of the largest
number. Text, keys and their order are the same.
"""

import builtins

import numpy as np
import pytest

import cycnn
from tests.recorded.answers import FOLDER, load

RECORDED = load("training")
CASES, REFUSED = RECORDED["cases"], RECORDED["refused"]
LIMIT = 64 * 2.0**-24

# Keras warns too, and in more places: of its own default, shuffle=True, beside what gives batches.
OUT_OF_DATA = {
    "dataset by steps",
    "generator of too few batches",
    "more steps than batches",
    "steps go on in the next epoch",
}


def run(program):
    cycnn.utils.clear_session()
    names = {"keras": cycnn, "np": np}
    exec(RECORDED["prelude"] + program, names)
    return names.get("answer")


def compare(found, expected, where="answer"):
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
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
def test_flow(name):
    case = CASES[name]
    if name in OUT_OF_DATA:
        with pytest.warns(UserWarning, match="ran out of data"):
            answer = run(case["program"])
    else:
        answer = run(case["program"])
    compare(answer, case["answer"])


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name):
    """The same kind of error as Keras's, with a message that holds the word which the user has to look at."""
    case = REFUSED[name]
    with pytest.raises(getattr(builtins, case["error"])) as caught:
        run(case["program"])
    assert case["word"] in str(caught.value)


def test_the_recording_is_complete_and_small():
    assert len(CASES) >= 133
    assert len(REFUSED) >= 23
    assert (FOLDER / "training.json.gz").stat().st_size < 15_000
