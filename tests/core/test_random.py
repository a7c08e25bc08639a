"""Random numbers follow from (seed, counter) and from nothing else."""

import numpy as np
import pytest

from cycnn import config
from cycnn.core import names, random


@pytest.fixture(autouse=True)
def start_over():
    yield
    config.set_seed(None)
    names.reset()


def draw(*args):
    return random.generator(*args).integers(1 << 62, size=4).tolist()


def test_an_integer_seed_gives_the_same_numbers_every_time():
    assert draw(5) == draw(5) == draw(np.int64(5)) == draw(5, 0)


def test_streams_of_different_pairs_differ():
    pairs = [(seed, counter) for seed in (-1, 0, 1, 2**40, 2**63) for counter in (0, 1, 2**40)]
    assert len({tuple(draw(*pair)) for pair in pairs}) == len(pairs)


def test_the_numbers_are_philox_keyed_by_the_pair():
    """A change here would change every seeded model."""
    bits = np.random.Philox(key=[7, 3]).random_raw(2)
    assert random.generator(7, 3).bit_generator.random_raw(2).tolist() == bits.tolist()


def test_a_seed_generator_moves_on():
    seed = random.SeedGenerator(5)
    first, second = draw(seed), draw(seed)
    assert first == draw(5, 0)
    assert second == draw(5, 1)
    assert seed.state.tolist() == [5, 2]
    assert seed.state.dtype == np.uint64
    assert seed.next().tolist() == [5, 2]
    assert seed.state.tolist() == [5, 3]


def test_without_a_seed_numbers_follow_from_the_seed_of_the_process():
    config.set_seed(11)
    first = draw(), random.make_seed(), random.SeedGenerator().state.tolist()
    config.set_seed(11)
    assert (draw(), random.make_seed(), random.SeedGenerator().state.tolist()) == first
    config.set_seed(12)
    assert draw() != first[0]
    config.set_seed(None)
    assert draw() != draw()


def test_drawn_seeds_are_positive_and_differ():
    config.set_seed(0)
    seeds = [random.make_seed() for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert min(seeds) >= 1
    assert max(seeds) < 2**31
    assert type(seeds[0]) is int


def test_nobody_else_s_random_numbers_interfere():
    config.set_seed(1)
    first = draw()
    config.set_seed(1)
    np.random.seed(3)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert draw() == first
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


@pytest.mark.parametrize("seed", [1.5, "5", True, [5]])
def test_other_seeds_are_refused(seed):
    with pytest.raises(ValueError, match=r"`seed` must be an integer, a SeedGenerator or None. Received: seed="):
        random.generator(seed)
    with pytest.raises(ValueError, match=r"`seed` must be an integer or None. Received: seed="):
        random.SeedGenerator(seed)


def test_config_of_a_seed_generator():
    assert random.SeedGenerator().get_config() == {"seed": None, "name": "seed_generator"}
    seed = random.SeedGenerator.from_config({"seed": 3, "name": "mine"})
    assert seed.get_config() == {"seed": 3, "name": "mine"}
    assert seed.state.tolist() == [3, 0]
