"""Confusion: which classes are taken for which."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.labels import classes_of, names_of

NORMALIZED = ("true", "pred", "all")
SLANTED = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}


def confusion_matrix(y_true, y_pred, num_classes=None, normalize=None):
    """How many samples of each class (rows) were taken for each class (columns).

    Args:
        y_true: classes (n,) or (n, 1), or one-hot (n, classes).
        y_pred: the same, or what the model predicts: probabilities (n, classes), or (n, 1) of class 1.
        num_classes: by default one more than the largest class that occurs, or the classes of one-hot labels.
        normalize: `"true"`: shares of each row; `"pred"`: of each column; `"all"`: of everything; None: counts.

    Returns:
        int64 array (classes, classes); float64 where it is normalized, with 0 for the shares of nothing.

    Raises:
        ValueError: labels that do not belong together, or classes out of range.
    """
    truth, _ = classes_of(y_true, "y_true")
    found, _ = classes_of(y_pred, "y_pred")
    if len(truth) != len(found):
        raise ValueError(
            f"`y_true` and `y_pred` must have the same length. Received: {len(truth)} and {len(found)} samples."
        )
    widths = [np.shape(y)[1] for y in (y_true, y_pred) if np.ndim(y) == 2]
    largest = int(max(truth.max(), found.max()))
    if num_classes is None:
        num_classes = max([largest + 1, *widths])
    elif checks.positive_int("num_classes", num_classes) <= largest:
        raise checks.refuse("num_classes", f"at least {largest + 1}, as class {largest} occurs", num_classes)
    counts = np.bincount(truth * num_classes + found, minlength=num_classes**2).reshape(num_classes, num_classes)
    if normalize is None:
        return counts
    axis = {"true": 1, "pred": 0, "all": None}[checks.one_of("normalize", normalize, NORMALIZED)]
    return counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


def plot_confusion_matrix(y_true, y_pred, class_names=None, num_classes=None, normalize=None, cmap="Blues", path=None):
    """Draw the confusion matrix, with its numbers.

    Args:
        y_true, y_pred, num_classes, normalize: as in `confusion_matrix`.
        class_names: list of names, or a dictionary by number.
        cmap: one of matplotlib's maps of colours.
        path: file to save the figure to.

    Returns:
        matplotlib's `Figure`.
    """
    if num_classes is None and isinstance(class_names, (list, tuple)):
        num_classes = len(class_names)
    matrix = confusion_matrix(y_true, y_pred, num_classes, normalize)
    count = len(matrix)
    names = names_of(range(count), class_names)
    large = count > 25  # neither numbers nor names of full size would have room
    longest = max(map(len, names))
    slanted = longest > 3
    matrix_size, labels = max(count * (0.14 if large else 0.45), 2.0), figures.LETTER * figures.MEDIUM * longest
    size = matrix_size + labels + 1.7, matrix_size + (0.7 * labels if slanted else 0.2) + 0.5
    figure = figures.new(path, size, "a matrix")
    axes = figure.subplots()
    image = axes.imshow(matrix, cmap=cmap, vmin=0)
    letters = {"fontsize": 6} if large else {}
    axes.set_xticks(range(count), names, **letters, **(SLANTED if slanted else {}))
    axes.set_yticks(range(count), names, **letters)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if not large:
        half = matrix.max() / 2
        for (row, column), value in np.ndenumerate(matrix):
            text = f"{value:d}" if normalize is None else f"{value:.2f}"
            axes.text(
                column, row, text, ha="center", va="center", fontsize="small", color="white" if value > half else "black"
            )  # fmt: skip
    figure.colorbar(image, ax=axes, shrink=0.8, fraction=0.05, pad=0.02)
    return figures.done(figure, path)
