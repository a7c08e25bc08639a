"""Arguments of `fit`, `evaluate` and `predict` → arrays that fit together."""

from cycnn.core import checks
from cycnn.ops.arrays import numbers


def as_array(value, what):
    """A numeric array of samples.

    Raises:
        ValueError: it holds no numbers, no samples, or rows of different lengths.
    """
    array = numbers(value, f"`{what}`")
    if array.ndim == 0:
        raise ValueError(f"`{what}` must be an array of samples. Received: the single number {array}.")
    return array


def as_inputs(x, model_inputs, what="x"):
    """One array per input of the model."""
    several = len(model_inputs) > 1
    if isinstance(x, dict):
        names = [t.name for t in model_inputs]
        if set(x) != set(names):
            raise ValueError(f"`{what}` must have one array for each of the inputs {names}. Received: keys {list(x)}.")
        x = [x[name] for name in names]
    arrays = (
        list(x) if several else [x[0] if isinstance(x, (list, tuple)) and len(x) == 1 and hasattr(x[0], "shape") else x]
    )
    if len(arrays) != len(model_inputs):
        raise ValueError(f"The model has {len(model_inputs)} inputs. Received: {len(arrays)} arrays for `{what}`.")
    arrays = [as_array(a, what) for a in arrays]
    for array, tensor in zip(arrays, model_inputs, strict=True):
        wanted = tensor.spec.sample
        if array.shape[1:] != wanted:
            if array.ndim == len(wanted) and array.shape == wanted:
                hint = f" One sample needs a sample axis too: x[None] has shape (1, {', '.join(map(str, wanted))})."
            elif array.ndim == len(wanted) and wanted[-1:] == (1,) and array.shape[1:] == wanted[:-1]:
                hint = " Grey pictures need a channel axis: x[..., None]."
            else:
                hint = ""
            raise ValueError(
                f"The model expects `{what}` of shape (n, {', '.join(map(str, wanted))}).{hint} "
                f"Received: shape {array.shape}."
            )
    same_length(arrays, [what] * len(arrays))
    return arrays


def same_length(arrays, names):
    """Refuse arrays with different numbers of samples."""
    lengths = {len(a) for a in arrays if a is not None}
    if len(lengths) > 1:
        found = ", ".join(f"{name} with {len(a)}" for name, a in zip(names, arrays, strict=True) if a is not None)
        raise ValueError(f"All arrays must have the same number of samples. Received: {found}.")


def not_empty(array, what):
    """Refuse arrays without samples."""
    if len(array) == 0:
        raise ValueError(f"`{what}` must hold at least one sample. Received: shape {array.shape}.")
    if 0 in array.shape:
        raise ValueError(f"`{what}` must not have axes of length 0. Received: shape {array.shape}.")


def split(arrays, share):
    """The first part of all arrays to train on, the last to validate with, as Keras does it: before any shuffling."""
    share = checks.number("validation_split", share, 0, 1, open_high=True)
    samples = len(arrays[0])
    at = int(samples * (1.0 - share))
    if at == 0 or at == samples:
        raise ValueError(
            "`validation_split` must leave at least one sample to train on and one to validate with. "
            f"Received: validation_split={share} for {samples} samples."
        )
    first = [None if a is None else a[:at] for a in arrays]
    return first, [None if a is None else a[at:] for a in arrays]
