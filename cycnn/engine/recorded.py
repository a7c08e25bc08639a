"""One batch whose gradients may be asked for later: forward now, backward when the time has come.

Both are halves of one plan, which is lent until then: what forward leaves for backward lies in its memory.

    run = Recorded(function, arrays, variables=...)   →  plan.run(n, half=0)   →  run.outputs, run.added
    run.pull_back(seeds)                              →  plan.run(n, half=1)   →  gradients
"""

import numpy as np

from cycnn import kernels
from cycnn.core import memory
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.engine.function import Source, run_state
from cycnn.engine.graph import Attached, Choice
from cycnn.engine.plan import Plan


class Recorded:
    """A run of a function that knows the way back.

    Args:
        function: `Function`.
        arrays: one per input, of one batch.
        training: the training flag.
        variables: those whose gradients may be asked for.
        inputs, outputs: numbers of the inputs, and of the outputs, whose gradients may be asked for.
        repeats: whether that may happen more than once.

    Attributes:
        outputs: list of float32 arrays.
        added: list of what layers add to the loss, one number for each of `graph.losses_of(training)`.
    """

    def __init__(self, function, arrays, *, training=False, variables=(), inputs=(), outputs=(), repeats=False):
        function = function.fitting(arrays)
        self.graph, self.training, self.repeats = function.graph, training, repeats
        self.variables, self._wanted = tuple(variables), (tuple(inputs), tuple(outputs))
        self.samples = len(arrays[0])
        self._sources = [Source(array) for array in arrays]
        key = (
            "record", self.samples, training, repeats, self._wanted, tuple(map(id, self.variables)),
            tuple(getattr(node.operation, "trainable", True) for node in self.graph.nodes),
            tuple(source.key for source in self._sources),
        )  # fmt: skip
        self._labels, self._plan = function.labels, None
        self._loan = function.lend(key, self._make)
        plan = self._plan = self._loan.__enter__()
        rows = np.arange(self.samples, dtype=np.int64)
        for k, source in enumerate(self._sources):
            source.bind(plan, f"input {k}", rows)
        if plan.uses("step"):
            plan.bind("step", run_state())
        self.outputs = self._bind("output", [self._room(tensor) for tensor in self.graph.outputs])
        added = self._bind("added", [np.empty(1, np.float32) for _ in self.graph.losses_of(training)])
        plan.run(self.samples, half=0)
        self.added = [value[0] for value in added]

    def pull_back(self, seeds, added_seeds=None):
        """Gradients of what is computed from the outputs and the added numbers.

        Args:
            seeds: for each output, its gradient so far: an array, or None where there is none.
            added_seeds: for each added number, the same; None: there are none.

        Returns:
            `(gradients of the inputs, of the variables, of the outputs)`: lists of float32 arrays, None where nothing
            depends or where it was not said that they may be wanted. Those of the outputs hold the seeds, and what flows
            back to them from other outputs.

        Raises:
            RuntimeError: this was done before, and the run does not repeat it.
        """
        if self._plan is None:
            raise RuntimeError(
                "The gradients of this run were computed before, and it keeps nothing for a second time."
            )
        added_seeds = [None] * len(self.added) if added_seeds is None else added_seeds
        self._bind(
            "seed", [np.zeros_like(y) if seed is None else _like(seed, y) for seed, y in zip(seeds, self.outputs)]
        )
        self._bind("added seed", [np.full(1, 0 if seed is None else seed, np.float32) for seed in added_seeds])
        dxs = self._bind("d input", map(self._room, self.graph.inputs))
        dvs = self._bind("d variable", [np.zeros(v.shape, np.float32) for v in self.variables])
        dys = self._bind("d output", map(self._room, self.graph.outputs))
        self._plan.run(self.samples, half=1)
        tensors, variables = self._behind(seeds, added_seeds)
        inputs, outputs = self._wanted
        found = (
            [dx if k in inputs and t in tensors else None for k, (t, dx) in enumerate(zip(self.graph.inputs, dxs))],
            [dv if v in variables else None for v, dv in zip(self.variables, dvs)],
            [dy if k in outputs and t in tensors else None for k, (t, dy) in enumerate(zip(self.graph.outputs, dys))],
        )
        if not self.repeats:
            self.give_back()
        return found

    def give_back(self):
        """End the loan of the plan."""
        if self._plan is not None:
            self._plan = None
            self._loan.__exit__()

    __del__ = give_back

    def _room(self, tensor):
        return memory.empty((self.samples, *tensor.spec.sample))

    def _bind(self, kind, arrays):
        arrays = list(arrays)
        for k, array in enumerate(arrays):
            self._plan.bind(f"{kind} {k}", array)
        return arrays

    def _make(self):
        inputs, outputs = self._wanted
        variables = self.variables

        def hand_over(emit, gradients):
            for k, variable in enumerate(variables):
                if variable in gradients:
                    gradient = gradients[variable]
                    result = emit.external(f"d variable {k}", (gradient.size,))
                    emit.whole(
                        kernels.update.add, gradient.view(gradient.size), result, units=emit.blocks(gradient.size)
                    )

        return Plan(
            self.graph,
            self.samples,
            training=self.training,
            objective=_Seeds(),
            gradients=variables,
            input_gradients=inputs,
            output_gradients=outputs,
            halves=True,
            repeats=self.repeats,
            update=hand_over,
            feeds=[source.feed(f"input {k}") for k, source in enumerate(self._sources)],
            labels=self._labels,
        )

    def _behind(self, seeds, added_seeds):
        """The tensors and variables that something with a seed depends on."""
        losses = self.graph.losses_of(self.training)
        begun = [loss for loss, seed in zip(losses, added_seeds) if seed is not None]
        tensors = {tensor for tensor, seed in zip(self.graph.outputs, seeds) if seed is not None}
        tensors.update(tensor for loss in begun for tensor in loss.inputs)
        variables = {variable for loss in begun for variable in loss.variables}
        for node in reversed(self.graph.nodes):
            if node.output in tensors:
                inputs = node.inputs
                if type(node.operation) is Attached:
                    inputs = inputs[:1]
                elif type(node.operation) is Choice:
                    inputs = (Choice.taken(inputs, node.flag(self.training)),)
                tensors.update(inputs)
                variables.update(node.operation.variables)
        return tensors, variables


class _Seeds:
    """An objective that is not known yet: the second half of the plan begins with its gradients."""

    differentiates = True

    def __init__(self):
        self._added = []

    def absorbs(self, node, k):
        return False

    def add(self, emit, plan, k, loss, xs):
        loss.forward(emit, xs, plan.external(f"added {k}", (1,)))
        self._added.append((loss, xs, loss.gradient_buffers(xs), plan.external(f"added seed {k}", (1,))))
        return self._added[-1][2]

    def emit(self, emit, plan, xs, ys):
        plan.pause()
        for loss, inputs, dxs, seed in self._added:
            loss.backward(emit, inputs, dxs, seed=seed)
        gradients = []
        for k, y in enumerate(ys):
            seed = plan.external(f"seed {k}", y.shape, samples=True)
            gradients.append(Buffer.new(f"d output {k}", SAMPLE, y.shape))  # the seed stays: operations overwrite dy
            emit(kernels.layout.copy, seed.view(seed.size), gradients[-1].view(seed.size))
        return gradients


def _like(seed, y):
    """A gradient as plans read it."""
    return np.ascontiguousarray(np.broadcast_to(seed, y.shape), np.float32)
