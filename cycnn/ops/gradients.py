"""gradients: of a number that symbolic tensors lead to, with respect to what leads to it."""

import numpy as np

from cycnn.core import checks
from cycnn.core.structure import flatten, pack
from cycnn.core.variable import Variable
from cycnn.engine.function import Function
from cycnn.engine.graph import Graph, SymbolicTensor
from cycnn.engine.recorded import Recorded
from cycnn.ops import reductions, tape
from cycnn.ops.arrays import numbers
from cycnn.ops.symbolic import Whole


def gradients(target, sources, inputs, training=False):
    """The gradients of a target with respect to the inputs of a model, what lies within it, and its weights.

    Args:
        target: symbolic tensor: what a layer or model gave, or what `cycnn.ops` makes of that: `ops.mean(y)`, `y[:, 3]`.
            Of more than one number, the gradient of their sum.
        sources: symbolic tensors (inputs, `layer.output`) and variables, in any structure.
        inputs: values of the `Input` that the target depends on; of several, a dictionary by their names.
        training: the training flag.

    Returns:
        float32 arrays, in the structure of `sources`; None where the target does not depend on a source.

    Raises:
        ValueError: other things than tensors and variables, or values that do not fit the inputs.

    Example:

    ```python
    # A saliency map: how much each pixel matters for class 3.
    dx = cycnn.gradients(model.output[:, 3], model.input, images)
    saliency = np.abs(dx).max(axis=-1)

    # Grad-CAM: how much each map of a layer matters.
    dy = cycnn.gradients(model.output[:, 3], model.get_layer("conv5").output, images)
    ```
    """
    leaves = flatten(sources)
    if not all(isinstance(leaf, (SymbolicTensor, Variable)) for leaf in leaves):
        raise checks.refuse("sources", "symbolic tensors and variables", sources)
    if not isinstance(target, (SymbolicTensor, Whole)):
        raise checks.refuse("target", "a symbolic tensor, made from an `Input`", target)
    whole = target if isinstance(target, Whole) else Whole(reductions.sum, (target,), {}, "`gradients` adds up.")
    tensors, variables = _behind(whole)
    asked = dict.fromkeys(leaves)  # dictionaries, as `in` a list would compare values
    starts = [tensor for tensor in tensors if tensor.node is None]
    inner = [tensor for tensor in tensors if tensor.node is not None and (tensor in asked or tensor in whole.inputs)]
    wanted = [variable for variable in variables if variable in asked]
    arrays = _in_order(inputs, starts)
    run = Recorded(
        Function(Graph(starts, inner)),
        arrays,
        training=bool(training),
        variables=wanted,
        inputs=[k for k, tensor in enumerate(starts) if tensor in asked],
        outputs=[k for k, tensor in enumerate(inner) if tensor in asked],
    )
    values = dict(zip((*starts, *inner), (*arrays, *run.outputs)))
    # The number is computed from what the run gave, and its gradients there are where the run's way back begins.
    _, pullback = tape.vjp(lambda *xs: whole.evaluate(xs), [values[tensor] for tensor in whole.inputs], wanted)
    dends, dwanted = pullback(np.ones(whole.shape, whole.dtype))
    seeds = dict(zip(whole.inputs, dends, strict=True))
    dxs, dvariables, dinner = run.pull_back([seeds.get(tensor) for tensor in inner])
    found = dict(zip((*starts, *wanted, *inner), (*dxs, *dvariables, *dinner), strict=True))
    direct = {tensor: seeds[tensor] for tensor in starts if tensor in seeds}
    direct.update((v, dv) for v, dv in zip(wanted, dwanted, strict=True) if any(v is own for own in whole.variables))
    for leaf, gradient in direct.items():
        found[leaf] = gradient if found[leaf] is None else found[leaf] + gradient
    return pack(sources, [found.get(leaf) for leaf in leaves])


def _behind(whole):
    """The tensors that lead to a number, in order, and the variables on the way: two dictionaries without values."""
    tensors, variables, stack = {}, dict.fromkeys(whole.variables), list(whole.inputs)
    while stack:
        tensor = stack.pop()
        if tensor not in tensors:
            tensors[tensor] = None
            if tensor.node is not None:
                stack.extend(reversed(tensor.node.inputs))
                variables.update(dict.fromkeys(tensor.node.operation.variables))
    return tensors, variables


def _in_order(inputs, tensors):
    """One array for each input."""
    names = [tensor.name for tensor in tensors]
    if not isinstance(inputs, dict):
        if len(tensors) != 1:
            raise ValueError(
                f"`inputs` must be a dictionary: the target depends on the inputs {names}. "
                f"Received: inputs={checks.short(inputs)}."
            )
        inputs = {names[0]: inputs}
    missing = [name for name in names if name not in inputs]
    if missing:
        raise ValueError(f"`inputs` must have values for the inputs {names}. Received: keys {list(inputs)}.")
    arrays = [numbers(inputs[name], f"`inputs[{name!r}]`") for name in names]
    for array, tensor in zip(arrays, tensors):
        sample = tensor.spec.sample
        if array.ndim != len(sample) + 1 or any(w not in (None, d) for w, d in zip(sample, array.shape[1:])):
            raise ValueError(
                f"`inputs` must fit the model: the input {tensor.name!r} has shape {tensor.shape}. "
                f"Received: shape {array.shape}."
            )
    return arrays
