"""How the executor divides what a segment has to do."""

import numpy as np
import pytest

from cycnn import kernels
from cycnn.kernels import executor

BLOCK = kernels.update.BLOCK


def additions(blocks, costs):
    """A program of independent additions in one segment, of so many blocks each; and what they add up to."""
    rng = np.random.default_rng(0)
    arrays = [rng.random((2, count * BLOCK), "float32") for count in blocks]
    calls = [
        (
            kernels.update.add.door,
            [(2 * k + j, 0, 0, 0, 0, (count * BLOCK,)) for j in range(2)],
            [],
            [],
            count,
            False,
            cost,
        )
        for k, (count, cost) in enumerate(zip(blocks, costs, strict=True))
    ]
    program = executor.Program(calls, [(0, len(calls), True, 1)], 2 * len(calls), 1)
    for k, pair in enumerate(arrays):
        for j in range(2):
            program.bind_array(2 * k + j, pair[j])
    return program, arrays


@pytest.mark.parametrize(
    ("costs", "calls"),
    [
        ((100, 1), [0, 0, 1]),  # 400 and 100: three heavy units for the one thread, all else for the other
        ((1, 1), [0] + 8 * [1]),  # 4 and 100: enough short units for four parts a thread, the first call in one
        ((1, 100), [0] + 8 * [1]),
    ],
)
def test_parts_of_a_segment_cost_alike(costs, calls):
    program, _ = additions((4, 100), costs)
    events = program.record(1, 2, 0, 1)
    assert program.team == 2
    assert sorted(call for call, *_ in events) == calls


@pytest.mark.parametrize("threads", [1, 2, 3, 7, 16])
@pytest.mark.parametrize("costs", [(1, 1, 1), (1000, 7, 1), (1, 1 << 50, 3)])
def test_every_unit_is_done_once(threads, costs):
    program, arrays = additions((5, 64, 1), costs)
    expected = [pair.sum(axis=0) for pair in arrays]
    program.run(1, threads, 0, 1)
    assert program.team == threads
    for pair, total in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(pair[1], total)


def test_a_cost_is_at_least_one():
    with pytest.raises(ValueError, match="call 1: a unit costs 0"):
        additions((1, 1), (1, 0))
