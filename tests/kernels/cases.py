"""One emitted call, run through both doors of a kernel on guarded memory.

    y, argmax = agree(pool.max_forward, [sample(x), sample(y), sample(argmax)], (2, 2, 2, 2, 0, 0, True), units=13, samples=4)

runs the call every way there is, demands the same bits each time, and returns what the kernel wrote.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cycnn import kernels
from cycnn.kernels import cpu, executor

ISAS = cpu.supported()
THREADS = (1, 2, 3)
CHANNELS = (1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 65)  # around the lanes of every build
EPSILON = np.finfo(np.float32).eps
GUARD = 61  # elements before and behind an array, which so begins at no boundary of a vector


def load(isa, family):
    """The kernels of a family as compiled for one instruction set."""
    found = getattr(kernels.load(isa), family)
    module = sys.modules[f"cycnn.kernels._{isa}.{family}"]
    assert Path(module.__file__).parent.name == f"_{isa}"
    for verb, kernel in vars(found).items():
        assert not isinstance(kernel, kernels.Kernel) or kernel.python is getattr(module, verb)
    return found


# ---------------------------------------------------------------------------------------------------- operands


@dataclass
class Operand:
    """An array and how it moves: `sample`, `group`, `thread` (first axis: samples, groups, threads) or `fixed`. `shape`:
    as a plan sees one sample of it, where that is not the array's own."""

    array: np.ndarray
    moves: str
    shape: tuple | None = None

    def place(self, region):
        """The operand as `executor.Program` takes it."""
        step = 0 if self.moves == "fixed" else self.array.strides[0]
        shape = self.array.shape if self.moves == "fixed" else self.array.shape[1:]
        by_sample, by_thread, by_group = (step * (self.moves == what) for what in ("sample", "thread", "group"))
        return region, 0, by_sample, by_thread, by_group, shape if self.shape is None else self.shape


def sample(array, shape=None):
    """An operand that moves with the samples."""
    return Operand(array, "sample", shape)


def group(array):
    """An operand with one partial result per group."""
    return Operand(array, "group")


def scratch(size):
    """Room for what a thread of a kernel writes and reads again; what is left there is no result."""
    return Operand(np.empty((max(THREADS), size), np.float32), "thread")


def fixed(array):
    """An operand that is the same for all samples."""
    return Operand(array, "fixed")


# ------------------------------------------------------------------------------------------------------ memory


class Guards:
    """Copies of arrays between guards: bytes of ones, which are NaN in every floating type.

    `check` fails where a guard was written to, or an array that was only to be read. Reading too far shows in the
    result: a NaN passes through everything.
    """

    def __init__(self):
        self.blocks = []

    def copy(self, array, mode):
        """A guarded copy of a C-contiguous array; one to be written (`w`) holds ones, too."""
        block = np.empty(array.size + 2 * GUARD, array.dtype)
        block.view(np.uint8)[:] = 0xFF
        inside = block[GUARD : GUARD + array.size].reshape(array.shape)
        if mode != "w":
            inside[...] = array
        inside.flags.writeable = mode != "r"
        self.blocks.append((block, mode, block.tobytes()))
        return inside

    def check(self):
        """Assert that nothing was written but the arrays that were to be written."""
        for block, mode, before in self.blocks:
            after, guard = block.tobytes(), GUARD * block.itemsize
            assert after[:guard] == before[:guard], "written before the array"
            assert after[-guard:] == before[-guard:], "written behind the array"
            assert mode != "r" or after == before, "an input was changed"


# ------------------------------------------------------------------------------------------------------- doors


def run_door(kernel, operands, integers, reals, units, per_sample, samples, threads, group=None, chunk=None):
    """Run a kernel's C door over the executor, as a program of one call.

    Args:
        operands: list of `Operand` or None, whose arrays are read and written where they lie.
        group: samples of a group; None: all of them.
        chunk: samples of a task; None: a segment over the whole batch, its units divided among the threads.
    """
    places = [(-1, 0, 0, 0, 0, ()) if o is None else o.place(region) for region, o in enumerate(operands)]
    call = (kernel.door, places, list(integers), list(reals), units, per_sample, 1)
    program = executor.Program([call], [(0, 1, chunk is None, chunk or 1)], len(operands), group or max(samples, 1))
    for region, operand in enumerate(operands):
        if operand is not None:
            program.bind_array(region, operand.array)
    program.run(samples, threads, 0, 1)
    assert program.team == threads


def agree(kernel, operands, scalars=(), *, units, per_sample=True, samples=1, groups=None):
    """Run a call through the Python door and the C door, on 1, 2 and 3 threads, in tasks of several sizes.

    Args:
        operands: list of `Operand` or None, in the order of the Python door; they are copied.
        scalars: its integers and reals, in its order.
        groups: how many groups a whole-batch call finds.

    Returns:
        The written arrays in order (just the array, where it is one): bitwise the same, however they came about.
    """
    integers = [value for value in scalars if not isinstance(value, float)]
    reals = [value for value in scalars if isinstance(value, float)]

    def python_door(operands, threads):
        kernel(*(None if o is None else o.array for o in operands), *scalars, threads)

    def c_door(operands, threads, group=None, chunk=None):
        run_door(kernel, operands, integers, reals, units, per_sample, samples, threads, group, chunk)

    tries = [(python_door, {})]
    if per_sample:
        tries += [(c_door, {"group": g, "chunk": c}) for g, c in ((1, 1), (2, 1), (3, 2), (samples, samples))]
    tries += [(c_door, {"group": -(-samples // groups)} if groups else {})]

    first = None
    for threads in THREADS:  # the outer loop: a team that changes its size costs more than a call
        for door, how in tries:
            guards = Guards()
            copies = [
                None if o is None else Operand(guards.copy(o.array, mode), o.moves, o.shape)
                for o, mode in zip(operands, kernel.modes)
            ]
            door(copies, threads, **how)
            guards.check()
            written = [
                o.array
                for o, mode in zip(copies, kernel.modes)
                if o is not None and mode != "r" and o.moves != "thread"
            ]
            first = first or written
            for array, other in zip(first, written):
                assert bits(array) == bits(other), f"{door.__name__}, {threads} threads, {how}: other results"
    return first[0] if len(first) == 1 else first


def bits(array):
    """The bytes of an array; all NaN count as one: which of two is passed on, and its sign, the compiler chooses."""
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return array.tobytes()


def judge(reference, kernel, operands, scalars=()):
    """All operands as the reference leaves them, float64 for float32. What it writes holds NaN (integers: 0) before."""
    arrays = [None if o is None else wide(o.array, mode) for o, mode in zip(operands, kernel.modes)]
    with np.errstate(invalid="ignore"):  # infinity - infinity
        getattr(reference, kernel.name.partition(".")[2])(*arrays, *scalars)
    return arrays


def wide(array, mode):
    """A copy for the reference."""
    dtype = np.float64 if array.dtype == np.float32 else array.dtype
    if mode == "w":
        return np.full(array.shape, np.nan if dtype == np.float64 else 0, dtype)
    return array.astype(dtype)
