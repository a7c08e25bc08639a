"""Figures: made with matplotlib, which is imported when the first one is drawn."""

import importlib
import math
import os
import textwrap

import numpy as np

DPI = 100  # dots per inch of saved figures
FRAME = "#bbbbbb"  # colour of the line around a picture
LETTER = 0.0073  # inches: how broad a letter is for each point of its size, on average
SMALL, MEDIUM = 8.33, 10.0  # sizes of letters in points, which matplotlib knows by these names


def matplotlib(what):
    """The package matplotlib.

    Args:
        what: what is to be drawn, for the error.

    Raises:
        ImportError: it is not there.
    """
    try:
        return importlib.import_module("matplotlib")
    except ImportError as error:
        raise ImportError(f"To draw {what}, matplotlib is needed: pip install matplotlib.") from error


def new(path, size, what):
    """A figure.

    Args:
        path: where it will be saved. Without one it is made by `matplotlib.pyplot`, which keeps it for `show()`.
        size: width and height in inches.
        what: what is to be drawn, for errors.
    """
    matplotlib(what)
    kwargs = {"figsize": size, "layout": "constrained", "dpi": DPI}
    if path is None:
        return importlib.import_module("matplotlib.pyplot").figure(**kwargs)
    return importlib.import_module("matplotlib.figure").Figure(**kwargs)


def done(figure, path, **kwargs):
    """The figure, saved to `path` where there is one."""
    if path is not None:
        figure.savefig(os.fspath(path), **kwargs)
    return figure


def letters(inches):
    """How many small letters there is room for."""
    return max(int(inches / (LETTER * SMALL)), 1)


def grid(
    images, titles=None, colours=None, columns=None, scale=1.5, path=None, cmap="gray", limits=None, title=None,
    aspect=None,
):  # fmt: skip
    """A figure of pictures in rows.

    Args:
        images: list of arrays (h, w), values from 0 to 1, or (h, w, 3 or 4).
        titles: text over each, or None; those longer than a picture is wide go on in the next line.
        colours: of the titles, or None.
        columns: pictures of a row; by default about as many as there are rows.
        scale: width of a picture in inches.
        path: as in `new`.
        cmap, limits: map of colours, and what its ends mean, for pictures without colours.
        title: text over all of them.
        aspect: height of each picture for a width of 1, to which it is stretched; by default its own.
    """
    count = len(images)
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    height = scale * (aspect or np.median([image.shape[0] / image.shape[1] for image in images]))
    if titles:
        titles = ["\n".join(textwrap.fill(line, letters(scale)) for line in text.split("\n")) for text in titles]
    room = 0.22 * (1 + max(text.count("\n") for text in titles)) if titles else 0.05
    width = max(columns * scale, LETTER * MEDIUM * len(title) + 0.2 if title else 0)
    figure = new(path, (width, rows * (max(height, 0.3) + room) + (0.3 if title else 0)), "pictures")
    for k, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        if k >= count:
            axes.set_axis_off()
        else:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(color=FRAME, linewidth=0.5)  # a white picture has an end, too
            low, high = limits or (0, 1)
            axes.imshow(
                images[k], cmap, vmin=low, vmax=high, interpolation="nearest", aspect="auto" if aspect else None
            )
            if titles:
                axes.set_title(titles[k], fontsize="small", color=colours[k] if colours else "black")
    if title:
        figure.suptitle(title, fontsize="medium")
    return figure
