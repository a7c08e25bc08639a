"""Epochs of batches."""

import warnings

import numpy as np

from cycnn.core import random


class Batches:
    """Batches, epoch after epoch: `begin` gets ready for an epoch, `epoch` gives its batches as (samples, rows).

    Without a number of steps, an epoch is one pass over the data. With one, an epoch is that many batches, and the next
    epoch goes on where it stopped.

    Args:
        steps: batches of an epoch; None: all there are.
    """

    repeats = True  # whether the data can be gone through again
    known = None  # batches of a pass, where that is known beforehand

    def __init__(self, steps):
        self._limit = steps
        self._pass = self._next = None
        self._warned = False

    @property
    def steps(self):
        """Batches of an epoch, None where that is not known."""
        return self._limit or self.known

    def one_pass(self):
        """Iterate once over the data: yields (samples, rows)."""
        raise NotImplementedError

    def epoch_begins(self):
        """Called before the first batch of an epoch is made."""

    def epoch_ends(self):
        """Called behind the last batch of an epoch."""

    def restart(self):
        """Let the next epoch begin at the beginning of the data, if they can be gone through again."""
        if self.repeats:
            self.close()
            self._pass = None

    def begin(self):
        """Make the first batch of an epoch.

        Returns:
            That batch, as (samples, rows), or None where the data are used up.
        """
        self.epoch_begins()
        if self._pass is None or (self._limit is None and self.repeats):
            self._pass = self.one_pass()
        self._next = next(self._pass, None)
        if self._next is None and self.repeats:  # the epoch before this one ended with the last batch
            self._pass = self.one_pass()
            self._next = next(self._pass, None)
        return self._next

    def epoch(self):
        """The batches of the epoch that has begun."""
        done, batch = 0, self._next
        try:
            while batch is not None:
                yield batch
                done += 1
                if done == self._limit:
                    return
                batch = next(self._pass, None)
            if self._limit is not None:
                self.warn()
            elif self.repeats:
                self.known = done
        finally:
            self._next = None
            self.epoch_ends()

    def close(self):
        """Let go of what makes the batches."""
        if hasattr(self._pass, "close"):
            self._pass.close()

    def warn(self):
        """Say once that there were fewer batches than asked for."""
        if not self._warned:
            self._warned = True
            warnings.warn(
                "Your input ran out of data; interrupting training. Make sure that your dataset or generator can "
                "generate at least `steps_per_epoch * epochs` batches.",
                stacklevel=4,
            )


class ArrayBatches(Batches):
    """Batches of whole arrays: always the same samples, and the numbers of their rows.

    Args:
        samples: `Samples`.
        batch_size: samples of a batch; None: 32, or what makes the given number of steps one pass.
        steps: see `Batches`.
        shuffle: True: a new random order in each pass; `"batch"`: random within each batch; False.
    """

    def __init__(self, samples, batch_size=None, steps=None, shuffle=False):
        super().__init__(steps)
        self.samples = samples
        self.batch_size = batch_size or (-(-len(samples) // steps) if steps else 32)
        self.known = -(-len(samples) // self.batch_size)
        self.capacity = min(self.batch_size, len(samples))
        self._rows = np.arange(len(samples), dtype=np.int64)
        self._shuffle = shuffle
        self._order = random.generator() if shuffle else None

    def one_pass(self):
        rows, size = self._rows, self.batch_size
        if self._shuffle and self._shuffle != "batch":
            self._order.shuffle(rows)
        for first in range(0, len(rows), size):
            batch = rows[first : first + size]
            if self._shuffle == "batch":
                self._order.shuffle(batch)
            yield self.samples, batch
