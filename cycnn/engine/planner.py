"""The memory planner: storages with lifetimes -> offsets in one arena.

Two storages may share bytes when one is no longer needed before the other is first written. Placing them well is an
instance of dynamic storage allocation; the greedy rule used here (largest first, into the smallest gap that fits) is
"greedy by size" of Y. Pisarchyk and J. Lee, Efficient Memory Management for Deep Neural Net Inference, MLSys 2020.
"""

from typing import NamedTuple

from cycnn.core.memory import aligned


class Lifetime(NamedTuple):
    """Bytes needed from one moment to another, both included."""

    storage: object
    size: int
    first: int
    last: int


def place(lifetimes):
    """Offsets for all of `lifetimes`, and the arena's size: `({storage: offset}, bytes)`."""
    placed, offsets, total = [], {}, 0
    for item in sorted(lifetimes, key=lambda t: (-t.size, t.first)):
        taken = sorted(
            (offset, offset + other.size)
            for offset, other in placed
            if other.first <= item.last and item.first <= other.last
        )
        best, gap_best, end = None, None, 0
        for low, high in taken:
            gap = low - end
            if gap >= item.size and (gap_best is None or gap < gap_best):
                best, gap_best = end, gap
            end = max(end, high)
        offset = end if best is None else best
        placed.append((offset, item))
        offsets[item.storage] = offset
        total = max(total, offset + item.size)
    return offsets, total


def lower_bound(lifetimes):
    """Bytes alive at the worst moment: no placement can need fewer."""
    moments = {t.first for t in lifetimes}
    return max((sum(t.size for t in lifetimes if t.first <= m <= t.last) for m in moments), default=0)


def rounded(size):
    """Sizes in the arena are whole cache lines, with one more behind for vectors that read over the end."""
    return aligned(size) + 128
