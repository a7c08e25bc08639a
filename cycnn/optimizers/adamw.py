"""AdamW: Adam whose weights decay beside the gradient's step, not through it."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.adam import Adam


@export("keras.optimizers")
class AdamW(Adam):
    """`Adam` after w = w - learning_rate * weight_decay * w.

    Args:
        learning_rate: number, schedule or function.
        weight_decay: number.
        beta_1, beta_2, epsilon, amsgrad: as in `Adam`.
        **kwargs: the other arguments of `Optimizer`.

    Reference:
        Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2.
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        *args,
        **kwargs,
    ):
        weight_decay = checks.number("weight_decay", weight_decay)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *args, **kwargs)
