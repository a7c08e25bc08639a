"""Kernels: loops over memory that somebody else owns. They allocate, decide and raise nothing.

Every kernel has two doors to the same loops:

- the *Python door*, `pool.max_forward(x, y, argmax, 2, 2, 2, 2, 0, 0, True, threads)`: typed memoryviews, its own prange;
- the *C door*, which does a given range of units on the calling thread. A plan holds C doors with their arguments,
  and `executor` runs them.

Arguments come in one order: inputs, outputs, workspace, geometry, (threads: the Python door only). A call is emitted
with just the arguments of the Python door: `emit(pool.max_forward, x, y, argmax, *window, relu)`.

One source is compiled for several instruction sets (`_baseline`, `_avx2`, `_avx512`); the best that this processor
and operating system allow is loaded, at most the one that the environment variable `CYCNN_ISA` names.
`reference` holds the same functions in plain float64 NumPy: slow, obvious, and the judge of these.

    conv  winograd  depthwise  grouped  gemm  pool  pooled  winners  norm  elementwise  loss  update  gather  layout
    merge  image                                                    one .pyx each, once per instruction set
    tile.pxi  taps.pxd  maths.pxd  random.pxd                       inline functions they share
    call.pxd  executor  threads.pxd  cpu                            the seam, compiled once
"""

import importlib
import os
from types import SimpleNamespace

try:
    from cycnn.kernels import cpu
except ImportError as error:
    raise ImportError(
        "cycnn's kernels are not compiled here: this `cycnn` is the source folder, found before the installed package. "
        "Start Python from another folder or with -I, or compile in place with `pip install -e .`."
    ) from error

FAMILIES = (
    "conv", "depthwise", "grouped", "gemm", "pool", "norm", "elementwise", "loss", "update", "gather", "layout", "merge",
    "pooled", "winners", "winograd", "image",
)  # fmt: skip


class Kernel:
    """One kernel of one instruction set: calling it goes through the Python door; `door` is the C door.

    Attributes:
        name: `family.verb`.
        door: capsule that `executor.Program` understands.
        modes: one letter per operand: `r` reads it, `w` writes it, `u` updates it.
    """

    __slots__ = ("door", "modes", "name", "python")

    def __init__(self, name, python, door, modes):
        self.name, self.python, self.door, self.modes = name, python, door, modes

    def __call__(self, *args):
        return self.python(*args)

    def __repr__(self):
        return f"<kernel {self.name}>"


class Build:
    """The kernels of one instruction set, imported family by family as they are asked for: `load("avx2").pool`."""

    def __init__(self, isa):
        self.isa = isa

    def __getattr__(self, family):
        if family not in FAMILIES:
            raise AttributeError(f"no kernel family {family!r}; there are {', '.join(FAMILIES)}.")
        module = importlib.import_module(f"cycnn.kernels._{self.isa}.{family}")
        found = SimpleNamespace(isa=self.isa, **getattr(module, "CONSTANTS", {}))
        for verb, (door, modes) in module.DOORS.items():
            setattr(found, verb, Kernel(f"{family}.{verb}", getattr(module, verb), door, modes))
        setattr(self, family, found)
        return found


def load(isa):
    """The kernels compiled for one instruction set."""
    return Build(isa)


def choose(wanted, supported):
    """The build to load: the best of `supported`, at most `wanted` (None: no cap)."""
    order = ("baseline", "avx2", "avx512")
    if wanted is None:
        return supported[-1]
    if wanted not in order:
        raise ImportError(f"CYCNN_ISA must be one of {', '.join(order)}. Received: CYCNN_ISA={wanted!r}.")
    if wanted not in supported:
        raise ImportError(
            f"CYCNN_ISA asks for {wanted!r}, which this processor or operating system lacks; it has {', '.join(supported)}."
        )
    return wanted


ISA = choose(os.environ.get("CYCNN_ISA") or None, cpu.supported())
_loaded = load(ISA)


def __getattr__(name):
    if name in FAMILIES:
        return getattr(_loaded, name)
    raise AttributeError(f"module 'cycnn.kernels' has no attribute {name!r}")
