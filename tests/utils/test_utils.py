"""Labels, seeds, normalizing, and the registry's public side."""

import random

import numpy as np
import pytest

from cycnn import config, utils
from cycnn.core import registry


@pytest.fixture(autouse=True)
def restore():
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    config.set_seed(None)


# to_categorical


def test_to_categorical():
    rows = utils.to_categorical([0, 2, 1, 2])
    np.testing.assert_array_equal(rows, np.eye(3)[[0, 2, 1, 2]])
    assert rows.dtype == np.float64
    assert utils.to_categorical([0, 1], 5).shape == (2, 5)
    assert utils.to_categorical([0, 1], dtype="float32").dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        (3, (4,)),
        ([[1], [0]], (2, 4)),
        ([[1, 0, 2]], (1, 3, 4)),
        ([[[1]], [[2]]], (2, 1, 4)),
        ([], (0, 4)),
        ([[1]], (1, 4)),
    ],
)
def test_to_categorical_shapes(labels, shape):
    assert utils.to_categorical(labels, 4).shape == shape


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1], "uint8"),
        np.array([0, 1], "uint64"),
        np.array([0.0, 1.0], "float16"),
        np.array([False, True]),
        np.array([0, 1], object),
        ["0", "1"],
        (0, 1),
        np.array([0, 5, 1, 5])[::2],
    ],
)
def test_to_categorical_takes_whole_numbers_of_any_type(labels):
    np.testing.assert_array_equal(utils.to_categorical(labels, 2), np.eye(2))


@pytest.mark.parametrize(
    ("labels", "num_classes", "match"),
    [
        ([0, 3], 3, "Class numbers must lie between 0 and 2. Received: numbers from 0 to 3."),
        ([-1, 1], None, "Class numbers must lie between 0 and 1. Received: numbers from -1 to 1."),
        ([0.5, 1], None, "Class numbers must be integers. Received: "),
        ([float("nan")], 3, "Class numbers must be integers. Received: "),
        ([1e300], 3, "Class numbers must be integers. Received: "),
        (np.array([2**64 - 1], "uint64"), 3, "Class numbers must be integers. Received: "),
        (["cat"], 3, "Class numbers must be integers. Received: "),
        ([None], 3, "Class numbers must be integers. Received: "),
        ([1j], 3, "Class numbers must be integers. Received: "),
        ([], None, "`num_classes` must be given where there are no labels"),
        ([0], 0, "`num_classes` must be a positive integer. Received: num_classes=0."),
        ([0], 2.5, "`num_classes` must be a positive integer. Received: num_classes=2.5."),
    ],
)
def test_to_categorical_refuses(labels, num_classes, match):
    with pytest.raises(ValueError, match=match):
        utils.to_categorical(labels, num_classes)


# normalize


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0], [-6.0, 8.0]])
    np.testing.assert_allclose(utils.normalize(x), [[0.6, 0.8], [0, 0], [-0.6, 0.8]])
    np.testing.assert_allclose(np.linalg.norm(utils.normalize(x, axis=0), axis=0), [1, 1])
    np.testing.assert_allclose(utils.normalize(x, order=1), [[3 / 7, 4 / 7], [0, 0], [-6 / 14, 8 / 14]])
    np.testing.assert_allclose(utils.normalize([1, 2], order=np.inf), [0.5, 1])
    assert utils.normalize(x.astype("float32")).dtype == np.float32
    assert utils.normalize(np.arange(4)).dtype == np.float64


# set_random_seed


def test_set_random_seed_covers_python_numpy_and_cycnn():
    def draw():
        return random.random(), np.random.random(3).tolist(), config.next_draw()  # noqa: NPY002

    utils.set_random_seed(5)
    first = draw()
    assert config.seed() == 5
    utils.set_random_seed(np.int64(5))
    assert draw() == first
    utils.set_random_seed(6)
    assert all(one != other for one, other in zip(draw(), first, strict=True))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "5", None, True])
def test_set_random_seed_refuses(seed):
    state = random.getstate()
    with pytest.raises(ValueError, match=r"`seed` must be an integer from 0 to 4294967295. Received: seed="):
        utils.set_random_seed(seed)
    assert random.getstate() == state


# What is passed on


def test_old_spellings():
    from cycnn.utils.np_utils import to_categorical

    assert to_categorical is utils.to_categorical


def test_the_registry_is_public():
    for name in utils.__all__:
        assert callable(getattr(utils, name))
    assert utils.register_keras_serializable is registry.register_keras_serializable
