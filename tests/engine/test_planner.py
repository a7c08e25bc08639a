"""The memory planner: storages alive at the same time must not share bytes, and little is wasted."""

import numpy as np
import pytest

from cycnn.engine.planner import Lifetime, lower_bound, place


def random_lifetimes(rng, count):
    out = []
    for k in range(count):
        first = int(rng.integers(0, 30))
        out.append(Lifetime(f"s{k}", int(rng.integers(1, 50)) * 64, first, first + int(rng.integers(0, 8))))
    return out


@pytest.mark.parametrize("seed", range(20))
def test_living_storages_do_not_overlap(seed):
    lifetimes = random_lifetimes(np.random.default_rng(seed), 60)
    offsets, total = place(lifetimes)
    for a in lifetimes:
        assert offsets[a.storage] >= 0
        assert offsets[a.storage] + a.size <= total
        for b in lifetimes:
            if a is not b and a.first <= b.last and b.first <= a.last:
                apart = (
                    offsets[a.storage] + a.size <= offsets[b.storage]
                    or offsets[b.storage] + b.size <= offsets[a.storage]
                )
                assert apart, (a, b)


@pytest.mark.parametrize("seed", range(20))
def test_the_arena_is_near_its_lower_bound(seed):
    lifetimes = random_lifetimes(np.random.default_rng(seed), 60)
    _, total = place(lifetimes)
    assert lower_bound(lifetimes) <= total <= 1.25 * lower_bound(lifetimes)


def test_a_chain_needs_two_buffers():
    chain = [Lifetime(k, 640, k, k + 1) for k in range(10)]
    assert place(chain)[1] == lower_bound(chain) == 1280
