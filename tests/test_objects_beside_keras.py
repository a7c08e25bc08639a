"""Initializers, regularizers, constraints, configs and labels beside what the real Keras answered (recorded/)."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from cycnn import constraints, initializers, regularizers, utils
from cycnn.core import names, random, registry
from tests.recorded.answers import load

RECORDED = load("objects")

# The programs are recorded with Keras's name in them.
NAMESPACE = {
    "np": np,
    "keras": SimpleNamespace(
        initializers=initializers, regularizers=regularizers, constraints=constraints, utils=utils, random=random
    ),
}


def as_json(config):
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("program", RECORDED["configs"])
def test_configs_are_keras_s(program):
    assert as_json(registry.serialize_keras_object(eval(program, NAMESPACE))) == RECORDED["configs"][program]


@pytest.mark.parametrize("program", RECORDED["configs"])
def test_configs_of_keras_are_read(program):
    config = RECORDED["configs"][program]
    read = registry.deserialize_keras_object(config)
    assert as_json(registry.serialize_keras_object(read)) == config
    if "keras." in program:
        assert type(read) is type(eval(program, NAMESPACE))


@pytest.mark.parametrize("program", RECORDED["values"])
def test_values_are_keras_s(program):
    expected = RECORDED["values"][program]
    value = eval(program, NAMESPACE)
    if not isinstance(value, float):  # of a regularizer
        assert isinstance(value, np.ndarray)
        assert value.dtype == expected["dtype"]
    assert np.shape(value) == tuple(expected["shape"])
    np.testing.assert_allclose(np.ravel(value), expected["values"], rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("case", RECORDED["draws"], ids=lambda case: case["program"])
def test_initializers_draw_from_keras_s_distributions(case):
    """Both samples have 60,000 values or so: their quantiles lie within a few hundredths of a standard deviation."""
    x = eval(case["program"], NAMESPACE)(case["shape"])
    assert x.shape == tuple(case["shape"])
    assert x.dtype == np.float32
    expected = np.array(case["quantiles"])
    spread = (expected[-2] - expected[1]) / 3.29  # the standard deviation, if it were normal
    np.testing.assert_allclose(np.quantile(x, RECORDED["probabilities"]), expected, rtol=0, atol=0.06 * spread)


def test_snake_case_is_keras_s():
    assert {name: names.to_snake_case(name) for name in RECORDED["names"]} == RECORDED["names"]
