"""Graphs of inputs whose sizes are not known: recorded once for their layers and shapes, and again for each size to run.

    Input((None, None, 3)) → Conv2D → GlobalAveragePooling2D     (None, None, None, 3) → (None, None, None, 8) → (None, 8)
    specialize(graph, [(64, 48, 3)])                             (None, 64, 48, 3)     → (None, 62, 46, 8)     → (None, 8)

What the program called is called again, layers and functions rather than the operations that these recorded: a `call` that
reads `x.shape` reads the new one, and what needs known lengths to be computed by a kernel gets its kernel.
"""

from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, map_leaves
from cycnn.engine.graph import Graph, SymbolicTensor, recording


def specialize(graph, samples):
    """The graph for inputs of known sizes.

    Args:
        graph: `Graph`.
        samples: shape of a sample of each input.

    Returns:
        A `Graph` of new tensors, with the same layers and weights.

    Raises:
        ValueError: a layer does not take these sizes.
    """
    new = {
        tensor: SymbolicTensor(TensorSpec((None, *sample), tensor.dtype), name=tensor.name)
        for tensor, sample in zip(graph.inputs, samples, strict=True)
    }
    inputs = list(new.values())
    # A tensor from inside a layer has no call of its own: then operations are repeated, those of the other outputs too,
    # so that all outputs come from the same ones.
    whole = all(tensor.call or tensor.use or not _is_inside(tensor) for tensor in graph.outputs)
    stack = list(reversed(graph.outputs))
    while stack:  # depth first without recursion: networks are deeper than Python's stack
        tensor = stack.pop()
        if tensor in new:
            continue
        before, repeat = _maker(tensor, whole)
        waiting = [other for other in before if other not in new]
        if waiting:
            stack += [tensor, *reversed(waiting)]
        else:
            new.update(repeat(new))
    return Graph(inputs, [new[tensor] for tensor in graph.outputs])


def _is_inside(tensor):
    return tensor.node is not None and tensor.node.layer is not None


def _maker(tensor, whole):
    """What a tensor was made from, and the function that makes it again: `repeat({old tensor: new}) -> more of them`."""
    if whole and tensor.call is not None:
        call = tensor.call
        return call.inputs, lambda new: _repeat(call.layer, call.args, call.kwargs, call.outputs, new)
    if whole and tensor.use is not None:
        use = tensor.use
        given = [leaf for leaf in flatten((use.args, use.kwargs)) if isinstance(leaf, SymbolicTensor)]
        return given, lambda new: _repeat(use.function, use.args, use.kwargs, use.results, new)
    node = tensor.node

    def repeat(new):
        xs = tuple(new[other] for other in node.inputs)
        with recording(layer=node.layer, training=node.training, repeated=True):
            return {tensor: node.operation.record(xs if len(xs) > 1 else xs[0])}

    return node.inputs, repeat


def _repeat(function, args, kwargs, results, new):
    args, kwargs = map_leaves(lambda leaf: new[leaf] if isinstance(leaf, SymbolicTensor) else leaf, (args, kwargs))
    with recording(layer=None, training=None, losses=None, repeated=True):
        return dict(zip(results, flatten(function(*args, **kwargs)), strict=True))
