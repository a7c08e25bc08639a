"""ImageDataGenerator: pictures that are a little different in each epoch."""

import math
import warnings

import numpy as np

from cycnn import config
from cycnn.core import checks
from cycnn.preprocessing.affine import FILL_MODES, apply_affine_transform
from cycnn.preprocessing.iterators import DataFrameIterator, DirectoryIterator, NumpyArrayIterator
from cycnn.utils.image_utils import array_to_img, img_to_array, pillow

_TINY = 1e-6  # added to a deviation before it divides


class ImageDataGenerator:
    """Batches of pictures, changed at random and normalized: what programs used before there were layers for it.

    A picture is transformed (rotated, shifted, sheared, zoomed), its colours are shifted, it is flipped, brightened, then
    handed to `preprocessing_function`, rescaled and normalized, in this order.

    Args:
        featurewise_center, featurewise_std_normalization: Whether to subtract the mean of the data, to divide by their
            standard deviation, both per channel; `fit` finds them.
        samplewise_center, samplewise_std_normalization: Whether to do the same by those of each picture.
        zca_whitening: Whether to make pixels uncorrelated; `fit` finds how.
        zca_epsilon: Number, against division by zero.
        rotation_range: Degrees: rotate by up to so many, to either side.
        width_shift_range, height_shift_range: Float below 1: shift by up to this share of the width or height; a larger one:
            by up to so many pixels; an integer n: by 0 to n - 1 pixels; a list: by one of these many pixels; to either side.
        brightness_range: `(least, most)`: factors, of which one is drawn; `None`: no change.
        shear_range: Degrees: shear by up to so many, to either side.
        zoom_range: Number z or `(least, most)`: factors of what is seen of the width and of the height, drawn from 1 - z to
            1 + z.
        channel_shift_range: Number: add up to it to all pixels, or subtract it, within the range of the picture's numbers.
        fill_mode: What comes into sight from outside: `"nearest"`, `"constant"`, `"reflect"` or `"wrap"` (see
            `apply_affine_transform`).
        cval: Number, for `"constant"`.
        horizontal_flip, vertical_flip: Whether to flip half of the pictures.
        rescale: Factor, such as 1/255; `None`: none.
        preprocessing_function: Function of a picture (h, w, c) that returns one of the same shape. Batches are made on several
            threads, so it may be called by several at once.
        data_format: `"channels_last"`, `"channels_first"`, or `None`: `config.image_data_format()`.
        validation_split: Share of the pictures that `subset="validation"` means.
        interpolation_order: 1: transformed pixels mix their neighbours; 0: the nearest one.
        dtype: Of the batches; `None`: `config.floatx()`.

    Raises:
        ValueError: If an argument is wrong.

    Example:

    ```python
    generator = ImageDataGenerator(rescale=1 / 255, rotation_range=20, zoom_range=0.2, horizontal_flip=True)
    batches = generator.flow_from_directory("photos/train", target_size=(150, 150), class_mode="binary")
    model.fit(batches, epochs=10)
    ```
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.featurewise_center = bool(featurewise_center)
        self.featurewise_std_normalization = bool(featurewise_std_normalization)
        self.samplewise_center = bool(samplewise_center)
        self.samplewise_std_normalization = bool(samplewise_std_normalization)
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval = checks.one_of("fill_mode", fill_mode, FILL_MODES), cval
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.dtype = dtype or config.floatx()
        self.interpolation_order = interpolation_order
        self.data_format = checks.data_format(data_format)
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        if validation_split:
            checks.number("validation_split", validation_split, 0, 1, open_low=True, open_high=True)
        self.validation_split = validation_split
        if isinstance(zoom_range, (int, float)):
            self.zoom_range = [1 - zoom_range, 1 + zoom_range]
        else:
            self.zoom_range = _two("zoom_range", zoom_range)
        self.brightness_range = None if brightness_range is None else _two("brightness_range", brightness_range)
        self.mean = self.std = self.zca_whitening_matrix = None
        if zca_whitening and self.featurewise_std_normalization:
            warnings.warn("`zca_whitening` takes the place of `featurewise_std_normalization`.", stacklevel=2)
            self.featurewise_std_normalization = False
        for wanted, centre in (
            ("zca_whitening", "featurewise_center"),
            ("featurewise_std_normalization", "featurewise_center"),
            ("samplewise_std_normalization", "samplewise_center"),
        ):
            if getattr(self, wanted) and not getattr(self, centre):
                warnings.warn(f"`{wanted}` includes `{centre}`.", stacklevel=2)
                setattr(self, centre, True)

    # -------------------------------------------------------------------------------------------------------- batches

    def flow(
        self,
        x,
        y=None,
        batch_size=32,
        shuffle=True,
        sample_weight=None,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        ignore_class_split=False,
        subset=None,
    ):
        """Batches of the pictures of an array. Arguments and what comes: see `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, self.data_format, save_to_dir, save_prefix, save_format,
            subset, ignore_class_split, self.dtype,
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
    ):
        """Batches of the pictures in a folder that has one folder a class. Arguments and what comes: see
        `DirectoryIterator`."""
        return DirectoryIterator(
            directory, self, target_size, color_mode, classes, class_mode, batch_size, shuffle, seed, self.data_format,
            save_to_dir, save_prefix, save_format, follow_links, subset, interpolation, keep_aspect_ratio, self.dtype,
        )  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        validate_filenames=True,
    ):
        """Batches of the pictures that a table names. Arguments and what comes: see `DataFrameIterator`."""
        return DataFrameIterator(
            dataframe, directory, self, x_col, y_col, weight_col, target_size, color_mode, classes, class_mode, batch_size,
            shuffle, seed, self.data_format, save_to_dir, save_prefix, save_format, subset, interpolation, False, self.dtype,
            validate_filenames,
        )  # fmt: skip

    # ---------------------------------------------------------------------------------------------------- one picture

    def get_random_transform(self, img_shape, seed=None):
        """Draw what to do to a picture.

        Args:
            img_shape: Its shape.
            seed: Integer; `None`: NumPy's global random numbers go on.

        Returns:
            Dictionary: `theta`, `tx`, `ty`, `shear`, `zx`, `zy` of `apply_affine_transform`, `flip_horizontal`,
            `flip_vertical`, `channel_shift_intensity` and `brightness`.
        """
        return self.draw(img_shape, np.random if seed is None else np.random.RandomState(seed))

    def draw(self, img_shape, random):
        """As `get_random_transform`, from a `numpy.random.RandomState`. Numbers are drawn in Keras's order."""
        theta = random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        ty = _shift(self.height_shift_range, img_shape[self.row_axis - 1], random)
        tx = _shift(self.width_shift_range, img_shape[self.col_axis - 1], random)
        shear = random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if self.zoom_range == [1, 1] else random.uniform(*self.zoom_range, 2)
        flips = [(random.uniform() < 0.5) * flip for flip in (self.horizontal_flip, self.vertical_flip)]
        intensity = brightness = None
        if self.channel_shift_range:
            intensity = random.uniform(-self.channel_shift_range, self.channel_shift_range)
        if self.brightness_range is not None:
            brightness = random.uniform(*self.brightness_range)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flips[0],
            "flip_vertical": flips[1],
            "channel_shift_intensity": intensity,
            "brightness": brightness,
        }

    def apply_transform(self, x, transform_parameters):
        """Change a picture.

        Args:
            x: Array (h, w, c), or (c, h, w).
            transform_parameters: What `get_random_transform` returns, or some of it.

        Returns:
            Array of the same shape.
        """
        chosen = dict(transform_parameters)
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        affine = {name: chosen[name] for name in ("theta", "tx", "ty", "shear", "zx", "zy") if name in chosen}
        x = apply_affine_transform(
            x,
            **affine,
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if chosen.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, chosen["channel_shift_intensity"], channel)
        if chosen.get("flip_horizontal"):
            x = np.flip(x, column)
        if chosen.get("flip_vertical"):
            x = np.flip(x, row)
        if chosen.get("brightness") is not None:
            x = apply_brightness_shift(x, chosen["brightness"], False, self.data_format)
        return x

    def random_transform(self, x, seed=None):
        """Change a picture at random: `apply_transform` of `get_random_transform`."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def standardize(self, x):
        """Normalize a picture or a batch of them.

        Args:
            x: Array; it is left as it is.

        Returns:
            A new array, or `x` where there is nothing to do.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * np.asarray(self.rescale, self.dtype)
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + _TINY)
        if self.featurewise_center and self._fitted("featurewise_center", self.mean):
            x = x - self.mean
        if self.featurewise_std_normalization and self._fitted("featurewise_std_normalization", self.std):
            x = x / (self.std + _TINY)
        if self.zca_whitening and self._fitted("zca_whitening", self.zca_whitening_matrix):
            x = (x.reshape(-1, math.prod(x.shape[-3:])) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _fitted(self, name, found):
        if found is None:
            warnings.warn(f"`{name}` needs `fit(x)` first; nothing is done so far.", stacklevel=3)
        return found is not None

    # ------------------------------------------------------------------------------------------------------------ fit

    def fit(self, x, augment=False, rounds=1, seed=None):
        """Find mean, deviation and whitening in data, where they are asked for.

        Args:
            x: Pictures, (n, h, w, c) or (n, c, h, w).
            augment: Whether to look at pictures changed at random instead.
            rounds: How often each, then.
            seed: Integer; `None`: NumPy's global random numbers go on.

        Raises:
            ValueError: If `x` has another number of axes.
        """
        x = np.asarray(x, self.dtype)
        if x.ndim != 4:
            raise ValueError(f"`x` must be pictures: (n, h, w, c). Received: shape {x.shape}.")
        if self.rescale:
            x = x * np.asarray(self.rescale, self.dtype)
        if augment:
            random = np.random if seed is None else np.random.RandomState(seed)
            x = np.stack(
                [self.apply_transform(each, self.draw(each.shape, random)) for _ in range(rounds) for each in x]
            )
        over, channels = (0, self.row_axis, self.col_axis), [1, 1, 1]
        channels[self.channel_axis - 1] = x.shape[self.channel_axis]
        if self.featurewise_center:
            self.mean = x.mean(over).reshape(channels)
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(over).reshape(channels)
            x = x / (self.std + _TINY)
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (math.sqrt(len(x)) / (s + self.zca_epsilon))) @ u.T


def apply_channel_shift(x, intensity, channel_axis=0):
    """Add a number to a picture, within the range of its numbers.

    Args:
        x: Array.
        intensity: Number.
        channel_axis: Accepted for Keras's sake: all channels get the same.

    Returns:
        A new array.
    """
    return np.clip(x + np.asarray(intensity, x.dtype), x.min(), x.max())


def apply_brightness_shift(x, brightness, scale=True, data_format=None):
    """Brighten or darken a picture, in 256 steps a channel.

    Args:
        x: Array (h, w, c), or (c, h, w).
        brightness: Factor.
        scale: Whether the result goes from 0 to 255 whatever range `x` had.
        data_format: As of `utils.img_to_array`.

    Returns:
        A new array.

    Raises:
        ImportError: If Pillow is not installed.
    """
    pillow()
    from PIL import ImageEnhance

    low, high = x.min(), x.max()
    outside = low < 0 or high > 255
    image = ImageEnhance.Brightness(array_to_img(x, data_format, scale=outside or scale)).enhance(brightness)
    result = img_to_array(image, data_format, x.dtype if x.dtype.kind == "f" else None)
    return result / 255 * (high - low) + low if outside and not scale else result


def _shift(reach, length, random):
    """Pixels to shift by along an axis of this length."""
    if not np.any(reach):
        return 0
    try:
        pixels = random.choice(reach) * random.choice([-1, 1])
    except ValueError:  # one float
        pixels = random.uniform(-reach, reach)
    return pixels * length if np.max(reach) < 1 else pixels


def _two(name, value):
    try:
        low, high = value
    except (TypeError, ValueError):
        raise checks.refuse(name, "two numbers", value) from None
    return [checks.number(name, low), checks.number(name, high)]
