"""ProgbarLogger: accepted; `fit` draws its progress itself."""

from cycnn.callbacks.callback import Callback
from cycnn.core import checks


class ProgbarLogger(Callback):
    """Stands for the line that `fit`, `evaluate` and `predict` draw while they work. `verbose` says whether they do;
    with this callback in their list they draw it once, as without.

    Args:
        count_mode: `"steps"` or `"samples"`; accepted from programs for Keras 2. Steps are counted.
        stateful_metrics: accepted from programs for Keras 2, and without effect.
    """

    def __init__(self, count_mode="steps", stateful_metrics=None):
        checks.one_of("count_mode", count_mode, ("steps", "samples"))
