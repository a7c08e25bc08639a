"""compile, fit, evaluate, predict: the loops over batches."""

import math
from contextlib import closing

import numpy as np

from cycnn import kernels, losses, metrics, optimizers
from cycnn.core import checks, memory, random
from cycnn.engine.function import Function, Source, run_state
from cycnn.engine.plan import Plan
from cycnn.regularizers import L1, L1L2, L2
from cycnn.training import data
from cycnn.training.callbacks import CallbackList, History
from cycnn.training.objective import Objective
from cycnn.training.progress import Progress


class Trainer:
    """What a model can do with data. Mixed into `Model` and `Sequential`, which give `_graph()` and the weights."""

    def _start_training(self):
        self.optimizer = self.loss = None
        self.stop_training = False
        self._compiled = False
        self._loss_objects = self._metric_objects = None
        self._function = None
        self._seed = None
        self._step = 0
        self._trainable_at_compile = None

    # -------------------------------------------------------------------------------------------------- compile

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Say how to learn.

        Args:
            optimizer: name or `Optimizer`.
            loss: name or `Loss`.
            metrics: list of names, functions or `Metric` objects; `"accuracy"` is the one that fits the output.
            weighted_metrics: as `metrics`, but the samples count by their weights.
            loss_weights: not supported yet: None.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted, and without effect: every step is
                one call of compiled code.
        """
        if loss_weights is not None:
            raise ValueError(f"`loss_weights` is not supported yet. Received: loss_weights={loss_weights}.")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            loss = loss[0]
        self._loss_objects = None if loss is None else [losses.get(loss)]
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given is not None and not isinstance(given, (list, tuple)):
                raise ValueError(f"Expected `{name}` to be a list: {name}=[{given!r}]. Received: {name}={given!r}.")
        self._metric_arguments = [(m, False) for m in metrics or []] + [(m, True) for m in weighted_metrics or []]
        for metric, _ in self._metric_arguments:
            if not (isinstance(metric, str) and metric in ("accuracy", "acc")):
                _metric(metric)  # an unknown name is refused here, not in `fit`
        self._metric_objects = None
        self._compiled = True
        self._mean_loss = _Mean()
        self._forget_plans()

    @property
    def compiled(self):
        return self._compiled

    def _forget_plans(self):
        if self._function is not None:
            self._function.forget()

    def _must_be_compiled(self, what, with_loss=True):
        if not self._compiled:
            raise ValueError(
                f"You must call `compile()` before calling `{what}()`: it says which loss and optimizer to use."
            )
        if with_loss and self._loss_objects is None:
            raise ValueError(f"`{what}()` needs a loss. Call `compile(..., loss=...)`. Received: loss=None.")

    def _make_metrics(self, y):
        """Metric objects, now that the shapes of outputs and targets are known."""
        if self._metric_objects is not None:
            return
        sample = self._the_graph().outputs[0].spec.sample
        loss = self._loss_objects[0]
        self._metric_objects = []
        for argument, weighted in self._metric_arguments:
            if isinstance(argument, str) and argument in ("accuracy", "acc"):
                if sample[-1:] == (1,) or isinstance(loss, losses.BinaryCrossentropy):
                    metric = metrics.BinaryAccuracy(name=argument)
                elif loss.targets == "int32" or y.shape[1:] != sample:
                    metric = metrics.SparseCategoricalAccuracy(name=argument)
                else:
                    metric = metrics.CategoricalAccuracy(name=argument)
            else:
                metric = _metric(argument)
            metric.weighted = weighted
            if weighted and any(metric.name == other.name for other in self._metric_objects):
                metric.name = f"weighted_{metric.name}"
            self._metric_objects.append(metric)

    # ----------------------------------------------------------------------------------------------------- plans

    def _the_function(self):
        graph = self._the_graph()
        if self._function is None or self._function.graph is not graph:
            labels = {id(t): layer.name for t, layer in self._produced().items()}
            self._function = Function(graph, labels)
        return self._function

    def _training_state(self):
        """Seed and step of the random operations; the step counts on from fit to fit."""
        if self._seed is None:
            self._seed = random.make_seed()
            self._state = np.array([self._seed, 0], np.uint64)
        return self._state

    def _check_targets(self, y, what="y"):
        graph, loss = self._the_graph(), self._loss_objects[0]
        y = data.as_array(y, what)
        data.not_empty(y, what)
        y = loss.match(y, graph.outputs[0].spec.sample)
        loss.check_values(y, graph.outputs[0].spec.sample)
        return y

    def _check(self, x, y, sample_weight, what="x"):
        """Arrays of inputs, targets and weights that fit the model and each other."""
        self._build_from(x)
        inputs = data.as_inputs(x, self._the_graph().inputs, what)
        data.not_empty(inputs[0], what)
        if y is None:
            name = self._loss_objects[0].name
            raise ValueError(f"`y` must be given: the loss {name!r} compares outputs with targets. Received: y=None.")
        y = self._check_targets(y)
        if sample_weight is not None:
            sample_weight = data.as_array(sample_weight, "sample_weight")
            if sample_weight.ndim == 2 and sample_weight.shape[1] == 1:
                sample_weight = sample_weight[:, 0]
            if sample_weight.ndim != 1:
                raise ValueError(
                    f"`sample_weight` must have one number per sample. Received: shape {sample_weight.shape}."
                )
        data.same_length([*inputs, y, sample_weight], [what] * len(inputs) + ["y", "sample_weight"])
        return inputs, y, sample_weight

    def _batches(self, inputs, y, weight, batch_size, training):
        return _Batches(self, inputs, y, weight, batch_size, training)

    # ------------------------------------------------------------------------------------------------------- fit

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Learn from arrays.

        Args:
            x: samples (n, ...); any numeric dtype, memory maps too; read a batch at a time and left unchanged.
            y: targets (n, ...).
            batch_size: samples of a step; 32 by default.
            epochs: how often to go through the samples.
            verbose: 0 nothing, 1 a live line, 2 a line per epoch; `"auto"`: 1.
            callbacks: list of `Callback`.
            validation_split: share of the samples, taken from the end, to validate with.
            validation_data: `(x, y)` or `(x, y, weight)` to validate with after each epoch.
            shuffle: whether samples come in a new random order in each epoch.
            sample_weight: weights (n,) of the samples in the loss.
            initial_epoch: number of the first epoch.
            class_weight, steps_per_epoch, validation_steps, validation_freq: not supported yet.

        Returns:
            `History`.

        Raises:
            ValueError: arguments that do not fit the model or each other.
        """
        self._must_be_compiled("fit")
        for name, value, default in (
            ("class_weight", class_weight, None),
            ("steps_per_epoch", steps_per_epoch, None),
            ("validation_steps", validation_steps, None),
            ("validation_freq", validation_freq, 1),
        ):
            if value is not default and not (isinstance(value, int) and value == default):
                raise ValueError(f"`{name}` is not supported yet. Received: {name}={value}.")
        batch_size = 32 if batch_size is None else checks.positive_int("batch_size", batch_size)
        if validation_batch_size is None:
            validation_batch_size = batch_size
        validation_batch_size = checks.positive_int("validation_batch_size", validation_batch_size)
        epochs = checks.positive_int("epochs", epochs)
        initial_epoch = checks.non_negative_int("initial_epoch", initial_epoch)
        progress = Progress(verbose)
        inputs, y, sample_weight = self._check(x, y, sample_weight)
        if validation_data is not None:
            if not isinstance(validation_data, (list, tuple)) or len(validation_data) not in (2, 3):
                raise ValueError(
                    "`validation_data` must be (x, y) or (x, y, sample_weight). "
                    f"Received: validation_data={checks.short(validation_data)}."
                )
            held_out = self._check(*validation_data, *([None] * (3 - len(validation_data))), what="validation_data")
        elif validation_split is not None and checks.number("validation_split", validation_split, 0, 1, open_high=True):
            (*inputs, y, sample_weight), (*held, held_y, held_weight) = data.split(
                [*inputs, y, sample_weight], validation_split
            )
            held_out = held, held_y, held_weight
        else:
            held_out = None
        self._make_metrics(y)
        samples = len(y)
        steps = -(-samples // batch_size)
        history = History()
        self.history = history
        watchers = CallbackList(
            [history, *CallbackList(callbacks).callbacks], self, {"epochs": epochs, "steps": steps, "verbose": verbose}
        )
        self.stop_training = False
        rows = np.arange(samples, dtype=np.int64)
        order = random.generator() if shuffle else None
        watchers.on_train_begin()
        logs = {}
        with self._batches(inputs, y, sample_weight, min(batch_size, samples), True) as batches, closing(progress):
            for epoch in range(initial_epoch, epochs):
                watchers.on_epoch_begin(epoch)
                progress.begin_epoch(epoch, epochs, steps)
                self.reset_metrics()
                if order is not None:
                    order.shuffle(rows)
                for step in range(steps):
                    watchers.on_train_batch_begin(step)
                    batches.run(rows[step * batch_size : (step + 1) * batch_size])
                    if watchers.watches_batches:
                        watchers.on_train_batch_end(step, self._logs())
                    progress.update(step + 1, self._logs)
                    if self.stop_training:
                        break
                logs = self._logs()
                if held_out is not None:
                    logs = {**logs, **self._validate(held_out, validation_batch_size, watchers)}
                progress.end_epoch(logs)
                watchers.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
        watchers.on_train_end(logs)
        return history

    def _validate(self, held_out, batch_size, watchers):
        """`val_` logs of an evaluation; the training's own metrics are kept."""
        kept = [(m.total, m.count) for m in (self._mean_loss, *self._metric_objects)]
        logs = self._evaluate(*held_out, batch_size, watchers)
        for metric, (total, count) in zip((self._mean_loss, *self._metric_objects), kept, strict=True):
            metric.total, metric.count = total, count
        return {f"val_{name}": value for name, value in logs.items()}

    def _evaluate(self, inputs, y, weight, batch_size, watchers, progress=None):
        self.reset_metrics()
        rows = np.arange(len(y), dtype=np.int64)
        watchers.on_test_begin()
        with self._batches(inputs, y, weight, min(batch_size, len(y)), False) as batches:
            for step, first in enumerate(range(0, len(y), batch_size)):
                watchers.on_test_batch_begin(step)
                batches.run(rows[first : first + batch_size])
                if watchers.watches_batches:
                    watchers.on_test_batch_end(step, self._logs())
                if progress is not None:
                    progress.update(step + 1, self._logs)
        logs = self._logs()
        watchers.on_test_end(logs)
        return logs

    def _logs(self):
        logs = {m.name: m.result() for m in self._metric_objects}
        logs["loss"] = self._mean_loss.result()
        return logs

    def reset_metrics(self):
        """Begin all metrics anew."""
        for metric in (self._mean_loss, *(self._metric_objects or ())):
            metric.reset_state()

    @property
    def metrics_names(self):
        return ["loss", *(m.name for m in self._metric_objects or ())]

    @property
    def metrics(self):
        """The metric objects, known after the first batch."""
        return list(self._metric_objects or ())

    # -------------------------------------------------------------------------------------- evaluate and predict

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False, **kwargs):  # fmt: skip
        """Loss and metrics of arrays, without learning.

        Args:
            x, y, sample_weight: as in `fit`.
            batch_size: samples a run; 32 by default.
            verbose: as in `fit`.
            return_dict: whether to return `{name: value}`.

        Returns:
            The loss, or a list of the loss and the metrics, or a dictionary.
        """
        self._must_be_compiled("evaluate")
        batch_size = 32 if batch_size is None else checks.positive_int("batch_size", batch_size)
        inputs, y, sample_weight = self._check(x, y, sample_weight)
        self._make_metrics(y)
        progress = Progress(verbose)
        steps = -(-len(y) // batch_size)
        watchers = CallbackList(callbacks, self, {"steps": steps, "verbose": verbose})
        with closing(progress):
            progress.begin_epoch(None, None, steps)
            logs = self._evaluate(inputs, y, sample_weight, batch_size, watchers, progress)
            progress.end_epoch(logs)
        if return_dict:
            return logs
        values = [logs["loss"], *(logs[m.name] for m in self._metric_objects)]
        return values if len(values) > 1 else values[0]

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """Outputs for arrays of samples.

        Args:
            x: samples (n, ...) of any numeric dtype.
            batch_size: samples a run; 32 by default.
            verbose: as in `fit`.

        Returns:
            float32 array (n, ...); a list of arrays for several outputs.
        """
        batch_size = 32 if batch_size is None else checks.positive_int("batch_size", batch_size)
        self._build_from(x)
        inputs = data.as_inputs(x, self._the_graph().inputs)
        data.not_empty(inputs[0], "x")
        steps = -(-len(inputs[0]) // batch_size)
        watchers = CallbackList(callbacks, self, {"steps": steps, "verbose": verbose})
        with closing(Progress(verbose)) as progress:
            watchers.on_predict_begin()
            progress.begin_epoch(None, None, steps)

            def on_batch(done):
                watchers.on_predict_batch_begin(done - 1)
                watchers.on_predict_batch_end(done - 1)
                progress.update(done, {})

            outputs = self._the_function()(inputs, batch_size, on_batch=on_batch)
            progress.end_epoch({})
            watchers.on_predict_end()
        return outputs[0] if len(outputs) == 1 else outputs

    def predict_on_batch(self, x):
        """Outputs for one batch."""
        self._build_from(x)
        outputs = self._the_function()(data.as_inputs(x, self._the_graph().inputs))
        return outputs[0] if len(outputs) == 1 else outputs

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step of learning on one batch.

        Returns:
            The loss and the metrics of this batch, as `evaluate` does.
        """
        self._must_be_compiled("train_on_batch")
        return self._on_batch(x, y, sample_weight, True, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Loss and metrics of one batch, without learning."""
        self._must_be_compiled("test_on_batch")
        return self._on_batch(x, y, sample_weight, False, return_dict)

    def _on_batch(self, x, y, sample_weight, training, return_dict):
        inputs, y, sample_weight = self._check(x, y, sample_weight)
        self._make_metrics(y)
        self.reset_metrics()
        with self._batches(inputs, y, sample_weight, len(y), training) as batches:
            batches.run(np.arange(len(y), dtype=np.int64))
        logs = self._logs()
        if return_dict:
            return logs
        values = [logs["loss"], *(logs[m.name] for m in self._metric_objects)]
        return values if len(values) > 1 else values[0]


class _Mean(metrics.Mean):
    """The mean loss of an epoch's samples."""

    def __init__(self):
        super().__init__("loss")


class _Batches:
    """A plan with a loss, lent for a while, and the arrays it reads: `run(rows)` does one batch.

    Entered, it holds everything a step needs; `run` allocates next to nothing.
    """

    def __init__(self, model, inputs, y, weight, capacity, training):
        self.model, self.training = model, training
        self.loss = model._loss_objects[0]
        self.inputs = [Source(a) for a in inputs]
        self.targets = Source(y, self.loss.targets)
        self.weights = None if weight is None else Source(weight)
        self.y, self.weight = y, weight
        graph = model._the_graph()
        sample = graph.outputs[0].spec.sample
        self.output = memory.empty((capacity, *sample))
        self.values = memory.empty((capacity, math.prod(sample[:-1])))
        self.scale = memory.empty((1,))
        self.regularized = [v for v in model.trainable_weights if v.regularizer is not None]
        self.constrained = [v for v in model.trainable_weights if v.constraint is not None] if training else []
        self.penalties = memory.zeros((len(self.regularized),))
        self.trained = model.trainable_weights if training else []
        sources = (*self.inputs, self.targets, *([self.weights] if self.weights else []))
        self.key = (
            "train" if training else "test",
            capacity,
            tuple(s.key for s in sources),
            tuple(v.path for v in self.trained),
            tuple(layer.trainable for layer in model._all_layers()),
        )
        self.capacity = capacity
        self.random = None
        for variable in self.regularized:
            if type(variable.regularizer) not in (L1, L2, L1L2):
                raise ValueError(
                    f"Weight {variable.path!r}: only the regularizers L1, L2 and L1L2 can be trained with for now. "
                    f"Received: {variable.regularizer!r}."
                )

    def _make(self):
        model = self.model
        objective = Objective(
            [self.loss], [self.targets.feed("target")], self.weights and self.weights.feed("weight"), self.training
        )
        return Plan(
            model._the_graph(),
            self.capacity,
            training=self.training,
            objective=objective,
            gradients=self.trained,
            update=self._emit_update if self.training else None,
            feeds=[s.feed(f"input {k}") for k, s in enumerate(self.inputs)],
            labels=model._the_function().labels,
        )

    def _emit_update(self, emit, gradients):
        for k, variable in enumerate(self.regularized):
            if variable in gradients:
                gradient, penalty = gradients[variable], emit.external(f"penalty {k}", (1,))
                rule = variable.regularizer
                l1, l2 = float(getattr(rule, "l1", 0.0)), float(getattr(rule, "l2", 0.0))
                emit.whole(
                    kernels.update.regularize, emit.flat(variable), gradient.view(gradient.size), penalty, l1, l2
                )
        for variable, gradient in gradients.items():
            self.model.optimizer.emit(emit, variable, gradient)

    def __enter__(self):
        if self.training:
            self.model.optimizer.build(self.trained)
        self._loan = self.model._the_function().lend(self.key, self._make)
        plan = self.plan = self._loan.__enter__()
        plan.bind("output 0", self.output)
        plan.bind("value 0", self.values)
        plan.bind("scale 0", self.scale)
        for k in range(len(self.regularized)):
            plan.bind(f"penalty {k}", self.penalties[k : k + 1])
        if plan.uses("step"):
            self.random = self.model._training_state() if self.training else run_state()
            plan.bind("step", self.random)
        if not self.training and self.regularized:
            self.penalty = sum(float(v.regularizer(v.value)) for v in self.regularized)
        return self

    def __exit__(self, *error):
        return self._loan.__exit__(*error)

    def _changed(self):
        """Mark packed copies of the weights that this run changes as stale."""
        for variable in self.trained:
            variable.version += 1

    def run(self, rows):
        """One batch: the samples `rows` (int64 array)."""
        plan, model, count = self.plan, self.model, len(rows)
        for k, source in enumerate(self.inputs):
            source.bind(plan, f"input {k}", rows)
        self.targets.bind(plan, "target", rows)
        if self.weights is not None:
            self.weights.bind(plan, "weight", rows)
        values = self.values[:count]
        self.scale[0] = 1.0 / values.size
        if self.training:
            if self.regularized:
                self.penalties.fill(0)
            model.optimizer.before_step()
        self._changed()  # also before: a Ctrl-C arrives right behind `run`, when the weights are new
        try:
            self.team = plan.run(count)
        finally:
            self._changed()
            for variable in self.constrained:
                variable.assign(variable.constraint(variable.value))
        if self.random is not None and self.training:
            self.random[1] += np.uint64(1)
        y, weight = self.y[rows], None if self.weight is None else self.weight[rows]
        loss = float(
            values.sum(dtype=np.float64) if weight is None else (values.sum(axis=1) * weight).sum(dtype=np.float64)
        )
        loss /= values.size
        if self.regularized:
            loss += float(self.penalties.sum()) if self.training else self.penalty
        model._mean_loss.total += loss * count
        model._mean_loss.count += count
        for metric in model._metric_objects:
            metric.update_state(y, self.output[:count], weight if metric.weighted else None)


def _metric(identifier):
    return metrics.get(identifier)
