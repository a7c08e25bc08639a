"""Progbar: the line of `fit`, for loops of one's own."""

import numpy as np

from cycnn.training.progress import Progress


class Progbar:
    """Shows how far a loop is, and averages of what it computes.

    Args:
        target: number of steps; None: not known.
        width: accepted: the bar is as long as the line allows.
        verbose: 0 shows nothing, 1 a line that is drawn again and again, 2 one at the end.
        interval: accepted: at most ten lines a second are drawn.
        stateful_metrics: names of values that are shown as they are, and not averaged.
        stateless_metrics: names of those that are averaged, all others are shown as they are; instead of
            `stateful_metrics`.
        unit_name: accepted: what is counted are steps.

    Raises:
        ValueError: both kinds of names are given.

    Example:

    ```python
    bar = cycnn.utils.Progbar(100)
    for step in range(100):
        bar.update(step + 1, [("loss", loss_of(step))])
    ```
    """

    def __init__(self, target, width=20, verbose=1, interval=0.05, stateful_metrics=None, stateless_metrics=None,
                 unit_name="step"):  # fmt: skip
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` and `stateless_metrics` can be given. "
                f"Received: stateful_metrics={stateful_metrics}, stateless_metrics={stateless_metrics}."
            )
        self.target, self.verbose = target, verbose
        self._shown = None if stateful_metrics is None else set(stateful_metrics)
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._progress = Progress(verbose)
        self._totals, self._current, self._running = {}, 0, False  # name -> (sum, weight)

    def update(self, current, values=None, finalize=None):
        """Show a step.

        Args:
            current: steps done.
            values: list of (name, value of this step).
            finalize: whether it is the last; None: it is, where `current` is the target.
        """
        for name, value in values or ():
            total, weight = self._totals.get(name, (0.0, 0))
            averaged = name in self._averaged if self._averaged is not None else name not in (self._shown or ())
            steps = max(current - self._current, 1)
            value = float(np.mean(value))
            self._totals[name] = (total + value * steps, weight + steps) if averaged else (value, 1)
        self._current = current
        if not self._running:
            self._progress.begin_epoch(None, None, self.target)
            self._running = True
        self._progress.update(current, self._means)
        if finalize or (finalize is None and self.target is not None and current >= self.target):
            self._progress.end_epoch(self._means)
            self._running = False

    def add(self, n, values=None):
        """Show `n` further steps."""
        self.update(self._current + n, values)

    def _means(self):
        return {name: total / weight for name, (total, weight) in self._totals.items()}
