"""What others may do between batches and epochs.

The trainer calls the hooks of every callback in order; `History` is always among them and is what `fit` returns.
"""

from cycnn.training.callbacks.callback import Callback, CallbackList
from cycnn.training.callbacks.history import History

__all__ = ["Callback", "CallbackList", "History"]
