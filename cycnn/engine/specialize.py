"""Graphs of inputs whose sizes are not known: recorded once for their layers and shapes, and again for each size to run.

    Input((None, None, 3)) → Conv2D → GlobalAveragePooling2D     (None, None, None, 3) → (None, None, None, 8) → (None, 8)
    specialize(graph, [(64, 48, 3)])                             (None, 64, 48, 3)     → (None, 62, 46, 8)     → (None, 8)

What the program called is called again, layers and functions rather than the operations that these recorded: a `call` that
reads `x.shape` reads the new one, and what needs known lengths to be computed by a kernel gets its kernel.
"""

from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, map_leaves
from cycnn.engine.graph import Attached, Graph, SymbolicTensor, recording


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
    found = Graph(inputs, [new[tensor] for tensor in graph.outputs])
    for node in found.nodes:
        if None in node.output.spec.sample:
            whose = f"Layer {node.layer.name!r}" if node.layer is not None else type(node.operation).__name__
            raise ValueError(
                f"{whose}: what lies within it cannot be seen for inputs of other sizes than it was recorded for; give the "
                f"model's `Input` its size. Received: inputs of shapes {[tensor.shape for tensor in inputs]}."
            )
    return found


def _is_inside(tensor):
    return tensor.node is not None and tensor.node.layer is not None


def _maker(tensor, whole):
    """What a tensor was made from, and the function that makes it again: `repeat({old tensor: new}) -> more of them`."""
    if whole and tensor.use is not None:
        use = tensor.use
        given = [leaf for leaf in flatten((use.args, use.kwargs)) if isinstance(leaf, SymbolicTensor)]
        return given, lambda new: _repeat(use.function, use.args, use.kwargs, use.results, new)
    if whole and tensor.call is not None:
        call = tensor.call
        return call.inputs, lambda new: _repeat(call.layer, call.args, call.kwargs, call.outputs, new)
    node = tensor.node

    def repeat(new):
        if type(node.operation) is Attached:  # who looks inside wants no losses
            return {tensor: new[node.inputs[0]]}
        xs = tuple(new[other] for other in node.inputs)
        with recording(layer=node.layer, training=node.training, repeated=True):
            return {tensor: node.operation.record(xs if len(xs) > 1 else xs[0])}

    return node.inputs, repeat


def _repeat(function, args, kwargs, results, new):
    args, kwargs = map_leaves(lambda leaf: new[leaf] if isinstance(leaf, SymbolicTensor) else leaf, (args, kwargs))
    with recording(layer=None, training=None, losses=None, repeated=True):
        found = flatten(function(*args, **kwargs))
    if not all(isinstance(leaf, SymbolicTensor) for leaf in found):
        raise ValueError(
            f"`{getattr(function, '__name__', function)}` does not take samples of these sizes. Received: {args}, {kwargs}."
        )
    return dict(zip(results, found, strict=True))
