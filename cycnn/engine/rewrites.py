"""Small rules over the nodes of a plan, each applied where it fits. They change how a result is found, never the result;
the first, which changes its rounding, is one of those that `config.set_fast_convolutions(False)` forbids.

A rule sees the nodes in running order and returns them, some replaced. It may only touch what lies between two nodes
when nobody else looks there: the tensor has one consumer and is no output.

    zeros → convolution          a convolution that pads by itself: one that reads past the edges, or copies at once
    convolution → normalization  with constant statistics: other weights, found when one of them has changed
    convolution → pooling        a convolution without the rows and columns that the pooling drops
    relu → max-pooling           max-pooling → relu, as one operation: relu sees a quarter of the elements, and the
                                 large map is forgotten as soon as it is pooled
    convolution → max-pooling    one operation for small kernels: the map between them never leaves the cache
    convolution → activation     one operation: the activation is applied to a row while it is in cache; so behind dense
                                 layers, sums of two maps, and batch normalization, whose backward takes the
                                 activation's slope along
"""

from cycnn import config
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Alias, Attached, Choice, Memory, Node, Operation, SymbolicTensor, once


def choose(nodes, outputs, training, losses=()):
    """What a plan needs, where some layers were recorded both for inference and for training, or add to the loss.

    Args:
        losses: list of `AddedLoss`: those that the plan computes.

    Returns:
        The nodes, and for each loss the tensors that it reads.
    """
    chosen = {}
    for node in nodes:
        kind = type(node.operation)
        if kind is Choice:
            chosen[node.output] = Choice.taken(node.inputs, node.flag(training))
        elif kind is Attached:
            chosen[node.output] = node.inputs[0]
    if not chosen:
        return nodes, []

    def behind(tensor):
        while tensor in chosen:
            tensor = chosen[tensor]
        return tensor

    # What an output stands for is computed as that output; an alias stays where it is another output, or an input.
    taken = {}
    for tensor in outputs:
        if tensor in chosen and behind(tensor).node is not None and behind(tensor) not in outputs:
            taken.setdefault(behind(tensor), tensor)

    def real(tensor):
        return taken.get(behind(tensor), behind(tensor))

    read = [tuple(map(real, loss.inputs)) for loss in losses]
    needed, kept = {real(tensor) for tensor in outputs}.union(*read), []
    for node in reversed(nodes):
        output = taken.get(node.output, node.output)
        if output in needed and node.output not in chosen:
            inputs = tuple(map(real, node.inputs))
            needed.update(inputs)
            kept.append(Node(node.operation, inputs, output, node.layer, node.training))
    names = [Node(Alias(), (real(tensor),), tensor) for tensor in outputs if real(tensor) is not tensor]
    return [*reversed(kept), *names], read


def rewrite(nodes, outputs, training=False, differentiates=True):
    """All rules, in the order in which one prepares the next.

    Args:
        nodes: list of `Node`, in running order.
        outputs: the tensors that somebody else sees.
        training: the plan's training flag.
        differentiates: whether the plan goes backward too.
    """
    nodes = absorb_padding(nodes, _Neighbours(nodes, outputs))
    folds = not differentiates and config.fast_convolutions()
    nodes = fold_normalization(nodes, _Neighbours(nodes, outputs), training) if folds else nodes
    for rule in (narrow_before_pooling, pool_before_relu, fuse_pooling):
        nodes = rule(nodes, _Neighbours(nodes, outputs))
    return fuse_activations(nodes, _Neighbours(nodes, outputs), differentiates)


class _Neighbours:
    """Who computes a tensor that has one consumer only."""

    def __init__(self, nodes, outputs):
        self._kept = set(outputs)
        self._uses, self._maker = {}, {}
        for node in nodes:
            self._maker[node.output] = node
            for tensor in node.inputs:
                self._uses[tensor] = self._uses.get(tensor, 0) + 1

    def before(self, node):
        """The node that computes this node's only input for nobody else, or None."""
        if len(node.inputs) != 1 or self._uses[node.inputs[0]] > 1 or node.inputs[0] in self._kept:
            return None
        return self._maker.get(node.inputs[0])


def _ability(node, name):
    return node is not None and getattr(node.operation, name, False)


def _instead(node, operation, inputs, output):
    return Node(operation, inputs, output, node.layer, node.training, node.covers)


def _joined(first, second, operation):
    """A node in the place of two neighbours."""
    covers = (*first.covers, first.output.original, *second.covers)
    return Node(operation, first.inputs, second.output, first.layer, first.training, covers)


def _between(tensor, spec):
    """A tensor in the place of another, with a shape of its own."""
    new = SymbolicTensor(spec, name=tensor.name)
    new.original = tensor.original
    return new


def absorb_padding(nodes, neighbours):
    """Zeros around a map, then a convolution -> a convolution that has them around its input."""
    done = []
    for node in nodes:
        before = neighbours.before(node)
        zeros = _ability(before, "zeros") if _ability(node, "within") else None
        within = node.operation.within(zeros) if zeros else None
        if within is not None:
            done[done.index(before)] = _joined(before, node, within)
        else:
            done.append(node)
    return done


class Folded(Operation):
    """A convolution or dense layer and the batch normalization behind it, as the first alone, with other weights.

    Only for plans without gradients.

    Args:
        inner: what computes with the weights.
        normalization: the layer.
        owner: the operation whose `kernel` and `bias` the weights are: `inner`, unless that pools, too.
    """

    def __init__(self, inner, normalization, owner=None):
        self.inner, self.normalization, self.owner = inner, normalization, owner or inner
        self.takes_activation = getattr(inner, "takes_activation", False)
        self.narrowed = self._narrowed if hasattr(inner, "narrowed") else None
        self.pooled = self._pooled if hasattr(inner, "pooled") else None

    def _narrowed(self, rows, columns):
        return Folded(self.inner.narrowed(rows, columns), self.normalization)

    def _pooled(self, pool, relu, x):
        joined = self.inner.pooled(pool, relu, x)
        return joined and Folded(joined, self.normalization, self.inner)

    def memory(self, x):
        needs = self.inner.memory(x)
        own = {"folded kernel": self.owner.kernel.shape, "folded bias": self.owner.by_channel[1:2]}
        return Memory(needs.output, {**needs.workspace, **{name: once(shape) for name, shape in own.items()}})

    def flops(self, x):
        return self.inner.flops(x)

    def forward(self, emit, x, y, work, *, training, **activation):
        owner, bias = self.owner, work["folded bias"]
        kernel = emit.passing(owner.kernel.shape) if owner.packs_kernel else work["folded kernel"]
        given = emit.flat(owner.kernel).view(*owner.by_channel)
        self.normalization.fold(emit, given, owner.bias, kernel.view(*owner.by_channel), bias)
        self.inner.with_weights(kernel, bias).forward(emit, x, y, work, training=training, **activation)


def fold_normalization(nodes, neighbours, training):
    """convolution or dense, then batch normalization with constant statistics -> one operation with other weights."""
    done = []
    for node in nodes:
        before = neighbours.before(node)
        if (
            _ability(node, "fold")
            and node.operation.is_constant(node.flag(training))
            and _ability(before, "with_weights")
            and before.operation.by_channel[1] == before.output.shape[-1]
        ):
            done[done.index(before)] = _joined(before, node, Folded(before.operation, node.operation))
        else:
            done.append(node)
    return done


def narrow_before_pooling(nodes, neighbours):
    """A convolution whose output goes to a pooling: without the rows and columns at the end that no window sees.

    Their gradients are zero, so nothing is lost backward either.
    """
    done = list(nodes)
    for node in nodes:
        if not _ability(node, "reads"):
            continue
        chain = [neighbours.before(node)]
        while _ability(chain[-1], "elementwise"):
            chain.append(neighbours.before(chain[-1]))
        if not _ability(chain[-1], "narrowed"):
            continue
        rows, columns = node.operation.reads(node.inputs[0].spec)
        tensor = None
        if (rows, columns) == node.inputs[0].spec.sample[:2]:
            continue
        for old in reversed(chain):
            spec = old.output.spec
            narrow = _between(old.output, TensorSpec((spec.shape[0], rows, columns, spec.shape[3]), spec.dtype))
            operation = old.operation.narrowed(rows, columns) if tensor is None else old.operation
            new = _instead(old, operation, old.inputs if tensor is None else (tensor,), narrow)
            narrow.node = new
            done[done.index(old)] = new
            tensor = narrow
        done[done.index(node)] = _instead(node, node.operation, (tensor,), node.output)
    return done


class Activated(Operation):
    """An operation with an activation in its epilogue: written once, while the row is in cache.

    What is before the activation is never stored. Backward turns dy into the gradient there in place, by a derivative
    that follows from y; or the operation takes any activation and has a way of its own.
    """

    def __init__(self, inner, activation):
        self.inner, self.activation = inner, activation
        self.variables = inner.variables
        self.passes_gradient = getattr(inner, "passes_gradient", False)
        self._takes_any = getattr(inner, "takes_any_activation", False)

    def memory(self, x):
        return self.inner.memory(x)

    def flops(self, x):
        return self.inner.flops(x)

    def forward(self, emit, x, y, work, *, training):
        activation = self.activation if self._takes_any else self.activation.code
        self.inner.forward(emit, x, y, work, training=training, activation=activation)

    def backward(self, emit, x, y, dy, dx, work):
        if self._takes_any:
            self.inner.backward(emit, x, y, dy, dx, work, activation=self.activation)
            return
        self.activation.backward(emit, None, y, dy, dy, None)
        self.inner.backward(emit, x, y, dy, dx, work)


def pool_before_relu(nodes, neighbours):
    """relu, then max-pooling -> max-pooling with relu in its epilogue.

    The same numbers: relu keeps order, so the largest stays the largest. The same gradients: where relu makes several
    of a window's elements equal, they are zero, and so is its slope.
    """
    done = []
    for node in nodes:
        relu = neighbours.before(node)
        if _ability(node, "takes_relu") and _ability(relu, "is_relu"):
            done[done.index(relu)] = _joined(relu, node, Activated(node.operation, relu.operation))
        else:
            done.append(node)
    return done


def fuse_pooling(nodes, neighbours):
    """convolution, then max-pooling (with relu or without) -> one operation, where the convolution says that it pays."""
    done = []
    for node in nodes:
        before, pool, relu = neighbours.before(node), node.operation, None
        if type(pool) is Activated:
            pool, relu = pool.inner, pool.activation
        joined = None
        if getattr(pool, "takes_relu", False) and _ability(before, "pooled"):
            joined = before.operation.pooled(pool, relu, before.inputs[0].spec)
        if joined is not None:
            done[done.index(before)] = _joined(before, node, joined)
        else:
            done.append(node)
    return done


def fuse_activations(nodes, neighbours, differentiates):
    """convolution, dense, sum or batch normalization, then an elementwise activation -> one operation."""
    done = []
    for node in nodes:
        before, activation = neighbours.before(node), node.operation
        fits = _ability(node, "elementwise")
        if fits and not _ability(before, "takes_any_activation"):
            undone = activation.from_output or not differentiates
            fits = _ability(before, "takes_activation") and activation.is_plain and undone
        if fits:
            done[done.index(before)] = _joined(before, node, Activated(before.operation, activation))
        else:
            done.append(node)
    return done
