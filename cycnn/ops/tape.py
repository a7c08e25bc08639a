"""Reverse-mode differentiation of what is computed at once, with NumPy.

A `Tensor` is an array that a `Tape` may watch. While a tape is active, every operation that reads something watched
leaves a step on it: the output, and for each watched input the function that turns the gradient of the output into
the gradient of that input. `Tape.gradient` walks the steps backward. A layer or a model that is called leaves one step,
too, with all its outputs (see `calls`).

    function(x, y):  z = x * y          steps:  z ← x: d ↦ d·y,  y: d ↦ d·x
                     return sum(z)              s ← z: d ↦ d, spread over z

Gradients are arrays: a tape does not differentiate what another one's `gradient` computes.
"""

from contextlib import contextmanager
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
    """The steps that lead from watched values to results. Recording lasts as long as the `with` block.

    Attributes:
        repeats: whether `gradient` may be called more than once; what runs of plans leave is kept for that.
    """

    repeats = True

    def __init__(self):
        self._steps = []  # (outputs, inputs, function: gradients of the outputs ↦ those of the inputs, and of the outputs)
        self._watched = {}  # id → the value, which so keeps its id
        self._tokens = []

    def _watch(self, value):
        self._watched[id(value)] = value

    watch = _watch

    def watches(self, value):
        """Whether something was watched, or computed from what was."""
        return id(value) in self._watched

    def __enter__(self):
        self._tokens.append(_active.set((*_active.get(), self)))
        return self

    def __exit__(self, *error):
        _active.reset(self._tokens.pop())

    def record(self, output, inputs, pullbacks):
        """Add a step of one output, if one of the inputs is watched.

        Args:
            pullbacks: for each input, the function: gradient of the output ↦ gradient of the input; None for none.
        """
        links = [(x, way) for x, way in zip(inputs, pullbacks) if way is not None and self.watches(x) and is_float(x)]
        if links:
            self._watch(output)
            self._steps.append(((output,), [x for x, _ in links], _Links([pullback for _, pullback in links])))

    def record_run(self, outputs, inputs, pull_back):
        """Add a step of several outputs.

        Args:
            inputs: tensors, arrays and variables, watched or not.
            pull_back: function: list of the outputs' gradients, with None in it ↦ lists of the inputs' gradients, and of
                the outputs' with all that flows back to them from the others; None where that is nothing.
        """
        for output in outputs:
            self._watch(output)
        self._steps.append((tuple(outputs), inputs, pull_back))

    def gradient(self, targets, sources, seeds=None):
        """The gradients of a target, or of the sum of several.

        Args:
            targets: tensor, or list of them.
            sources: list of watched tensors and variables.
            seeds: list of arrays of the targets' shapes, what their gradients are; ones where it is None.

        Returns:
            A list of arrays, None where no target depends on a source.
        """
        targets = targets if isinstance(targets, list) else [targets]
        kept, arrived = {id(source) for source in sources}, {}

        def arrive(x, dx):
            key = id(x)
            arrived[key] = arrived[key] + dx if key in arrived else dx

        for target, seed in zip(targets, seeds or [None] * len(targets), strict=True):
            if self.watches(target):
                seed = np.ones(target.shape, target.dtype) if seed is None else np.asarray(seed, target.dtype)
                arrive(target, np.broadcast_to(seed, target.shape))
        for outputs, inputs, pull_back in reversed(self._steps):
            found = [arrived.get(id(y)) if id(y) in kept else arrived.pop(id(y), None) for y in outputs]
            if all(dy is None for dy in found):
                continue
            dxs, dys = pull_back(found)
            for y, dy in zip(outputs, dys):
                if dy is not None and id(y) in kept:
                    arrived[id(y)] = dy
            for x, dx in zip(inputs, dxs, strict=True):
                if dx is not None and self.watches(x):
                    arrive(x, _fitted(dx, x))
        return [arrived.get(id(source)) for source in sources]


class _Links:
    """The way back of a step of one output."""

    __slots__ = ("pullbacks",)

    def __init__(self, pullbacks):
        self.pullbacks = pullbacks

    def __call__(self, gradients):
        return [pullback(gradients[0]) for pullback in self.pullbacks], ()


def active():
    """The tapes that record at this moment, the outermost first."""
    return _active.get()


@contextmanager
def without(tape):
    """Let a tape record nothing within this scope."""
    token = _active.set(tuple(other for other in _active.get() if other is not tape))
    try:
        yield
    finally:
        _active.reset(token)


def is_traced(value):
    """Whether a tape that records at this moment watches the value."""
    return any(tape.watches(value) for tape in _active.get())


def is_float(value):
    """Whether a value has a gradient."""
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
    gradient = gradient.astype(x.dtype, copy=False)
    return gradient if gradient.shape == tuple(x.shape) else np.broadcast_to(gradient, x.shape)


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
        pairs = [pair for pair in zip(results, seeds, strict=True) if isinstance(pair[0], (Tensor, Variable))]
        found = tape.gradient([target for target, _ in pairs], leaves, [seed for _, seed in pairs])
        totals = [
            np.zeros(leaf.shape, FLOAT) if dx is None else np.array(dx, FLOAT)
            for leaf, dx in zip(leaves, found, strict=True)
        ]
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
