"""Functions of arrays as operations of a graph.

What has no kernel is computed by NumPy between two regions of kernels, once a batch. Its gradient comes from a tape:
backward runs the function again, recording, and pulls the gradient back.

    ops.sort(x)                   →  Traced(sort), a node
    ops.exp(self.scale) * x       →  Expression(exp, scale), which waits; Traced(multiply) reads it, and so the variable
    ops.mean(x)                   →  Whole(mean), of all samples: no tensor of a graph, but `add_loss` takes it
    random.normal((None, 2))      →  Drawn, which becomes a node, Draw, where it meets a tensor of the graph
"""

import math

import numpy as np

from cycnn import kernels
from cycnn.core import structure
from cycnn.core.spec import TensorSpec
from cycnn.core.variable import Variable
from cycnn.engine.graph import Memory, Operation, SymbolicTensor, current_scope, recording
from cycnn.ops import tape


class MixesSamples(ValueError):
    """A function of whole batches where one of each sample is needed."""


class Traced(Operation):
    """y = function(x, ...), sample by sample.

    Args:
        function: of as many arrays as the operation has inputs; differentiated by a tape.
        variables: those that the function reads.
        name: for errors.
        call: what the program called, `(function of cycnn.ops, args, kwargs)`.
    """

    def __init__(self, function, variables, name, call=None):
        self.function, self.variables, self.name, self.call = function, tuple(variables), name, call
        self._outputs = {}  # input specs → output spec
        self._dtypes = ()

    def memory(self, x):
        specs = (x,) if isinstance(x, TensorSpec) else tuple(x)
        self._dtypes = tuple(spec.dtype for spec in specs)
        if specs not in self._outputs:
            self._outputs[specs] = self._output(specs)
        return Memory(self._outputs[specs])

    def forward(self, emit, x, y, work, *, training):
        xs = x if isinstance(x, tuple) else (x,)
        dtypes = self._dtypes

        def compute(*operands):
            operands[-1][...] = tape.value_of(self.function(*_typed(operands, dtypes)))

        emit.host(compute, *xs, *self.variables, y, modes="r" * (len(xs) + len(self.variables)) + "w")

    def backward(self, emit, x, y, dy, dx, work):
        xs, dxs = (x, dx) if isinstance(x, tuple) else ((x,), (dx,))
        results = [*dxs, *(emit.gradient(variable) for variable in self.variables)]
        if all(result is None for result in results):
            return
        dtypes = self._dtypes

        def pull_back(*operands):
            arrays, gradients = _typed(operands, dtypes), operands[len(dtypes) + len(self.variables) :]
            _, pullback = tape.vjp(self.function, arrays, self.variables)
            for result, found in zip(gradients[1:], (g for part in pullback(gradients[0]) for g in part)):
                if result is not None:
                    result[...] = found

        modes = "r" * (len(xs) + len(self.variables) + 1) + "w" * len(results)
        emit.host(pull_back, *xs, *self.variables, dy, *results, modes=modes)

    def _output(self, specs):
        """The output's shape and type; a length is unknown where it follows from one that is."""
        if not any(None in spec.sample for spec in specs):
            return self._try(specs)
        one, other = (self._try([_with_lengths(spec, length) for spec in specs]) for length in (5, 7))
        return one._replace(shape=tuple(a if a == b else None for a, b in zip(one.shape, other.shape, strict=True)))

    def _try(self, specs):
        """The output's shape and type, found by running the function on three samples, and on two of them.

        Raises:
            MixesSamples: an output does not depend on its own sample alone.
            ValueError: it cannot be run.
        """
        shapes = ", ".join(str(spec.shape) for spec in specs)
        x = [_samples(spec, 3, phase) for phase, spec in enumerate(specs)]
        try:
            with np.errstate(all="ignore"):
                whole, *parts = (
                    tape.value_of(self.function(*(array[rows] for array in x)))
                    for rows in (slice(None), slice(2), slice(1, None))
                )
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError(
                f"`{self.name}` must work on batches of any length. Received: symbolic tensors of shapes {shapes}, and with "
                f"a few samples of them it fails: {error}"
            ) from error
        if whole.shape[:1] != (3,) or any(part.shape != (2, *whole.shape[1:]) for part in parts):
            raise MixesSamples(
                f"`{self.name}` must keep the first axis, which counts the samples of a batch, when it is used inside a "
                f"model: name the other axes (`axis=1` or `axis=-1`), and index as in `x[:, 0]`. Received: symbolic "
                f"tensors of shapes {shapes}, of which it makes shape {whole.shape} for 3 samples and {parts[0].shape} "
                "for 2."
            )
        if not all(_equal(whole[rows], part) for rows, part in zip((slice(2), slice(1, None)), parts)):
            raise MixesSamples(
                f"`{self.name}` must compute each sample from itself alone when it is used inside a model: a result may not "
                f"depend on what else is in the batch. Received: symbolic tensors of shapes {shapes}, whose samples it mixes."
            )
        dtype = "float32" if whole.dtype.kind == "f" else whole.dtype.name
        return TensorSpec((None, *whole.shape[1:]), dtype)


class Expression:
    """A function of variables inside a layer's `call`: computed whenever the layer runs, as its operations read it.

    Computed while the layer is recorded, it would be a constant: neither trained nor changed.

    Attributes:
        drawn: whether it depends on random numbers of all samples, so that it has no value before it meets a tensor.
    """

    __slots__ = ("_value", "args", "drawn", "function", "kwargs", "variables")

    def __init__(self, function, args, kwargs):
        self.function, self.args, self.kwargs = function, args, kwargs
        self.variables = variables_of((args, kwargs))
        self.drawn = any(isinstance(leaf, Expression) and leaf.drawn for leaf in structure.flatten((args, kwargs)))
        self._value = tape.value_of(self.evaluate())

    def beside(self, tensor):
        """Itself; what is drawn as a tensor of the graph, with the samples of a tensor that is there."""
        if not self.drawn:
            return self
        args, kwargs = structure.map_leaves(lambda leaf: _beside(leaf, tensor), (self.args, self.kwargs))
        return self.function(*args, **kwargs)

    def evaluate(self):
        """The value now: a tensor, where a tape watches the variables."""
        with recording(layer=None):
            args, kwargs = structure.map_leaves(_evaluated, (self.args, self.kwargs))
            return self.function(*args, **kwargs)

    @property
    def shape(self):
        return (None, *self._value.shape[1:]) if self.drawn else self._value.shape

    @property
    def dtype(self):
        return self._value.dtype

    @property
    def ndim(self):
        return self._value.ndim

    def numpy(self):
        """The value now."""
        if self.drawn:
            raise TypeError(
                f"Random numbers of all samples of a batch have no values before a model runs. Received: {self!r}."
            )
        return tape.value_of(self.evaluate())

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype)

    def __float__(self):
        return float(self.numpy())

    def __len__(self):
        return len(self._value)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __repr__(self):
        return f"<Expression {self.function.__name__}, shape={self.shape}, dtype={self.dtype}>"


class Drawn(Expression):
    """Random numbers of all samples of a batch, however many these are.

    Args:
        draw: function: number of samples ↦ array (samples, ...).
        sample: shape of one sample's numbers.
        dtype: their type.
    """

    __slots__ = ("_tensor", "draw")

    def __init__(self, draw, sample, dtype):
        self.draw, self.function, self.args, self.kwargs, self.variables = draw, draw, (), {}, []
        self.drawn, self._tensor = True, None
        self._value = np.full((3, *sample), 0.5, dtype)

    def evaluate(self):
        """Stands for the numbers where only shape and type count."""
        return self._value

    def beside(self, tensor):
        if self._tensor is None:  # all who read the numbers read the same ones
            self._tensor = Draw(self.draw, TensorSpec((None, *self._value.shape[1:]), self._value.dtype.name)).record(
                tensor
            )
        return self._tensor


class Draw(Operation):
    """y = random numbers for the samples of x, drawn once a batch; what x holds does not matter."""

    name = "draw"

    def __init__(self, draw, spec):
        self.draw, self.spec = draw, spec

    def memory(self, x):
        return Memory(self.spec)

    def forward(self, emit, x, y, work, *, training):
        def fill(array):
            array[...] = self.draw(len(array))

        emit.host(fill, y, modes="w")

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.layout.zero, dx.view(dx.size))


class Whole:
    """A function of symbolic tensors that needs all samples of a batch at once, or of other such functions.

    Samples of a graph stand alone, so this is none of its tensors; but it may be added to the loss of a model.

    Attributes:
        inputs: tuple of the symbolic tensors that it is computed from.
        variables: tuple of the variables.
        refusal: why it can be no tensor.
    """

    __slots__ = ("_value", "args", "function", "inputs", "kwargs", "refusal", "variables")

    def __init__(self, function, args, kwargs, refusal=None):
        self.function, self.args, self.kwargs = function, args, kwargs
        leaves = structure.flatten((args, kwargs))
        wholes = [leaf for leaf in leaves if isinstance(leaf, Whole)]
        self.refusal = refusal or wholes[0].refusal
        tensors = [leaf for leaf in leaves if isinstance(leaf, SymbolicTensor)]
        self.inputs = tuple(dict.fromkeys((*tensors, *(tensor for whole in wholes for tensor in whole.inputs))))
        own = variables_of((args, kwargs))
        self.variables = tuple({id(v): v for v in (*own, *(v for w in wholes for v in w.variables))}.values())
        with np.errstate(all="ignore"):
            self._value = tape.value_of(self.evaluate([_samples(_with_lengths(x.spec, 5), 3, 1) for x in self.inputs]))

    def evaluate(self, values, done=None):
        """The value, a tensor where a tape watches something, for the values of `inputs`."""
        given = dict(zip(map(id, self.inputs), values, strict=True))
        done = {} if done is None else done  # what occurs several times is computed once

        def value(leaf):
            if isinstance(leaf, SymbolicTensor):
                return given[id(leaf)]
            if not isinstance(leaf, Whole):
                return _evaluated(leaf)
            if id(leaf) not in done:
                done[id(leaf)] = leaf.evaluate([given[id(tensor)] for tensor in leaf.inputs], done)
            return done[id(leaf)]

        with recording(layer=None):
            args, kwargs = structure.map_leaves(value, (self.args, self.kwargs))
            return self.function(*args, **kwargs)

    @property
    def shape(self):
        """The shape for 3 samples."""
        return self._value.shape

    @property
    def dtype(self):
        return self._value.dtype

    @property
    def ndim(self):
        return self._value.ndim

    def refuse(self):
        """Refuse to be a tensor."""
        raise MixesSamples(f"{self.refusal} As it is, it may only be added to the loss, by `add_loss`.")

    def __array__(self, *args, **kwargs):
        raise TypeError(f"{self.refusal} As it is, it has no values, and may only be added to the loss, by `add_loss`.")

    __bool__ = __iter__ = __len__ = __float__ = __array__

    def __repr__(self):
        return f"<Whole {self.function.__name__}, dtype={self.dtype}>"


def _beside(leaf, tensor):
    return leaf.beside(tensor) if isinstance(leaf, Expression) else leaf


def _evaluated(leaf):
    return leaf.evaluate() if isinstance(leaf, Expression) else leaf


def waits(args):
    """Whether a function of these arguments is an `Expression`: they hold variables, and a layer is being recorded; or
    what is drawn when a model runs."""
    if current_scope().layer is not None:
        return any(isinstance(arg, (Variable, Expression)) for arg in args)
    return any(isinstance(arg, Expression) and arg.drawn for arg in args)


def variables_of(arguments):
    """The variables among arguments, and in the expressions among them: a list."""
    found = {}
    for leaf in structure.flatten(arguments):
        own = (leaf,) if isinstance(leaf, Variable) else leaf.variables if isinstance(leaf, Expression) else ()
        found.update((id(variable), variable) for variable in own)
    return list(found.values())


def record(function, args, kwargs):
    """The symbolic output of a function for arguments among which, or in lists among which, are symbolic tensors; a
    `Whole` where it needs all samples at once."""
    leaves = structure.flatten((args, kwargs))
    inputs = {id(leaf): leaf for leaf in leaves if isinstance(leaf, SymbolicTensor)}
    if any(isinstance(leaf, Expression) and leaf.drawn for leaf in leaves):
        met = [*inputs.values(), *(tensor for leaf in leaves if isinstance(leaf, Whole) for tensor in leaf.inputs)]
        args, kwargs = structure.map_leaves(lambda leaf: _beside(leaf, met[0]), (args, kwargs))
        return function(*args, **kwargs)
    if any(isinstance(leaf, Whole) for leaf in leaves):
        return Whole(function, args, kwargs)

    def compute(*arrays):
        given = dict(zip(inputs, arrays, strict=True))
        with recording(layer=None):
            by_place, by_name = structure.map_leaves(
                lambda leaf: given[id(leaf)] if id(leaf) in given else _evaluated(leaf), (args, kwargs)
            )
            return function(*by_place, **by_name)

    tensors = tuple(inputs.values())
    variables = variables_of((args, kwargs))
    if any(callable(leaf) for leaf in leaves):
        variables = _with_those_inside(variables, compute, tensors)
    operation = Traced(compute, variables, function.__name__.lstrip("_"), (function, args, kwargs))
    try:
        return operation.record(tensors if len(tensors) > 1 else tensors[0])
    except MixesSamples as error:
        return Whole(function, args, kwargs, str(error))


class _Readers(tape.Tape):
    """Records nothing, but sees the variables that functions read."""

    def __init__(self):
        super().__init__()
        self.variables = {}

    def watches(self, value):
        if isinstance(value, Variable):
            self.variables[id(value)] = value
        return False


def _with_those_inside(variables, compute, tensors):
    """The variables, and those that the functions among the arguments of an operation read by themselves."""
    with _Readers() as readers, np.errstate(all="ignore"):
        compute(*(_samples(_with_lengths(x.spec, 5), 3, phase) for phase, x in enumerate(tensors)))
    return list({**{id(v): v for v in variables}, **readers.variables}.values())


def _with_lengths(spec, length):
    """A spec without unknown lengths."""
    return spec._replace(shape=(None, *(length if found is None else found for found in spec.sample)))


def _typed(operands, dtypes):
    """The inputs among the operands, as what their specs say: a model's inputs arrive as float32."""
    return [array.astype(dtype, copy=False) for array, dtype in zip(operands, dtypes)]


def _samples(spec, count, phase):
    """A few samples in no order, no two alike; small integers where the type asks for them."""
    values = np.sin(1.0 + phase + np.arange(count * math.prod(spec.sample))).reshape(count, *spec.sample)
    return (values if np.dtype(spec.dtype).kind == "f" else values > 0).astype(spec.dtype)


def _equal(a, b):
    """Whether results agree but for the rounding of sums in another order."""
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    return np.allclose(a, b, rtol=1e-3, atol=1e-5, equal_nan=True)
