"""Boxes: what a detector found, drawn into the pictures; the names and arguments of `keras.visualization`."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.gallery import in_bytes, plot_image_gallery

# Where the corners are: numbers of a box ↦ left, top, right, bottom.
CORNERS = {
    "xyxy": lambda a, b, c, d: (a, b, c, d),
    "yxyx": lambda a, b, c, d: (b, a, d, c),
    "xywh": lambda a, b, c, d: (a, b, a + c, b + d),
    "center_xywh": lambda a, b, c, d: (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    "center_yxhw": lambda a, b, c, d: (b - d / 2, a - c / 2, b + d / 2, a + c / 2),
}
FORMATS = (*CORNERS, *(f"rel_{name}" for name in CORNERS))


def draw_bounding_boxes(
    images,
    bounding_boxes,
    bounding_box_format,
    class_mapping=None,
    color=(128, 128, 128),
    line_thickness=2,
    text_thickness=1,
    font_scale=1.0,
    data_format=None,
):
    """Draw boxes into pictures, with the names of their classes.

    Args:
        images: (n, h, w, 3); bytes, floats up to 255, or floats up to 1.
        bounding_boxes: dictionary: `"boxes"`, for each picture (boxes, 4); `"labels"`, for each picture (boxes,), -1 for
            boxes that are not there; and, if wanted, `"confidences"` like the labels.
        bounding_box_format: `"xyxy"`, `"yxyx"`, `"xywh"`, `"center_xywh"` or `"center_yxhw"`, in pixels; with `rel_`
            before it, in shares of the picture.
        class_mapping: `{number: name}` or list of names; a box of another class has no text.
        color: red, green and blue, from 0 to 255.
        line_thickness: pixels.
        text_thickness: 1, or more for bold letters.
        font_scale: 1 for letters of 12 pixels.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        uint8 array (n, h, w, 3).

    Raises:
        ValueError: pictures or boxes that are no such things.
        ImportError: there is no Pillow, and there are names to write.
    """
    pictures = np.asarray(images)
    floats = pictures.dtype.kind == "f" and pictures.size
    pictures = in_bytes(pictures, (0, 1) if floats and pictures.max() <= 1 else (0, 255), data_format)
    if pictures.shape[3] != 3:
        raise ValueError(f"`images` must have 3 channels. Received: {pictures.shape[3]} channels.")
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise checks.refuse("bounding_boxes", "a dictionary with 'boxes' and 'labels'", bounding_boxes)
    form = checks.one_of("bounding_box_format", bounding_box_format, FORMATS)
    thickness = checks.positive_int("line_thickness", line_thickness)
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    confidences = bounding_boxes.get("confidences")
    if len(boxes) != len(pictures) or len(labels) != len(pictures):
        raise ValueError(
            f"`bounding_boxes` must have boxes and labels for each of the {len(pictures)} pictures. "
            f"Received: {len(boxes)} and {len(labels)}."
        )
    names = dict(enumerate(class_mapping)) if isinstance(class_mapping, (list, tuple)) else class_mapping or {}
    for k, picture in enumerate(pictures):
        texts = []
        for j, (box, label) in enumerate(zip(_edges(boxes[k], form, *picture.shape[:2]), np.asarray(labels[k]))):
            if label == -1:
                continue
            _frame(picture, box, thickness, color)
            if int(label) in names:
                text = names[int(label)]
                texts.append((box, text if confidences is None else f"{text} | {confidences[k][j]:.2f}"))
        if texts:
            _write(picture, texts, color, text_thickness, font_scale, thickness)
    return np.moveaxis(pictures, -1, 1) if checks.data_format(data_format) == "channels_first" else pictures


def plot_bounding_box_gallery(
    images,
    bounding_box_format,
    y_true=None,
    y_pred=None,
    value_range=(0, 255),
    true_color=(0, 188, 212),
    pred_color=(255, 235, 59),
    line_thickness=2,
    font_scale=1.0,
    text_thickness=None,
    class_mapping=None,
    ground_truth_mapping=None,
    prediction_mapping=None,
    legend=False,
    legend_handles=None,
    rows=None,
    cols=None,
    data_format=None,
    **kwargs,
):
    """Draw a batch of pictures in rows, with the true boxes and those that were predicted.

    Args:
        images: (n, h, w, 3).
        bounding_box_format, line_thickness, font_scale, text_thickness: as in `draw_bounding_boxes`.
        y_true, y_pred: dictionaries of boxes as there, or None.
        value_range: what is black and what is white.
        true_color, pred_color: red, green and blue, from 0 to 255.
        class_mapping: names of the classes, unless `ground_truth_mapping` and `prediction_mapping` give them.
        legend: whether to say which colour is which.
        legend_handles: matplotlib's patches for a legend of one's own.
        rows, cols: as in `plot_image_gallery`, and `kwargs` are its other arguments.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        matplotlib's `Figure`.
    """
    if legend and legend_handles:
        raise ValueError("Only one of `legend` and `legend_handles` may be given. Received: both.")
    pictures = in_bytes(images, value_range, data_format)
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping),
        (y_pred, pred_color, prediction_mapping),
    ):
        if boxes is not None:
            pictures = draw_bounding_boxes(
                pictures, boxes, bounding_box_format, names or class_mapping, color, line_thickness,
                text_thickness or line_thickness, font_scale, "channels_last",
            )  # fmt: skip
    if legend:
        figures.matplotlib("a legend")
        from matplotlib.patches import Patch

        legend_handles = [
            Patch(color=np.divide(color, 255), label=label)
            for color, label in ((true_color, "Ground Truth"), (pred_color, "Prediction"))
        ]
    return plot_image_gallery(
        pictures, rows=rows, cols=cols, legend_handles=legend_handles, data_format="channels_last", **kwargs
    )


def _edges(boxes, form, height, width):
    """Left, top, right and bottom of each box, in whole pixels."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    edges = np.stack(CORNERS[form.removeprefix("rel_")](*boxes.T), axis=1)
    if form.startswith("rel_"):
        edges = edges * (width, height, width, height)
    return edges.astype(int)


def _frame(picture, box, thickness, color):
    """Four lines whose middle is the box's edge; what lies outside of the picture is not drawn."""
    left, top, right, bottom = (int(edge) - thickness // 2 for edge in box)

    def fill(y0, y1, x0, x1):
        picture[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = color

    for y in (top, bottom):
        fill(y, y + thickness, left, right + thickness)
    for x in (left, right):
        fill(top, bottom + thickness, x, x + thickness)


def _write(picture, texts, color, text_thickness, font_scale, line_thickness):
    """Texts above the boxes, or inside where there is no room, on a ground of the boxes' colour."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ImportError("To write the names of classes, Pillow is needed: pip install pillow.") from error
    try:
        font = ImageFont.load_default(size=max(12 * font_scale, 6))
    except TypeError:  # before Pillow 10.1 there was one size
        font = ImageFont.load_default()
    stroke = (max(text_thickness, 1) - 1) // 2
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    luminance = np.dot(color, (0.299, 0.587, 0.114))
    for (left, top, _, _), text in texts:
        x0, y0, x1, y1 = draw.textbbox((0, 0), text, font=font, stroke_width=stroke)
        wide, high = x1 - x0 + 6, y1 - y0 + 4
        x = max(min(left - line_thickness // 2, image.width - wide), 0)
        y = top - high if top >= high else max(top, 0)
        draw.rectangle((x, y, x + wide - 1, y + high - 1), fill=tuple(color))
        ink = (0, 0, 0) if luminance > 128 else (255, 255, 255)
        draw.text((x + 3 - x0, y + 2 - y0), text, fill=ink, font=font, stroke_width=stroke)
    picture[...] = np.asarray(image)
