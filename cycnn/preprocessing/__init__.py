"""What prepares data, under the names that programs for Keras use; most of it lives in `cycnn.utils`.

image        ImageDataGenerator, and what makes arrays of pictures
             image_data_generator: what it does to a picture; affine: rotating and zooming; iterators: its batches
sequence     pad_sequences, TimeseriesGenerator
text         Tokenizer, of programs for Keras 2; `layers.TextVectorization` does more
"""

from cycnn.core import checks
from cycnn.preprocessing import image, sequence, text
from cycnn.utils import image_dataset_from_directory, text_dataset_from_directory, timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.preprocessing`", name, __all__))


def __dir__():
    return __all__
