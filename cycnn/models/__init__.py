"""Models: layers in a row (`Sequential`) or in any graph (`Model`), with compile, fit, evaluate and predict.

model        Model, what all models share, and Functional: `Model(inputs, outputs)`
sequential   Sequential
topology     the order of the layers between inputs and outputs
configs      models as plain data
functions    functions of `cycnn.ops` among the layers, and in configs
cloning      clone_model
onnx_model   from_onnx
function     Function, Operation: of tensors, without training
summary      the table that `model.summary()` prints
"""

import json
from typing import TYPE_CHECKING

from cycnn.core import checks, lazy
from cycnn.core.registry import custom_object_scope, export
from cycnn.models import configs
from cycnn.models.model import Functional, Model
from cycnn.models.sequential import Sequential

if TYPE_CHECKING:
    from cycnn.models.cloning import clone_model
    from cycnn.models.onnx_model import from_onnx


@export("keras.models")
def model_from_json(json_string, custom_objects=None):
    """The model of a text that `to_json` returned, here or in Keras, with new weights.

    Args:
        json_string: the text.
        custom_objects: dictionary of the user's own classes and functions, name → object.

    Raises:
        TypeError: it names a class that is neither cycnn's nor registered.
        ValueError: it is not the config of a model.
    """
    try:
        config = json.loads(json_string)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`json_string` must be JSON ({error}). Received: {checks.short(json_string)}.") from None
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"`json_string` must be the config of a model. Received: {checks.short(json_string)}.")
    from cycnn.saving.configs import modern

    with custom_object_scope(custom_objects):
        return configs.layer_of(modern(config))


@export("keras.models")
def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """See `cycnn.saving.save_model`."""
    from cycnn import saving

    return saving.save_model(model, filepath, overwrite=overwrite, zipped=zipped, **kwargs)


@export("keras.models")
def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):  # noqa: A002
    """See `cycnn.saving.load_model`."""
    from cycnn import saving

    return saving.load_model(filepath, custom_objects=custom_objects, compile=compile, safe_mode=safe_mode)


__all__ = [
    "Functional", "Model", "Sequential", "clone_model", "from_onnx", "load_model", "model_from_json", "save_model",
]  # fmt: skip

_LATER = {"clone_model": "cycnn.models.cloning", "from_onnx": "cycnn.models.onnx_model"}
__getattr__, __dir__ = lazy.attributes(__name__, "model", __all__, _LATER)
