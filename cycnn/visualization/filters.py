"""Filters: the weights of a convolution as pictures."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.pixels import stretched


def filters(layer):
    """The kernels of a convolution, one after the other.

    Args:
        layer: Conv1D, Conv2D, a transposed or a depthwise one, that is built.

    Returns:
        float32 array (filters, kh, kw, channels); kh is 1 for Conv1D, channels is 1 for depthwise convolutions.

    Raises:
        ValueError: a layer without such kernels.
    """
    kind = type(layer).__name__
    kernel = getattr(layer, "kernel", None)
    depthwise, transposed = "Depthwise" in kind, "Transpose" in kind
    if kernel is None or "Conv" not in kind or len(kernel.shape) not in (3, 4):
        raise ValueError(
            "`layer` must be a convolution over one or two axes, built by a call or within a model. "
            f"Received: {getattr(layer, 'name', layer)!r} ({kind})."
        )
    kernel = np.array(kernel)
    if kernel.ndim == 3:
        kernel = kernel[None]
    kh, kw, first, second = kernel.shape
    if depthwise:
        return np.moveaxis(kernel.reshape(kh, kw, 1, first * second), 3, 0)
    return np.transpose(kernel, (2, 0, 1, 3) if transposed else (3, 0, 1, 2))


def plot_filters(layer, count=64, channels=16, columns=None, path=None):
    """Draw the filters of a convolution.

    Those of gray pictures and of colour pictures are pictures themselves, each stretched to its own range. Of others,
    each channel is drawn beside the next, a row for each filter, red above zero and blue below.

    Args:
        layer: as in `filters`.
        count: filters at most.
        channels: channels of each at most, where they are drawn one by one.
        columns: filters of a row, where each is one picture.
        path: file to save the figure to.

    Returns:
        matplotlib's `Figure`.

    Raises:
        ValueError: a layer without such filters.
    """
    found = filters(layer)[: checks.positive_int("count", count)]
    title = f"{layer.name}: {len(found)} of {len(filters(layer))} filters"
    if found.shape[3] in (1, 3):
        images = [stretched(kernel[..., 0] if found.shape[3] == 1 else kernel) for kernel in found]
        figure = figures.grid(images, columns=columns, scale=0.8, title=title, path=path)
    else:
        found = found[..., : checks.positive_int("channels", channels)]
        images = [kernel[..., c] for kernel in found for c in range(found.shape[3])]
        most = float(np.abs(found).max()) or 1.0
        figure = figures.grid(
            images, columns=found.shape[3], scale=0.5, cmap="RdBu_r", limits=(-most, most), title=title, path=path
        )
    return figures.done(figure, path)
