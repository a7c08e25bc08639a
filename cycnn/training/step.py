"""A step: one batch through a plan with losses."""

import numpy as np

from cycnn import kernels, ops
from cycnn.core import memory
from cycnn.core.shapes import rows_of
from cycnn.engine.function import KEPT, Source, run_state
from cycnn.engine.plan import Plan
from cycnn.regularizers import L1, L1L2, L2
from cycnn.training.objective import Objective


class Steps:
    """Runs batches, each in a plan that fits its arrays: `run(samples, rows)`.

    Entered, it borrows plans when it needs them and gives them back at the end. Whole arrays take one plan; of a stream,
    batches with arrays of the same types and shapes share one, a short batch runs in the plan of a full one.

    Args:
        model: the model; it is compiled and built.
        training: whether batches are learned from.
        capacity: samples of the largest batch, where that is known.
        random: seed and step of the random operations; None: the model's, or new ones.
    """

    def __init__(self, model, training, capacity=0, random=None):
        self.model, self.training, self.capacity = model, training, capacity
        self.compiled = model._compiled
        self.trained = model._trained() if training else []
        self.regularized = [v for v in model._trained() if v.regularizer is not None]
        self.constrained = [v for v in self.trained if v.constraint is not None]
        self._random = random
        self._steps, self._samples = Borrowed(), None

    def __enter__(self):
        self.model._must_have_loss("fit" if self.training else "evaluate")
        alone = list(map(id, self.model.metrics)) == list(map(id, self.compiled.metrics))
        self.logs = self.compiled.logs if alone else self.model.get_metrics_result
        if self.training:
            if not self.model.optimizer.built:
                self.model.optimizer.build(self.trained)
        else:
            self.penalty = sum(float(v.regularizer(v.value)) for v in self.regularized)
        return self

    def __exit__(self, *error):
        self._steps.close()

    def epoch_logs(self):
        """`{name: value}` of the loss and all metrics so far."""
        return self.logs()

    @property
    def random(self):
        """Seed and step of the random operations, where there are some."""
        if self._random is None:
            self._random = self.model._training_state() if self.training else run_state()
        return self._random

    def run(self, samples, rows):
        """One batch: the samples `rows` (int64 array)."""
        if samples is not self._samples:
            self.step, self._samples = self.step_for(samples, len(rows)), samples
        self.step.run(rows)

    def step_for(self, samples, count):
        """The `Step` that reads these samples, in batches of `count`."""
        sources = sources_of(samples, self.compiled.terms)
        key = tuple((name, *source.key, source.array.shape[1:]) for name, source in sources)
        step = self._steps.get(key)
        if step is None or step.capacity < count:
            self.capacity = max(self.capacity, count)
            step = Step(self, sources, key, self.capacity)
            self._steps.enter(key, step)
        step.read(samples, sources)
        return step


class Borrowed:
    """What is borrowed for a while, by key: the latest few, so that batches of many sizes do not fill the memory."""

    def __init__(self):
        self._entered = {}  # key → (what was entered, what it gave), the latest used last

    def get(self, key):
        """What was borrowed under a key, or None."""
        found = self._entered.pop(key, None)
        if found is None:
            return None
        self._entered[key] = found
        return found[1]

    def enter(self, key, loan):
        """Enter a context under a key; what was there, and the oldest of too many, are given back."""
        for old in [key, *list(self._entered)[: 1 - KEPT]]:
            if old in self._entered:
                self._entered.pop(old)[0].__exit__(None, None, None)
        self._entered[key] = loan, loan.__enter__()
        return self._entered[key][1]

    def close(self):
        """Give everything back."""
        while self._entered:
            self._entered.popitem()[1][0].__exit__(None, None, None)


def sources_of(samples, terms):
    """(name, `Source`) of everything that a plan gathers."""
    found = [(f"input {k}", Source(array)) for k, array in enumerate(samples.inputs)]
    found += [(f"target {j}", Source(y, term.loss.targets)) for j, (term, y) in enumerate(zip(terms, samples.matched))]
    for k in sorted({term.output for term in terms}):
        if samples.weights[k] is not None:
            found.append((f"weight {k}", Source(samples.weights[k])))
    return found


class Step:
    """A plan with losses, lent for a while, and the arrays that it reads: `run(rows)` does one batch.

    Entered, it holds everything a batch needs; `run` allocates next to nothing.
    """

    def __init__(self, steps, sources, key, capacity):
        self.steps, self.sources, self.capacity = steps, sources, capacity
        model = steps.model
        inputs = [source.array for name, source in sources if name.startswith("input")]
        self.function = model._the_function().of_sizes(inputs)
        self.graph = self.function.graph
        self.key = (
            "train" if steps.training else "test",
            capacity,
            key,
            tuple(map(id, steps.trained)),
            tuple(getattr(node.operation, "trainable", True) for node in self.graph.nodes),
            model.optimizer if steps.training else None,
        )

    def _make(self):
        steps, shapes = self.steps, {n: s.array.shape[1:] for n, s in self.sources}
        terms, feeds = steps.compiled.terms, {name: source.feed(name) for name, source in self.sources}
        plan = Plan(
            self.graph,
            self.capacity,
            training=steps.training,
            objective=Objective(
                terms,
                [shapes[f"target {j}"] for j in range(len(terms))],
                [shapes.get(f"weight {term.output}") for term in terms],
                feeds,
                steps.training,
            ),
            gradients=steps.trained,
            update=self._emit_update if steps.training else None,
            feeds=[feeds[f"input {k}"] for k in range(len(self.graph.inputs))],
            labels=self.function.labels,
        )
        added = len(self.graph.losses_of(steps.training))
        plan.room = Room(plan, self.graph.outputs, terms, len(steps.regularized), added)
        return plan

    def _emit_update(self, emit, gradients):
        for k, variable in enumerate(self.steps.regularized):
            if variable not in gradients:  # no loss depends on it: there is the penalty alone
                gradients[variable] = emit.gradient(variable)
                emit.host(_clear, gradients[variable], modes="w")
            if gradients[variable] is not None:
                _emit_penalty(emit, variable, gradients[variable], emit.external(f"penalty {k}", (1,)))
        self.steps.model.optimizer.emit(emit, gradients)

    def __enter__(self):
        self._loan = self.function.lend(self.key, self._make)
        plan = self.plan = self._loan.__enter__()
        self.outputs, self.penalties, self.added = plan.room.outputs, plan.room.penalties, plan.room.added
        self.parts = [Part(term, *room) for term, room in zip(self.steps.compiled.terms, plan.room.losses, strict=True)]
        self.is_random = plan.uses("step")
        if self.is_random:
            plan.bind("step", self.steps.random)
        return self

    def __exit__(self, *error):
        return self._loan.__exit__(*error)

    def read(self, samples, sources):
        """Batches are rows of these arrays from now on; they have the types of those before."""
        self.samples, self.sources = samples, sources
        for name, source in sources:
            source.attach(self.plan, name)

    def fill(self, rows):
        """Make the samples `rows` (int64 array) the next batch; returns their weights, of each output."""
        samples = self.samples
        for _, source in self.sources:
            source.pick(rows)
        weights = [None if w is None else w[rows] for w in samples.weights]
        for part, targets in zip(self.parts, samples.matched, strict=True):
            part.begin(len(rows), weights[part.output], targets, rows)
        return weights

    def run(self, rows):
        """One batch: the samples `rows` (int64 array)."""
        steps, samples, count = self.steps, self.samples, len(rows)
        weights = self.fill(rows)
        if steps.training:
            self._learn(count)
        else:
            self.team = self.plan.run(count)
        compiled, loss = steps.compiled, 0.0
        for part in self.parts:
            value = part.end(count, weights[part.output])
            if part.tracker is not None:
                part.tracker.add(value, count)
            loss += part.factor * value
        if steps.regularized:
            loss += float(self.penalties.sum()) if steps.training else steps.penalty
        if len(self.added):
            loss += float(self.added.sum(dtype=np.float64))
            steps.model._note_added(self.graph, steps.training, self.added.copy())
        compiled.mean_loss.add(loss, count)
        for watched in compiled.watched:
            k = watched.output
            watched.metric.update_state(
                samples.targets[k][rows], self.outputs[k][:count], weights[k] if watched.weighted else None
            )

    def _learn(self, count):
        steps, optimizer = self.steps, self.steps.model.optimizer
        self.penalties.fill(0)
        optimizer.before_step()
        self._changed()  # also before: a Ctrl-C arrives right behind `run`, when the weights are new
        try:
            self.team = self.plan.run(count)
        finally:
            self._changed()
            for variable in steps.constrained:
                variable.assign(variable.constraint(variable.value))
            optimizer.after_step()
            if self.is_random:
                steps.random[1] += np.uint64(1)

    def _changed(self):
        """Mark packed copies of the weights that this run changes as stale."""
        for variable in self.steps.trained:
            variable.version += 1


class Room:
    """Memory that a plan with losses writes to besides its own: made and bound with the plan, and lent with it.

    Attributes:
        outputs: list of arrays, one per output of the graph.
        losses: for each term its values, (capacity, positions) or one for the batch, and its scale (1,).
        penalties, added: of each regularized weight, and of each loss that a layer adds.
    """

    def __init__(self, plan, tensors, terms, regularized, added):
        capacity = plan.capacity
        self.outputs = [memory.empty((capacity, *tensor.spec.sample)) for tensor in tensors]
        self.losses = []
        for term in terms:
            positions = rows_of(tensors[term.output].spec.sample)[0]
            values = memory.empty((capacity, positions) if term.loss.has_kernel else (1,))
            self.losses.append((values, memory.empty((1,))))
        self.penalties, self.added = memory.zeros((regularized,)), memory.zeros((added,))
        for k, output in enumerate(self.outputs):
            plan.bind(f"output {k}", output)
        for j, (values, scale) in enumerate(self.losses):
            plan.bind(f"value {j}", values)
            plan.bind(f"scale {j}", scale)
        for name, numbers in (("penalty", self.penalties), ("added", self.added)):
            for k in range(len(numbers)):
                plan.bind(f"{name} {k}", numbers[k : k + 1])


class Predictions:
    """Outputs of batches, in plans that fit their arrays, borrowed as `Steps` does: `run(samples, rows, outputs)`.

    Args:
        function: the model's `Function`.
        capacity: samples of the largest batch, where that is known.
        random: seed and step of the random operations, where there are some; None: new ones.
    """

    def __init__(self, function, capacity=0, random=None):
        self.function, self.capacity, self._random = function, capacity, random
        self._plans, self._samples = Borrowed(), None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._plans.close()

    def run(self, samples, rows, outputs):
        """Write the outputs of one batch into a list of arrays."""
        if samples is not self._samples:
            self.plan, self._samples = self._plan_for(samples, len(rows)), samples
        for source in self._sources:
            source.pick(rows)
        for k, output in enumerate(outputs):
            self.plan.bind(f"output {k}", output)
        self.plan.run(len(rows))

    def _plan_for(self, samples, count):
        self._sources = [Source(array) for array in samples.inputs]
        key = tuple((*source.key, source.array.shape[1:]) for source in self._sources)
        plan = self._plans.get(key)
        if plan is None or plan.capacity < count:
            self.capacity = max(self.capacity, count)
            plan = self._plans.enter(key, self._lend(samples))
            if plan.uses("step"):
                plan.bind("step", run_state() if self._random is None else self._random)
        for k, source in enumerate(self._sources):
            source.attach(plan, f"input {k}")
        return plan

    def _lend(self, samples):
        function, sources = self.function.of_sizes(samples.inputs), self._sources

        def make():
            feeds = [source.feed(f"input {k}") for k, source in enumerate(sources)]
            return Plan(function.graph, self.capacity, feeds=feeds, labels=function.labels)

        return function.lend(("predict", self.capacity, False, (), tuple(source.key for source in sources)), make)


class Part:
    """A loss of one output in a step: its values, and the factor that its kernel multiplies gradients by."""

    def __init__(self, term, values, scale):
        self.output, self.loss, self.factor, self.tracker = term.output, term.loss, term.factor, term.tracker
        self.values, self.scale, self.positions = values, scale, values.shape[-1]
        self.leaves_out = getattr(term.loss, "ignore_class", None) is not None

    def begin(self, count, weight, targets, rows):
        """Fill in what the kernel multiplies by; only a loss that leaves targets out has to look at them for it."""
        if self.loss.has_kernel:
            y = targets[rows] if self.leaves_out else None
            self.divisor = self.loss.divisor(count * self.positions, weight, y)
            self.scale[0] = self.factor / self.divisor if self.divisor else 0.0

    def end(self, count, weight):
        """The loss of the batch."""
        if not self.loss.has_kernel:
            return float(self.values[0])
        values = self.values[:count]
        if weight is None:
            total = values.sum(dtype=np.float64)
        elif weight.ndim == 1:
            total = (values.sum(axis=1) * weight).sum(dtype=np.float64)
        else:
            total = (values * weight.reshape(count, -1)).sum(dtype=np.float64)
        return float(total) / self.divisor if self.divisor else 0.0


def _clear(gradient):
    gradient.fill(0)


def _emit_penalty(emit, variable, gradient, penalty):
    """The regularizer of a weight: its value, and its gradient added to the weight's."""
    rule = variable.regularizer
    if type(rule) in (L1, L2, L1L2):
        l1, l2 = float(getattr(rule, "l1", 0.0)), float(getattr(rule, "l2", 0.0))
        emit.whole(kernels.update.regularize, emit.flat(variable), gradient.view(gradient.size), penalty, l1, l2)
        return

    def regularize(weight, gradient, penalty):
        if hasattr(rule, "value_and_gradient"):
            penalty[0], more = rule.value_and_gradient(weight)
        else:
            penalty[0], (more,), _ = ops.value_and_gradient(rule, [weight])
        gradient += more

    emit.host(regularize, variable, gradient, penalty, modes="ruw")
