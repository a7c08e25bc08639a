"""Symbolic tensors, and the operations that connect them.

An `Operation` declares its output and its memory, and has `forward` and `backward` side by side. Both run once, when
a plan is made, and *emit* kernel calls; the executor runs that list for every batch. Calling an operation with
symbolic tensors records a `Node`.

A node knows what it was recorded for: the layer that was being called, and the training flag, where the program fixed
one (`layer(x, training=False)`). Where a layer's `call` depends on the flag, both ways are recorded and joined by a
`Choice`; a plan keeps one (`rewrites.choose`).
"""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from cycnn.core.names import auto_name
from cycnn.core.spec import TensorSpec
from cycnn.engine.buffers import GROUP, ONCE, SAMPLE, THREAD


class Need(NamedTuple):
    """Memory that an operation asks for: its kind, shape and dtype."""

    kind: str
    shape: tuple
    dtype: str = "float32"


def per_sample(shape, dtype="float32"):
    """Memory for each sample."""
    return Need(SAMPLE, tuple(shape), dtype)


def per_group(shape, dtype="float32"):
    """A partial sum for each group of samples."""
    return Need(GROUP, tuple(shape), dtype)


def per_thread(shape, dtype="float32"):
    """Room for each thread within one call."""
    return Need(THREAD, tuple(shape), dtype)


def once(shape, dtype="float32"):
    """Memory that all samples share."""
    return Need(ONCE, tuple(shape), dtype)


class Memory(NamedTuple):
    """What an operation writes, and the named memory that it needs besides: between its forward and backward, or
    within one of them. What a plan never uses is never allocated."""

    output: TensorSpec
    workspace: dict = {}


class Scope(NamedTuple):
    """What is being recorded: the layer whose call it is, the training flag (None: the plan's), the names of the layers
    around, the list that takes what layers add to the loss, and whether calls that the program made are only repeated,
    for inputs of another size."""

    layer: object = None
    training: object = None
    path: tuple = ()
    losses: object = None
    repeated: bool = False


OUTSIDE = Scope()  # of any layer
_scope: ContextVar[Scope] = ContextVar("scope", default=OUTSIDE)


_latest = 0


def latest_edition():
    """The greatest `edition` of any operation."""
    return _latest


def next_edition():
    """The `edition` of an operation that has just been changed."""
    global _latest
    _latest += 1
    return _latest


def current_scope():
    """The `Scope` in which operations are recorded now."""
    return _scope.get()


@contextmanager
def recording(**changes):
    """Record with another layer, training flag, path or list for losses, or as repeated."""
    scope = _scope.get()._replace(**changes)
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


class Operation:
    """Something that computes one tensor from others.

    Subclasses give `memory`, `forward` and `backward`. Arguments `x`, `dx` are one buffer, or a tuple where the
    operation has several inputs; `dx` is None where no gradient is wanted. `work` holds the workspace by name.
    """

    variables = ()
    edition = 0  # a greater number whenever what it computes has become something else after it was recorded
    keeps_gradient = False  # whether `backward` leaves dy as it is
    passes_gradient = False  # whether dx of every input is dy: what `backward`, called without dx, leaves there

    def memory(self, x):
        """The output and the workspace for inputs of these specs."""
        raise NotImplementedError(f"{type(self).__name__} declares no memory")

    def output_spec(self, x):
        """Shape and dtype of the output."""
        return self.memory(x).output

    def is_view(self, training):
        """Whether the output is the input's memory with another shape: then nothing is emitted."""
        return False

    def forward(self, emit, x, y, work, *, training):
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, emit, x, y, dy, dx, work):
        """Emit the gradients. `dy` is final; it may be overwritten, unless the operation `keeps_gradient`."""
        if not self.passes_gradient:
            raise NotImplementedError(f"{type(self).__name__} has no gradient")

    def flops(self, x):
        """About how many floating-point operations a sample takes."""
        return 2 * self.output_spec(x).size

    def record(self, x):
        """The symbolic output for symbolic inputs."""
        inputs = x if isinstance(x, tuple) else (x,)
        specs = tuple(t.spec for t in inputs)
        scope = _scope.get()
        node = Node(self, inputs, layer=scope.layer, training=scope.training)
        node.output = SymbolicTensor(self.output_spec(specs if isinstance(x, tuple) else specs[0]), node)
        return node.output


class SymbolicTensor:
    """A value of a graph: shape, dtype, and the node that computes it (None for an input)."""

    def __init__(self, spec, node=None, name=None):
        self.spec = spec
        self.node = node
        self.name = name or auto_name("keras_tensor")
        self.call = self.index = None  # the use of a layer that gave it, and its place among what that gave
        self.mask = None  # which steps count: another symbolic tensor, (n, steps)
        self.use = None  # the call of a function of `cycnn.ops` that did, outside any layer
        self.original = self  # in a rewritten plan: the tensor in whose place it is

    @property
    def layer(self):
        """The layer whose call gave this tensor, or None."""
        return None if self.call is None else self.call.layer

    @property
    def shape(self):
        return self.spec.shape

    @property
    def dtype(self):
        return self.spec.dtype

    @property
    def ndim(self):
        return len(self.spec.shape)

    def __repr__(self):
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "A symbolic tensor has a shape but no values, so it cannot become a NumPy array. Build a model from it "
            f"and call `predict`. Received: {self!r}"
        )

    def __bool__(self):
        raise TypeError(f"A symbolic tensor has no values, so it is neither true nor false. Received: {self!r}")

    def __iter__(self):
        raise TypeError(f"A symbolic tensor cannot be iterated over. Received: {self!r}")


class Node:
    """One use of an operation.

    Attributes:
        layer: the innermost layer in whose call it was recorded, or None.
        training: the flag that it always runs with; None: the plan's.
        covers: in a rewritten plan, the tensors that it computes on the way to its output, as they were recorded.
    """

    __slots__ = ("covers", "inputs", "layer", "operation", "output", "training")

    def __init__(self, operation, inputs, output=None, layer=None, training=None, covers=()):
        self.operation, self.inputs, self.output = operation, inputs, output
        self.layer, self.training, self.covers = layer, training, covers

    def flag(self, training):
        """The training flag in a plan made for `training`."""
        return training if self.training is None else self.training


class Alias(Operation):
    """The same value as another tensor."""

    def memory(self, x):
        return Memory(x)

    def is_view(self, training):
        return True

    def flops(self, x):
        return 0


class Choice(Alias):
    """The first of some tensors in inference, the second while training; the third, if there is one, where nobody said
    which: `layer(x)`, of a layer whose `call` has `training=True`, or which has such layers in it."""

    def memory(self, x):
        inference, training = x[:2]
        if any(other.shape != inference.shape for other in x):
            raise ValueError(
                "A layer's output must have one shape, in inference and while training. "
                f"Received: {inference.shape} and {training.shape}."
            )
        return Memory(inference)

    @staticmethod
    def taken(inputs, training):
        """The one of its inputs that counts with a training flag, or with None."""
        if training is None:
            return inputs[2 if len(inputs) > 2 else 0]
        return inputs[bool(training)]


class Attached(Alias):
    """The first of its inputs, and numbers that whoever computes it must add to the loss; they read all the inputs.

    Args:
        losses: list of `(flag, AddedLoss)`: those with a flag count where the plan has that training flag.
    """

    def __init__(self, losses):
        self.losses = losses

    def memory(self, x):
        return Memory(x if isinstance(x, TensorSpec) else x[0])


class Graph:
    """What computes `outputs` from `inputs`: nodes in an order in which they can run. An output that is asked for twice
    is copied.

    Attributes:
        losses: list of `(flag, AddedLoss)`: what its layers add to the loss.
        sized: whether all lengths of the inputs are known; otherwise `specialize` makes graphs that plans can be made of.
        tells_unsaid: whether no training flag is another than False.

    Raises:
        ValueError: an output depends on an input that is not given.
    """

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = tuple(inputs), ()
        self.sized = not any(None in tensor.spec.sample for tensor in self.inputs)
        for tensor in outputs:
            again = any(tensor is other for other in self.outputs)
            self.outputs += (Alias().record(tensor) if again else tensor,)
        self.nodes = []
        done = {id(t) for t in self.inputs}
        # Depth first without recursion: networks are deeper than Python's stack.
        stack = list(reversed(self.outputs))
        while stack:
            tensor = stack[-1]
            if id(tensor) in done:
                stack.pop()
                continue
            if tensor.node is None:
                raise ValueError(
                    f"The outputs depend on {tensor!r}, which is not among the inputs {list(self.inputs)}: "
                    "the graph is disconnected."
                )
            waiting = [t for t in tensor.node.inputs if id(t) not in done]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                self.nodes.append(tensor.node)
                done.add(id(tensor))
                stack.pop()
        found = {}
        for node in self.nodes:
            if type(node.operation) is Attached:
                found.update((id(loss), (flag, loss)) for flag, loss in node.operation.losses)
        self.losses = list(found.values())
        self.tells_unsaid = any(type(node.operation) is Choice and len(node.inputs) > 2 for node in self.nodes)

    def losses_of(self, training):
        """What its layers add to the loss with a training flag: a list of `AddedLoss`."""
        return [loss for flag, loss in self.losses if flag is None or flag == bool(training)]
