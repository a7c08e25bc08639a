"""Folders of pictures → batches."""

import numpy as np

from cycnn.core import checks
from cycnn.utils import directory as folders
from cycnn.utils import image_utils, resampling

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format="tf",  # noqa: A002  Keras's name
    verbose=True,
    on_error="raise",
    workers=None,
):
    """Batches of the pictures in a folder, decoded by threads while the batches before them are used.

        photos/cat/1.jpg    photos/cat/2.jpg    photos/dog/1.jpg    ...    →  classes "cat" (0) and "dog" (1)

    Memory holds a few batches, never all pictures. Batches come in the same order whatever the number of threads. Pictures
    are decoded by Pillow and resized by Keras's rule, TensorFlow's `tf.image.resize(antialias=False)`; turns that a camera
    noted in a file (EXIF) are not made, as they are not there.

    Args:
        directory: Path. Files are those that end in .jpeg, .jpg, .png, .bmp or .gif, at any depth.
        labels: `"inferred"`: the class of a picture is the folder that it lies in; `None`: there are none; or a list of an
            integer for each file, in alphabetical order of their paths.
        label_mode: `"int"`: int32 (n,); `"categorical"`: float32 (n, classes), one-hot; `"binary"`: float32 (n, 1), 0 or 1;
            `None`: no labels.
        class_names: Names of the folders to read, in the order of their numbers; `None`: all, in alphabetical order.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`: 3, 4 or 1 channels.
        batch_size: Pictures of a batch; `None`: no batches, single pictures.
        image_size: `(height, width)` of all pictures; an integer stands for both.
        shuffle: Whether they come in a random order, a new one in each pass. Otherwise the order is alphabetical.
        seed: Integer, of the order; `None`: one that follows from `utils.set_random_seed`.
        validation_split: Share of the files to hold out, between 0 and 1; `None`: none. For the same seed, the parts are those
            of Keras.
        subset: With `validation_split`: `"training"`, `"validation"` or `"both"`.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"area"`, `"lanczos3"`, `"lanczos5"`, `"gaussian"` or
            `"mitchellcubic"`. Only `"area"` smooths a picture that becomes smaller.
        follow_links: Whether to go into folders that are symbolic links.
        crop_to_aspect_ratio: Whether to cut off first, from both sides, what would make a picture look distorted.
        pad_to_aspect_ratio: Whether to add black borders for the same purpose.
        data_format: `"channels_last"`, `"channels_first"`, or `None`: `config.image_data_format()`.
        format: Accepted for Keras's sake, `"tf"` or `"grain"`: the dataset is cycnn's in any case.
        verbose: Whether to print how many files there are.
        on_error: What to do about a file that is damaged or no picture: `"raise"`, or `"warn"`: name it and leave it out.
        workers: Threads that decode; `None`: as many as cycnn may use (`config.set_num_threads`).

    Returns:
        A `utils.Dataset` of batches (pictures, labels), or of pictures where there are no labels; a list of two for
        `subset="both"`, of which that for validation is not shuffled. Pictures are float32, 0 to 255, of shape (n, height,
        width, channels). Attributes: `class_names` and `file_paths`, in alphabetical order or as they were shuffled.

    Raises:
        ValueError: If an argument is wrong, or there are no pictures; while iterating, if a file cannot be read.
        ImportError: If Pillow is not installed.

    Example:

    ```python
    training, validation = cycnn.utils.image_dataset_from_directory(
        "photos", label_mode="binary", image_size=(150, 150), validation_split=0.2, subset="both", seed=0
    )
    model.fit(training, epochs=10, validation_data=validation)
    ```
    """
    checks.one_of("format", format, ("tf", "grain"))
    mode = checks.one_of("color_mode", color_mode, tuple(image_utils.COLOR_MODES))
    size = checks.positive_pair("image_size", image_size)
    interpolation = checks.one_of("interpolation", interpolation, resampling.INTERPOLATIONS)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` may be True. Received: True for both."
        )
    first = checks.data_format(data_format) == "channels_first"
    image_utils.pillow()

    def load(path):
        picture = decode(path, mode)
        if pad_to_aspect_ratio:
            picture = image_utils.padded(picture, size, interpolation)
        else:
            picture = image_utils.cropped(picture, size) if crop_to_aspect_ratio else picture
            picture = resampling.resize(picture, size, interpolation).astype(np.float32, copy=False)
        return picture.transpose(2, 0, 1) if first else picture

    return folders.loaded(
        load, "pictures", ENDINGS, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose, on_error, workers,
    )  # fmt: skip


def decode(path, color_mode):
    """The picture of a file, of an animation the first one, as uint8 (h, w, c).

    Raises:
        ValueError: If the file is damaged or no picture.
    """
    Image = image_utils.pillow()
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):  # 16 bits; `convert` would cut off what is above 255
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            elif image.mode == "P" and "transparency" in image.info:
                image = image.convert("RGBA")
            array = np.asarray(image.convert(image_utils.COLOR_MODES[color_mode]))
    except MemoryError:
        raise
    except Exception as error:  # damaged files raise whatever Pillow's readers of the formats raise
        raise ValueError(f"{path} must be a picture that Pillow can read. Received: {error}.") from error
    return array if array.ndim == 3 else array[..., None]
