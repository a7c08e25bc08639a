"""Small rules over the nodes of a plan, each applied where it fits. They change how a result is found, never the result.

A rule sees the nodes in running order and returns them, some replaced. It may only touch what lies between two nodes
when nobody else looks there: the tensor has one consumer and is no output.

    convolution → pooling        a convolution without the rows and columns that the pooling drops
    relu → max-pooling           max-pooling → relu, as one operation: relu sees a quarter of the elements, and the
                                 large map is forgotten as soon as it is pooled
    convolution → max-pooling    one operation for small kernels: the map between them never leaves the cache
    convolution → activation     one operation: the activation is applied to a row while it is in cache
"""

from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Alias, Attached, Choice, Node, Operation, SymbolicTensor


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
            chosen[node.output] = node.inputs[bool(node.flag(training))]
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


def rewrite(nodes, outputs):
    """All rules, in the order in which one prepares the next."""
    for rule in (narrow_before_pooling, pool_before_relu, fuse_pooling, fuse_activations):
        nodes = rule(nodes, _Neighbours(nodes, outputs))
    return nodes


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
    return Node(operation, inputs, output, node.layer, node.training)


def _between(tensor, spec):
    """A tensor in the place of another, with a shape of its own."""
    new = SymbolicTensor(spec, name=tensor.name)
    new.original = tensor.original
    return new


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

    The activation's derivative follows from y, so x before the activation is never stored; backward turns dy into the
    gradient before the activation in place.
    """

    def __init__(self, inner, activation):
        self.inner, self.activation = inner, activation
        self.variables = inner.variables

    def memory(self, x):
        return self.inner.memory(x)

    def flops(self, x):
        return self.inner.flops(x)

    def forward(self, emit, x, y, work, *, training):
        self.inner.forward(emit, x, y, work, training=training, activation=self.activation.code)

    def backward(self, emit, x, y, dy, dx, work):
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
            joined = Activated(node.operation, relu.operation)
            done[done.index(relu)] = _instead(node, joined, relu.inputs, node.output)
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
            done[done.index(before)] = _instead(before, joined, before.inputs, node.output)
        else:
            done.append(node)
    return done


def fuse_activations(nodes, neighbours):
    """convolution or dense, then an elementwise activation -> one operation."""
    done = []
    for node in nodes:
        before = neighbours.before(node)
        if _ability(node, "fusable") and _ability(before, "takes_activation"):
            joined = Activated(before.operation, node.operation)
            done[done.index(before)] = _instead(before, joined, before.inputs, node.output)
        else:
            done.append(node)
    return done
