"""What all schedules of the learning rate share."""

import numpy as np

from cycnn.core.registry import export


@export("keras.optimizers.schedules")
class LearningRateSchedule:
    """Base class of schedules: a subclass writes `__call__`, and `get_config` if it is to be saved.

    Example:

    ```python
    class Halving(cycnn.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 * 0.5 ** (step // 1000)
    ```
    """

    def __call__(self, step):
        """The learning rate of a step; the first one is step 0."""
        raise NotImplementedError(f"{type(self).__name__} must implement `__call__(step)`.")

    def get_config(self):
        """The arguments of the constructor."""
        raise NotImplementedError(f"{type(self).__name__} must implement `get_config()` to be saved.")

    @classmethod
    def from_config(cls, config):
        """The schedule of a config."""
        return cls(**config)


class Decay(LearningRateSchedule):
    """A schedule that keeps its arguments, named in `arguments`, under their names.

    `step` may be an array: a schedule is then an array of rates, to be plotted.
    """

    arguments: tuple = ()

    def get_config(self):
        return {name: getattr(self, name) for name in self.arguments}

    def __call__(self, step):
        return np.float32(self.rate(np.asarray(step, np.float64)))

    def rate(self, step):
        """The learning rate in float64."""
        raise NotImplementedError(f"{type(self).__name__} must implement `rate(step)`.")
