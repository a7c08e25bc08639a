"""Graphs called on arrays: on the tapes that are active, a layer or a model leaves one step.

with GradientTape() as tape:
    y = model(x)                       →  call(function, [x])  →  Recorded: the first half of a plan
tape.gradient(loss, model.weights)     →  the step's way back  →  its second half
"""

from cycnn.core.array import PLAIN, Array
from cycnn.engine.recorded import Recorded
from cycnn.ops import tape
from cycnn.ops.tape import Tensor, value_of


def call(function, inputs, training=None):
    """The outputs of a function of a graph, and what its layers add to the loss.

    Args:
        function: `engine.function.Function`.
        inputs: for each input of the graph an array, tensor or variable.
        training: the training flag; None, where nobody says one, is False but for layers that act by default.

    Returns:
        `(outputs, added)`: lists of arrays, of tensors where an input is a tensor or a tape watches an input or a
        variable; `added` has one number for each of `graph.losses_of(training)`.
    """
    function = function.fitting(inputs)
    graph = function.graph
    training = None if training is None and graph.tells_unsaid else bool(training)
    tapes, variables = tape.active(), {}
    if not tapes and not graph.losses and all(type(x) in PLAIN for x in inputs):  # most calls
        return _shown(function(inputs, training=training)), []
    if tapes:
        variables = dict.fromkeys(v for node in graph.nodes for v in node.operation.variables)
        variables |= dict.fromkeys(v for loss in graph.losses_of(training) for v in loss.variables)
        tapes = [t for t in tapes if any(t.watches(x) for x in (*inputs, *variables))]
    arrays = [value_of(x) for x in inputs]
    if not tapes and not graph.losses_of(training):
        outputs, added = function(arrays, training=training), []
        return [Tensor(y) for y in outputs] if any(isinstance(x, Tensor) for x in inputs) else _shown(outputs), added
    watched = [k for k, x in enumerate(inputs) if tape.is_float(x) and any(t.watches(x) for t in tapes)]
    learned = [v for v in variables if tape.is_float(v) and any(t.watches(v) for t in tapes)]
    read = {tensor for node in graph.nodes for tensor in node.inputs}
    run = Recorded(
        function,
        arrays,
        training=training,
        variables=learned,
        inputs=watched,
        outputs=[k for k, tensor in enumerate(graph.outputs) if tensor in read] if watched or learned else (),
        repeats=len(tapes) > 1 or any(t.repeats for t in tapes),
    )
    if not tapes and not any(isinstance(x, Tensor) for x in inputs):
        return _shown(run.outputs), run.added
    outputs, added = [Tensor(y) for y in run.outputs], [Tensor(value) for value in run.added]

    def pull_back(gradients):
        dxs, dvs, dys = run.pull_back(gradients[: len(outputs)], gradients[len(outputs) :])
        return [*dxs, *dvs], dys

    for t in tapes:
        t.record_run([*outputs, *added], [*inputs, *learned], pull_back)
    return outputs, added


def _shown(outputs):
    return [y.view(Array) for y in outputs]
