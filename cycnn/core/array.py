"""Array: a NumPy array with the `numpy()` that programs call on tensors."""

import numpy as np


class Array(np.ndarray):
    """What functions, layers, models and datasets give: a NumPy array, for programs that ask it for `.numpy()` too."""

    def numpy(self):
        """The same numbers as a plain `numpy.ndarray` (nothing is copied), or one number as a NumPy scalar."""
        return self.view(np.ndarray)[()]

    def __repr__(self):
        return repr(self.view(np.ndarray))


PLAIN = (np.ndarray, Array)  # types of arrays that need no look at what else they are
