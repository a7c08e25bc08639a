"""An emitter that runs what an optimizer emits at once: for `apply`, which has arrays and no plan."""

import numpy as np

from cycnn.core.variable import Variable
from cycnn.engine.buffers import ONCE, Buffer
from cycnn.engine.plan import Emitter


class AtOnce:
    """The part of `engine.plan.Emitter` that optimizers use, over arrays and on the calling thread."""

    blocks = staticmethod(Emitter.blocks)

    def __init__(self):
        self._arrays = {}  # storage -> vector

    def take(self, gradient, variable):
        """A buffer that holds a copy of a gradient.

        Raises:
            ValueError: it has another shape than its weight.
        """
        gradient = np.asarray(gradient)
        if gradient.shape != variable.shape:
            raise ValueError(
                f"The gradient of {variable.path!r} must have its shape {variable.shape}. "
                f"Received: a gradient of shape {gradient.shape}."
            )
        buffer = Buffer.new(f"d {variable.path}", ONCE, gradient.shape)
        self._arrays[buffer.storage] = np.array(gradient, np.float32, order="C").reshape(-1)
        return buffer

    def flat(self, variable):
        """A variable as a vector."""
        return variable._array.reshape(-1)

    def _array(self, operand):
        if isinstance(operand, Variable):
            return operand._array
        if isinstance(operand, Buffer):
            if operand.storage not in self._arrays:
                self._arrays[operand.storage] = np.zeros(operand.size, operand.dtype)
            return self._arrays[operand.storage].reshape(operand.shape)
        return operand

    def whole(self, kernel, *arguments, units=1):
        """Run a kernel."""
        operands = map(self._array, arguments[: len(kernel.modes)])
        kernel(*operands, *arguments[len(kernel.modes) :], 1)

    def host(self, function, *operands, modes):
        """Call a function of arrays."""
        function(*map(self._array, operands))
