"""Training: the curves of `fit`."""

import math

from cycnn.core import checks
from cycnn.visualization import figures

TRAINING, VALIDATION = "#1f77b4", "#ff7f0e"


def plot_history(history, names=None, columns=3, path=None):
    """Draw losses and metrics by epochs, training beside validation.

    Args:
        history: what `fit` returned, or its `history`: `{name: [value of each epoch]}`.
        names: what to draw, in order; by default all: the loss, the metrics, then what has no validation
            (`"learning_rate"`).
        columns: axes of a row at most.
        path: file to save the figure to.

    Returns:
        matplotlib's `Figure`, with one axes for each name; a dot is the best epoch of validation.

    Raises:
        ValueError: nothing was recorded, or not by these names.

    Example:

    ```python
    history = model.fit(x, y, validation_split=0.1, epochs=5)
    visualization.plot_history(history, path="history.png")
    ```
    """
    recorded = getattr(history, "history", history)
    if not isinstance(recorded, dict) or not recorded or not all(map(len, recorded.values())):
        raise checks.refuse("history", "what `fit` returned, with at least one epoch", history)
    if names is None:
        names = [name for name in recorded if not name.startswith("val_")]
        names.sort(key=lambda name: (name != "loss", f"val_{name}" not in recorded, not name.endswith("loss")))
    else:
        names = [names] if isinstance(names, str) else list(names)
        for name in names:
            if name not in recorded:
                raise ValueError(checks.unknown("name in the history", name, list(recorded)))
    columns = min(len(names), checks.positive_int("columns", columns))
    rows = math.ceil(len(names) / columns)
    figure = figures.new(path, (4.2 * columns, 3 * rows), "curves")
    cells = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, name in zip(cells, names):
        _draw(axes, name, recorded[name], recorded.get(f"val_{name}"))
    for axes in cells[len(names) :]:
        axes.set_axis_off()
    return figures.done(figure, path)


def _draw(axes, name, training, validation):
    epochs = range(1, len(training) + 1)
    marker = "o" if len(training) == 1 else None  # a line needs two points
    axes.plot(epochs, training, color=TRAINING, marker=marker, label="training")
    if validation is not None:
        # `validation_freq` leaves out epochs: the last of each step is there.
        step = math.ceil(len(training) / len(validation))
        at = [min(step * (k + 1), len(training)) for k in range(len(validation))]
        axes.plot(at, validation, color=VALIDATION, marker=marker, label="validation")
        best = (min if _falls(name, training) else max)(range(len(at)), key=lambda k: validation[k])
        axes.plot(at[best], validation[best], "o", color=VALIDATION)
        above = validation[best] >= training[at[best] - 1]  # away from the other curve
        axes.annotate(
            f"{validation[best]:.4g}", (at[best], validation[best]), xytext=(0, 5 if above else -5),
            textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize="small",
        )  # fmt: skip
        axes.legend(fontsize="small")
    axes.set_title(name.replace("_", " "), fontsize="medium")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.margins(x=0.08, y=0.15)
    axes.grid(alpha=0.3)


def _falls(name, training):
    """Whether smaller is better: for losses and errors by their names, for others as training went."""
    if any(word in name for word in ("loss", "error", "mse", "mae", "divergence", "crossentropy")):
        return True
    if any(word in name for word in ("acc", "auc", "precision", "recall", "score", "iou", "r2")):
        return False
    return training[-1] < training[0]
