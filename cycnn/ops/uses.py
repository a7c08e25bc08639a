"""Calls of functions on symbolic tensors outside any layer, as the user wrote them.

A graph needs to know only what computes a tensor: `ops.softmax(x)` is a kernel there, and `ops.split(x, 2)` two slices. The
config of a functional model tells what was called:

    y = ops.mean(x, axis=1)   →  y.use = Use("mean", mean, (x,), {"axis": 1}, [y])   →  models.functions
"""

import functools
import inspect
from typing import Any, NamedTuple

from cycnn.core.structure import flatten
from cycnn.engine.graph import SymbolicTensor, current_scope


class Use(NamedTuple):
    """A call of a function: its public name, its arguments, and the tensors that came out."""

    name: str
    function: Any
    args: tuple
    kwargs: dict
    results: list


@functools.cache  # two names of one function stay one
def noted(function, name=None):
    """A function of this package whose symbolic results know the call that gave them.

    Args:
        name: the public name, where that is not the function's own.
    """
    if name is None and hasattr(function, "noted"):
        return function
    name = name or function.__name__

    @functools.wraps(function)
    def call(*args, **kwargs):
        results = function(*args, **kwargs)
        if isinstance(results, (SymbolicTensor, tuple, list)):
            _note(name, function, args, kwargs, flatten(results))
        return results

    call.noted = True
    return call


def note_all(module):
    """Note the functions of a module that users see. Those that call functions run as they stand: what is recorded then
    are the calls that these make."""
    for name in module.__all__:
        setattr(module, name, as_seen(getattr(module, name)))


def as_seen(thing):
    """What users see of a name: a function is noted."""
    if inspect.isfunction(thing) and thing.__module__ != "cycnn.ops.control":
        return noted(thing)
    return thing


def _note(name, function, args, kwargs, results):
    if current_scope().layer is not None or not all(isinstance(result, SymbolicTensor) for result in results):
        return
    given = {id(leaf) for leaf in flatten((args, kwargs))}
    if not any(id(result) in given for result in results):  # `cast(x, x.dtype)` is x
        use = Use(name, function, args, kwargs, results)
        for result in results:
            result.use = use
