"""What all losses share: values, weights, reduction."""

import numpy as np

from cycnn import ops
from cycnn.core import names
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.ops.dtypes import standardize
from cycnn.ops.primitive import composite

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Reduction:
    """The reductions by name, for programs that spell them so."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


@export("keras.losses")
class Loss:
    """Base of losses, and of the user's own: a subclass says in `call` what the values are.

    Args:
        name: string.
        reduction: what becomes of the values: `"sum_over_batch_size"` or `"mean"` (their sum divided by their number),
            `"sum"`, `"mean_with_sample_weight"` (divided by the sum of the weights), `"none"` or `None` (nothing).
        dtype: what `loss(y_true, y_pred)` computes in; float32 where it is None. Kernels compute in float32.

    Example:

    ```python
    class Cubed(cycnn.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    model.compile("adam", loss=Cubed())
    ```
    """

    has_kernel = False  # whether `emit` may be called; else training goes through `value_and_gradient`
    targets = "float32"  # or "int32": class numbers

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction == Reduction.AUTO:
            reduction = "sum_over_batch_size"
        if not (reduction is None or isinstance(reduction, str)) or reduction not in REDUCTIONS:
            raise ValueError(f"`reduction` must be one of {REDUCTIONS}. Received: reduction={reduction!r}.")
        self.name = name or names.auto_name(type(self).__name__)
        self.reduction = reduction
        self._dtype = standardize(getattr(dtype, "compute_dtype", dtype)).name

    @property
    def dtype(self):
        """What the loss of arrays is computed in."""
        return self._dtype

    # ------------------------------------------------------------------------------------------- values of arrays

    def call(self, y_true, y_pred):
        """The values: one of each sample, of each position of each sample, or one in all."""
        raise NotImplementedError(f"{type(self).__name__} must have a method `call(y_true, y_pred)`.")

    def mask(self, y_true, values):
        """Which values count, as an array of booleans; None: all."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss, joined by `reduction`.

        Args:
            y_true: targets.
            y_pred: predictions. Of tensors that a tape watches, the loss is a tensor too; of symbolic ones, a number for
                `add_loss`.
            sample_weight: array of the values' shape, or one that repeats along their axes of length 1; or (n,): one
                weight for each sample.
        """
        return _loss(self, y_true, y_pred, sample_weight)

    def value_and_gradient(self, y_true, y_pred, sample_weight=None):
        """The loss of arrays as a number, and its gradient with respect to `y_pred`, float32.

        Raises:
            ValueError: the reduction leaves more than one number.
        """
        self.must_reduce()
        value, (gradient,), _ = ops.value_and_gradient(lambda y: self(y_true, y, sample_weight), [y_pred])
        return float(value), gradient

    def must_reduce(self):
        """Refuse to train or evaluate with a loss that is more than one number."""
        if self.reduction in ("none", None):
            raise ValueError(
                "A loss to train or evaluate with must be one number: `reduction` must be 'sum_over_batch_size', 'sum', "
                f"'mean' or 'mean_with_sample_weight'. Received: reduction={self.reduction!r} for the loss {self.name!r}."
            )

    # -------------------------------------------------------------------------------------------------- training

    def absorbs_softmax(self):
        """Whether this loss wants the input of a softmax rather than its output."""
        return False

    def match(self, y, sample):
        """Targets (n, ...) in the shape that the loss reads, without a copy, for outputs of shape `sample`."""
        return y

    def check_values(self, y, sample):
        """Refuse targets whose values are impossible."""

    def divisor(self, count, weight=None, y_true=None):
        """What the sum of a batch's weighted values is divided by; 0 where nothing counts, and then the loss is 0.

        Args:
            count: number of values.
            weight: the batch's sample weights, or None.
            y_true: the batch's targets, for losses that leave some out.
        """
        self.must_reduce()
        if self.reduction == "sum":
            return 1.0
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return float(np.sum(weight, dtype=np.float64))
        return float(count)

    # ---------------------------------------------------------------------------------------------------- config

    def get_config(self):
        """Everything `from_config` needs."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """A new loss of this configuration."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"


@composite
def _loss(loss, y_true, y_pred, sample_weight):
    y_pred = ops.convert_to_tensor(y_pred, loss.dtype)
    y_true = ops.convert_to_tensor(y_true, loss.dtype if loss.targets == "float32" else None)
    values = ops.convert_to_tensor(loss.call(y_true, y_pred), loss.dtype)
    joined = reduce_values(values, sample_weight, loss.mask(y_true, values), loss.reduction)
    return joined[()] if isinstance(joined, np.ndarray) else joined


@export("keras.src.losses.losses")
class LossFunctionWrapper(Loss):
    """A function as a loss.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` → the values.
        reduction, name, dtype: as in `Loss`.
        kwargs: arguments for every call of `fn`.
    """

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true, y_pred):
        return self.fn(*same_rank(y_true, y_pred), **self._fn_kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "fn": serialize_keras_object(self.fn),
            **serialize_keras_object(self._fn_kwargs),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))


def floats(y_true, y_pred):
    """Predictions as they are, and targets of their type."""
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.convert_to_tensor(y_true, y_pred.dtype), y_pred


def same_rank(x1, x2):
    """Both with as many axes, where they differ by a last axis of length 1; a vector gets it, another array loses it."""
    shape1, shape2 = ops.shape(x1), ops.shape(x2)
    if len(shape1) == len(shape2) + 1 and shape1[-1] == 1:
        return (x1, ops.expand_dims(x2, -1)) if len(shape2) == 1 else (ops.squeeze(x1, -1), x2)
    if len(shape2) == len(shape1) + 1 and shape2[-1] == 1:
        return (ops.expand_dims(x1, -1), x2) if len(shape1) == 1 else (x1, ops.squeeze(x2, -1))
    return x1, x2


def beside(values, weight):
    """Values and weights that can be multiplied. One weight for each sample counts at all its positions."""
    values, weight = same_rank(values, weight)
    shape, wanted = ops.shape(weight), ops.shape(values)
    if 0 < len(shape) < len(wanted) and shape == wanted[: len(shape)]:
        weight = ops.reshape(weight, (*shape, *(1,) * (len(wanted) - len(shape))))
    try:
        fits = not wanted or np.broadcast_shapes(ops.shape(weight), wanted) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"`sample_weight` must have the shape of the loss's values, {wanted}, or one number for each sample. "
            f"Received: sample_weight of shape {shape}."
        )
    return values, weight


def reduce_values(values, sample_weight=None, mask=None, reduction="sum_over_batch_size"):
    """Values, weighted and joined. A masked value counts for nothing, and is not counted by a mean."""
    weight = None if sample_weight is None else ops.convert_to_tensor(sample_weight, values.dtype)
    if mask is not None:
        mask = ops.cast(mask, values.dtype)
        if reduction in ("sum_over_batch_size", "mean"):
            mask = ops.multiply(mask, ops.divide_no_nan(float(ops.size(mask)), ops.sum(mask)))
        weight = mask if weight is None else ops.multiply(*beside(mask, weight))
    if weight is not None:
        values, weight = beside(values, weight)
        values = ops.multiply(values, weight)
    if reduction in ("none", None) or ops.shape(values) in ((), (0,)):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(total, ops.sum(weight))
    return ops.divide_no_nan(total, float(ops.size(values)))
