"""Where things are computed, what they are called, where a tensor comes from, which version this is."""

import contextlib

from cycnn._version import __version__
from cycnn.core.checks import refuse
from cycnn.engine.graph import SymbolicTensor, current_scope, recording


def version():
    """The version of cycnn."""
    return __version__


@contextlib.contextmanager
def device(device_name):
    """A scope for programs that say where to compute: on the CPU.

    Raises:
        ValueError: another device than `"cpu"`, `"cpu:0"` and their like.
    """
    if not isinstance(device_name, str) or "cpu" not in device_name.lower():
        raise refuse("device_name", "that of a CPU, `'cpu:0'`: cycnn computes nowhere else", device_name)
    yield


@contextlib.contextmanager
def name_scope(name, **kwargs):
    """Within this scope, paths of weights of layers that are first called there begin with a name.

    Args:
        name: string without "/".

    Example:

    ```python
    with cycnn.name_scope("encoder"):
        y = cycnn.layers.Dense(2, name="dense")(cycnn.Input((3,)))  # encoder/dense/kernel
    ```
    """
    if not isinstance(name, str) or "/" in name or not name:
        raise refuse("name", "a string without '/'", name)
    with recording(path=(*current_scope().path, name)):
        yield


def get_source_inputs(tensor):
    """The `Input`s that a symbolic tensor depends on: a list. What is no symbolic tensor is returned as it is."""
    if not isinstance(tensor, SymbolicTensor):
        return tensor
    found, seen, stack = [], set(), [tensor]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if current.node is None:
            found.append(current)
        else:
            stack.extend(reversed(current.node.inputs))
    return found
