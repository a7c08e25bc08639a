"""How functions of arrays become operations on all that a user may pass.

    @primitive()                                       the function computes with arrays and returns its result, followed
    def square(x):                                     by one function per array: gradient of the result ↦ gradient of it
        return x * x, lambda d: d * 2 * x

    array, list, number, Variable     computed at once; an array comes back
    Tensor, watched Variable          computed at once and left on the tape; a Tensor comes back
    SymbolicTensor                    recorded in the graph; a SymbolicTensor comes back
    Variable in a layer's `call`      kept for whoever reads it; an Expression comes back
    SymbolicTensor, all samples       kept for `add_loss`; a Whole comes back

The gradient functions need not care for broadcasting and types: the tape sums over repeated axes. A function that
returns its result alone has no gradient. What has several results is a `several`; what is written with other operations
is a `composite`.
"""

import functools
import operator

import numpy as np

from cycnn.core import structure
from cycnn.core.array import Array
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import symbolic, tape
from cycnn.ops.arrays import numbers
from cycnn.ops.dtypes import as_array, is_weak, promote
from cycnn.ops.symbolic import Whole
from cycnn.ops.tape import Tensor


def primitive(arrays=1, shortcut=None):
    """Decorator of a function of arrays.

    Args:
        arrays: how many of the first parameters are arrays; None: all that are passed by position.
        shortcut: called first with the arguments if one of them is symbolic; records a kernel's operation, or returns
            NotImplemented.
    """

    def decorate(function):
        what = f"An argument of `{function.__name__.lstrip('_')}`"
        names = [] if arrays is None else function.__code__.co_varnames[:arrays]

        @functools.wraps(function)
        def call(*args, **kwargs):
            for name in names[len(args) :]:
                if name not in kwargs:
                    break
                args = (*args, kwargs.pop(name))
            if any(isinstance(arg, (list, tuple)) for arg in args):
                args = (*map(_joined, args[:arrays]), *([] if arrays is None else args[arrays:]))
            if any(isinstance(arg, (SymbolicTensor, Whole)) for arg in args):
                known = shortcut is not None and not any(isinstance(arg, Whole) for arg in args)
                found = shortcut(*args, **kwargs) if known else NotImplemented
                return symbolic.record(call, args, kwargs) if found is NotImplemented else found
            if symbolic.waits(args):
                return symbolic.Expression(call, args, kwargs)
            count = len(args) if arrays is None else arrays
            result = function(*(_raw(arg, what) for arg in args[:count]), *args[count:], **kwargs)
            y, *pullbacks = result if isinstance(result, tuple) else (result,)
            return _record(np.asarray(y), args[:count], pullbacks)

        return call

    return decorate


def several(count, arrays=1):
    """Decorator of a function of arrays that has several results.

    The function returns `(results, pull_back)`: a tuple of `count` arrays, and the function that turns their gradients, a
    list, into those of the arrays; None where there are none. In a graph each result is a node, which computes them all.

    Args:
        count: how many results.
        arrays: how many of the first parameters are arrays.
    """

    def decorate(function):
        what = f"An argument of `{function.__name__.lstrip('_')}`"

        @functools.wraps(function)
        def call(*args, **kwargs):
            args = (*map(_joined, args[:arrays]), *args[arrays:])
            if any(isinstance(arg, (SymbolicTensor, Whole)) for arg in args):
                return tuple(symbolic.record(part, args, kwargs) for part in parts)
            if symbolic.waits(args):
                return tuple(symbolic.Expression(part, args, kwargs) for part in parts)
            ys, pull_back = function(*(_raw(arg, what) for arg in args[:arrays]), *args[arrays:], **kwargs)
            return _record_several(tuple(map(np.asarray, ys)), args[:arrays], pull_back)

        def part(k):
            @functools.wraps(function)
            def only(*args, **kwargs):
                return call(*args, **kwargs)[k]

            return only

        parts = [part(k) for k in range(count)]
        return call

    return decorate


def constant(value, name):
    """The array of an argument through which no gradient flows.

    Raises:
        TypeError: one would have to, or the value is not known yet.
    """
    if isinstance(value, (SymbolicTensor, Whole)) or tape.is_traced(value):
        raise TypeError(
            f"No gradient flows through `{name}`, which must be an array here: `x.numpy()` is one that counts as a constant. "
            f"Received: {value!r}."
        )
    return tape.value_of(value)


def _record_several(ys, inputs, pull_back):
    """The outputs, on every tape that watches one of the inputs."""
    tapes = tape.active()
    if not any(isinstance(x, Tensor) or any(t.watches(x) for t in tapes) for x in inputs):
        return tuple(y.view(Array) for y in ys)
    outputs = tuple(Tensor(y) for y in ys)

    def way_back(found):
        return pull_back([np.zeros_like(y) if d is None else d for y, d in zip(ys, found, strict=True)]), ()

    for t in tapes:
        if pull_back is not None and any(t.watches(x) and tape.is_float(x) for x in inputs):
            t.record_run(outputs, inputs, way_back)
    return outputs


def _joined(arg):
    """A list with tensors in it as one tensor; anything else as it is."""
    if isinstance(arg, (list, tuple)):
        parts = [_joined(part) for part in arg]
        if any(isinstance(part, (Tensor, Variable, SymbolicTensor, symbolic.Expression, Whole)) for part in parts):
            return _stacked(*parts)
    return arg


@primitive(arrays=None)
def _stacked(*parts):
    return np.stack(promote(*parts)), *(operator.itemgetter(k) for k in range(len(parts)))


def composite(function):
    """Decorator of a function written with other operations: in a graph it is one node, not one for each of them."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        given = structure.flatten((args, kwargs))
        if any(isinstance(arg, (SymbolicTensor, Whole)) for arg in given):
            return symbolic.record(call, args, kwargs)
        if symbolic.waits(given):
            return symbolic.Expression(call, args, kwargs)
        return function(*args, **kwargs)

    call.is_composite = True
    return call


def array_or_traced(x, what):
    """What stands for an array as it is, anything else as an array. `what` it is, for errors."""
    return x if isinstance(x, (Tensor, Variable, SymbolicTensor, symbolic.Expression, Whole)) else numbers(x, what)


def _raw(value, what):
    """What a primitive computes with: an array or a Python number. `what` it is, for errors."""
    if isinstance(value, (Tensor, Variable)):
        return value._array
    if isinstance(value, symbolic.Expression):
        return value.numpy()
    if isinstance(value, float):
        return float(value)
    return value if is_weak(value) or isinstance(value, bool) else as_array(value, what=what)


def _record(y, inputs, pullbacks):
    """The output, on every tape that watches one of the inputs."""
    tapes = tape.active()
    if not any(isinstance(x, Tensor) or any(t.watches(x) for t in tapes) for x in inputs):
        return y.view(Array)
    output = Tensor(y)
    if y.dtype.kind == "f":
        for t in tapes:
            t.record(output, inputs, pullbacks)
    return output


@primitive()
def stop_gradient(variable):
    """The same values, as a constant: no gradient flows through."""
    return variable


def custom_gradient(f):
    """Decorator: a function with a gradient of its own.

    Args:
        f: takes tensors and returns `(y, gradient)`; `gradient(upstream)` turns the gradient of y into that of the
            argument, or a tuple with one for each. It may also take it as `gradient(*args, upstream=None)`.

    Returns:
        A function that returns y.
    """

    @composite
    @functools.wraps(f)
    def call(*args):
        y, gradient = f(*(stop_gradient(x) for x in args))
        y = tape.value_of(y)
        latest = [None, ()]  # the gradient of y, and what it became: one call gives the gradients of all arguments

        def part(k):
            def pullback(dy):
                if latest[0] is not dy:
                    found = gradient(dy)
                    latest[:] = dy, found if isinstance(found, (list, tuple)) else (found,)
                return tape.value_of(latest[1][k])

            return pullback

        return _record(y, args, [part(k) for k in range(len(args))])

    return call
