"""One seed for everything."""

import random

from cycnn import config
from cycnn.core import checks


def set_random_seed(seed):
    """Make everything random that follows reproducible: Python's `random`, NumPy's global generator, and cycnn.

    Args:
        seed: Integer from 0 to 2³² - 1.

    Raises:
        ValueError: If it is none.

    Example:

    ```python
    cycnn.utils.set_random_seed(0)
    model = cycnn.Sequential([...])   # the same initial weights in every run
    model.fit(x, y)                   # the same order of samples, the same result, whatever the number of threads
    ```
    """
    import numpy as np

    number = checks.as_integer(seed)
    if number is None or not 0 <= number < 1 << 32:
        raise checks.refuse("seed", "an integer from 0 to 4294967295", seed)
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002  the programs of users draw from it
    config.set_seed(number)
