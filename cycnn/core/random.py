"""Random numbers that follow from a pair of integers (seed, counter), whoever asks and on whichever thread.

The numbers are NumPy's Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
SC 2011): its key *is* the pair, so streams of different pairs are independent, and nothing has to be drawn in order.
"""

from cycnn import config
from cycnn.core import checks, names, registry

_MASK = (1 << 64) - 1


def generator(seed=None, counter=0):
    """A `numpy.random.Generator`.

    Args:
        seed: An integer (the same numbers every time), a `SeedGenerator` (its next numbers) or `None` (numbers that
            follow from `utils.set_random_seed` and from how often this was asked since, or from nothing).
        counter: Which stream of an integer seed.

    Raises:
        ValueError: For any other seed.
    """
    import numpy as np  # numpy.random is imported at its first use: 10 ms that a prediction need not pay

    if seed is None:
        seed, counter = make_seed(), 0
    elif isinstance(seed, SeedGenerator):
        seed, counter = map(int, seed.next())
    elif checks.as_integer(seed) is None:
        raise checks.refuse("seed", "an integer, a SeedGenerator or None", seed)
    key = np.array([int(seed) & _MASK, int(counter) & _MASK], np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def make_seed(draw=None):
    """A seed for an object that was given none; all of them follow from `utils.set_random_seed`, where that was called.

    Args:
        draw: What `config.next_draw` returned, for an object that needs its seed later.

    Returns:
        Integer from 1 to 2³¹ - 1.
    """
    return int(generator(*(draw or config.next_draw())).integers(1, 1 << 31))


@registry.export("keras.random")
class SeedGenerator:
    """A seed that changes with every use: functions that take it give other numbers at each call.

    Args:
        seed: Integer, or `None` for one that follows from `utils.set_random_seed`.
        name: String; numbered automatically.

    Attributes:
        state: uint64 array (seed, counter); the counter is the number of uses so far.

    Example:

    ```python
    seed = SeedGenerator(42)
    values = initializers.RandomNormal(seed=seed)
    values((2, 3)), values((2, 3))   # two different arrays, the same two in every run
    ```
    """

    def __init__(self, seed=None, name=None):
        import numpy as np

        self._initial_seed = checks.as_integer(seed)
        if self._initial_seed is None and seed is not None:
            raise checks.refuse("seed", "an integer or None", seed)
        self.name = name or names.auto_name(type(self).__name__)
        self.state = np.array([(make_seed() if seed is None else self._initial_seed) & _MASK, 0], np.uint64)

    def next(self):
        """The pair (seed, counter) as it is; the counter moves on."""
        pair = self.state.copy()
        self.state[1] += self.state.dtype.type(1)
        return pair

    def get_config(self):
        """The seed as it was given, and the name."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """The seed generator of a config."""
        return cls(**config)
