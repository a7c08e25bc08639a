"""A model's graph as an ONNX file."""

import functools
import os

import numpy as np

from cycnn import _version
from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, map_leaves
from cycnn.core.variable import Variable
from cycnn.engine.graph import Alias, Graph, SymbolicTensor, recording
from cycnn.engine.rewrites import choose
from cycnn.layers.merging.base_merge import BaseMerge, Repeat
from cycnn.layers.merging.multiply import Scale
from cycnn.onnx import functions, operations, tensors, wire
from cycnn.onnx.builder import Builder, Unmapped, Value
from cycnn.ops.layout import Reshape
from cycnn.ops.symbolic import Expression, Traced
from cycnn.saving import paths

OPSETS = range(
    21, 27
)  # those whose operators mean what is written; the last is the newest that ONNX Runtime 1.31 knows
IR_VERSION = 10  # of the file itself: that of opset 21, which every runtime reads that knows such an opset
MOST_BYTES = (1 << 31) - 1  # of a message


def export_model(model, filepath, format=None, verbose=None, input_signature=None, opset_version=None):  # noqa: A002
    """Write what a model computes in inference as an ONNX file.

    The batch may have any length; the layout of inputs and outputs is the model's.

    Args:
        model: `Model` whose input shapes are known.
        filepath: string or path.
        format: `"onnx"`; None where `filepath` ends in `.onnx`.
        verbose: whether to print what was written.
        input_signature: `InputSpec`, or what else has a `shape` and perhaps a `dtype` and a `name`; or a list or
            dictionary of them, as the model takes inputs; None: what the model was built for.
        opset_version: version of ONNX's operators, one of `OPSETS`; by default the last one, the newest that
            ONNX Runtime 1.31 knows.

    Raises:
        ValueError: another format, something without counterpart in ONNX, or more than the 2 GB that a file can have.
    """
    path = paths.text(filepath)
    ending = os.path.splitext(path)[1].lower()
    if format not in (None, "onnx") or (format is None and ending != ".onnx"):
        raise ValueError(
            f"`format` must be 'onnx', or None with a `filepath` that ends in `.onnx`. Received: format={format!r}, "
            f"filepath={path!r}."
        )
    opset = OPSETS[-1] if opset_version is None else opset_version
    if opset not in OPSETS:
        raise ValueError(
            f"`opset_version` must be from {OPSETS[0]} to {OPSETS[-1]}. Received: opset_version={opset_version!r}."
        )
    message = _model(_graph(model, input_signature), opset, model.name)
    parts = wire.encode("Model", message)
    size = sum(map(len, parts))
    if size > MOST_BYTES:
        raise ValueError(
            f"An ONNX file has at most 2 GB. Received: the model {model.name!r}, which takes {size} bytes."
        )
    with paths.replacing(path) as file:
        file.writelines(parts)
    if verbose:
        print(f"Saved {path!r}: {len(message['graph']['node'])} nodes, opset {opset}, {size:,} bytes.")


def _graph(model, signature):
    """The graph from a model's inputs to its outputs; of a model that is called anew, for other shapes."""
    if signature is None:
        return Graph(model.inputs, model.outputs)
    if isinstance(signature, (list, tuple)) and len(signature) == 1:
        (signature,) = signature

    def tensor(leaf):
        dtype = getattr(leaf, "dtype", None) or "float32"
        return SymbolicTensor(
            TensorSpec((None, *tuple(leaf.shape)[1:]), np.dtype(dtype).name), name=getattr(leaf, "name", None)
        )

    inputs = map_leaves(tensor, signature)
    return Graph(flatten(inputs), flatten(model(inputs, training=False)))


def _model(graph, opset, name):
    """The message of a model."""
    b, values, inputs = Builder(opset), {}, []
    for tensor in graph.inputs:
        if None in tensor.spec.sample:
            raise ValueError(
                "The lengths of a sample must be known to export a model: give `input_signature`. "
                f"Received: an input of shape {tensor.shape}."
            )
        found = b.unique(tensor.name)
        values[tensor] = Value(found, tuple(range(tensor.ndim)), tensor.shape, tensor.dtype)
        inputs.append(_info(found, tensor))
    nodes, _ = choose(graph.nodes, graph.outputs, training=False)
    _convert(b, nodes, values)
    outputs = []
    for k, tensor in enumerate(graph.outputs):
        found = b.unique(tensor.layer.name if tensor.layer is not None else f"output_{k}")
        b.nodes.append(_identity(b.plain(values[tensor]), found))
        outputs.append(_info(found, tensor))
    nodes, constants = b.finished([each["name"] for each in outputs])
    return {
        "ir_version": IR_VERSION,
        "producer_name": "cycnn",
        "producer_version": _version.__version__,
        "graph": {
            "node": _without_identities(nodes),
            "name": name,
            "initializer": [tensors.write(*item) for item in constants.items()],
            "input": inputs,
            "output": outputs,
        },
        "opset_import": [{"domain": "", "version": opset}],
    }


def _identity(source, name):
    return {"input": (source,), "output": (name,), "name": name, "op_type": "Identity", "attribute": []}


def _without_identities(nodes):
    """The nodes, those that make an output of the model under its own name, unless somebody else has that name too."""
    made = {name: node for node in nodes for name in node["output"] if node["op_type"] != "Identity"}
    ends = {}
    for node in nodes:
        source = node["input"][0] if node["input"] else None
        if node["op_type"] == "Identity" and source in made and source not in ends.values():
            ends[node["output"][0]] = source
    names = {source: name for name, source in ends.items()}

    def renamed(each):
        return tuple(names.get(name, name) for name in each)

    return [
        {**node, "input": renamed(node["input"]), "output": renamed(node["output"])}
        for node in nodes
        if node["output"][0] not in ends
    ]


def _info(name, tensor):
    """The message of an input or output: its type and lengths, that of the batch by its name."""
    lengths = [{"dim_param": "batch"}, *({"dim_value": length} for length in tensor.spec.sample)]
    kind = {"elem_type": tensors.NUMBERS[tensor.dtype], "shape": {"dim": lengths}}
    return {"name": name, "type": {"tensor_type": kind}}


def _convert(b, nodes, values):
    """Add the counterparts of nodes; `values` holds what their inputs are, and receives what their outputs are."""
    makers = {node.output: node for node in nodes}
    for node in nodes:
        if node.layer is not None:
            b.scope = node.layer.name
        try:
            values[node.output] = _converted(b, node, values, makers)
        except Unmapped as reason:
            raise _refused(node, str(reason)) from None


def _refused(node, reason):
    layer = node.layer
    where = "A function outside any layer" if layer is None else f"Layer {layer.name!r} ({type(layer).__name__})"
    return ValueError(f"{where} cannot be exported to ONNX, which has no counterpart. Received: {reason}.")


def _converted(b, node, values, makers):
    """What a node's output is."""
    operation, y = node.operation, node.output.spec
    if isinstance(operation, Traced):
        return _finished(_function(b, node, values), y)
    xs = tuple(values[tensor] for tensor in node.inputs)
    if isinstance(operation, Alias) or (operation.is_view(False) and xs[0].shape == y.shape):
        return xs[0]
    function = operations.find(operation)
    if function is None:
        raise Unmapped(f"the operation {type(operation).__name__}")
    if isinstance(operation, (BaseMerge, Scale)):
        xs = tuple(_before_repeats(b, tensor, values, makers, node.layer, len(y.shape)) for tensor in node.inputs)
    if type(operation) not in operations.ANY_TYPE:
        xs = tuple(b.cast(x, "float32") for x in xs)
    several = len(xs) > 1 or isinstance(operation, BaseMerge)
    return _finished(function(b, operation, xs if several else xs[0], y), y)


def _finished(found, y):
    """A `Value`, of what may be the name of a tensor in the model's order."""
    return found if isinstance(found, Value) else Value(found, tuple(range(len(y.shape))), y.shape, y.dtype)


def _before_repeats(b, tensor, values, makers, layer, rank):
    """An input of a layer that combines its inputs: what it was before the layer itself repeated it, since ONNX's
    operators broadcast."""
    source = tensor
    while True:
        maker = makers.get(source)
        if maker is None or maker.layer is not layer or not isinstance(maker.operation, (Repeat, Reshape)):
            break
        source = maker.inputs[0]
    x = values[source]
    if x.ndim == rank:
        return x
    ones = (1,) * (rank - x.ndim)
    name = b.reshape(b.elements(x), (*ones, *x.shape[1:]))
    return Value(name, tuple(range(rank)), (None, *ones, *x.shape[1:]), x.dtype)


def _function(b, node, values):
    """What a function of `cycnn.ops` gives: by its entry in the table, or by those of the functions that it uses."""
    if node.operation.call is None:
        raise Unmapped(f"the function {node.operation.name!r}")
    function, args, kwargs = node.operation.call
    given = dict.fromkeys(leaf for leaf in flatten((args, kwargs)) if isinstance(leaf, SymbolicTensor))
    given = {id(tensor): real for tensor, real in zip(given, node.inputs, strict=True)}

    def replaced(leaf, by=lambda tensor: tensor):
        if isinstance(leaf, SymbolicTensor):
            return by(given[id(leaf)])
        return leaf.numpy() if isinstance(leaf, (Expression, Variable)) else leaf

    name = function.__name__
    if name in functions.TABLE:
        args, kwargs = map_leaves(functools.partial(replaced, by=values.__getitem__), (args, kwargs))
        return functions.TABLE[name](b, node.output.spec, *args, **kwargs)
    if not getattr(function, "is_composite", False):
        raise Unmapped(f"the function `ops.{name.lstrip('_')}`")
    args, kwargs = map_leaves(replaced, (args, kwargs))
    try:
        with recording(layer=None, training=False):
            output = function.__wrapped__(*args, **kwargs)
        nodes, _ = choose(Graph(node.inputs, [output]).nodes, [output], training=False)
    except (TypeError, ValueError, AttributeError) as error:
        raise Unmapped(f"the function `ops.{name.lstrip('_')}` ({error})") from None
    inner = dict(values)
    for each in nodes:
        inner[each.output] = _converted(b, each, inner, {})
    return inner[output]
