"""Pixels as networks were trained with them, and classes by name."""

import json

import numpy as np

from cycnn.applications.weight_files import locate
from cycnn.core import checks

ORIGIN = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
MD5 = "c2c37ea517e94d9795004a39431a14cb"

CLASSES = 1000
RGB_MEAN, RGB_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels in [0, 1]
BGR_MEAN = (103.939, 116.779, 123.68)  # in [0, 255]


def preprocess_input(x, data_format=None, mode="caffe"):
    """Images for a network that was trained on ImageNet.

    Unlike Keras's, the array that comes stays as it is; the result is a new one.

    Args:
        x: Images of three channels, red, green and blue, with values from 0 to 255: an array or a symbolic tensor, of one
            image or a batch.
        data_format: `"channels_last"` or `"channels_first"`; `config.image_data_format()` by default.
        mode: `"caffe"`: blue, green, red, minus the means of ImageNet; `"tf"`: scaled to [-1, 1]; `"torch"`: scaled to
            [0, 1], minus the means, divided by the standard deviations. The `preprocess_input` of an architecture's module
            knows its own.

    Returns:
        Array or tensor of x's shape; float32 where x holds integers, else of x's type.

    Raises:
        ValueError: `data_format` or `mode` is unknown, or there are other than three channels where they are told apart.
    """
    mode = checks.one_of("mode", mode, ("caffe", "tf", "torch"))
    last = checks.data_format(data_format) == "channels_last"
    if not hasattr(x, "shape"):
        x = np.asarray(x)
    if isinstance(x, np.ndarray) and x.dtype.kind != "f":
        x = x.astype(np.float32)
    if mode == "tf":
        return x / 127.5 - 1.0
    axis = -1 if last else -3
    if len(x.shape) not in (3, 4) or x.shape[axis] != 3:
        raise ValueError(
            f"`x` must be one image or a batch of images of three channels, {'the last' if last else 'the first'} axis of an "
            f"image. Received: x of shape {tuple(x.shape)}."
        )

    def by_channel(numbers):
        return np.array(numbers, x.dtype).reshape((3,) if last else (3, 1, 1))

    if mode == "torch":
        return (x / 255.0 - by_channel(RGB_MEAN)) / by_channel(RGB_DEVIATION)
    return (x[..., ::-1] if last else x[..., ::-1, :, :]) - by_channel(BGR_MEAN)


def decode_predictions(preds, top=5):
    """The likeliest classes of ImageNet, by name.

    The names come from the file `imagenet_class_index.json`: the one in the folder `models` of the data folder or of Keras,
    or Keras's published one.

    Args:
        preds: Array (samples, 1000).
        top: How many classes to return.

    Returns:
        List for each sample: tuples `(id, name, score)`, the highest score first.

    Raises:
        OSError: The file is not there and cannot be downloaded.
        ValueError: `preds` has another shape.

    Example:

    ```python
    model = cycnn.applications.ResNet50()
    x = cycnn.applications.resnet50.preprocess_input(images)
    cycnn.applications.resnet50.decode_predictions(model.predict(x), top=3)[0]
    # [('n02504013', 'Indian_elephant', 0.83), ('n01871265', 'tusker', 0.10), ('n02504458', 'African_elephant', 0.06)]
    ```
    """
    preds = np.asarray(preds)
    if preds.ndim != 2 or preds.shape[1] != CLASSES:
        raise ValueError(
            f"`preds` must be an array of shape (samples, {CLASSES}). Received: an array of shape {preds.shape}."
        )
    top = checks.positive_int("top", top)
    known = _classes()
    likeliest = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [[(*known[k], row[k]) for k in order] for row, order in zip(preds, likeliest)]


def _classes():
    """Id and name of each class."""
    path = locate("imagenet_class_index.json", ORIGIN, MD5)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        return [tuple(found[str(k)]) for k in range(CLASSES)]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{path} must hold the id and the name of {CLASSES} classes by their numbers. "
            "Received: another file. Remove it to have it downloaded again."
        ) from None
