"""Segmentation: classes of pixels as colours; the names and arguments of `keras.visualization`."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization.gallery import in_bytes, plot_image_gallery

# The colours of the classes 1 to 20: Tableau's, in another order, so that neighbours differ.
PALETTE = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (227, 119, 194),
    (127, 127, 127), (188, 189, 34), (23, 190, 207), (174, 199, 232), (255, 187, 120), (152, 223, 138), (255, 152, 150),
    (197, 176, 213), (196, 156, 148), (247, 182, 210), (199, 199, 199), (219, 219, 141), (158, 218, 229),
)  # fmt: skip


def draw_segmentation_masks(
    images,
    segmentation_masks,
    num_classes=None,
    color_mapping=None,
    alpha=0.8,
    blend=True,
    ignore_index=-1,
    data_format=None,
):
    """Colour the pixels of pictures by their classes. Class 0 is the background and stays as it is.

    Args:
        images: (n, h, w, 3); bytes, floats up to 255, or floats up to 1.
        segmentation_masks: integers (n, h, w) or (n, h, w, 1).
        num_classes: the largest class that is coloured; by default the largest that there is.
        color_mapping: `{class: (red, green, blue)}`, from 0 to 255; with an entry for 0, the background is coloured, too.
        alpha: how opaque the colours are, from 0 to 1.
        blend: whether something of the picture shows through; False: as with `alpha=1`.
        ignore_index: a class that stays as it is.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        uint8 array (n, h, w, 3).

    Raises:
        ValueError: pictures and masks that do not belong together.
        TypeError: masks that do not hold integers.
    """
    pictures = np.asarray(images)
    floats = pictures.dtype.kind == "f" and pictures.size
    pictures = in_bytes(pictures, (0, 1) if floats and pictures.max() <= 1 else (0, 255), data_format)
    masks = np.asarray(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise TypeError(f"`segmentation_masks` must hold integers. Received: dtype={masks.dtype}.")
    if masks.ndim == 4:
        masks = masks[:, 0] if checks.data_format(data_format) == "channels_first" else masks[..., 0]
    if masks.shape != pictures.shape[:3] or pictures.shape[3] != 3:
        raise ValueError(
            "`segmentation_masks` must have one class for each pixel of pictures with 3 channels. "
            f"Received: masks of shape {masks.shape} for pictures of shape {pictures.shape}."
        )
    alpha = checks.number("alpha", alpha, 0, 1) if blend else 1.0
    largest = int(masks.max()) if num_classes is None else checks.positive_int("num_classes", num_classes)
    if color_mapping is None:
        color_mapping = {k: PALETTE[(k - 1) % len(PALETTE)] for k in range(1, largest + 1)}
    for k, color in color_mapping.items():
        if k != ignore_index and k <= largest:
            here = masks == k
            pictures[here] = (1 - alpha) * pictures[here] + alpha * np.asarray(color, np.float32)
    return pictures


def plot_segmentation_mask_gallery(
    images,
    num_classes,
    value_range=(0, 255),
    y_true=None,
    y_pred=None,
    color_mapping=None,
    blend=True,
    alpha=0.8,
    ignore_index=-1,
    data_format=None,
    **kwargs,
):
    """Draw a row for each picture: itself, with the true mask, with the mask that was predicted.

    Args:
        images: (n, h, w, 3).
        num_classes: the largest class that is coloured.
        value_range: what is black and what is white.
        y_true, y_pred: masks (n, h, w) or (n, h, w, 1), or None.
        color_mapping, blend, alpha, ignore_index: as in `draw_segmentation_masks`.
        data_format: `"channels_last"` or `"channels_first"`.
        kwargs: other arguments of `plot_image_gallery`.

    Returns:
        matplotlib's `Figure`.
    """
    pictures = in_bytes(images, value_range, data_format)
    columns = [pictures]
    for masks in (y_true, y_pred):
        if masks is not None:
            masks = np.asarray(masks).astype(np.int32)
            if masks.ndim == 4 and checks.data_format(data_format) == "channels_first":
                masks = np.moveaxis(masks, 1, -1)
            columns.append(
                draw_segmentation_masks(
                    pictures, masks, num_classes, color_mapping, alpha, blend, ignore_index, "channels_last"
                )
            )
    cells = np.stack(columns, axis=1).reshape(-1, *pictures.shape[1:])
    return plot_image_gallery(cells, rows=len(pictures), cols=len(columns), data_format="channels_last", **kwargs)
