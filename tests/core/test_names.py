"""Automatic names count per process and per prefix."""

import pytest

from cycnn.core import names


@pytest.fixture(autouse=True)
def start_over():
    names.reset()
    yield
    names.reset()


def test_names_are_numbered_from_the_second_one_on():
    assert [names.auto_name("Conv2D") for _ in range(3)] == ["conv2d", "conv2d_1", "conv2d_2"]
    assert names.auto_name("max_pooling2d") == "max_pooling2d"
    assert names.auto_name("MaxPooling2D") == "max_pooling2d_1"


def test_reset_starts_over():
    names.auto_name("dense")
    names.reset()
    assert names.auto_name("dense") == "dense"


def test_get_uid_counts_from_one():
    assert [names.get_uid("dense"), names.get_uid("dense"), names.get_uid()] == [1, 2, 1]
