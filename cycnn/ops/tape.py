"""Reverse-mode differentiation of what is computed at once, with NumPy.

A `Tensor` is an array that a `Tape` may watch. While a tape is active, every operation that reads something watched
leaves a step on it: the output, and for each watched input the function that turns the gradient of the output into
the gradient of that input. `Tape.gradient` walks the steps backward.

    function(x, y):  z = x * y          steps:  z ← x: d ↦ d·y,  y: d ↦ d·x
                     return sum(z)              s ← z: d ↦ d, spread over z

Gradients are arrays: a tape does not differentiate what another one's `gradient` computes.
"""

from contextvars import ContextVar

import numpy as np

from cycnn.core.variable import Variable
from cycnn.ops.dtypes import FLOAT, as_array

_active: ContextVar[tuple["Tape", ...]] = ContextVar("tapes", default=())


class Tensor:
    """A value that a tape may watch: an array with Keras's operators.

    Functions of `cycnn.ops` take it like an array and return another one; `numpy()` is the array itself.
    """

    __slots__ = ("_array",)

    def __init__(self, value):
        self._array = as_array(value)

    @property
    def shape(self):
        return self._array.shape

    @property
    def dtype(self):
        return self._array.dtype

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def size(self):
        return self._array.size

    def numpy(self):
        """The values. What is computed from them is not differentiated."""
        return self._array

    def item(self):
        """The value of a tensor that holds one number."""
        return self._array.item()

    def __array__(self, dtype=None, copy=None):
        if copy is False and dtype is not None and dtype != self.dtype:  # float64 == None, to NumPy
            raise ValueError(f"A tensor of {self.dtype} cannot be seen as {dtype} without a copy.")
        return self._array if dtype is None and not copy else np.array(self._array, dtype)

    def __float__(self):
        return float(self._array)

    def __int__(self):
        return int(self._array)

    def __index__(self):
        return self._array.__index__()

    def __bool__(self):
        return bool(self._array)

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __format__(self, spec):
        return format(self._array, spec)

    __hash__ = object.__hash__  # tensors are told apart by what they are, not by what they hold

    def __repr__(self):
        return f"<Tensor shape={self.shape}, dtype={self.dtype}, value={self._array}>"


class Tape:
    """The steps that lead from watched values to results. Recording lasts as long as the `with` block."""

    def __init__(self):
        self._steps = []  # (output, [(input, pullback)])
        self._watched = {}  # id → the value, which so keeps its id

    def watch(self, value):
        """Differentiate with respect to a `Tensor` or `Variable` from now on."""
        self._watched[id(value)] = value

    def watches(self, value):
        """Whether something was watched, or computed from what was."""
        return id(value) in self._watched

    def __enter__(self):
        self._token = _active.set((*_active.get(), self))
        return self

    def __exit__(self, *error):
        _active.reset(self._token)

    def record(self, output, inputs, pullbacks):
        """Add a step, if one of the inputs is watched."""
        links = [(x, pullback) for x, pullback in zip(inputs, pullbacks) if self.watches(x) and _is_float(x)]
        if links:
            self.watch(output)
            self._steps.append((output, links))

    def gradient(self, target, sources, seed=None):
        """The gradients of a target.

        Args:
            target: `Tensor`.
            sources: list of watched tensors and variables.
            seed: array of the target's shape, what the gradient of the target is; ones where it is None.

        Returns:
            A list of arrays, None where the target does not depend on a source.
        """
        kept = {id(source) for source in sources}
        seed = np.ones(target.shape, target.dtype) if seed is None else np.asarray(seed, target.dtype)
        arrived = {id(target): np.broadcast_to(seed, target.shape)}
        for output, links in reversed(self._steps):
            key = id(output)
            dy = arrived.get(key) if key in kept else arrived.pop(key, None)
            if dy is None:
                continue
            for x, pullback in links:
                dx = _fitted(pullback(dy), x)
                arrived[id(x)] = arrived[id(x)] + dx if id(x) in arrived else dx
        return [arrived.get(id(source)) for source in sources]


def active():
    """The tapes that record at this moment, the outermost first."""
    return _active.get()


def is_traced(value):
    """Whether a tape that records at this moment watches the value."""
    return any(tape.watches(value) for tape in _active.get())


def _is_float(value):
    return np.dtype(value.dtype).kind == "f"


def _fitted(gradient, x):
    """The gradient of an input that was broadcast: summed over what it was repeated along, in its own type."""
    gradient = np.asarray(gradient)
    extra = gradient.ndim - len(x.shape)
    if extra > 0:
        gradient = gradient.sum(axis=tuple(range(extra)))
    repeated = tuple(k for k, (length, had) in enumerate(zip(gradient.shape, x.shape)) if had == 1 != length)
    if repeated:
        gradient = gradient.sum(axis=repeated, keepdims=True)
    return np.broadcast_to(gradient.astype(x.dtype, copy=False), x.shape)


def value_of(result):
    """The array of a result: that of a tensor, or what it is."""
    return result._array if isinstance(result, (Tensor, Variable)) else as_array(result)


def vjp(function, arrays, variables=()):
    """The value of a function, and a way back.

    Args:
        function: called with a `Tensor` for each of the arrays; returns a tensor or a list or tuple of them.
        arrays: list of arrays.
        variables: the `Variable`s with respect to which the function is differentiated too.

    Returns:
        `(value, pullback)`: the array, or the tuple of arrays, that the function returned; and a function which turns
        the gradient of the value (arrays as the value has) into `(gradients of the arrays, gradients of the
        variables)`, lists of float32 arrays, zeros where nothing depends.
    """
    inputs = [Tensor(array) for array in arrays]
    leaves = [*inputs, *variables]
    with Tape() as tape:
        for leaf in leaves:
            tape.watch(leaf)
        result = function(*inputs)
    several = isinstance(result, (list, tuple))
    results = list(result) if several else [result]

    def pullback(*seeds):
        seeds = seeds[0] if several and len(seeds) == 1 else seeds
        totals = [np.zeros(leaf.shape, FLOAT) for leaf in leaves]
        for target, seed in zip(results, seeds, strict=True):
            if isinstance(target, (Tensor, Variable)) and tape.watches(target):
                for total, part in zip(totals, tape.gradient(target, leaves, seed)):
                    if part is not None:
                        total += part
        return totals[: len(inputs)], totals[len(inputs) :]

    values = tuple(map(value_of, results))
    return (values if several else values[0]), pullback


def value_and_gradient(function, arrays, variables=()):
    """The value of a function that returns one number, and its gradients.

    Args:
        function: called with a `Tensor` for each of the arrays; returns a tensor that holds one number.
        arrays: list of arrays.
        variables: the `Variable`s with respect to which the function is differentiated too.

    Returns:
        `(value, gradients of the arrays, gradients of the variables)`: a float32 number and two lists of float32
        arrays, zeros where nothing depends.

    Raises:
        ValueError: the function returns something else than one number.

    Example:

    ```python
    value, (dx,), _ = value_and_gradient(lambda x: ops.sum(x * x), [[1.0, 2.0]])   # 5.0, [2.0, 4.0]
    ```
    """
    value, pullback = vjp(function, arrays, variables)
    if isinstance(value, tuple) or value.size != 1:
        received = f"{len(value)} values" if isinstance(value, tuple) else f"an array of shape {value.shape}"
        raise ValueError(f"The function to differentiate must return one number. Received: {received}.")
    return np.float32(value.reshape(())), *pullback(np.ones(value.shape, value.dtype))
