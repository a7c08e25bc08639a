"""Python's operators on the values that stand for arrays, and NumPy's functions applied to them.

`x + 1`, `2 / x`, `x @ w`, `x[:, 0]` on a `Tensor`, a `SymbolicTensor`, a `Variable` or an `Expression` of variables are
the functions of this package, whatever stands on the other side, so that tapes and graphs see them. `np.exp(x)` and
`np.mean(x)` are too: NumPy itself would compute values that no gradient flows through.
"""

import importlib

from cycnn.core import checks
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import maths, products, shaping
from cycnn.ops.symbolic import Expression, Whole, waits
from cycnn.ops.tape import Tensor, is_traced
from cycnn.ops.uses import noted

_ARITHMETIC = {
    "add": maths.add,
    "sub": maths.subtract,
    "mul": maths.multiply,
    "truediv": maths.divide,
    "floordiv": maths.floor_divide,
    "mod": maths.mod,
    "pow": maths.power,
    "matmul": products.matmul,
}
_COMPARISON = {"lt": maths.less, "le": maths.less_equal, "gt": maths.greater, "ge": maths.greater_equal}
_LOGIC = {"and": maths.logical_and, "or": maths.logical_or, "xor": maths.logical_xor}
_MODULES = ("maths", "reductions", "shaping", "products", "nn", "special", "statistics", "arranging", "linalg")


def _binary(function):
    def direct(self, other):
        return NotImplemented if other is None or isinstance(other, str) else function(self, other)

    def reflected(self, other):
        return NotImplemented if other is None or isinstance(other, str) else function(other, self)

    return direct, reflected


def _install(cls):
    note = noted if cls is SymbolicTensor else lambda function, name=None: function
    for name, function in {**_ARITHMETIC, **_LOGIC}.items():
        direct, reflected = _binary(note(function, {"truediv": "true_divide"}.get(name)))  # as Keras has it
        setattr(cls, f"__{name}__", direct)
        setattr(cls, f"__r{name}__", reflected)
    for name, function in _COMPARISON.items():  # Python itself turns them around
        setattr(cls, f"__{name}__", _binary(note(function))[0])
    cls.__neg__, cls.__abs__, cls.__round__ = note(maths.negative), note(maths.abs), note(maths.round)
    cls.__getitem__, cls.T = note(shaping.get_item), property(note(shaping.transpose))
    cls.__array_ufunc__, cls.__array_function__ = _ufunc, _array_function


def _ours(name):
    """The function of this package that has a NumPy function's name."""
    name = {"true_divide": "divide", "remainder": "mod", "absolute": "abs", "amax": "max", "amin": "min"}.get(
        name, name
    )
    modules = () if name.startswith("_") else (importlib.import_module(f"cycnn.ops.{module}") for module in _MODULES)
    found = next((getattr(module, name) for module in modules if hasattr(module, name)), None)
    return found and noted(found)


def _ufunc(self, ufunc, method, *inputs, **kwargs):
    function = _ours(ufunc.__name__)
    if method == "__call__" and not kwargs and function is not None:
        return function(*inputs)
    return _by_numpy(ufunc.__name__, getattr(ufunc, method), inputs, kwargs)


def _array_function(self, function, types, args, kwargs):
    ours, leaves = _ours(function.__name__) if function.__module__ == "numpy" else None, _leaves(args)
    if ours is not None and (waits(leaves) or any(map(_is_live, leaves))):
        return ours(*args, **kwargs)
    return _by_numpy(function.__name__, function, args, kwargs)


def _is_live(value):
    """Whether more than the values that are there now depends on it: gradients, or other batches."""
    return isinstance(value, (SymbolicTensor, Expression, Whole)) or is_traced(value)


def _by_numpy(name, function, args, kwargs):
    """NumPy's function of the values; refused where a gradient would be lost."""
    for leaf in filter(_is_live, _leaves(args)):
        raise TypeError(
            f"NumPy's `{name}` cannot be differentiated, nor put into a model: use the functions of `cycnn.ops`, or "
            f"`x.numpy()` for a value that counts as a constant. Received: {checks.short(leaf)}."
        )
    return function(*_values(args), **kwargs)


def _leaves(args):
    return [leaf for arg in args for leaf in (arg if isinstance(arg, (list, tuple)) else (arg,))]


def _values(args):
    plain = lambda arg: arg._array if isinstance(arg, (Tensor, Variable)) else arg  # noqa: E731
    return [type(arg)(map(plain, arg)) if isinstance(arg, (list, tuple)) else plain(arg) for arg in args]


def _symbolic(function):
    """Symbolic tensors are keys of dictionaries: one is equal to another if it is the same; other values are compared."""
    return lambda self, other: (
        NotImplemented if isinstance(other, SymbolicTensor) else _binary(noted(function))[0](self, other)
    )


for _cls in (Tensor, SymbolicTensor, Variable, Expression, Whole):
    _install(_cls)
Tensor.__eq__, Tensor.__ne__ = _binary(maths.equal)[0], _binary(maths.not_equal)[0]
SymbolicTensor.__eq__, SymbolicTensor.__ne__ = _symbolic(maths.equal), _symbolic(maths.not_equal)
