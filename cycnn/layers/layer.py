"""Layer: an operation with state and a configuration."""

import math

import numpy as np

from cycnn import config, constraints, initializers, regularizers
from cycnn.core import checks, names
from cycnn.core.registry import serialize_keras_object
from cycnn.core.spec import TensorSpec
from cycnn.core.variable import Variable
from cycnn.engine.function import Function
from cycnn.engine.graph import Graph, Operation, SymbolicTensor
from cycnn.ops.arrays import numbers

MOST_AXES = 7  # of a layer's input, the sample axis included: as many as a kernel call can describe
MOST_NUMBERS = 1 << 40  # in one weight or one sample: sizes in bytes stay far from 64 bits
LONGEST = 1 << 30  # window, stride, padding: kernels count positions in 32 bits


class Layer(Operation):
    """Base of all layers.

    A subclass stores its arguments in `__init__`, makes its weights in `build`, and either computes with other layers
    and functions in `call`, or is an operation itself (`memory`, `forward`, `backward`).

    Args:
        name: string; numbered automatically where it is None.
        trainable: whether optimizers may change the weights.
        dtype: `"float32"`.
    """

    min_ndim = None  # the least number of axes of an input, the sample axis included
    exact_ndim = None

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, name=None, autocast=True, **kwargs):
        # What Keras accepts on any first layer; a Sequential model makes its input from it.
        shape = kwargs.pop("input_shape", None)
        if "input_dim" in kwargs:
            shape = (kwargs.pop("input_dim"),)
        self._batch_size = kwargs.pop("batch_size", None)
        if "batch_input_shape" in kwargs:
            self._batch_size, *shape = kwargs.pop("batch_input_shape")
        self._input_shape_argument = None if shape is None else checks.shape("input_shape", shape)
        if kwargs:
            bad = next(iter(kwargs))
            guess = checks.nearest(bad, self._arguments())
            hint = f" Did you mean {guess!r}?" if guess else ""
            raise ValueError(
                f"`{bad}` is not an argument of {type(self).__name__}.{hint} Received: {bad}={kwargs[bad]!r}."
            )
        if name is not None and not isinstance(name, str):
            raise ValueError(f"`name` must be a string. Received: name={name!r}.")
        if dtype not in (None, "float32", np.float32) and getattr(dtype, "name", None) != "float32":
            raise ValueError(
                f"cycnn computes in float32. Received: dtype={dtype!r} for layer {name or type(self).__name__}."
            )
        self.name = name or names.auto_name(type(self).__name__)
        self.dtype = "float32"
        self.activity_regularizer = regularizers.get(activity_regularizer)
        if self.activity_regularizer is not None:
            raise ValueError(
                "`activity_regularizer` is not supported yet; `kernel_regularizer` and `bias_regularizer` are."
            )
        self._trainable = bool(trainable)
        self._weights = []  # those an optimizer may change, unless the layer is frozen
        self._statistics = []  # the others
        self._function = None
        self.built = False

    @classmethod
    def _arguments(cls):
        """What the constructors of this class and its bases take."""
        import inspect

        constructors = (inspect.signature(base.__init__) for base in cls.__mro__ if "__init__" in vars(base))
        return {name for found in constructors for name in found.parameters} - {"self", "args", "kwargs"} | {
            "input_shape"
        }

    # -------------------------------------------------------------------------------------------------- weights

    def add_weight(
        self,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        regularizer=None,
        constraint=None,
        name=None,
    ):
        """A new `Variable` of this layer.

        Args:
            shape: tuple of integers.
            initializer: name, object or function; `"glorot_uniform"` by default.
            dtype: `"float32"`.
            trainable: whether optimizers may change it.
            regularizer: penalty added to the loss.
            constraint: projection applied after each update.
            name: string.
        """
        shape = checks.shape("shape", () if shape is None else shape)
        if None in shape or math.prod(shape) > MOST_NUMBERS:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): the shape of the weight {name!r} must be known, with at most "
                f"2**40 numbers. Received: shape={shape}."
            )
        initializer = initializers.get(initializer if initializer is not None else "glorot_uniform")
        name = name or "variable"
        variable = Variable(
            initializer(shape),
            name=name,
            trainable=trainable and self._trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            path=f"{self.name}/{name}",
        )
        (self._weights if trainable else self._statistics).append(variable)
        return variable

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        self._function = None  # its plans were made for the flag as it was
        for variable in self._weights:
            variable.trainable = self._trainable

    @property
    def weights(self):
        """All variables: those that can be trained in the order they were made, then the others."""
        return self._weights + self._statistics

    @property
    def variables(self):
        return self.weights

    @property
    def trainable_weights(self):
        return list(self._weights) if self.trainable else []

    @property
    def non_trainable_weights(self):
        return list(self._statistics) if self.trainable else self.weights

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self):
        """Copies of all weights, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights):
        """Assign a list of arrays like that of `get_weights`.

        Raises:
            ValueError: another number of arrays, one of another shape, or one that holds no numbers; nothing is changed then.
        """
        assign_all(f"layer {self.name!r}", self.weights, weights)

    def count_params(self):
        """Numbers in all weights.

        Raises:
            ValueError: the layer is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"Layer {self.name!r} has no weights yet, so they cannot be counted: build it first, by calling it "
                "on an input, by `build(input_shape)`, or by an `Input` at the beginning of the model."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

    # -------------------------------------------------------------------------------------------------- calling

    def build(self, input_shape):
        """Make the weights. `input_shape` has the sample axis first, None."""
        self.built = True

    def _check_input(self, shape):
        rank, name = len(shape), f"{self.name!r} ({type(self).__name__})"
        hint = ""
        if not 1 <= rank <= MOST_AXES:
            raise ValueError(
                f"Layer {name} expects inputs with 1 to {MOST_AXES} axes, the sample axis included. "
                f"Received: shape={tuple(shape)} with {rank}."
            )
        if 0 in shape[1:]:
            raise ValueError(f"Layer {name} expects inputs without axes of length 0. Received: shape={tuple(shape)}.")
        if self.exact_ndim is not None and rank != self.exact_ndim:
            if rank == 3 and self.exact_ndim == 4:
                hint = " Grey pictures need a channel axis: reshape (n, h, w) to (n, h, w, 1)."
            raise ValueError(
                f"Layer {name} expects inputs with {self.exact_ndim} axes, the sample axis included. "
                f"Received: shape={tuple(shape)} with {rank}.{hint}"
            )
        if self.min_ndim is not None and rank < self.min_ndim:
            raise ValueError(
                f"Layer {name} expects inputs with at least {self.min_ndim} axes, the sample axis included. "
                f"Received: shape={tuple(shape)} with {rank}."
            )

    def _unbuild(self):
        """Forget weights that were made for a shape which turned out to be wrong."""
        self._weights, self._statistics, self._function, self.built = [], [], None, False

    def _build_once(self, shape):
        self._check_input(shape)
        if not self.built:
            if any(d is None for d in shape[1:]) and type(self).build is not Layer.build:
                raise ValueError(
                    f"Layer {self.name!r} needs known lengths to make its weights. Received: input shape {shape}."
                )
            self.build(shape)
            self.built = True

    def call(self, x):
        """The output for a symbolic input. Composite layers write theirs with other layers and functions."""
        return self.record(x)

    def __call__(self, x, *args, training=None, **kwargs):
        """The output for a symbolic tensor (a symbolic tensor) or for an array (an array, computed at once)."""
        if isinstance(x, SymbolicTensor):
            self._build_once(x.shape)
            y = self._called(x, *args, **kwargs)
            if y.layer is None:
                y.layer = self
            return y
        x = numbers(x, f"The input of layer {self.name!r} ({type(self).__name__})")
        self._build_once((None, *x.shape[1:]) if x.ndim else ())
        if self._function is None or self._function.graph.inputs[0].spec.sample != x.shape[1:]:
            source = SymbolicTensor(TensorSpec((None, *x.shape[1:])))
            y = self._called(source, *args, **kwargs)
            self._function = Function(Graph([source], [y]))
        return self._function([x], training=bool(training))[0]

    def _called(self, x, *args, **kwargs):
        """What `call` records, looked over."""
        y = self.call(x, *args, **kwargs)
        if not isinstance(y, SymbolicTensor):
            raise TypeError(
                f"Layer {self.name!r} ({type(self).__name__}): its `call`, or its activation, must return a symbolic tensor. "
                f"Received: {y!r}."
            )
        self._check_size("output", y.spec.sample)
        return y

    def _check_size(self, what, sample):
        """Refuse samples that no machine can hold, before their sizes overflow."""
        if None not in sample and math.prod(sample) > MOST_NUMBERS:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): one sample of its {what} would hold more than 2**40 numbers. "
                f"Received: shape {tuple(sample)}."
            )

    def compute_output_shape(self, input_shape):
        """Shape of the output for an input shape, both with None for the samples."""
        input_shape = checks.shape("input_shape", input_shape)
        self._build_once(input_shape)
        return self._called(SymbolicTensor(TensorSpec(input_shape))).shape

    # ------------------------------------------------------------------------------------------------- configs

    def get_config(self):
        """Everything `from_config` needs to make a layer like this one, without its weights."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": {
                "module": "keras",
                "class_name": "DTypePolicy",
                "config": {"name": self.dtype},
                "registered_name": None,
            },
        }

    @classmethod
    def from_config(cls, config):
        """A new layer of this configuration."""
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = config["dtype"]["config"]["name"]
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def serialize(thing):
    """The config of an initializer, regularizer, constraint or None."""
    return None if thing is None else serialize_keras_object(thing)


def global_data_format(value):
    """`"channels_last"` or `"channels_first"`; None stands for the configured default."""
    return checks.data_format(value) if value is not None else config.image_data_format()


def modest(name, lengths):
    """Lengths that 32-bit positions can count, or a `ValueError`."""
    if max(lengths) > LONGEST:
        raise checks.refuse(name, f"at most {LONGEST}", lengths)
    return lengths


def assign_all(owner, variables, values):
    """Assign a list of arrays to a list of variables: all, or none and a `ValueError`.

    Args:
        owner: whose they are, for errors: `"layer 'dense'"`.
    """
    if not isinstance(values, (list, tuple)):
        raise ValueError(f"`weights` must be a list of arrays for {owner}. Received: weights={checks.short(values)}.")
    if len(values) != len(variables):
        raise ValueError(
            f"`weights` must be a list of {len(variables)} arrays for {owner}. Received: a list of {len(values)}."
        )
    arrays = [
        numbers(value, f"Weight {variable.path!r} of {owner}")
        for variable, value in zip(variables, values, strict=True)
    ]
    for variable, array in zip(variables, arrays, strict=True):
        if variable.shape != array.shape:
            raise ValueError(
                f"Weight {variable.path!r} of {owner} has shape {variable.shape}. Received: an array of shape {array.shape}."
            )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
