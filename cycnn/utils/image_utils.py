"""Pictures and arrays: files to Pillow's images, images to arrays, and back."""

import os
import warnings

import numpy as np

from cycnn import config
from cycnn.core import checks
from cycnn.utils import resampling

COLOR_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}  # → Pillow's mode
_RESAMPLING = ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos")  # Pillow's
_GREY = ("L", "I;16", "I")  # one number per pixel, of 8, 16 or 32 bits


def pillow():
    """Pillow's module `Image`.

    Raises:
        ImportError: If Pillow, which reads and writes pictures, is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pictures are read and written by Pillow: pip install pillow.") from error
    return Image


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """The picture of a file, as Pillow's image.

    Args:
        path: Of the file, or a file object.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`; a grey picture of 16 or 32 bits keeps them there.
        target_size: `(height, width)` to resize to, or `None`.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"box"`, `"hamming"` or `"lanczos"`: Pillow's, which smooth a
            picture that becomes smaller (but `"nearest"`).
        keep_aspect_ratio: Whether to cut off first, from both sides, what would make the picture look distorted.

    Returns:
        `PIL.Image.Image`.

    Raises:
        OSError: If it cannot be read, or is no picture.
        ImportError: If Pillow is not installed.

    Example:

    ```python
    image = cycnn.utils.load_img("cat.jpg", target_size=(150, 150))
    batch = cycnn.utils.img_to_array(image)[None]  # (1, 150, 150, 3)
    ```
    """
    Image = pillow()
    mode = COLOR_MODES[checks.one_of("color_mode", color_mode, tuple(COLOR_MODES))]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    try:
        with Image.open(path) as image:
            image.load()
            if image.mode != mode and not (mode == "L" and image.mode in _GREY):
                image = image.convert(mode)
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except Exception as error:  # damaged files raise whatever Pillow's readers of the formats raise
        raise OSError(f"{path} must be a picture that Pillow can read. Received: {error}.") from error
    if target_size is None:
        return image
    height, width = checks.positive_pair("target_size", target_size)
    if image.size == (width, height):
        return image
    interpolation = checks.one_of("interpolation", interpolation, _RESAMPLING)
    box = None
    if keep_aspect_ratio:
        columns, rows = (
            min(image.width, image.height * width // height),
            min(image.height, image.width * height // width),
        )
        left, top = (image.width - columns) // 2, (image.height - rows) // 2
        box = (left, top, left + columns, top + rows)
    return image.resize((width, height), Image.Resampling[interpolation.upper()], box)


def img_to_array(img, data_format=None, dtype=None):
    """An image of Pillow as an array.

    Args:
        img: Image, or an array (h, w) or (h, w, c).
        data_format: `"channels_last"`, `"channels_first"`, or `None`: `config.image_data_format()`.
        dtype: Type of the array; `None`: `config.floatx()`.

    Returns:
        A new array (h, w, c), or (c, h, w) with `"channels_first"`.

    Raises:
        ValueError: If it has another number of axes.
    """
    array = np.array(img, dtype or config.floatx())
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3:
        raise ValueError(f"`img` must be a picture: (h, w) or (h, w, c). Received: shape {array.shape}.")
    return array.transpose(2, 0, 1) if checks.data_format(data_format) == "channels_first" else array


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """An array as an image of Pillow.

    Args:
        x: Array (h, w, c), or (c, h, w) with `"channels_first"`; c is 1, 3 or 4.
        data_format: `"channels_last"`, `"channels_first"`, or `None`: `config.image_data_format()`.
        scale: Whether the smallest number becomes 0 and the largest 255; otherwise numbers are cut to integers.
        dtype: Type to calculate in; `None`: `config.floatx()`.

    Returns:
        `PIL.Image.Image`.

    Raises:
        ValueError: If it has another shape.
        ImportError: If Pillow is not installed.
    """
    Image = pillow()
    x = np.asarray(x, dtype or config.floatx())
    first = checks.data_format(data_format) == "channels_first"
    if x.ndim != 3:
        raise ValueError(f"`x` must be one picture: (h, w, c). Received: shape {x.shape}.")
    if first:
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"`x` must have 1, 3 or 4 channels. Received: {x.shape[2]}, data_format={data_format!r}.")
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[2] > 1:
        return Image.fromarray(np.ascontiguousarray(x.astype("uint8")))
    return Image.fromarray(x[:, :, 0].astype("int32" if x.max() > 255 else "uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Write an array as a picture.

    Args:
        path: Of the file, or a file object.
        x, data_format, scale: As of `array_to_img`.
        file_format: `"png"`, `"jpeg"`, ...; `None`: told by the ending of `path`.
        **kwargs: For `PIL.Image.Image.save`.

    Raises:
        ValueError: If `x` has another shape, or no format is known.
        ImportError: If Pillow is not installed.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = os.path.splitext(os.fspath(path))[1][1:]
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format and file_format.lower() == "jpeg":
        warnings.warn("JPEG has no transparency: the fourth channel is left out.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format or None, **kwargs)


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last"):
    """Resize pictures without distortion: the largest centred part of the wanted proportions, in the wanted size.

    Args:
        x: Array (h, w, c) or (n, h, w, c); the channels before h with `"channels_first"`.
        size: `(height, width)`.
        interpolation: One of `"bilinear"`, `"nearest"`, `"bicubic"`, `"area"`, `"lanczos3"`, `"lanczos5"`, `"gaussian"`,
            `"mitchellcubic"`; none smooths before a picture is made smaller, but `"area"`.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        float32 array of the new size (of `x`'s type with `"nearest"`).

    Raises:
        ValueError: If `x` is no picture, or an argument is wrong.
    """
    size = checks.positive_pair("size", size)
    interpolation = checks.one_of("interpolation", interpolation, resampling.INTERPOLATIONS)
    x = np.asarray(x)
    if x.ndim not in (3, 4):
        raise ValueError(f"`x` must be a picture (h, w, c) or several (n, h, w, c). Received: shape {x.shape}.")
    if checks.data_format(data_format) == "channels_first":
        return np.moveaxis(resampling.resize(cropped(np.moveaxis(x, -3, -1), size), size, interpolation), -1, -3)
    return resampling.resize(cropped(x, size), size, interpolation)


def cropped(x, size):
    """The largest centred part of pictures (..., h, w, c) that has the proportions of `size`."""
    (h, w), (height, width) = x.shape[-3:-1], size
    rows, columns = max(1, min(h, int(w * height / width))), max(1, min(w, int(h * width / height)))
    top, left = (h - rows) // 2, (w - columns) // 2
    return x[..., top : top + rows, left : left + columns, :]


def padded(x, size, interpolation):
    """A picture (h, w, c) as large as fits into `size`, with black around it.

    The rule of TensorFlow's `tf.image.resize_with_pad`: in float32, lengths are rounded down.
    """
    (h, w), (height, width) = x.shape[:2], size
    h, w = np.float32(h), np.float32(w)
    ratio = max(w / width, h / height)
    rows, columns = max(1, int(h / ratio)), max(1, int(w / ratio))
    top, left = max(0, int((height - h / ratio) / 2)), max(0, int((width - w / ratio) / 2))
    picture = np.zeros((height, width, x.shape[2]), np.float32)
    picture[top : top + rows, left : left + columns] = resampling.resize(x, (rows, columns), interpolation)
    return picture
