"""Adadelta: steps in the unit of the weights."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class Adadelta(Optimizer):
    """Gradients times the root mean square of past steps over that of past gradients.

    Args:
        learning_rate: number; the paper's is 1.0, Keras's default 0.001.
        rho: decay of the averages.
        epsilon: added under the roots.

    Reference:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, *args, name="adadelta", **kwargs):
        super().__init__(learning_rate, *args, name=name, **kwargs)
        self.rho = checks.number("rho", rho, 0, 1)
        self.epsilon = checks.number("epsilon", epsilon, 0)

    def numbers(self, rate, step):
        return rate, self.rho, 1 - self.rho, self.epsilon

    def update(self, emit, *operands, units):
        emit.whole(kernels.update.adadelta, *operands, units=units)

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
