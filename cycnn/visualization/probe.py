"""Probe: values anywhere in a model, and gradients between any two places of it."""

import numpy as np

from cycnn.core import checks
from cycnn.engine.function import Function
from cycnn.engine.graph import Graph
from cycnn.engine.recorded import Recorded
from cycnn.layers.layer import Layer
from cycnn.ops.elementwise import Elementwise
from cycnn.ops.softmax import Softmax

BATCH = 32  # samples of a run: bounds the memory of many samples


class Probe:
    """Tensors within a model, as functions of its input.

    Args:
        model: model with one input.
        tensors: symbolic tensors of its graph.

    Samples may have another size than the model's input; where the layers between do not take it, there is a `ValueError`.
    """

    def __init__(self, model, tensors):
        self._function = Function(Graph(model.inputs, tensors))

    def values(self, x):
        """The tensors' values for a batch, as a list of float32 arrays."""
        return self._function.of_sizes([x])([x], batch_size=BATCH)

    def gradients(self, x, seeds, inner=()):
        """Gradients of a number that is computed from the tensors.

        Args:
            x: batch of samples.
            seeds: function of a slice, the samples of a run, and of the list of the tensors' values for them; it gives
                that number's gradient with respect to each, or None.
            inner: numbers of the tensors whose gradients are wanted too.

        Returns:
            `(dx, [the gradient of each inner tensor], [each tensor's values])`.
        """
        function, found = self._function.of_sizes([x]), []
        for first in range(0, len(x), BATCH):
            rows = slice(first, min(first + BATCH, len(x)))
            run = Recorded(function, [x[rows]], inputs=[0], outputs=inner)
            (dx,), _, douts = run.pull_back(seeds(rows, run.outputs))
            # A number that does not depend on something has the gradient 0 there.
            dx = np.zeros((run.samples, *x.shape[1:]), np.float32) if dx is None else dx
            found.append([dx, *(_or_zeros(douts[k], run.outputs[k]) for k in inner), *run.outputs])
        dx, *rest = (np.concatenate(parts) for parts in zip(*found))
        return dx, rest[: len(inner)], rest[len(inner) :]


def _or_zeros(gradient, like):
    return np.zeros_like(like) if gradient is None else gradient


# -------------------------------------------------------------------------------------------------------- samples


def batch_of(model, x):
    """Samples as the model takes them.

    Args:
        model: model with one input; it is built if it is not yet.
        x: a batch or one sample, with or without a channel axis of length 1.

    Returns:
        `(float32 array with the sample axis, whether x was one sample)`.

    Raises:
        ValueError: several inputs, or an array that does not fit.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub" or x.size == 0:
        raise ValueError(f"`x` must hold numbers. Received: an array of shape {x.shape}, dtype={x.dtype}.")
    x = x.astype(np.float32)  # a copy of a few pictures, whose values gradients are taken at
    if not model.built:
        model(x)
    if len(model.inputs) != 1:
        raise ValueError(
            f"The model must have one input. Received: the model {model.name!r} with inputs "
            f"{[tensor.name for tensor in model.inputs]}."
        )
    sample = model.inputs[0].spec.sample
    for candidate, single in ((x, False), (x[None], True), (x[..., None], False), (x[None, ..., None], True)):
        if candidate.ndim == len(sample) + 1 and all(w in (None, d) for w, d in zip(sample, candidate.shape[1:])):
            return candidate, single
    raise ValueError(f"`x` must be samples of shape {sample}, or one. Received: an array of shape {x.shape}.")


# ---------------------------------------------------------------------------------------------------------- places


def tensor_of(model, layer):
    """The output of a layer within a model's graph: of its last use there.

    Args:
        model: model that knows the shape of its input.
        layer: layer, its name, or its number among `model.layers`; layers of models within the model count by name.

    Raises:
        ValueError: no such layer, or one that leads to no output of the model.
    """
    graph = Graph(model.inputs, model.outputs)
    if not isinstance(layer, Layer):
        layer = _named(model, layer)
    known = set(graph.inputs) | {node.output for node in graph.nodes}
    for call in reversed(layer._calls):
        for tensor in call.outputs:
            if tensor in known:
                return tensor
    inside = set(layer._flatten_layers())  # a model within the model: the last thing that any of its layers gives
    for node in reversed(graph.nodes):
        if node.layer in inside:
            return node.output
    raise ValueError(
        f"`layer` must lead to an output of the model {model.name!r}. Received: the layer {layer.name!r}, which does not."
    )


def _named(model, layer):
    if isinstance(layer, str):
        layers = [each for each in model._flatten_layers() if each is not model]
        for each in layers:
            if each.name == layer:
                return each
        raise ValueError(checks.unknown(f"layer of the model {model.name!r}", layer, [each.name for each in layers]))
    if checks.as_integer(layer) is None:
        raise checks.refuse("layer", "a layer, its name or its number", layer)
    return model.get_layer(index=layer)


def without_activation(tensor):
    """What a layer gives before its own activation function; the tensor itself where it has none."""
    node = tensor.node
    if node is not None and isinstance(node.operation, (Elementwise, Softmax)):
        (before,) = node.inputs
        if before.node is not None and before.node.layer is node.layer:
            return before
    return tensor


# ---------------------------------------------------------------------------------------------------------- scores


class Scores:
    """The scores of a model's classes, and which of them is asked for. Of a model with one unit, class 1 is the unit and
    class 0 its opposite.

    Args:
        model: model with one output (n, classes), or one for each position: (n, ..., classes).
        x: batch of samples.
        target: class, one for each sample, or None: the class that the model predicts.
        logits: whether a score is what goes into the last softmax or sigmoid, rather than the probability.

    Attributes:
        tensor: the symbolic tensor of all scores.
        classes: the class that is asked for, of each sample.

    Raises:
        ValueError: several outputs, or classes that the model does not have.
    """

    def __init__(self, model, x, target=None, logits=True):
        if len(model.outputs) != 1:
            raise ValueError(
                "The model must have one output; `cycnn.Model(model.inputs, model.outputs[0])` has. "
                f"Received: the model {model.name!r} with {len(model.outputs)} outputs."
            )
        (self.tensor,) = model.outputs
        operation = self.tensor.node.operation
        sigmoid = isinstance(operation, Elementwise) and operation.kind == "sigmoid"
        if logits and (sigmoid or isinstance(operation, Softmax)):
            (self.tensor,) = self.tensor.node.inputs
        count = self.tensor.shape[-1]
        if target is None:
            (scores,) = Probe(model, [self.tensor]).values(x)
            scores = scores.reshape(len(x), -1, count).mean(axis=1)
            half = (0 if logits else 0.5) if sigmoid else -np.inf
            self.classes = scores.argmax(axis=1) if count > 1 else (scores[:, 0] >= half).astype(int)
        else:
            count = max(count, 2)
            classes = np.asarray(target)
            if (
                classes.dtype.kind not in "iu"
                or classes.shape not in ((), (len(x),))
                or not ((classes >= 0) & (classes < count)).all()
            ):
                raise checks.refuse("target", f"a class from 0 to {count - 1}, or one for each sample", target)
            self.classes = np.broadcast_to(classes, len(x))

    @staticmethod
    def seeds(scores, classes):
        """d (the scores of these classes) / d (all scores); those of several positions are added up."""
        if scores.shape[-1] == 1:
            wanted = np.where(classes, 1, -1)[:, None]
        else:
            wanted = np.asarray(classes)[:, None] == np.arange(scores.shape[-1])
        wanted = wanted.reshape(len(scores), *[1] * (scores.ndim - 2), -1)
        return np.broadcast_to(wanted, scores.shape).astype(np.float32)
