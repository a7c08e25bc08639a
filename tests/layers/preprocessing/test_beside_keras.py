"""Layers that change pictures at random beside the real Keras, given the same random numbers.

The answers are in `tests/recorded/augmentation`, with the recorder that made them; the pictures and the numbers are
made again here as it made them.
"""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

import cycnn
from cycnn import layers
from tests.recorded import answers

ANSWERS = answers.load("augmentation")
PICTURES = np.load(Path(answers.FOLDER, "augmentation.npz"))["y"]
SHAPE = (2, 5, 6, 3)

# Which of Keras's draws are ours: sides before directions.
ORDER = {"RandomShear": [2, 1, 0]}


def make(text):
    return eval(f"keras.layers.{text}", {"keras": cycnn})


def pictures(text):
    """As the recorder makes them."""
    x = np.random.default_rng(list(text.encode())).integers(0, 256, SHAPE).astype(np.float32)
    x = x / 255 if "(0, 1)" in text else x
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if "channels_first" in text else x


def numbers(text, layer):
    """The numbers that Keras was given, in our order."""
    found = np.random.default_rng(list(text[::-1].encode())).random((len(pictures(text)), 8), np.float32)
    columns = ORDER.get(type(layer).__name__, list(range(8)))[: layer.draws]
    return np.ascontiguousarray(found[:, columns])


@pytest.mark.parametrize("case", ANSWERS["cases"], ids=lambda case: case["program"])
def test_the_picture_is_keras_s(case, monkeypatch):
    text, shape = case["program"], case["shape"]
    layer = make(text)
    monkeypatch.setattr(layer, "_numbers", lambda samples: numbers(text, layer))
    y = layer(pictures(text))
    expected = PICTURES[case["at"] : case["at"] + np.prod(shape)].reshape(shape)
    size = 1 if "(0, 1)" in text else 255
    np.testing.assert_allclose(y, expected, atol=1e-4 * size)


@pytest.mark.parametrize("case", ANSWERS["configs"], ids=lambda case: case["program"])
def test_a_config_of_keras_s(case):
    """It makes a layer whose own config says the same, and so does that of the program."""
    text = case["program"]
    layer = getattr(layers, text.partition("(")[0]).from_config(case["config"])
    made = make(text)
    assert plain(layer.get_config()) == plain(made.get_config())
    ours = plain(made.get_config())
    for name, value in plain(case["config"]).items():
        assert ours[name] == value, name
    assert set(ours) - set(case["config"]) <= {"seed"}  # Keras forgets RandomGrayscale's


def plain(config):
    """As JSON has it: lists for tuples."""
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("name", ANSWERS["arguments"])
def test_arguments_and_defaults_are_keras_s(name):
    parameters = [p for p in inspect.signature(getattr(layers, name).__init__).parameters.values() if p.name != "self"]
    ours = [
        [p.name, None if p.default is p.empty else p.default] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    theirs = ANSWERS["arguments"][name]
    assert plain([pair for pair in ours if pair in theirs or pair[0] != "data_format"]) == [
        pair for pair in theirs if pair[0] != "name" or pair in plain(ours)
    ]  # Keras hides `data_format` of some in **kwargs, we `name`


@pytest.mark.parametrize("text", ANSWERS["refused"])
def test_what_keras_refuses(text):
    with pytest.raises(ValueError, match=re.escape("Received: ")):
        make(text)
