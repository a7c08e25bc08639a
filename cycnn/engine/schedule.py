"""Emitted calls -> segments.

Calls come in an order that is right when each finishes before the next begins. Most of that waiting is not needed:

- calls on samples can follow one another sample by sample, without waiting for the others: they share a segment, and a
  few samples at a time go through all of it while they are in cache;
- a call on the whole batch waits until somebody needs its result: it is put off, past the calls on samples that do not
  touch what it touches, and joins the other whole calls in a segment of their own;
- a call on samples that reads more weights than its samples bring is put off likewise, and its samples are divided over
  the threads: a few samples at a time, each task would read all the weights again;
- a call of a Python function is a segment by itself: the threads go home before it and come back after it.

What only reads weights, a packed copy of them, is not in that order: it is made in the last segment of whole calls before
its first use (`put_off`), so that a large network never holds the copies of all its weights at once.

So a convolutional network's training step becomes one long segment of samples, one of reductions, one of updates; batch
normalization, whose statistics need all samples, begins a new segment by itself. Nothing here knows an operation.
"""

from collections import Counter
from typing import NamedTuple

from cycnn import kernels
from cycnn.engine.buffers import GROUP, ITEMSIZE, SAMPLE, THREAD

SAMPLES, SPREAD, SUMS, WHOLE, HOST = "samples", "spread", "sums", "whole", "host"
FLOPS_OF_A_BYTE = 16  # a core's 160 GFLOP/s beside 10 GB/s: what packing, reductions and updates were seen to move


class Emitted(NamedTuple):
    """A kernel call as an operation emitted it."""

    kernel: object
    operands: tuple  # Buffer or None
    integers: tuple
    reals: tuple
    units: int
    domain: str  # SAMPLES: units of each sample; SPREAD: the same, of the whole batch at a time; SUMS: each chunk of
    #              samples into its group; WHOLE: units of the batch; HOST: a Python function of the whole batch
    label: str
    flops: int = 0  # multiply-adds of a sample, times two; of kernels that compute products only

    def touches(self):
        """(storages read, storages written)."""
        read, written = set(), set()
        for buffer, mode in zip(self.operands, self.kernel.modes, strict=True):
            if buffer is not None:
                if mode != "w":
                    read.add(buffer.storage)
                if mode != "r":
                    written.add(buffer.storage)
        return read, written

    def bytes(self, samples, groups):
        """Memory that it reads and writes for a batch, each operand counted once; not a thread's own room, which stays
        in its cache."""
        times = {SAMPLE: samples, GROUP: groups, THREAD: 0}
        storages = {b.storage for b in self.operands if b is not None}
        total = sum(s.size * (samples if s.per_sample else times.get(s.kind, 1)) for s in storages)
        if self.kernel.name in ("gather.rows", "gather.labels"):  # of the user's array they read a row a sample
            source, rows, taken = (b.storage for b in self.operands)
            row = taken.size // ITEMSIZE["float32"] * kernels.gather.BYTES[self.integers[0]]
            total += samples * (row + rows.size) - source.size - rows.size
        return total

    def cost(self, samples, groups):
        """About how long a unit takes, in FLOPs: what divides a segment's calls among threads."""
        units = self.units * (samples if self.domain in (SAMPLES, SPREAD) else 1)
        return 1 + (self.flops * samples + FLOPS_OF_A_BYTE * self.bytes(samples, groups)) // max(1, units)


class Segment(NamedTuple):
    """Calls between two barriers."""

    calls: list
    whole: bool

    @property
    def host(self):
        """Whether it is a call of a Python function."""
        return self.calls[0].domain == HOST


def _clash(a, b):
    """Whether two calls must keep their order: one writes what the other reads or writes."""
    return bool(a[1] & b[0] or a[0] & b[1] or a[1] & b[1])


def schedule(calls, split=False):
    """Segments that compute what `calls` compute in order.

    Args:
        calls: list of `Emitted`.
        split: treat calls on samples as calls on the whole batch, their units divided over the threads: for batches
            with fewer samples than threads.
    """
    segments, current, waiting = [], [], []

    def close():
        nonlocal current
        if current:
            segments.append(Segment([call for call, _ in current], False))
            current = []

    def flush():
        """Segments of the whole calls put off so far, each as early as its order allows."""
        nonlocal waiting
        close()
        levels = []
        for call, touched in waiting:
            level = len(levels)
            while level and not any(_clash(touched, other) for _, other in levels[level - 1]):
                level -= 1
            if level == len(levels):
                levels.append([])
            levels[level].append((call, touched))
        for level in levels:
            kernels = [call for call, _ in level if call.domain != HOST]
            segments.extend([Segment(kernels, True)] if kernels else [])
            segments.extend(Segment([call], True) for call, _ in level if call.domain == HOST)
        waiting = []

    for call in calls:
        touched = call.touches()
        if call.domain in (SPREAD, WHOLE, HOST) or (split and call.domain == SAMPLES):  # sums stay with their groups
            waiting.append((call, touched))
        else:
            if any(_clash(touched, other) for _, other in waiting):
                flush()
            current.append((call, touched))
    flush()
    return segments


def put_off(preparing, segments):
    """Move calls that only read weights behind others, into the last segment on the whole batch before their first use.

    Args:
        preparing: list of `Emitted`; what they write, nobody has written before.
        segments: of all other calls; some get calls added.

    Returns:
        The calls before whose first use no such segment lies.
    """
    first, written, stay = {}, [], []
    for s, segment in enumerate(segments):
        touches = [call.touches() for call in segment.calls]
        for storage in set().union(*(both for touched in touches for both in touched)):
            first.setdefault(storage, s)
        written.append(set().union(*(touched[1] for touched in touches)))
    made = Counter(storage for call in preparing for storage in call.touches()[1])
    for call in preparing:
        read, results = call.touches()
        use = min((first[storage] for storage in results if storage in first), default=0)
        changed = next((s for s, storages in enumerate(written) if storages & read), len(segments))
        alone = all(made[storage] == 1 for storage in results) and not any(storage in made for storage in read)
        places = [s for s in range(min(use, changed)) if segments[s].whole and not segments[s].host] if alone else []
        if places:
            segments[places[-1]].calls.append(call)
        else:
            stay.append(call)
    return stay
