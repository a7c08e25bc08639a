"""Layer: an operation with state and a configuration."""

import functools
import inspect
import itertools
import math
import warnings

import numpy as np

from cycnn import config, constraints, initializers, regularizers
from cycnn.core import checks, names
from cycnn.core.registry import serialize_keras_object
from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, is_shape, map_leaves, map_shapes, pack
from cycnn.core.variable import Variable
from cycnn.engine.function import KEPT, Function
from cycnn.engine.graph import (
    Alias,
    Attached,
    Choice,
    Graph,
    Operation,
    SymbolicTensor,
    current_scope,
    next_edition,
    recording,
)
from cycnn.layers.added_losses import ActivityPenalty, added_function
from cycnn.layers.input_spec import check_input
from cycnn.ops import calls
from cycnn.ops.arrays import numbers
from cycnn.ops.primitive import custom_gradient
from cycnn.ops.symbolic import Whole
from cycnn.ops.tape import Tensor, is_traced

MOST_AXES = 7  # of a layer's input, the sample axis included: as many as a kernel call can describe
MOST_NUMBERS = 1 << 40  # in one weight or one sample: sizes in bytes stay far from 64 bits
DEEPEST = 64  # layers around a layer
LONGEST = 1 << 30  # window, stride, padding: kernels count positions in 32 bits
PLAIN = (str, int, float, bool, type(None))
OFF = {  # what Keras writes of its layers to say that they do not use what cycnn does not do
    "quantization_config": (None,),
    "renorm": (False, None),
    "renorm_clipping": (None,),
    "renorm_momentum": (0.99,),
    "virtual_batch_size": (None,),  # this and what follows: Keras 2
    "adjustment": (None,),
    "fused": (None, True, False),
}
VALUES = (np.ndarray, Tensor, Variable)  # what a layer is called on, if not on symbolic tensors
INERT = (*PLAIN, np.ndarray, np.generic)  # attributes that hold no layers, weights or metrics
_changes = itertools.count(1)
_structure = 0  # another number whenever some layer's attributes or weights have become others
KERAS_1 = {  # names of arguments, then and now
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "atrous_rate": "dilation_rate",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "beta_init": "beta_initializer",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "filter_length": "kernel_size",
    "gamma_init": "gamma_initializer",
    "init": "kernel_initializer",
    "nb_col": "kernel_size",
    "nb_filter": "filters",
    "nb_row": "kernel_size",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
NO_EDITS = {"dtype", "name", "trainable"}  # arguments that change nothing in a graph, or are looked at in time
RECORDS = {
    "_added",
    "_build_shapes",
    "_calls",
    "_functions",
    "_made_with",
    "_statistics",
    "_weights",
}  # attributes that hold no sublayers


class Call:
    """One use of a layer, outside any other layer: models are made of these.

    Attributes:
        layer: the layer.
        args, kwargs: what it was called with.
        inputs: the symbolic tensors among them.
        outputs: the symbolic tensors that came out.
    """

    __slots__ = ("args", "inputs", "kwargs", "layer", "outputs")

    def __init__(self, layer, args, kwargs, outputs):
        args, kwargs = map_leaves(lambda leaf: leaf, (args, kwargs))  # the user's list may grow
        self.layer, self.args, self.kwargs, self.outputs = layer, args, kwargs, outputs
        self.inputs = [leaf for leaf in flatten((args, kwargs)) if isinstance(leaf, SymbolicTensor)]
        for index, tensor in enumerate(outputs):
            tensor.call, tensor.index = self, index


class Layer(Operation):
    """Base of all layers.

    A subclass stores its arguments and makes its sublayers in `__init__`, makes its weights in `build`, and computes in
    `call`, with the functions of `cycnn.ops` and other layers; gradients follow by themselves. Layers and variables that
    are attributes, or stand in lists and dictionaries that are, belong to the layer. (cycnn's own layers are operations
    instead: `memory`, `forward`, `backward`.)

    Args:
        name: string; numbered automatically where it is None.
        trainable: whether optimizers may change the weights.
        dtype: `"float32"`.
        activity_regularizer: penalty on the output that is added to the loss, divided by the number of samples; name,
            object, function or None.

    Example:

    ```python
    class Linear(cycnn.layers.Layer):
        def __init__(self, units=32, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w")
            self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

        def call(self, inputs):
            return ops.matmul(inputs, self.w) + self.b

    Linear(4)(np.ones((2, 3))).shape  # (2, 4)
    ```
    """

    min_ndim = None  # the least number of axes of an input, the sample axis included; None: inputs of any kind
    exact_ndim = None
    built_from_start = False  # whether there is nothing to build
    input_spec = None  # an `InputSpec`, or several, that inputs must fit
    supports_masking = False  # whether the mask of the input is that of the output
    takes_mask = False  # whether Keras's `call` has a parameter `mask`: it stands in configs
    compute_dtype = variable_dtype = "float32"

    def __new__(cls, *args, **kwargs):
        for old in filter(KERAS_1.get, kwargs):
            new, known = KERAS_1[old], cls._arguments()
            if old not in known and new in known:
                raise TypeError(
                    f"`{old}` is Keras 1's name of an argument of {cls.__name__} that is now `{new}`. "
                    f"Received: {old}={checks.short(kwargs[old])}."
                )
        layer = super().__new__(cls)
        layer._made_with = args, kwargs
        layer._weights, layer._statistics = (
            [],
            [],
        )  # those an optimizer may change, unless the layer is frozen; the others
        return layer

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
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"`name` must be a string without '/'. Received: name={name!r}.")
        if dtype not in (None, "float32", np.float32) and getattr(dtype, "name", None) != "float32":
            raise ValueError(
                f"cycnn computes in float32. Received: dtype={dtype!r} for layer {name or type(self).__name__}."
            )
        self.name = name or names.auto_name(type(self).__name__)
        self.dtype = "float32"
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._trainable = bool(trainable)
        self._calls = []
        self._added = []  # what it added to the loss in the last call on arrays
        self._functions = {}  # for arrays: kinds of arguments → (structure of the outputs, `Function`)
        self._path = None
        self._build_shapes = None
        self.built = self.built_from_start

    @classmethod
    def _arguments(cls):
        """What the constructors of this class and its bases take."""
        constructors = (parameters(base.__init__) for base in cls.__mro__[:-1] if "__init__" in vars(base))
        own = {name for found in constructors for name in found} - {"self", "args", "kwargs"}
        return own | {"batch_input_shape", "input_dim", "input_shape"}

    def _check_made(self):
        if "built" not in vars(self):
            raise RuntimeError(
                f"In layer {type(self).__name__!r}, `super().__init__()` must be called first in `__init__`. "
                "Received: a layer that never called it."
            )

    # -------------------------------------------------------------------------------------------------- weights

    def add_weight(
        self,
        *args,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ):
        """A new `Variable` of this layer.

        Args:
            shape: tuple of integers; a single number by default.
            initializer: name, object or function; by default `"glorot_uniform"`, for integers `"zeros"`.
            dtype: `"float32"`, or an integer type where `trainable` is False.
            trainable: whether optimizers may change it.
            regularizer: penalty added to the loss.
            constraint: projection applied after each update.
            name: string.
            autocast, aggregation, overwrite_with_gradient: accepted; they say nothing on one CPU in float32.

        Raises:
            ValueError: a shape that is not fully known, a dtype of another kind, or a name that is not a keyword argument.
        """
        self._check_made()
        if args and isinstance(args[0], str):
            raise ValueError(
                f"`name` must be a keyword argument: add_weight(shape=..., name={args[0]!r}). "
                f"Received: add_weight({args[0]!r}, ...)."
            )
        if len(args) > 3:
            raise TypeError(f"add_weight() takes at most 3 positional arguments. Received: {len(args)}.")
        given = dict(zip(("shape", "initializer", "dtype"), args))
        shape, initializer, dtype = (
            given.get("shape", shape),
            given.get("initializer", initializer),
            given.get("dtype", dtype),
        )
        shape = checks.shape("shape", () if shape is None else shape)
        if None in shape or math.prod(shape) > MOST_NUMBERS:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): the shape of the weight {name!r} must be known, with at most "
                f"2**40 numbers. Received: shape={shape}."
            )
        dtype = np.dtype(dtype or "float32").name
        if dtype != "float32" and (trainable or np.dtype(dtype).kind not in "iub"):
            raise ValueError(
                f"Layer {self.name!r}: weights are float32; those with `trainable=False` may have an integer type. "
                f"Received: dtype={dtype!r}, trainable={trainable}."
            )
        if initializer is None:
            initializer = "glorot_uniform" if dtype == "float32" else "zeros"
        name = name or "variable"
        variable = Variable(
            initializers.get(initializer),
            name=name,
            trainable=trainable and self._trainable,
            dtype=dtype,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            path=f"{self._enter_path()}/{name}",
            shape=shape,
        )
        (self._weights if trainable else self._statistics).append(variable)
        _note_change()
        return variable

    def __setattr__(self, name, value):
        if name[0] != "_":
            self._note_edit(name, value)
        if isinstance(value, Variable) and not any(value is known for known in (*self._weights, *self._statistics)):
            (self._weights if value.trainable else self._statistics).append(value)
        super().__setattr__(name, value)
        if not isinstance(value, INERT) and name not in RECORDS:
            _note_change()

    def _note_edit(self, name, value):
        """An argument that gets another value when models have been made with this layer: their graphs are out of date."""
        before = vars(self)
        if before.get("_calls") and before.get(name, value) is not value and name in self._arguments() - NO_EDITS:
            self.edition = next_edition()
            self._functions = {}

    def __delattr__(self, name):
        super().__delattr__(name)
        _note_change()

    def _enter_path(self):
        """The names of the layers around this one when it was first used, and its own: `"block/dense"`."""
        if self._path is None:
            self._path = "/".join((*current_scope().path, self.name))
        return self._path

    @property
    def dtype_policy(self):
        """The `DTypePolicy`: float32."""
        return config.dtype_policy()

    @property
    def path(self):
        """The names of the layers around this one, and its own; None where it was never called."""
        return self._path

    def _sublayers(self):
        """The layers among the attributes, and in their lists and dictionaries, in order."""
        found = []
        for name, value in vars(self).items():
            if isinstance(value, (Layer, list, tuple, dict)) and name not in RECORDS:
                found += _layers_in(value)
        return found

    def _flatten_layers(self):
        """This layer, its sublayers, theirs and so on: each once, before what it holds."""
        return self._found("layers", lambda layers: layers)

    def _found(self, what, find):
        """`find(this layer and those within)`, kept under a name for as long as they stay what they are."""
        walk = vars(self).get("_walk")
        if walk is None or walk.layers[0] is not self or not walk.is_valid():
            walk = vars(self)["_walk"] = Walk(self)
        if what not in walk.found:
            walk.found[what] = find(walk.layers)
        return walk.found[what]

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        for layer in self._flatten_layers():
            layer._trainable = bool(value)
            for variable in layer._weights:
                variable.trainable = layer._trainable

    @property
    def weights(self):
        """All variables: the layer's own, those that can be trained first, then those of its sublayers."""
        return list(self._found("weights", _weights_of))

    @property
    def variables(self):
        return self.weights

    @property
    def trainable_weights(self):
        return [v for v in self.weights if v.trainable] if self._trainable else []

    @property
    def non_trainable_weights(self):
        return [v for v in self.weights if not v.trainable] if self._trainable else self.weights

    @property
    def trainable_variables(self):
        return self.trainable_weights

    @property
    def non_trainable_variables(self):
        return self.non_trainable_weights

    @property
    def losses(self):
        """What this layer and those within add to a loss: what `add_loss` and activity regularizers added in the last call
        on arrays, and the penalties of the regularized weights as they are now. Numbers; tensors, under a tape."""
        added = [value for layer in self._flatten_layers() for value in layer._added]
        return added + [_penalty(v) for v in self.trainable_weights if v.regularizer is not None]

    def add_loss(self, loss):
        """Add to the loss of whoever trains this layer; to be called in `call`.

        Args:
            loss: number, computed from the inputs, from weights or from what lies between, over the whole batch; or a
                list of them. The elements of a tensor are added up.

        Raises:
            ValueError: it is no such number.

        Example:

        ```python
        class Sparse(cycnn.layers.Layer):
            def call(self, x):
                self.add_loss(0.01 * ops.mean(ops.abs(x)))
                return x
        ```
        """
        scope = current_scope()
        for leaf in flatten(loss):
            if scope.layer is None and isinstance(leaf, VALUES):
                self._added.append(leaf)
                continue
            found = None if scope.layer is None else added_function(self, leaf)
            if found is None:
                raise ValueError(
                    "`add_loss` must be called in `call`, with a number that is computed from the layer's inputs or weights. "
                    f"Received: loss={checks.short(loss)} for layer {self.name!r}."
                )
            if scope.losses is not None:
                scope.losses.append((None, found))

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
        return sum(math.prod(v.shape) for v in self.weights)

    # ------------------------------------------------------------------------------------------------- building

    def build(self, input_shape):
        """Make the weights. `input_shape` has the sample axis first, None; several inputs: a list of shapes."""
        self.built = True

    def _refuse_input(self, expected, received, hint=""):
        raise ValueError(f"Layer {self.name!r} ({type(self).__name__}) expects {expected}. Received: {received}.{hint}")

    def _check_input(self, shape):
        rank, shape = len(shape), tuple(shape)
        if not 1 <= rank <= MOST_AXES:
            expected = f"inputs with 1 to {MOST_AXES} axes, the sample axis included"
            self._refuse_input(expected, f"shape={shape} with {rank}")
        if 0 in shape[1:]:
            self._refuse_input("inputs without axes of length 0", f"shape={shape}")
        if self.exact_ndim is not None and rank != self.exact_ndim:
            grey = rank == 3 and self.exact_ndim == 4
            hint = " Grey pictures need a channel axis: reshape (n, h, w) to (n, h, w, 1)." if grey else ""
            expected = f"inputs with {self.exact_ndim} axes, the sample axis included"
            self._refuse_input(expected, f"shape={shape} with {rank}", hint)
        if self.min_ndim is not None and rank < self.min_ndim:
            expected = f"inputs with at least {self.min_ndim} axes, the sample axis included"
            self._refuse_input(expected, f"shape={shape} with {rank}")

    def _unbuild(self):
        """Forget weights that were made for a shape which turned out to be wrong."""
        self._weights, self._statistics, self._functions = [], [], {}
        _note_change()
        self.built = self.built_from_start
        for layer in self._sublayers():
            layer._unbuild()

    def _build_once(self, shape, more=None):
        """Check the shape, or shapes, of the first argument, and build.

        Args:
            more: shapes of all arguments by the names that a `build` with several parameters gives them: `query_shape`.
        """
        several = not is_shape(shape)
        if several and (self.min_ndim is not None or self.exact_ndim is not None):
            self._refuse_input("one input", f"several, of shapes {checks.short(shape)}")
        map_shapes(self._check_input, shape)
        if self.built:
            return
        wanted = list(parameters(type(self).build))[1:]
        shapes = {name: more[name] for name in wanted if name in (more or {})} if len(wanted) > 1 else {}
        self._enter_path()
        with recording(layer=self, path=(*current_scope().path, self.name)):
            self.build(**shapes) if shapes else self.build(shape)
        self._build_shapes = {"shapes_dict": shapes} if shapes else {"input_shape": shape}
        self.built = True

    def get_build_config(self):
        """What `build_from_config` needs to make the weights: the shape of the input; None where it is not known."""
        return self._build_shapes

    def build_from_config(self, config):
        """Make the weights as `get_build_config` says."""
        if config and config.get("input_shape") is not None and not self.built:
            self._build_once(map_shapes(tuple, config["input_shape"]))
        elif config and "shapes_dict" in config and not self.built:
            shapes = {name: map_shapes(tuple, shape) for name, shape in config["shapes_dict"].items()}
            self._build_once(next(iter(shapes.values())), shapes)

    # -------------------------------------------------------------------------------------------------- calling

    def call(self, x):
        """The output for a symbolic input. Composite layers write theirs with other layers and functions."""
        if type(self).memory is Operation.memory:
            raise NotImplementedError(
                f"Layer {self.name!r} ({type(self).__name__}) must have a method `call(self, inputs)`. Received: none."
            )
        return self.record(x)

    def __call__(self, *args, **kwargs):
        """The output for symbolic tensors (symbolic tensors) or for arrays (arrays, computed at once).

        Args:
            args: tensors or arrays, or lists, tuples and dictionaries of them, as `call` takes them.
            kwargs: more of what `call` takes. `training`: the training flag, for this call and all within it. Where it is
                None, it is that of the layer or model around (True in `fit`); where there is none either, the default of
                `call`.
        """
        self._check_made()
        given = kwargs
        kwargs = {key: value for key, value in given.items() if key != "training"}
        if kwargs.get("mask", 0) is None and not takes(type(self).call, "mask"):
            del kwargs["mask"]  # Keras writes it into configs
        training = given.get("training")
        said = "training" in given  # None, written down, is no default
        if not any(isinstance(leaf, SymbolicTensor) for leaf in flatten((args, kwargs))):
            return self._compute(args, kwargs, False if said and training is None and acts_unsaid(self) else training)
        for leaf in flatten(args):
            if isinstance(leaf, Whole):
                leaf.refuse()
            if isinstance(leaf, PLAIN) and leaf is not None:
                raise ValueError(
                    f"Layer {self.name!r} takes tensors as positional arguments; others must be keyword arguments. "
                    f"Received: {leaf!r}."
                )
        self._build_for(args, kwargs)
        first = args[0] if args else next(iter(kwargs.values()))
        mask = kwargs.get("mask")
        if mask is None:
            mask = map_leaves(lambda leaf: getattr(leaf, "mask", None), first)
            if takes(type(self).call, "mask") and any(found is not None for found in flatten(mask)):
                kwargs = {**kwargs, "mask": mask}
        outputs = self._trace(args, kwargs, training, said) if current_scope().layer is not None else None
        if outputs is None:
            with recording(losses=[]) as scope:
                outputs = self._attached(self._trace(args, kwargs, training, said), scope.losses)
            leaves, seen = [], flatten((args, kwargs))
            for leaf in flatten(outputs):
                fresh = leaf.call is None and not any(leaf is other for other in seen)
                leaves.append(leaf if fresh else Alias().record(leaf))
                seen.append(leaf)
            call = Call(self, args, given, leaves)
            if not current_scope().repeated:
                self._calls.append(call)
            outputs = pack(outputs, leaves)
        makes_mask = self.supports_masking and type(self).compute_mask is not Layer.compute_mask
        if makes_mask or any(found is not None for found in flatten(mask)):
            return self._masked(first, outputs, mask)
        return outputs

    def _build_for(self, args, kwargs):
        if not args and not kwargs:
            raise TypeError(f"Layer {self.name!r} must be called with an input. Received: no arguments.")
        try:
            bound = inspect.signature(self.call).bind_partial(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(
                f"Layer {self.name!r} ({type(self).__name__}) cannot be called like this: {error}."
            ) from None
        if self.input_spec is not None:
            check_input(self, next(iter(bound.values())))
        shapes = {name: map_leaves(lambda leaf: getattr(leaf, "shape", None), value) for name, value in bound.items()}
        self._build_once(next(iter(shapes.values())), {f"{name}_shape": shape for name, shape in shapes.items()})

    def _takes_training(self):
        return takes(type(self).call, "training")

    def _trace(self, args, kwargs, training=None, said=False):
        """What `call` records; for both training flags, and for none, where it depends on one that is not known."""
        scope = current_scope()
        if len(scope.path) > DEEPEST:
            raise ValueError(
                f"Layers must lie at most {DEEPEST} deep in each other. Received: layer {self.name!r} "
                f"({type(self).__name__}), called in {' > '.join(scope.path[-4:])}: does it call itself?"
            )
        training = scope.training if training is None else bool(training)
        takes_training = self._takes_training()

        def run(flag):
            with recording(training=flag) as inner:
                outputs = self._checked(self.call(*args, **kwargs, **({"training": flag} if takes_training else {})))
                if self.activity_regularizer is not None and inner.losses is not None:
                    inner.losses.extend((None, ActivityPenalty(self, leaf)) for leaf in flatten(outputs))
                return outputs

        def branch(flag):
            with recording(losses=[]) as inner:
                outputs = run(flag)
            if scope.losses is not None:
                scope.losses.extend((flag, loss) for _, loss in inner.losses)
            return outputs

        self._enter_path()
        with recording(layer=self, path=(*scope.path, self.name)):
            if training is not None or not takes_training:
                return run(training)
            inference, training = branch(False), branch(True)
            unsaid = inference
            if acts_unsaid(self):
                unsaid = inference if said else training
            elif default_of(type(self).call, "training") is None and any(map(acts_unsaid, self._flatten_layers())):
                with recording(losses=[]):
                    unsaid = run(None)
            ways = zip(flatten(inference), flatten(training), flatten(unsaid), strict=True)
            return pack(
                inference,
                [a if a is b is c else Choice().record((a, b) if a is c else (a, b, c)) for a, b, c in ways],
            )

    def _attached(self, outputs, losses):
        """Outputs that carry what was added to the loss while they were recorded."""
        if not losses:
            return outputs
        read, operation = dict.fromkeys(tensor for _, loss in losses for tensor in loss.inputs), Attached(losses)
        with recording(layer=self):
            return map_leaves(lambda leaf: operation.record((leaf, *read)), outputs)

    def _note_added(self, graph, training, values):
        """Keep what was added to the loss in a call on arrays."""
        if graph.losses:
            for layer in self._flatten_layers():
                layer._added = []
            for loss, value in zip(graph.losses_of(training), values, strict=True):
                loss.layer._added.append(value)

    def _checked(self, outputs):
        """What `call` returned, looked over."""
        leaves = flatten(outputs)
        for leaf in leaves:
            if isinstance(leaf, Whole):
                leaf.refuse()
            if not isinstance(leaf, SymbolicTensor):
                hint = " Did it forget `return`?" if outputs is None else ""
                raise TypeError(
                    f"Layer {self.name!r} ({type(self).__name__}): its `call`, or its activation, must return a symbolic "
                    f"tensor, computed from its input with layers and `cycnn.ops`.{hint} Received: {checks.short(leaf)}."
                )
            self._check_size("output", leaf.spec.sample)
        if not leaves:
            raise TypeError(f"Layer {self.name!r}: its `call` must return a symbolic tensor. Received: {outputs!r}.")
        return outputs

    def _compute(self, args, kwargs, training):
        """The outputs for arrays, tensors and variables, by a graph that is kept for those of the same shapes."""
        what = f"The input of layer {self.name!r} ({type(self).__name__})"
        args = tuple(as_arrays(arg, what) for arg in args)
        leaves = flatten((args, kwargs))
        arrays = [leaf for leaf in leaves if isinstance(leaf, VALUES)]
        if len({array.shape[:1] for array in arrays}) > 1:
            raise ValueError(
                f"{what} must be arrays with the same number of samples. Received: shapes {[a.shape for a in arrays]}."
            )
        key = None
        if all(isinstance(leaf, (*VALUES, *PLAIN)) for leaf in leaves):
            key = repr(map_leaves(lambda leaf: leaf.shape[1:] if isinstance(leaf, VALUES) else leaf, (args, kwargs)))
        if key is None or key not in self._functions:
            sources = []

            def source(leaf):
                if not isinstance(leaf, VALUES):
                    return leaf
                sources.append(SymbolicTensor(TensorSpec((None, *leaf.shape[1:]) if leaf.ndim else ())))
                return sources[-1]

            with recording(layer=None, training=None, losses=[]) as scope:
                symbolic, more = map_leaves(source, (args, kwargs))
                self._build_for(symbolic, more)
                outputs = self._attached(self._trace(symbolic, more), scope.losses)
            # The sources were numbered in the order of `flatten`: as `arrays` are.
            made = outputs, Function(Graph(sources, flatten(outputs)))
            if key is not None:
                self._functions[key] = made
                for old in list(self._functions)[:-KEPT]:
                    self._functions.pop(old, None)
        outputs, function = made if key is None else self._functions[key]
        values, added = calls.call(function, arrays, training)
        self._note_added(function.graph, bool(training), added)
        return pack(outputs, values)

    def _check_size(self, what, sample):
        """Refuse samples that no machine can hold, before their sizes overflow."""
        if None not in sample and math.prod(sample) > MOST_NUMBERS:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): one sample of its {what} would hold more than 2**40 numbers. "
                f"Received: shape {tuple(sample)}."
            )

    def compute_mask(self, inputs, previous_mask):
        """The mask of the output, for the inputs and their masks: symbolic tensors, or None. A layer that has its own
        supports masks."""
        return previous_mask

    def _supports_masks(self):
        return self.supports_masking or type(self).compute_mask is not Layer.compute_mask

    def _masked(self, given, outputs, mask):
        """The outputs, with masks that follow from those of the first argument."""
        if not self._supports_masks():
            if self.takes_mask:  # to compute with it, in Keras
                raise ValueError(
                    f"Layer {self.name!r} ({type(self).__name__}) cannot take masks into account: leave out `mask_zero` or "
                    "`Masking` before it. Received: an input with a mask."
                )
            warnings.warn(
                f"Layer {self.name!r} ({type(self).__name__}) knows no masks: that of its input ends here.",
                stacklevel=3,
            )
            return outputs
        with recording(layer=self):
            masks = flatten(self.compute_mask(given, mask))
        for tensor, found in zip(flatten(outputs), masks):
            tensor.mask = found
        return outputs

    def compute_output_shape(self, input_shape):
        """Shape of the output for an input shape, both with None for the samples; several: lists of them."""
        shape = map_shapes(functools.partial(checks.shape, "input_shape"), input_shape)
        self._build_once(shape)
        with recording(layer=None, training=False, losses=None):
            outputs = self._trace((map_shapes(lambda s: SymbolicTensor(TensorSpec(s)), shape),), {})
        return map_leaves(lambda tensor: tensor.shape, outputs)

    def _first_call(self, what):
        if not self._calls:
            raise AttributeError(
                f"The layer {self.name!r} has no {what} yet. Call it on a symbolic tensor, or put it into a model with an "
                f"`Input`, first."
            )
        return self._calls[0]

    @property
    def input(self):
        """The symbolic input of the first call; a list of several."""
        inputs = self._first_call("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self):
        """The symbolic output of the first call; a list of several."""
        outputs = self._first_call("output").outputs
        return outputs[0] if len(outputs) == 1 else list(outputs)

    # Not properties: a layer may have an attribute of its own by these names.

    @functools.cached_property
    def input_shape(self):
        """The shape of `input`."""
        return map_leaves(lambda tensor: tensor.shape, self.input)

    @functools.cached_property
    def output_shape(self):
        """The shape of `output`."""
        return map_leaves(lambda tensor: tensor.shape, self.output)

    # --------------------------------------------------------------------------------------------------- files

    def save_own_variables(self, store):
        """Write the weights that are the layer's own, not those of its sublayers, for a file.

        Args:
            store: dictionary that takes arrays by name: "0", "1", ... A subclass may add others.
        """
        for k, variable in enumerate((*self._weights, *self._statistics)):
            store[str(k)] = variable.numpy()

    def load_own_variables(self, store):
        """Read what `save_own_variables` wrote.

        Args:
            store: dictionary of arrays.

        Raises:
            ValueError: an array is missing or has another shape.
        """
        for k, variable in enumerate((*self._weights, *self._statistics)):
            if str(k) not in store:
                raise ValueError(
                    f"Layer {self.name!r} needs an array for {variable.path!r}. Received: {', '.join(store) or 'none'}."
                )
            variable.assign(store[str(k)])

    # ------------------------------------------------------------------------------------------------- configs

    def get_config(self):
        """Everything `from_config` needs to make a layer like this one, without its weights.

        A subclass adds its own arguments. One without `get_config` gets those of its constructor, if they are plain.

        Raises:
            NotImplementedError: they are not.
        """
        self._check_made()
        own = self._constructor_config() if type(self).get_config is Layer.get_config else {"name": self.name}
        rule = self.activity_regularizer
        return {
            **own,
            "trainable": self.trainable,
            "dtype": {
                "module": "keras",
                "class_name": "DTypePolicy",
                "config": {"name": self.dtype},
                "registered_name": None,
            },
            **({} if rule is None else {"activity_regularizer": serialize(rule)}),
        }

    def _constructor_config(self):
        """The arguments that the layer was made with."""
        if type(self).__init__ is Layer.__init__:
            return {"name": self.name}
        args, kwargs = self._made_with
        signature = inspect.signature(type(self).__init__)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        found, named = {}, False
        for name, parameter in list(signature.parameters.items())[1:]:
            if parameter.kind is parameter.VAR_KEYWORD:
                found |= bound.arguments[name]
                named = True
            elif parameter.kind is not parameter.VAR_POSITIONAL or bound.arguments[name]:
                found[name] = bound.arguments[name]
        for name, value in found.items():
            if not all(isinstance(leaf, PLAIN) for leaf in flatten(value)):
                raise NotImplementedError(
                    f"Layer {type(self).__name__} must have a method `get_config`, that returns "
                    f"`{{**super().get_config(), {name!r}: ...}}`: its argument is no plain data. "
                    f"Received: {name}={checks.short(value)}."
                )
        named = named or "name" in signature.parameters
        return ({"name": self.name} if named else {}) | {k: v for k, v in found.items() if k != "name"}

    @classmethod
    def from_config(cls, config):
        """A new layer of this configuration."""
        known = cls._arguments()
        config = {k: v for k, v in config.items() if k in known or k not in OFF or v not in OFF[k]}
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = config["dtype"]["config"]["name"]
        own = parameters(cls.__init__)
        if not any(p.kind is p.VAR_KEYWORD for p in own.values()):  # a constructor without **kwargs
            config = {k: v for k, v in config.items() if k in own or k not in ("name", "trainable", "dtype")}
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


class Walk:
    """A layer and all within it, and how to see that they are still these: in every step somebody asks, and going
    through all attributes takes as long as a small network's step.

    Attributes that are set are counted; lists and dictionaries among them may change unseen, so their members are compared.
    """

    __slots__ = ("_containers", "_version", "found", "layers")

    def __init__(self, layer):
        self._version, self.found, found, stack = _structure, {}, {}, [layer]
        while stack:
            layer = stack.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                stack.extend(reversed(layer._sublayers()))
        self.layers = list(found.values())
        attributes = [v for layer in self.layers for name, v in vars(layer).items() if name not in RECORDS]
        # The members themselves are kept, so that no other object gets the number of one that is gone.
        self._containers = [(c, list(map(id, c)), list(c)) for v in attributes for c in _containers_in(v)]

    def is_valid(self):
        """Whether nothing has changed."""
        if self._version != _structure:
            return False
        return all(list(map(id, container)) == members for container, members, _ in self._containers)

    def __reduce__(self):
        return type(None), ()  # a copy walks for itself


def _note_change():
    global _structure
    _structure = next(_changes)


def _containers_in(value):
    """The lists in a value, and the values of dictionaries: what may change without anybody's notice."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    if not isinstance(value, tuple):
        yield value
    for part in value:
        yield from _containers_in(part)


def _weights_of(layers):
    """The variables of some layers, each once."""
    return list({id(v): v for layer in layers for v in (*layer._weights, *layer._statistics)}.values())


@functools.lru_cache(maxsize=1024)
def parameters(function):
    """The parameters of a function: name → `inspect.Parameter`."""
    return inspect.signature(function).parameters


def takes(function, name):
    """Whether a function has a parameter of this name."""
    return name in parameters(function)


def default_of(function, name):
    """The default of a function's parameter; `inspect.Parameter.empty` where it has none, or is none."""
    parameter = parameters(function).get(name)
    return inspect.Parameter.empty if parameter is None else parameter.default


def acts_unsaid(layer):
    """Whether a layer takes itself to be training where nobody says so."""
    return default_of(type(layer).call, "training") is True


def _layers_in(value):
    if isinstance(value, Layer):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return []
    return [layer for part in value for layer in _layers_in(part)]


def as_arrays(value, what):
    """Arrays in a structure; a list of numbers, or of lists of them, is one array."""
    if isinstance(value, dict):
        return {key: as_arrays(part, what) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and not all(isinstance(leaf, (bool, int, float)) for leaf in flatten(value)):
        return type(value)(as_arrays(part, what) for part in value)
    return value if isinstance(value, (Tensor, Variable)) else numbers(value, what)


def _penalty(variable):
    """The penalty of a regularized weight: a number; a tensor, where a tape watches the weight."""
    rule = variable.regularizer
    if is_traced(variable) and hasattr(rule, "value_and_gradient"):

        def differentiated(weight):
            value, gradient = rule.value_and_gradient(weight)
            return np.float32(value), lambda upstream: upstream * gradient

        return custom_gradient(differentiated)(variable)
    if is_traced(variable):
        return rule(variable)
    return np.float32(rule(variable.numpy()))


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
