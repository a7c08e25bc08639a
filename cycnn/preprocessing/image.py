"""Pictures, under the names that programs for Keras use."""

from cycnn.core import checks
from cycnn.preprocessing.affine import apply_affine_transform
from cycnn.preprocessing.image_data_generator import ImageDataGenerator, apply_brightness_shift, apply_channel_shift
from cycnn.preprocessing.iterators import DataFrameIterator, DirectoryIterator, Iterator, NumpyArrayIterator
from cycnn.utils.image_utils import array_to_img, img_to_array, load_img, save_img, smart_resize

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "save_img",
    "smart_resize",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.preprocessing.image`", name, __all__))


def __dir__():
    return __all__
