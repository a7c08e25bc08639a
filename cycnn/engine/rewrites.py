"""Fusions: small rules over the steps of a plan, each applied where it fits.

A rule sees the nodes in running order and returns them, some replaced. It may only join nodes when nobody else looks
at what lay between them: the tensor has one consumer and is no output.
"""

from cycnn.engine.graph import Node, Operation


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


def fuse_activations(nodes, outputs):
    """convolution or dense, then an elementwise activation -> one operation."""
    consumers = {}
    for node in nodes:
        for tensor in node.inputs:
            consumers[id(tensor)] = consumers.get(id(tensor), 0) + 1
    kept = {id(t) for t in outputs}
    replaced, fused = {}, []
    for node in nodes:
        if getattr(node.operation, "fusable", False):
            before = replaced.get(id(node.inputs[0]))
            if (
                before is not None
                and getattr(before.operation, "takes_activation", False)
                and consumers[id(node.inputs[0])] == 1
                and id(node.inputs[0]) not in kept
            ):
                joined = Node(Activated(before.operation, node.operation), before.inputs, node.output)
                fused[fused.index(before)] = joined
                replaced[id(node.output)] = joined
                continue
        fused.append(node)
        replaced[id(node.output)] = node
    return fused
