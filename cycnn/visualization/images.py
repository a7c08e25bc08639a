"""Images: grids of samples, and of those that the model got wrong."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.labels import classes_of, names_of
from cycnn.visualization.pixels import list_of, shown

RIGHT, WRONG = "#2e7d32", "#c62828"


def plot_images(images, labels=None, predictions=None, class_names=None, count=25, columns=None, scale=1.4, path=None):
    """Draw pictures in rows, with their labels, and with what a model says of them.

    Args:
        images: (n, h, w, c) with 1, 3 or 4 channels, (n, h, w), one picture, or a list of pictures of any sizes; bytes,
            floats from 0 to 1 or to 255; others are stretched to their own range.
        labels: classes (n,), one-hot (n, classes), or texts.
        predictions: classes, or probabilities (n, classes) or (n, 1): right ones are green, wrong ones red.
        class_names: list of names, or a dictionary by number.
        count: pictures at most, from the first on.
        columns: pictures of a row; by default about as many as there are rows.
        scale: width of a picture in inches.
        path: file to save the figure to.

    Returns:
        matplotlib's `Figure`.

    Raises:
        ValueError: no pictures, or labels of another number.

    Example:

    ```python
    visualization.plot_images(x_test, y_test, model.predict(x_test), path="test.png")
    ```
    """
    pictures = list_of(images)
    texts, truth, found, sure = None, None, None, None
    if labels is not None:
        if np.asarray(labels).dtype.kind in "UOS":
            texts = [str(label) for label in np.asarray(labels)]
        else:
            truth, _ = classes_of(np.atleast_1d(labels), "labels")
            texts = names_of(truth, class_names)
    if predictions is not None:
        found, sure = classes_of(np.atleast_1d(predictions), "predictions")
    for name, values in (("labels", texts), ("predictions", found)):
        if values is not None and len(values) != len(pictures):
            raise ValueError(
                f"`{name}` must have one entry for each of the {len(pictures)} pictures. Received: {len(values)}."
            )
    some = range(min(len(pictures), checks.positive_int("count", count)))
    titles, colours = texts and texts[: len(some)], None
    if found is not None:
        guesses = names_of(found, class_names)
        if sure is not None:
            guesses = [f"{guess} {share:.0%}" for guess, share in zip(guesses, sure)]
        titles = guesses[: len(some)]
        if truth is not None:
            right = truth == found
            titles = [guesses[k] if right[k] else f"{guesses[k]}\nnot {texts[k]}" for k in some]
            colours = [RIGHT if right[k] else WRONG for k in some]
    figure = figures.grid(
        [shown(pictures[k]) for k in some], titles, colours, columns=columns, scale=scale, path=path
    )  # fmt: skip
    return figures.done(figure, path)


def wrong_predictions(y_true, y_pred):
    """The samples that a model got wrong, those first of which it was the surest.

    Args:
        y_true: classes (n,) or (n, 1), or one-hot (n, classes).
        y_pred: what the model predicts: probabilities (n, classes) or (n, 1), or classes.

    Returns:
        int64 array: places in `y_true`.

    Raises:
        ValueError: labels that do not belong together.
    """
    truth, _ = classes_of(y_true, "y_true")
    found, sure = classes_of(y_pred, "y_pred")
    if len(truth) != len(found):
        raise ValueError(
            f"`y_true` and `y_pred` must have the same length. Received: {len(truth)} and {len(found)} samples."
        )
    places = np.flatnonzero(truth != found)
    return places if sure is None else places[np.argsort(-sure[places], kind="stable")]


def plot_wrong_predictions(images, y_true, y_pred, class_names=None, count=25, columns=None, scale=1.4, path=None):
    """Draw the pictures that a model got wrong, those first of which it was the surest.

    Args:
        images: all pictures, (n, h, w, c) or as in `plot_images`.
        y_true, y_pred: as in `wrong_predictions`.
        class_names, count, columns, scale, path: as in `plot_images`.

    Returns:
        matplotlib's `Figure`; where nothing is wrong, it says so.
    """
    places = wrong_predictions(y_true, y_pred)
    pictures = list_of(images)
    if len(pictures) != len(y_true):
        raise ValueError(
            f"`images` must have one picture for each of the {len(y_true)} labels. Received: {len(pictures)}."
        )
    some = places[: checks.positive_int("count", count)]
    if not len(some):
        figure = figures.new(path, (4, 1), "pictures")
        figure.suptitle(f"All {len(y_true)} predictions are right.", fontsize="medium", y=0.6)
        return figures.done(figure, path)
    return plot_images(
        [pictures[k] for k in some],
        np.asarray(y_true)[some],
        np.asarray(y_pred)[some],
        class_names,
        count,
        columns,
        scale,
        path,
    )
