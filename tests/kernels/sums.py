"""Kernels that add up products: their calls through both doors on several teams, beside the reference's answers."""

from dataclasses import dataclass

import numpy as np

from cycnn.kernels import Kernel
from cycnn.kernels.reference import elementwise

from .cases import EPSILON, THREADS, Guards, Operand, agree, run_door
from .fences import fenced

# Activations without parameters that may follow a product in one pass: their slope follows from y
EPILOGUES = [
    "relu",
    "sigmoid",
    "tanh",
    "relu6",
    "selu",
    "softplus",
    "softsign",
    "exponential",
    "hard_sigmoid",
    "hard_tanh",
    "log_sigmoid",
    "sparse_plus",
    "sparse_sigmoid",
]


@dataclass
class Call:
    """One emitted call. The last operand that is no scratch is the result; where it moves with groups, a partial sum."""

    kernel: Kernel
    operands: list
    scalars: tuple
    units: int
    samples: int = 1
    per_sample: bool = True

    @property
    def place(self):
        """Where the result stands."""
        return max(k for k, operand in enumerate(self.operands) if operand is not None and operand.moves != "thread")

    def results(self):
        """What the doors wrote, bitwise the same for every number of threads.

        One array where samples stand alone; a sum over samples comes once from the Python door, and once for each way
        to cut the batch, its groups' partial sums added up.
        """
        if self.operands[self.place].moves != "group":
            how = {"units": self.units, "per_sample": self.per_sample, "samples": self.samples}
            return [agree(self.kernel, self.operands, self.scalars, **how)]
        first = None
        for threads in THREADS:
            results = [self.python_door(threads, Guards())]
            results += [self.c_door(threads, group, chunk) for group, chunk in ((1, 1), (3, 2))]
            first = first or results
            assert [array.tobytes() for array in results] == [array.tobytes() for array in first]
        return [first[0], *(partial.sum(axis=0, dtype=np.float64) for partial in first[1:])]

    def python_door(self, threads, memory):
        """The result, from operands that `memory` copies."""
        modes = zip(self.operands, self.kernel.modes)
        arrays = [None if operand is None else memory.copy(operand.array, mode) for operand, mode in modes]
        self.kernel(*arrays, *self.scalars, threads)
        memory.check()
        return arrays[self.place]

    def c_door(self, threads, group, chunk):
        """The partial sums of all groups."""
        operands, result = list(self.operands), self.operands[self.place].array
        operands[self.place] = Operand(np.empty((-(-self.samples // group), *result.shape), result.dtype), "group")
        memory, modes = Guards(), zip(operands, self.kernel.modes)
        copies = [Operand(memory.copy(operand.array, mode), operand.moves) for operand, mode in modes]
        batch = self.samples, threads, group, chunk
        run_door(self.kernel, copies, self.scalars, (), self.units, self.per_sample, *batch)
        memory.check()
        return copies[self.place].array


class Problem:
    """Shapes of a product and its gradients. A leaf says which calls there are and what the reference answers.

    Attributes:
        shapes: of x, the kernel, the bias and dy.
        lengths: `{result: products in the sum of one element}`.
        draws: whether to draw integers, of which every result is exact, for each time that `check` draws.
    """

    draws = True, False

    def draw(self, rng, exact=False):
        """x, kernel, bias and dy; integers so small that float32 makes no error where it shall be exact."""
        if exact:
            return [rng.integers(-4, 5, shape).astype(np.float32) for shape in self.shapes]
        return [rng.standard_normal(shape, np.float32) for shape in self.shapes]

    def bounds(self, *arrays):
        """How far float32 may be off, in any order of summation: length of the sum * epsilon * sum of magnitudes."""
        magnitudes = self.answers(*(np.abs(array) for array in arrays))
        return {what: self.lengths[what] * EPSILON * magnitudes[what] for what in magnitudes}

    def check(self, family, seed=0):
        """All calls, exactly and within their bounds; forward without and with bias and relu."""
        rng = np.random.default_rng(seed)
        for exact in self.draws:
            x, kernel, bias, dy = self.draw(rng, exact)
            bounds = self.bounds(x, kernel, bias, dy)
            expected = self.answers(x, kernel, None, dy)
            tries = [(call, what, expected[what]) for what, call in self.calls(family, x, kernel, None, dy).items()]
            fused = x, kernel, bias, dy, 1  # relu
            expected, calls = self.answers(*fused), self.calls(family, *fused)
            tries += [(calls[what], what, expected[what]) for what in calls if what.startswith("y")]
            for call, what, answer in tries:
                for result in call.results():
                    if exact:
                        np.testing.assert_array_equal(result, answer, what)
                    else:
                        excess = np.abs(result - answer) - bounds[what]
                        assert np.all(excess <= 0), f"{what} is {np.nanmax(excess)} beyond its bound"

    def check_epilogue(self, family, kind):
        """The activation does to y what it does alone, wherever a thread's rows begin and end."""
        arrays = self.draw(np.random.default_rng(0))
        linear = self.calls(family, *arrays)["y"].python_door(1, Guards())
        expected = np.empty(linear.shape)
        elementwise.activate(linear, expected, kind, 0.0, 0.0, 0.0)
        for what, call in self.calls(family, *arrays, activation=kind).items():
            for result in call.results() if what.startswith("y") else ():
                np.testing.assert_allclose(result, expected, rtol=4 * EPSILON, atol=EPSILON)

    def check_spoiled(self, family, x, kernel, bias, dy):
        """NaN and infinity reach exactly the results that they are part of, through relu, too."""
        with np.errstate(invalid="ignore"):
            expected = self.answers(x, kernel, bias, dy, activation=1)
        for what, call in self.calls(family, x, kernel, bias, dy, activation=1).items():
            assert np.isnan(expected[what]).any()
            np.testing.assert_array_equal(call.python_door(2, Guards()), expected[what], what)

    def check_fences(self, family):
        """Nothing behind an operand is touched, be it read and thrown away. A breach ends the process."""
        for call in self.calls(family, *self.draw(np.random.default_rng(0))).values():
            call.python_door(2, Fences())


class Fences:
    """`Guards` that see also what is only read: see `fences`."""

    def copy(self, array, mode):
        return fenced(array)

    def check(self):
        """Whoever comes here has touched nothing."""


def check_packing(calls, weights):
    """Both doors write every float of a packed kernel and keep each weight; what is added is zeros."""
    for call in calls:
        (packed,) = call.results()
        packed = np.sort(packed)
        np.testing.assert_array_equal(packed[-weights.size :], np.sort(weights))
        assert not packed[: -weights.size].any()
