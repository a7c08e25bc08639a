"""Checks of arguments: what passes, in which form, and what a refusal says."""

import numpy as np
import pytest

from cycnn import config
from cycnn.core import checks

NOT_POSITIVE = [0, -1, 1.0, 2.5, "3", None, True, float("nan"), [3], np.float32(2)]


@pytest.mark.parametrize("value", [1, 7, np.int64(7), np.array(3)])
def test_positive_int(value):
    found = checks.positive_int("filters", value)
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("value", NOT_POSITIVE)
def test_positive_int_refuses(value):
    with pytest.raises(ValueError, match=r"`filters` must be a positive integer. Received: filters=") as caught:
        checks.positive_int("filters", value)
    assert str(caught.value).endswith(f"filters={value!r}.")


def test_non_negative_int():
    assert checks.non_negative_int("top", 0) == 0
    with pytest.raises(ValueError, match=r"`top` must be an integer of at least 0. Received: top=-1."):
        checks.non_negative_int("top", -1)


@pytest.mark.parametrize("value", [2, (2, 2), [2, 2], np.array([2, 2]), np.int32(2), (part for part in (2, 2))])
def test_positive_pair(value):
    found = checks.positive_pair("strides", value)
    assert found == (2, 2)
    assert all(type(part) is int for part in found)


@pytest.mark.parametrize(
    "value",
    [*NOT_POSITIVE, (0, 1), (1, -1), (1,), (1, 2, 3), (), (1.0, 1), ("1", "1"), "22", b"22", {1: 2, 2: 2}, {1, 2}],
)
def test_positive_pair_refuses(value):
    with pytest.raises(ValueError, match=r"`strides` must be two positive integers. Received: strides=") as caught:
        checks.positive_pair("strides", value)
    assert str(caught.value).endswith(f"strides={value!r}.")


def test_other_tuples():
    assert checks.non_negative_pair("padding", (0, 1)) == (0, 1)
    assert checks.positive_ints("pool_size", 2, 3) == (2, 2, 2)
    with pytest.raises(ValueError, match=r"`padding` must be two integers of at least 0. Received: padding=\(0, -1\)."):
        checks.non_negative_pair("padding", (0, -1))
    with pytest.raises(ValueError, match=r"`pool_size` must be three positive integers."):
        checks.positive_ints("pool_size", (1, 2), 3)


@pytest.mark.parametrize("value", [0, 0.25, 1, np.float32(0.5)])
def test_number(value):
    found = checks.number("rate", value, 0, 1)
    assert found == value
    assert type(found) is float


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf"), "0.5", None, True, [0.5], 10**400])
def test_number_refuses(value):
    with pytest.raises(ValueError, match=r"`rate` must be a number at least 0 and at most 1. Received: rate="):
        checks.number("rate", value, 0, 1)


def test_number_with_open_ends():
    assert checks.number("x", 1e-30, 0, open_low=True) == 1e-30
    with pytest.raises(ValueError, match=r"`x` must be a number above 0. Received: x=0."):
        checks.number("x", 0, 0, open_low=True)
    with pytest.raises(ValueError, match=r"`x` must be a number at least 0 and below 1. Received: x=1."):
        checks.number("x", 1, 0, 1, open_high=True)
    with pytest.raises(ValueError, match=r"`x` must be a number. Received: x='a'."):
        checks.number("x", "a")


def test_padding_and_data_format():
    assert [checks.padding(value) for value in ("Same", "valid", "SAME")] == ["same", "valid", "same"]
    assert checks.data_format("Channels_Last") == "channels_last"
    config.set_image_data_format("channels_first")
    try:
        assert checks.data_format(None) == "channels_first"
    finally:
        config.set_image_data_format("channels_last")
    with pytest.raises(
        ValueError, match=r"`padding` must be 'valid' or 'same'. Did you mean 'same'. Received: padding='sane'."
    ):
        checks.padding("sane")
    with pytest.raises(ValueError, match=r"`padding` must be 'valid' or 'same'. Received: padding=1."):
        checks.padding(1)
    with pytest.raises(ValueError, match=r"`data_format` must be 'channels_last' or 'channels_first'."):
        checks.data_format("nhwc")
    assert checks.one_of("mode", "c", ("a", "b", "c")) == "c"
    with pytest.raises(ValueError, match=r"`mode` must be 'a', 'b' or 'c'."):
        checks.one_of("mode", "d", ("a", "b", "c"))


@pytest.mark.parametrize("value", [(28, 28, 1), [28, None, np.int64(1)], (), (None,)])
def test_shape(value):
    assert checks.shape("shape", value) == tuple(value)


@pytest.mark.parametrize("value", [28, "28", None, (0,), (28, -1), (28.0,), ("28",), (True,), ((28, 28), 1)])
def test_shape_refuses(value):
    with pytest.raises(ValueError, match=r"`shape` must be a tuple of positive integers or None. Received: shape="):
        checks.shape("shape", value)


INITIALIZERS = ["HeNormal", "he_normal", "lecun_uniform", "LecunUniform", "glorot_uniform", "zeros", "Zeros"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("locan_uniform", "lecun_uniform"),
        ("he normal", "he_normal"),
        ("HeNorml", "HeNormal"),
        ("glorotuniform", "glorot_uniform"),
        ("zeroes", "zeros"),
    ],
)
def test_did_you_mean(name, meant):
    assert checks.nearest(name, INITIALIZERS) == meant
    text = f"Unknown initializer. Did you mean {meant!r}? Received: {name!r}."
    assert checks.unknown("initializer", name, INITIALIZERS) == text


def test_unknown_without_a_neighbour_lists_what_there_is():
    text = "Unknown initializer; there are glorot_uniform, he_normal, lecun_uniform, zeros. Received: 'quantum'."
    assert checks.unknown("initializer", "quantum", INITIALIZERS) == text
    assert checks.unknown("layer", "?", ["ReLU", "Dense"]) == "Unknown layer; there are Dense, ReLU. Received: '?'."
    assert checks.unknown("layer", 5, []) == "Unknown layer; there are none. Received: 5."


def test_long_values_are_cut_in_messages():
    with pytest.raises(ValueError, match="filters=") as caught:
        checks.positive_int("filters", [0] * 10_000)
    assert len(str(caught.value)) < 300
    assert len(checks.unknown("layer", "x" * 10_000, ["Dense"])) < 300
