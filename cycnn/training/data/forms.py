"""Whatever form data come in → one array for each input or output."""

from collections.abc import Mapping

import numpy as np

from cycnn.core import checks
from cycnn.core.array import PLAIN
from cycnn.core.variable import Variable
from cycnn.ops.arrays import numbers
from cycnn.ops.tape import Tensor


def as_array(value, what):
    """A numeric array of samples. Nothing is copied where NumPy can see the memory.

    Args:
        value: array-like, a DataFrame or Series, or a tensor of another framework.
        what: the argument, for errors.

    Raises:
        ValueError: it holds no numbers, or rows of different lengths, or is a single number.
    """
    array = numbers(_plain(value), f"`{what}`")
    if array.ndim == 0:
        raise ValueError(f"`{what}` must be an array of samples. Received: the single number {array}.")
    return array


def _plain(value):
    """What NumPy understands, of a pandas table or of a PyTorch tensor that is being differentiated."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return value.detach().cpu()
    if hasattr(value, "to_numpy") and hasattr(value, "index"):
        array = value.to_numpy()
        if array.dtype == object:  # columns of several types
            try:
                array = value.to_numpy(dtype=np.float64)
            except (TypeError, ValueError):
                pass  # text among them: `numbers` refuses it
        return array
    return value


def in_order(value, names, what, kind):
    """The parts of a list or dictionary, one for each of `names`; a bare array is the one part there is.

    Args:
        value: one array, a list in the order of `names`, or a dictionary by them.
        names: names of the model's inputs or outputs.
        what: the argument, for errors.
        kind: what the names name, for errors: `"input"` or `"output"`.

    Raises:
        ValueError: names that there are not, or that are missing; another number of parts.
    """
    if isinstance(value, Mapping):
        for key in value:
            if key not in names:
                hint = checks.nearest(key, names)
                raise ValueError(
                    f"`{what}` has an entry for {key!r}, but the model's {kind}s are named {list(names)}."
                    f"{f' Did you mean {hint!r}?' if hint else ''} Received: keys {list(value)}."
                )
        missing = [name for name in names if name not in value]
        if missing and kind == "input":
            raise ValueError(
                f"`{what}` must have one array for each of the {kind}s {list(names)}. Received: keys {list(value)}."
            )
        return [value.get(name) for name in names]
    if len(names) == 1:
        return [value[0] if _is_list(value) and len(value) == 1 and _is_leaf(value[0]) else value]
    parts = _flat(value) if _is_list(value) else [value]
    if len(parts) != len(names) or not _is_list(value):
        found = f"a list of {len(parts)}" if _is_list(value) else f"one {type(value).__name__}"
        raise ValueError(
            f"`{what}` must be a list of {len(names)} arrays, or a dictionary: the model has {len(names)} {kind}s, "
            f"{list(names)}. Received: {found}."
        )
    return parts


def _is_list(value):
    return isinstance(value, (list, tuple))


def _is_leaf(value):
    """Whether this is an array of samples in itself, and not a number or a row of one."""
    return value is None or len(getattr(value, "shape", ())) > 0 or isinstance(value, Mapping)


def _flat(parts):
    """A list of lists of arrays as one list; lists of numbers are arrays."""
    return [leaf for p in parts for leaf in (_flat(p) if _is_list(p) and p and all(map(_is_part, p)) else [p])]


def _is_part(value):
    return _is_leaf(value) or (_is_list(value) and bool(value) and all(map(_is_part, value)))


def as_inputs(x, tensors, what="x"):
    """One array per input of the model.

    Args:
        x: array, list of arrays, or dictionary by the inputs' names.
        tensors: the model's symbolic inputs.
        what: the argument, for errors.
    """
    if _fits(x, tensors):
        return [x]
    parts = in_order(x, [t.name for t in tensors], what, "input")
    return _checked([as_array(part, what) for part in parts], tensors, what)


def as_values(x, tensors, what="x"):
    """As `as_inputs`, but tensors and variables, which tapes may watch, stay what they are."""
    if _fits(x, tensors):
        return [x]
    parts = in_order(x, [t.name for t in tensors], what, "input")
    parts = [part if isinstance(part, (Tensor, Variable)) else as_array(part, what) for part in parts]
    return _checked(parts, tensors, what)


def _fits(x, tensors):
    """Whether this is just what the only input wants: an array of numbers. Most calls come with one."""
    return (
        type(x) in PLAIN
        and len(tensors) == 1
        and x.ndim > 0
        and x.shape[1:] == tensors[0].spec.sample
        and x.dtype.kind in "fiub"
    )


def _checked(arrays, tensors, what):
    for array, tensor in zip(arrays, tensors, strict=True):
        _check_shape(array.shape, tensor, what, len(tensors) > 1)
    same_length(arrays, [what] * len(arrays))
    return arrays


def _check_shape(shape, tensor, what, several):
    wanted = tensor.spec.sample
    if len(shape) == len(wanted) + 1 and all(w in (None, d) for w, d in zip(wanted, shape[1:], strict=True)):
        return
    hint = ""
    if shape == wanted:
        hint = f" One sample needs a sample axis too: x[None] has shape (1, {', '.join(map(str, wanted))})."
    elif len(shape) == len(wanted) and wanted[-1:] == (1,) and shape[1:] == wanted[:-1]:
        hint = " Grey pictures need a channel axis: x[..., None]."
    whose = f" for the input {tensor.name!r}" if several else ""
    raise ValueError(
        f"The model expects `{what}` of shape (n, {', '.join(map(str, wanted))}){whose}.{hint} Received: shape {shape}."
    )


def as_targets(y, names, wanted, what="y"):
    """One array per output, None for an output without targets.

    Args:
        y: array, list of arrays, or dictionary by the outputs' names. A list may leave out outputs without a loss.
        names: names of the outputs.
        wanted: for each output, the name of the loss that needs targets, or None.
        what: the argument, for errors.
    """
    needed = [k for k, loss in enumerate(wanted) if loss is not None]
    if y is None and needed:
        raise ValueError(
            f"`{what}` must be given: the loss {wanted[needed[0]]!r} compares outputs with targets. Received: {what}=None."
        )
    if _is_list(y) and len(names) > 1 and len(y) == len(needed) < len(names):
        y = {names[k]: part for k, part in zip(needed, y, strict=True)}
    parts = [None] * len(names) if y is None else in_order(y, names, what, "output")
    for k in needed:
        if parts[k] is None and len(names) > 1:
            raise ValueError(
                f"`{what}` must hold targets for the output {names[k]!r}: its loss is {wanted[k]!r}. "
                f"Received: {'keys ' + str(list(y)) if isinstance(y, Mapping) else 'None in its place'}."
            )
    return [None if part is None and k not in needed else as_array(part, what) for k, part in enumerate(parts)]


def as_weights(sample_weight, names, what="sample_weight"):
    """One array of weights per output, or None. One array for several outputs weighs the samples of all of them."""
    if sample_weight is None:
        return [None] * len(names)
    several = isinstance(sample_weight, Mapping) or (
        _is_list(sample_weight) and (len(names) > 1 or len(sample_weight) == 1) and all(map(_is_part, sample_weight))
    )
    if several:
        parts = in_order(sample_weight, names, what, "output")
        return [None if part is None else _weights(part, what) for part in parts]
    weights = _weights(sample_weight, what)
    if len(names) > 1 and weights.ndim > 1:
        raise ValueError(
            f"`{what}` must hold one number per sample where it is one array for several outputs; for more, pass one "
            f"array for each of {list(names)}. Received: shape {weights.shape}."
        )
    return [weights] * len(names)


def _weights(value, what):
    array = as_array(value, what)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def check_weights(weights, positions, what="sample_weight"):
    """Refuse weights that are neither one per sample nor one per position of the output."""
    alone = (1,) * len(positions)
    if weights.ndim != 1 and weights.shape[1:] not in (positions, (*positions, 1), alone, (*alone, 1)):
        more = f", or one for each position: shape (n, {', '.join(map(str, positions))})" if positions else ""
        raise ValueError(f"`{what}` must have one number per sample{more}. Received: shape {weights.shape}.")


def class_weights(class_weight, y, classes):
    """The weight of each sample, by its class: 1 where the class has none.

    Args:
        class_weight: `{class number: weight}`.
        y: targets (n,), (n, 1), or one-hot (n, classes).
        classes: how many there are; None where that is not known.

    Raises:
        ValueError: classes that there are not, or targets that are no classes.
    """
    if not isinstance(class_weight, Mapping):
        raise checks.refuse("class_weight", "a dictionary {class number: weight}", class_weight)
    table = {}
    for key, value in class_weight.items():
        number = checks.as_integer(key)
        if number is None or number < 0 or (classes is not None and number >= classes):
            known = "" if classes is None else f" from 0 to {classes - 1}"
            raise ValueError(
                f"The keys of `class_weight` must be class numbers{known}. Received: class_weight={checks.short(class_weight)}."
            )
        table[number] = checks.number(f"class_weight[{number}]", value, 0)
    if y.ndim == 2:
        y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    if y.ndim != 1:
        raise ValueError(
            f"`class_weight` needs one class per sample: targets (n,), (n, 1) or one-hot. Received: shape {y.shape}."
        )
    labels, place = np.unique(np.rint(y), return_inverse=True)
    return np.array([table.get(int(label), 1.0) for label in labels], np.float32)[place]


def same_length(arrays, names):
    """Refuse arrays with different numbers of samples."""
    lengths = {a.shape[0] for a in arrays if a is not None}
    if len(lengths) > 1:
        found = ", ".join(f"{name} with {a.shape[0]}" for name, a in zip(names, arrays, strict=True) if a is not None)
        raise ValueError(f"All arrays must have the same number of samples. Received: {found}.")


def not_empty(array, what):
    """Refuse arrays without samples."""
    if len(array) == 0:
        raise ValueError(f"`{what}` must hold at least one sample. Received: shape {array.shape}.")
    if 0 in array.shape:
        raise ValueError(f"`{what}` must not have axes of length 0. Received: shape {array.shape}.")
