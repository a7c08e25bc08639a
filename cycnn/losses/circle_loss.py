"""Circle loss: embeddings of one class closer to each other than to those of others."""

import numpy as np

from cycnn import ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.losses.base_loss import Loss, LossFunctionWrapper


@export("keras.losses")
def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """log(1 + Σ exp(gamma·(margin + d)·(d - margin)) · Σ exp(gamma·(1 + margin - d')·(1 - margin - d'))).

    d are the cosine distances of a sample to the samples of its class, d' those to all others.

    Args:
        y_true: class numbers (n,) or (n, 1).
        y_pred: array or tensor (n, c) of embeddings of length 1.
        ref_labels: class numbers (m,) of other samples to compare with; the batch itself where it is None.
        ref_embeddings: their embeddings (m, c).
        remove_diagonal: whether sample k is not compared with sample k of the others.
        gamma: how much the hardest pairs count.
        margin: how far classes shall be apart.

    Returns:
        An array (n,); of a tensor, a tensor.

    Reference:
        Sun et al., Circle loss, 2020. https://arxiv.org/abs/2002.10857
    """
    y_pred = ops.convert_to_tensor(y_pred)
    others = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    labels = np.ravel(np.asarray(y_true)).astype(np.int32)
    other_labels = labels if ref_labels is None else np.ravel(np.asarray(ref_labels)).astype(np.int32)
    same = np.equal.outer(labels, other_labels)
    different = ~same
    if remove_diagonal:
        same = same & ~np.eye(*same.shape, dtype=bool)
    distance = ops.maximum(ops.subtract(1.0, ops.matmul(y_pred, ops.transpose(others))), 0.0)
    gamma, margin = float(gamma), float(margin)
    # The weights grow with how wrong a pair is, and are differentiated like everything else.
    pulled = ops.multiply(ops.multiply(gamma, ops.add(margin, distance)), ops.subtract(distance, margin))
    weight = ops.maximum(ops.subtract(1.0 + margin, distance), 0.0)
    pushed = ops.multiply(ops.multiply(gamma, weight), ops.subtract(1.0 - margin, distance))
    sums = (
        ops.logsumexp(ops.where(pairs, exponents, -np.inf), axis=1)
        for pairs, exponents in ((same, pulled), (different, pushed))
    )
    return ops.softplus(ops.add(*sums))


class Circle(LossFunctionWrapper):
    """Embeddings of one class closer to each other than to those of others, the hardest pairs most of all.

    Args:
        gamma: how much the hardest pairs count.
        margin: how far classes shall be apart.
        remove_diagonal: whether a sample is not compared with itself.
        reduction, name, dtype: as in `Loss`. A sample without loss is not counted by a mean.

    Reference:
        Sun et al., Circle loss, 2020. https://arxiv.org/abs/2002.10857
    """

    def __init__(self, gamma=80.0, margin=0.4, remove_diagonal=True, reduction="sum_over_batch_size", name="circle",
                 dtype=None):  # fmt: skip
        self.gamma = checks.number("gamma", gamma)
        self.margin = checks.number("margin", margin)
        self.remove_diagonal = bool(remove_diagonal)
        super().__init__(circle, reduction, name, dtype, gamma=self.gamma, margin=self.margin,
                         remove_diagonal=self.remove_diagonal)  # fmt: skip

    def mask(self, y_true, values):
        return np.asarray(values) > 0

    def get_config(self):
        return {
            **Loss.get_config(self),
            "gamma": self.gamma,
            "margin": self.margin,
            "remove_diagonal": self.remove_diagonal,
        }
