"""Helpers around a model: labels, seeds, files, data, and the registry's public side.

    np_utils             to_categorical, normalize
    rng_utils            set_random_seed
    data_utils           get_file; `Dataset` and `PyDataset` live with what reads them (`training.data`)
    image_utils          load_img, save_img, img_to_array, array_to_img; resampling: pictures in another size
    sequence_utils       pad_sequences
    image_dataset, text_dataset, audio_dataset     folders of files → batches; directory: what they have in common
    timeseries_dataset   an array → batches of windows
    split_dataset        one data set → two
    names                clear_session
    scopes               device, name_scope, version; get_source_inputs
    rematerialization    remat, RematScope
    progbar              Progbar: the line of `fit`, for loops of one's own
    batch_utils          batches as tuples and back
    config_utils         Config: named values
    model_visualization  plot_model: layered_layout → diagram; vis_utils: its name in Keras 2

The names of the modules are those that programs for Keras import from (`keras.utils.np_utils`).
"""

from cycnn.backend import is_keras_tensor, standardize_dtype
from cycnn.config import disable_interactive_logging, enable_interactive_logging, is_interactive_logging_enabled
from cycnn.core import checks
from cycnn.core.registry import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from cycnn.training.data.dataset import Dataset
from cycnn.training.data.py_dataset import PyDataset
from cycnn.utils import vis_utils as vis_utils
from cycnn.utils.audio_dataset import audio_dataset_from_directory
from cycnn.utils.batch_utils import pack_x_y_sample_weight, unpack_x_y_sample_weight
from cycnn.utils.config_utils import Config
from cycnn.utils.data_utils import get_file
from cycnn.utils.image_dataset import image_dataset_from_directory
from cycnn.utils.image_utils import array_to_img, img_to_array, load_img, save_img
from cycnn.utils.model_visualization import model_to_dot, plot_model
from cycnn.utils.names import clear_session
from cycnn.utils.np_utils import normalize, to_categorical
from cycnn.utils.progbar import Progbar
from cycnn.utils.rng_utils import set_random_seed
from cycnn.utils.scopes import get_source_inputs
from cycnn.utils.sequence_utils import pad_sequences
from cycnn.utils.split_dataset import split_dataset
from cycnn.utils.text_dataset import text_dataset_from_directory
from cycnn.utils.timeseries_dataset import timeseries_dataset_from_array

Sequence = PyDataset  # its name in Keras 2

__all__ = [
    "Config",
    "CustomObjectScope",
    "Dataset",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.utils`", name, __all__))


def __dir__():
    return __all__
