"""CTC: labels for sequences without knowing which step belongs to which label."""

from cycnn import ops
from cycnn.core.registry import export
from cycnn.losses.base_loss import Loss, LossFunctionWrapper

BLANK = 0


@export("keras.losses")
def ctc(y_true, y_pred):
    """-log p of the labels, by all ways to say them (connectionist temporal classification).

    Args:
        y_true: class numbers (n, most labels), 0 behind the last label: class 0 is the blank.
        y_pred: array or tensor (n, steps, classes) of logits.

    Returns:
        An array (n,), infinite where the steps are too few for the labels; of a tensor, a tensor.

    Raises:
        ValueError: other shapes.

    Reference:
        Graves et al., Connectionist temporal classification, 2006. https://www.cs.toronto.edu/~graves/icml_2006.pdf
    """
    shape, wanted = ops.shape(y_true), ops.shape(y_pred)
    if len(shape) != 2 or len(wanted) != 3:
        raise ValueError(
            "`ctc` takes `y_true` of shape (n, labels) and `y_pred` of shape (n, steps, classes). "
            f"Received: shapes {shape} and {wanted}."
        )
    labels = ops.sum(ops.not_equal(y_true, BLANK), axis=-1)
    steps = ops.multiply(ops.ones_like(labels), wanted[1])
    return ops.ctc_loss(y_true, y_pred, labels, steps, BLANK)


class CTC(LossFunctionWrapper):
    """-log p of the labels of a sequence, by all ways to say them: see `ctc`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Reference:
        Graves et al., Connectionist temporal classification, 2006. https://www.cs.toronto.edu/~graves/icml_2006.pdf
    """

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction, name, dtype)

    def get_config(self):
        return Loss.get_config(self)
