"""What all optimizers share."""

import numpy as np

from cycnn.core import checks, names
from cycnn.core.variable import Variable


class Optimizer:
    """Base of optimizers. A leaf says which slots it keeps (`slots`), what a step's numbers are (`numbers`), and which
    kernel updates a weight (`update`).

    Args:
        learning_rate: number above zero, or a function of no arguments or of the step that gives one.
        name: string.
    """

    slots = ()

    def __init__(self, learning_rate=0.001, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
                 gradient_accumulation_steps=None, name=None, **kwargs):  # fmt: skip
        if "lr" in kwargs:  # Keras 2
            learning_rate = kwargs.pop("lr")
        if kwargs:
            import inspect

            bad = next(iter(kwargs))
            known = {*inspect.signature(type(self)).parameters, *inspect.signature(Optimizer).parameters} - {
                "args",
                "kwargs",
            }
            guess = checks.nearest(bad, known)
            hint = f" Did you mean {guess!r}?" if guess else ""
            raise ValueError(
                f"`{bad}` is not an argument of {type(self).__name__}.{hint} Received: {bad}={kwargs[bad]!r}."
            )
        given = {
            "weight_decay": weight_decay, "clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm,
            "use_ema": use_ema or None, "loss_scale_factor": loss_scale_factor,
            "gradient_accumulation_steps": gradient_accumulation_steps,
        }  # fmt: skip
        for argument, value in given.items():
            if value is not None:
                raise ValueError(
                    f"`{argument}` is not supported yet. Received: {argument}={value} for {type(self).__name__}."
                )
        self.name = name or names.to_snake_case(type(self).__name__)
        self.learning_rate = learning_rate
        self.iterations = 0
        self.hyper = Variable(np.zeros(8), name="hyper", trainable=False)  # the numbers of a step, as kernels read them
        self._slots = {}  # variable -> tuple of slot variables or None
        self.built = False

    @property
    def learning_rate(self):
        """The learning rate now."""
        rate = self._learning_rate
        return float(rate(self.iterations) if callable(rate) else rate)

    @learning_rate.setter
    def learning_rate(self, value):
        self._learning_rate = value if callable(value) else checks.number("learning_rate", value, 0)

    lr = learning_rate

    def build(self, variables):
        """Make the slots for these weights; those there are stay."""
        for variable in variables:
            if variable not in self._slots:
                self._slots[variable] = tuple(
                    None if slot is None else Variable(
                        np.zeros(variable.shape), name=slot, trainable=False, path=f"{self.name}/{variable.path}_{slot}"
                    )
                    for slot in self.slots
                )  # fmt: skip
                self.first_values(variable, self._slots[variable])
        self.built = True

    def first_values(self, variable, slots):
        """Fill new slots that do not begin at zero."""

    @property
    def variables(self):
        """All slots."""
        return [s for slots in self._slots.values() for s in slots if s is not None]

    def emit(self, emit, variable, gradient):
        """Emit the update of one weight."""
        slots = (None if slot is None else emit.flat(slot) for slot in self._slots[variable])
        self.update(
            emit,
            emit.flat(variable),
            gradient.view(gradient.size),
            *slots,
            self.hyper,
            units=emit.blocks(gradient.size),
        )

    def before_step(self):
        """Count a step and fill in its numbers."""
        self.iterations += 1
        numbers = self.numbers(self.learning_rate, self.iterations)
        self.hyper._array[: len(numbers)] = numbers

    def get_config(self):
        """Everything `from_config` needs."""
        return {
            "name": self.name,
            "learning_rate": self.learning_rate,
            "weight_decay": None,
            "clipnorm": None,
            "global_clipnorm": None,
            "clipvalue": None,
            "use_ema": False,
            "ema_momentum": 0.99,
            "ema_overwrite_frequency": None,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": None,
        }

    @classmethod
    def from_config(cls, config):
        """A new optimizer of this configuration."""
        return cls(**config)
