"""Functions of `cycnn.ops` among the layers of functional models, and in their configs.

Keras has a class for each function. What tensors go in are arguments of its call, all else is its configuration:

    ops.mean(x, axis=1)  ↔  {"module": "keras.src.ops.numpy", "class_name": "Mean", "config": {"name": "mean", "axis": 1,
                             "keepdims": False}, "registered_name": "Mean", "inbound_nodes": [{"args": (x,), ...}]}
"""

import functools
import inspect

from cycnn import config, ops
from cycnn.core import names, registry
from cycnn.core.names import to_snake_case
from cycnn.core.structure import flatten
from cycnn.engine.graph import current_scope
from cycnn.layers.layer import Call

# Keras's modules of the functions that are not in ops.numpy.
MODULES = {
    "core": "cast scatter scatter_update slice slice_update stop_gradient unstack",
    "image": "affine_transform crop_images elastic_transform extract_patches extract_patches_3d gaussian_blur hsv_to_rgb "
    "map_coordinates pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv scale_and_translate sobel_edges "
    "ssim",
    "linalg": "cholesky cholesky_inverse det eig eigh inv lstsq lu_factor matrix_rank norm pinv qr solve solve_triangular "
    "svd",
    "math": "cdist erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet logsumexp rfft rsqrt "
    "segment_max segment_min segment_prod segment_sum stft top_k view_as_complex view_as_real",
    "nn": "adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy "
    "categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss depth_to_space depthwise_conv elu fold gelu glu "
    "hard_shrink hard_sigmoid hard_silu hard_tanh layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments "
    "multi_hot normalize one_hot polar psnr relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink "
    "softmax softplus softsign space_to_depth sparse_categorical_crossentropy sparse_plus sparse_sigmoid sparsemax "
    "squareplus tanh_shrink threshold unfold",
}
MODULE_OF = {name: module for module, found in MODULES.items() for name in found.split()}

# Classes whose names are not those of the functions in camel case.
CLASSES = {
    "abs": "Absolute",
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "fft": "FFT",
    "fft2": "FFT2",
    "hard_swish": "HardSilu",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
    "swish": "Silu",
}

# Parameters that take tensors, and those functions in which one of these names is part of the configuration.
TENSORS = {
    "a", "abs_", "angle", "array", "b", "beta", "choicelist", "condition", "condlist", "coordinates", "data",
    "default", "depthwise_kernel", "end_points", "fill_value", "gamma", "image1", "image2", "images", "indices",
    "inputs", "kernel", "key", "mean", "offset", "operands", "output", "output_length", "pointwise_kernel",
    "predictions", "scale", "segment_ids", "sorted_sequence", "start_indices", "start_points", "target",
    "target_length", "targets", "tensor", "transform", "translation", "updates", "values", "variable", "variance",
    "volumes", "weights", "x", "x1", "x2", "xs", "y",
}  # fmt: skip
SETTINGS = {
    "affine_transform": {"fill_value"},
    "bincount": {"weights"},
    "diagonal": {"offset"},
    "map_coordinates": {"fill_value"},
    "perspective_transform": {"fill_value"},
    "resize": {"fill_value"},
    "elastic_transform": {"fill_value"},
    "squareplus": {"b"},
    "trace": {"offset"},
    "trapezoid": {"x"},
}


BY_NAME = {"constant_values"}  # tensors that Keras passes by name

# What Keras's classes in ops.nn write where nothing was given.
DEFAULTS = {"data_format": config.image_data_format, "dtype": config.floatx}


class Function:
    """A function of `cycnn.ops` in a model: it stands among the layers, without weights.

    Args:
        function: its name.
        settings: the arguments that are no tensors, by name.
        name: string; numbered like the names of layers where it is None.

    Attributes:
        kind: Keras's class, and what `summary` calls it: `"Relu"`.
    """

    built = True
    weights = ()
    trainable = True

    def __init__(self, function, settings, name=None):
        self.function, self.settings, self.kind = function, settings, class_of(function)
        self.name = name or names.auto_name(self.kind)
        self._calls = []

    @classmethod
    def of(cls, use):
        """The function of a `Use`, which is its first call."""
        signature = inspect.signature(use.function)
        bound = signature.bind(*use.args, **use.kwargs)
        bound.apply_defaults()
        args, kwargs, settings = [], {}, {}
        for name, value in bound.arguments.items():
            kind = signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                args += value
            elif kind is inspect.Parameter.VAR_KEYWORD:
                settings |= value
            elif name in BY_NAME:
                kwargs[name] = value
            elif _takes_tensors(use.name, name):
                args.append(value)
            else:
                settings[name] = value
        for name, value in DEFAULTS.items():
            if MODULE_OF.get(use.name) == "nn" and settings.get(name, 0) is None:
                settings[name] = value()
        made = cls(use.name, settings)
        made._calls.append(Call(made, tuple(args), kwargs, use.results))
        return made

    def __call__(self, *args, **kwargs):
        function = _find(self.function)
        parameters = inspect.signature(function).parameters
        several = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values())
        places = [name for name in parameters if _takes_tensors(self.function, name)]
        if several:
            first = [self.settings[name] for name in parameters if name in self.settings]
            results = function(*first, *args, **kwargs)
        else:
            results = function(**dict(zip(places, args, strict=False)), **self.settings, **kwargs)
        call = Call(self, args, kwargs, flatten(results))
        if not current_scope().repeated:
            self._calls.append(call)
        return results

    def get_config(self):
        return {"name": self.name, **self.settings}

    def serialize(self):
        """The config, as Keras writes it."""
        return {
            "module": f"keras.src.ops.{MODULE_OF.get(self.function, 'numpy')}",
            "class_name": self.kind,
            "config": registry.serialize_keras_object(self.get_config()),
            "registered_name": self.kind,
        }

    def count_params(self):
        return 0

    def __repr__(self):
        return f"<function {self.name}>"


class Unwritten(Function):
    """What some other function recorded outside any layer, which no config can tell."""

    def __init__(self, tensor):
        operation = self.operation = tensor.node.operation
        self.function = getattr(operation, "name", None) or getattr(operation, "kind", None) or type(operation).__name__
        self.kind = "".join(word.capitalize() for word in to_snake_case(self.function).split("_"))
        self.name = names.auto_name(self.function)
        self._calls = []
        self._calls.append(Call(self, tensor.node.inputs, {}, [tensor]))

    def __call__(self, *tensors):
        return self.operation.record(tensors if len(tensors) > 1 else tensors[0])

    def serialize(self):
        raise ValueError(
            "A model can be written as plain data if the functions that are called on symbolic tensors outside its layers "
            "are those of `cycnn.ops`; others belong into the `call` of a layer class, or in a named function in a `Lambda`. "
            f"Received: the function {self.name!r} ({self.kind})."
        )


def class_of(function):
    """Keras's class for the name of a function."""
    return CLASSES.get(function) or "".join(word.capitalize() for word in function.split("_"))


def function_of(tensor):
    """The function whose call, outside any layer, gave a tensor."""
    return Function.of(tensor.use) if tensor.use is not None else Unwritten(tensor)


def is_function(config):
    """Whether a config among those of layers is that of a function."""
    return str(config.get("module")).startswith("keras.src.ops.")


def deserialize(config):
    """The function of a config.

    Raises:
        ConfigError: a TypeError; cycnn has no such function.
        ValueError: or not these settings of it.
    """
    function = registry.deserialize_keras_object(config)
    settings = dict(config["config"])
    name = settings.pop("name", None)
    settings = {key: _as_tuple(value) for key, value in registry.deserialize_keras_object(settings).items()}
    parameters = inspect.signature(function).parameters
    for key in set(settings) - set(parameters):
        if settings[key] not in (None, False) and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            raise ValueError(
                f"`{key}` is not an argument of `ops.{function.__name__}`. Received: {key}={settings[key]!r}."
            )
        settings.pop(key)
    return Function(_names()[config["class_name"]], settings, name)


def arguments(function, args):
    """The arguments of a call in a config: JSON made lists of the tuples in an index."""
    return [args[0], _as_tuple(args[1])] if function.kind == "GetItem" else args


def _as_tuple(value):
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def _takes_tensors(function, parameter):
    return parameter in TENSORS and parameter not in SETTINGS.get(function, ())


def _find(name):
    place = getattr(ops, MODULE_OF.get(name, ""), None)
    return getattr(place if hasattr(place, name) else ops, name)


@functools.cache
def _names():
    """Let configs find the functions under Keras's classes; returns class → name of the function."""
    found = {}
    for place in (ops, ops.image, ops.linalg):
        for name in place.__all__:
            if inspect.isfunction(getattr(place, name)):
                kind = class_of(name)
                registry.export(f"keras.src.ops.{MODULE_OF.get(name, 'numpy')}", kind)(getattr(place, name))
                found.setdefault(kind, name)
    return found


for _module in ("numpy", *MODULES):
    registry.export_later(f"keras.src.ops.{_module}", _names)
