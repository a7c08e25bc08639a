"""Variable: an array that a layer owns for life.

Its memory never moves, so plans may hold its address and several models may share its layer. Whoever changes the
values raises `version`; a plan compares it with the one its packed copies were made from.
"""

import contextlib
import operator
from contextvars import ContextVar

import numpy as np

from cycnn.core import memory

_expecting = ContextVar("expecting", default=False)


@contextlib.contextmanager
def expecting_values():
    """Within this scope a variable that is given an initializer calls it only if its values are read before others are
    assigned: a model from a file needs no random weights."""
    token = _expecting.set(True)
    try:
        yield
    finally:
        _expecting.reset(token)


class Variable:
    """A named float32 array with Keras's attributes. Arithmetic, comparisons and indexing give NumPy arrays.

    Args:
        value: array-like, whose values are copied; or an initializer, with `shape`.
        name: last part of the path, like `"kernel"`.
        trainable: whether optimizers may change it.
        dtype: `"float32"` for weights; counters and seeds have integer types.
        regularizer, constraint: as given to `Layer.add_weight`.
        path: full name, like `"conv2d/kernel"`.
        shape: tuple of integers.
    """

    def __init__(
        self,
        value,
        name="variable",
        trainable=True,
        dtype="float32",
        regularizer=None,
        constraint=None,
        path=None,
        shape=None,
    ):
        if shape is not None and _expecting.get():
            self._waiting = value, shape, np.dtype(dtype)
        else:
            self._begin(value if shape is None else value(shape), dtype)
        self.name = name
        self.path = path or name
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        self.version = 0

    def _begin(self, value, dtype):
        value = np.asarray(value)
        self._array = memory.empty(value.shape, dtype)
        self._array[...] = value

    def __getattr__(self, name):
        if name != "_array" or "_waiting" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        initializer, shape, dtype = vars(self).pop("_waiting")  # read before anything was assigned
        self._begin(initializer(shape), dtype)
        return self._array

    @property
    def shape(self):
        return self._waiting[1] if "_waiting" in vars(self) else self._array.shape

    @property
    def dtype(self):
        return (self._waiting[2] if "_waiting" in vars(self) else self._array.dtype).name

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def value(self):
        """The values, as a read-only view; `assign` changes them."""
        view = self._array.view()
        view.flags.writeable = False
        return view

    def numpy(self):
        """A copy of the values."""
        return self._array.copy()

    def assign(self, value):
        """Replace the values.

        Raises:
            ValueError: the shape of `value` is another one.
        """
        value = np.asarray(value)
        if value.shape != self.shape:
            raise ValueError(
                f"The shape of the target variable and the shape of the target value in `variable.assign(value)` must "
                f"match. Variable {self.path!r} has shape {self.shape}. Received: a value of shape {value.shape}."
            )
        if value.dtype.kind not in "fiub":
            raise ValueError(f"Variable {self.path!r} holds numbers. Received: a value of dtype {value.dtype}.")
        if "_waiting" in vars(self):
            _, shape, dtype = vars(self).pop("_waiting")
            self._array = memory.empty(shape, dtype)
        self._array[...] = value
        self.version += 1
        return self

    def assign_add(self, value):
        return self.assign(self._array + np.asarray(value))

    def assign_sub(self, value):
        return self.assign(self._array - np.asarray(value))

    def __array__(self, dtype=None, copy=None):
        if copy is False and dtype is not None and dtype != self._array.dtype:  # float64 == None, to NumPy
            raise ValueError(f"Variable {self.path!r} cannot be seen as {dtype} without a copy.")
        return self.value if copy is False else np.array(self._array, dtype=dtype)

    def __eq__(self, other):
        """Elementwise; but weights are keys of dictionaries, so that one equals another only if it is the same."""
        if isinstance(other, Variable) and (self.shape or other.shape):
            return self is other
        return self.value == (other.value if isinstance(other, Variable) else other)

    def __ne__(self, other):
        return np.logical_not(self == other)

    __hash__ = object.__hash__

    def __float__(self):
        return float(self._array.item())

    def __int__(self):
        return int(self._array.item())

    def __bool__(self):
        return bool(self._array)

    def __getitem__(self, place):
        return self.value[place]

    def __neg__(self):
        return -self._array

    def __abs__(self):
        return abs(self._array)

    def __repr__(self):
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._array}>"


def _arithmetic(name):
    """The methods of an operator: `self + other` and `other + self`."""
    function = getattr(operator, name)
    return (
        lambda self, other: function(self.value, other.value if isinstance(other, Variable) else other),
        lambda self, other: function(other, self.value),
    )


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _direct, _reflected = _arithmetic(_name)
    setattr(Variable, f"__{_name}__", _direct)
    setattr(Variable, f"__r{_name}__", _reflected)
for _name in ("lt", "le", "gt", "ge"):  # Python itself turns them around
    setattr(Variable, f"__{_name}__", _arithmetic(_name)[0])
