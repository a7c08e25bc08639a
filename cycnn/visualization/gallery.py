"""Gallery: pictures in rows, under the name and with the arguments of `keras.visualization`."""

import math

import numpy as np

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.activation_maximization import ends


def plot_image_gallery(
    images,
    y_true=None,
    y_pred=None,
    label_map=None,
    rows=None,
    cols=None,
    value_range=(0, 255),
    scale=2,
    path=None,
    show=None,
    transparent=True,
    dpi=60,
    legend_handles=None,
    data_format=None,
):
    """Draw a batch of pictures in rows and columns. `plot_images` asks for less.

    Args:
        images: (n, h, w, c) with 1 or 3 channels.
        y_true, y_pred: numbers of classes (n,), or None.
        label_map: `{number: name}`; needed for these.
        rows, cols: how many pictures there are; by default about a square that holds all.
        value_range: what is black and what is white.
        scale: width of a picture in inches.
        path: file to save the figure to.
        show: None or False: figures are returned, and `matplotlib.pyplot.show()` shows them.
        transparent: whether a saved figure has no background.
        dpi: dots per inch of a saved figure.
        legend_handles: matplotlib's patches for a legend.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        matplotlib's `Figure`.

    Raises:
        ValueError: no batch of pictures, labels without names, or `show=True`.
    """
    if show:
        raise checks.refuse(
            "show", "None or False: the figure is returned; show it with matplotlib.pyplot.show()", show
        )
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ValueError(
            "`label_map` must give the names of the classes in `y_true` and `y_pred`. Received: label_map=None."
        )
    pictures = in_bytes(images, value_range, data_format)
    count = len(pictures)
    if rows is None and cols is None:
        rows = math.ceil(math.sqrt(count))
    rows = checks.positive_int("rows", math.ceil(count / cols) if rows is None else rows)
    cols = checks.positive_int("cols", math.ceil(count / rows) if cols is None else cols)
    titles = []
    for k in range(min(count, rows * cols)):
        parts = [
            f"{word}: {label_map.get(int(np.asarray(labels)[k]), 'unknown')}"
            for word, labels in (("Label", y_true), ("Pred", y_pred))
            if labels is not None and k < len(labels)
        ]
        titles.append("  ".join(parts) if len("  ".join(parts)) <= figures.letters(scale) else "\n".join(parts))
    some = [picture[..., 0] / 255 if picture.shape[2] == 1 else picture for picture in pictures[: rows * cols]]
    figure = figures.grid(some, titles if any(titles) else None, columns=cols, scale=scale, path=path)
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="outside lower center", ncols=len(legend_handles))
    return figures.done(figure, path, transparent=transparent, dpi=dpi)


def in_bytes(images, value_range, data_format=None):
    """A batch of pictures as uint8 array (n, h, w, c), from values of a range.

    Raises:
        ValueError: something else than a batch of pictures.
    """
    low, high = ends(value_range)
    images = np.asarray(images)
    if images.dtype.kind not in "fiub" or images.ndim != 4 or not images.size:
        raise ValueError(f"`images` must be a batch of pictures (n, h, w, c). Received: shape {images.shape}.")
    if checks.data_format(data_format) == "channels_first":
        images = np.moveaxis(images, 1, -1)
    if images.dtype == np.uint8 and (low, high) == (0, 255):
        return images.copy()
    return np.clip((images.astype(np.float32) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
