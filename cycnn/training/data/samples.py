"""Arrays that belong together."""

import math
import warnings

import numpy as np

from cycnn.core import checks


class Samples:
    """Inputs, targets and weights: row k of each array belongs to sample k.

    Args:
        inputs: list of arrays, one per input.
        targets: list of arrays, one per output, as the user gave them (metrics read them); None where there is none.
        matched: the same in the form that the output's loss reads; None where there is no loss.
        weights: list of arrays (n,) or (n, positions), one per output; None where all samples count alike.
    """

    __slots__ = ("inputs", "matched", "targets", "weights")

    def __init__(self, inputs, targets=(), matched=(), weights=()):
        self.inputs, self.targets, self.matched, self.weights = inputs, targets, matched, weights

    def __len__(self):
        return len(self.inputs[0])

    def cut(self, first, last):
        """Samples `first` to `last` (without it); nothing is copied."""
        return Samples(*([None if a is None else a[first:last] for a in getattr(self, part)] for part in _PARTS))

    def split(self, share):
        """The first samples to train on and a share of them, from the end, to validate with: before any shuffling.

        Raises:
            ValueError: one of the two would be empty.
        """
        samples = len(self)
        at = math.floor(samples * (1.0 - share))
        if at == 0 or at == samples:
            raise ValueError(
                "`validation_split` must leave at least one sample to train on and one to validate with. "
                f"Received: validation_split={share} for {samples} samples."
            )
        return self.cut(0, at), self.cut(at, samples)


_PARTS = ("inputs", "targets", "matched", "weights")


def warn_of_unseen_classes(trained, held_out, terms):
    """Warn where samples held out are of a class that no sample to train on has: sorted data were split."""
    for term in terms:
        unseen = _classes(held_out, term) - _classes(trained, term)
        if unseen:
            warnings.warn(
                "`validation_split` holds out the last samples, and among them are classes that none of the others has: "
                f"{checks.short(sorted(unseen))}. The data seem to be sorted by class: shuffle them first, so that the "
                "model sees every class.",
                stacklevel=3,
            )


def _classes(samples, term):
    """The classes among targets, for the losses of classification."""
    y, loss = samples.targets[term.output], term.loss.name
    if loss == "sparse_categorical_crossentropy":
        return set(np.unique(y).tolist())
    if loss == "categorical_crossentropy":
        return set(np.flatnonzero((y != 0).any(axis=tuple(range(y.ndim - 1)))).tolist())
    if loss == "binary_crossentropy" and y.size == len(y):
        return set((np.unique(y) > 0.5).astype(int).tolist())
    return set()
