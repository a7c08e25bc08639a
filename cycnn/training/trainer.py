"""compile, fit, evaluate, predict: the loops over batches."""

import warnings
from contextlib import closing, contextmanager

import numpy as np

from cycnn import callbacks as callbacks_package
from cycnn import optimizers
from cycnn.core import checks, random
from cycnn.core.registry import deserialize_keras_object, serialize_keras_object
from cycnn.core.structure import flatten, map_leaves, pack
from cycnn.engine.function import Function, Plans
from cycnn.engine.graph import latest_edition
from cycnn.ops import convert_to_numpy
from cycnn.training import data
from cycnn.training.data import forms
from cycnn.training.data.samples import warn_of_unseen_classes
from cycnn.training.own_steps import OwnRun, OwnSamples, OwnSteps, plain
from cycnn.training.progress import Progress
from cycnn.training.step import Predictions, Steps


class Trainer(OwnSteps):
    """What a model can do with data. Mixed into `Model` and `Sequential`, which give `_the_graph()` and the weights."""

    def _start_training(self):
        self.optimizer = self.loss = None
        self.stop_training = self.stop_evaluating = self.stop_predicting = False
        self.run_eagerly, self.jit_compile, self.steps_per_execution = False, False, 1
        self._compiled = None
        self._compile_config = None
        self._function, self._plans = None, Plans()
        self._recorded = None  # of which graph, and latest change of a layer, the function is
        self._state = None
        self._initial_epoch = None
        self._in_fit = False

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
        **kwargs,
    ):
        """Say how to learn. Which weights are trained is settled here: `trainable` changed later needs another `compile`.

        Args:
            optimizer: name or `Optimizer`.
            loss: name, `Loss`, or function `(y_true, y_pred)` of a value per sample, written with `cycnn.ops`; for
                several outputs one for all, a list, or a dictionary by output, None for an output without a loss.
            loss_weights: numbers that the outputs' losses count by: a list, or a dictionary by output.
            metrics: list of names, `Metric` objects or functions; `"accuracy"` is the one that fits the output. For
                several outputs a list of lists, or a dictionary by output.
            weighted_metrics: as `metrics`, but the samples count by their weights.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted, and without effect: every step is
                one call of compiled code.

        Raises:
            TypeError: there is no such argument.
            ValueError: unknown names, or arguments of another form.
        """
        from cycnn.training.compiled import Compiled  # losses and metrics, which a prediction does not need

        _refuse_unknown("compile", kwargs)
        compiled = Compiled(loss, loss_weights, metrics, weighted_metrics)
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self._compiled = compiled
        if run_eagerly and jit_compile is True:
            warnings.warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. Disabling `jit_compile`.",
                stacklevel=2,
            )
        self.run_eagerly, self.steps_per_execution = bool(run_eagerly), steps_per_execution
        self.jit_compile = jit_compile is True and not run_eagerly
        self.stop_training = False
        self._compile_config = {
            "optimizer": self.optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        trainable = set(self.trainable_weights)
        compiled.trainable = {v: v in trainable for v in self.weights}
        self._forget_plans()

    @property
    def compiled(self):
        """Whether `compile` was called."""
        return self._compiled is not None

    def get_compile_config(self):
        """The arguments of `compile` as plain data; empty where it was not called."""
        return {} if self._compile_config is None else serialize_keras_object(self._compile_config)

    def compile_from_config(self, config):
        """Call `compile` with the arguments that `get_compile_config` returned."""
        self.compile(**deserialize_keras_object(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_weights)

    def _must_be_compiled(self, what):
        if self._compiled is None:
            raise ValueError(
                f"You must call `compile()` before calling `{what}()`: it says which loss and optimizer to use."
            )
        if self._knows_graph() and not self.takes_own("train"):
            self._must_have_loss(what)

    def _must_have_loss(self, what):
        """Refuse a model without a loss, whose layers and regularizers add none either."""
        if self._compiled.has_loss or self._the_graph().losses:
            return
        if all(v.regularizer is None for v in self.trainable_weights):
            raise ValueError(f"`{what}()` needs a loss. Call `compile(..., loss=...)`. Received: loss=None.")

    def _trained(self):
        """The weights that learn: those that could at `compile`, or, made later, when they were first asked for."""
        compiled, graph = self._compiled, self._the_graph()
        if compiled.trained_graph is not graph:
            trainable = set(self.trainable_weights)
            compiled.trained = [v for v in self.weights if compiled.trainable.get(v, v in trainable)]
            compiled.trained_graph = graph
        return compiled.trained

    def _warn_of_changed_flags(self):
        if not self._knows_graph():
            return
        trained, trainable = set(self._trained()), set(self.trainable_weights)
        changed = [v.path for v in self.weights if (v in trained) != (v in trainable)]
        if changed:
            warnings.warn(
                "`trainable` was changed after `compile()`, which settles what is trained: the change has no effect until "
                f"`compile()` is called again. Changed weights: {', '.join(changed)}.",
                stacklevel=3,
            )

    # -------------------------------------------------------------------------------------------------- metrics

    @property
    def metrics(self):
        """The metric objects: the mean loss, those of `compile`, the mean loss of each of several outputs, and those that
        are attributes of the model or of its layers."""
        return [*([] if self._compiled is None else self._compiled.metrics), *self._metrics_within()]

    def _metrics_within(self):
        """The metrics that are attributes; those of models within belong to these."""
        return self._found("metrics", self._find_metrics)

    def _find_metrics(self, layers):
        from cycnn.metrics import Metric

        found = {}
        for layer in layers:
            if layer is self or not isinstance(layer, Trainer):
                for value in vars(layer).values():
                    for part in value if isinstance(value, (list, tuple)) else (value,):
                        if isinstance(part, Metric):
                            found[id(part)] = part
        return list(found.values())

    @property
    def metrics_names(self):
        """Names of the values that `evaluate` returns, in their order."""
        own = [metric.name for metric in self._metrics_within()]
        return [*([] if self._compiled is None else self._compiled.metrics_names), *own]

    def reset_metrics(self):
        """Begin all metrics anew."""
        for metric in self._all_metrics():
            metric.reset_state()

    def _all_metrics(self):
        """The metrics of `compile`, and those that the model shows: a class may override `metrics`. Each once."""
        own = [] if self._compiled is None else self._compiled.metrics
        return {id(metric): metric for metric in (*own, *self.metrics)}.values()

    def get_metrics_result(self):
        """`{name: value}` of the loss and all metrics, over the batches since they were reset."""
        if type(self).metrics is Trainer.metrics:
            found, more = self._compiled.logs(), self._metrics_within()
        else:
            found, more = {}, self.metrics
        for metric in more:
            result = metric.result()
            found.update(result if isinstance(result, dict) else {metric.name: plain(result)})
        return found

    @contextmanager
    def _own_metrics(self):
        """Metrics begin anew; where a `fit` is at work, its own are put back in the end."""
        kept = []
        if self._in_fit:
            kept = [(variable, variable.numpy()) for metric in self._all_metrics() for variable in metric.variables]
        self.reset_metrics()
        try:
            yield self._compiled
        finally:
            for variable, value in kept:
                variable.assign(value)

    # ----------------------------------------------------------------------------------------------------- plans

    @property
    def input_names(self):
        """Names of the inputs: keys of a dictionary of data."""
        return [tensor.name for tensor in self._the_graph().inputs]

    @property
    def output_names(self):
        """Names of the outputs, those of their layers: keys of dictionaries of targets, losses and metrics."""
        return [tensor.layer.name if tensor.layer else tensor.name for tensor in self._the_graph().outputs]

    def _target_names(self):
        """Names of the outputs in data, losses and logs: the keys of a dictionary of outputs, or `output_names`."""
        structure = self._outputs_structure()
        if isinstance(structure, dict) and len(structure) == len(self._the_graph().outputs):
            return sorted(structure)
        return self.output_names

    def _the_function(self):
        graph, latest = self._the_graph(), latest_edition()
        if self._function is None or self._recorded != (graph, latest):
            edition = max(layer.edition for layer in self._flatten_layers()) if latest else 0
            self._function = Function(graph, self._plans).of_edition(edition)
            self._recorded = graph, latest
        return self._function

    def _forget_plans(self):
        self._plans.forget()

    def _training_state(self):
        """Seed and step of the random operations; the step counts on from fit to fit."""
        if self._state is None:
            self._state = np.array([random.make_seed(), 0], np.uint64)
        return self._state

    # ------------------------------------------------------------------------------------------------------ data

    def _inputs(self, x, what="x"):
        """One array per input."""
        self._build_from(x)
        inputs = data.as_inputs(x, self._the_graph().inputs, what)
        forms.not_empty(inputs[0], what)
        return inputs

    def _samples(self, x, y=None, sample_weight=None, what="x", kind="train"):
        """Inputs, targets and weights that fit the model and each other; as they are for a program's own steps."""
        if self.takes_own(kind):
            samples = OwnSamples(x, y, sample_weight)
            if self._has_call():
                self._build_from(samples.structures[0])
            return samples
        inputs = self._inputs(x, what)
        graph, compiled, names = self._the_graph(), self._compiled, self._target_names()
        targets = forms.as_targets(y, names, compiled.wanted(names))
        weights = forms.as_weights(sample_weight, names)
        columns = ["y" if len(names) == 1 else f"y[{name!r}]" for name in names]
        for target, column in zip(targets, columns, strict=True):
            if target is not None:
                forms.not_empty(target, column)
        forms.same_length(
            [*inputs, *targets, *weights], [what] * len(inputs) + columns + ["sample_weight"] * len(names)
        )
        shapes = [tensor.spec.sample for tensor in self._the_function().of_sizes(inputs).graph.outputs]
        compiled.prepare(graph, names, shapes, targets)
        matched = []  # for each term
        for term in compiled.terms:
            k, loss = term.output, term.loss
            sample, target = shapes[k], targets[k]
            if loss.has_kernel:
                target = loss.match(target, sample)
                loss.check_values(target, sample)
            matched.append(target)
            if weights[k] is not None:
                forms.check_weights(weights[k], sample[:-1])
        return data.Samples(inputs, targets, matched, weights)

    def _weigh_classes(self, samples, class_weight):
        """Samples of a model with one output, weighted by their classes and by what weights they had."""
        if class_weight is None:
            return samples
        if isinstance(samples, OwnSamples):
            x, y, sample_weight = samples.structures
            if y is None or isinstance(y, (list, tuple, dict)):
                raise ValueError(f"`class_weight` needs one array of targets. Received: y={checks.short(y)}.")
            by_class = forms.class_weights(class_weight, y, None)
            return OwnSamples(x, y, by_class if sample_weight is None else by_class * sample_weight)
        if len(samples.targets) > 1:
            raise ValueError(
                f"`class_weight` needs a model with one output. Received: a model with the outputs {self.output_names}."
            )
        (target,), (weight,) = samples.targets, samples.weights
        classes = self._the_graph().outputs[0].spec.sample[-1:]
        by_class = forms.class_weights(class_weight, target, classes[0] if classes and classes[0] > 1 else None)
        if weight is not None:
            by_class = weight * by_class.reshape(-1, *[1] * (weight.ndim - 1))
        return data.Samples(samples.inputs, samples.targets, samples.matched, [by_class])

    def _stream(self, source, what="x", class_weight=None, kind="train", **arguments):
        """The batches that a dataset or generator gives."""

        def convert(x, y, sample_weight):
            return self._weigh_classes(self._samples(x, y, sample_weight, kind=kind), class_weight)

        return data.StreamBatches(source, convert, what=what, **arguments)

    def _to_evaluate(self, x, y, sample_weight, batch_size, steps, what="x", **workers):
        """Batches to evaluate on."""
        if data.is_stream(x):
            _only_stream(x, y, sample_weight, what)
            return self._stream(x, what, steps=steps, kind="test", **workers)
        return data.ArrayBatches(self._samples(x, y, sample_weight, what, "test"), batch_size, steps)

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
        **kwargs,
    ):
        """Learn from data.

        Args:
            x: samples (n, ...) of any numeric dtype: an array, a memory map, a list, a DataFrame, a tensor; for several
                inputs a list, or a dictionary by name. They are read a batch at a time and left unchanged. Or what gives
                batches (x, y) or (x, y, sample_weight): a generator, a `utils.PyDataset`, a PyTorch `DataLoader`, a
                `tf.data.Dataset`, any iterable.
            y: targets (n, ...), in the same forms; None where `x` gives batches.
            batch_size: samples of a step; 32 by default. Without effect where `x` gives batches.
            epochs: number of the last epoch: how often to go through the data, where `initial_epoch` is 0.
            verbose: 0 nothing, 1 a live line, 2 a line per epoch; `"auto"`: 1.
            callbacks: list of `Callback`.
            validation_split: share of the samples, taken from the end before any shuffling, to validate with.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to validate with, or what gives such batches.
            shuffle: whether samples (of a `PyDataset`: batches) come in a new random order in each epoch; `"batch"`
                shuffles within the batches only.
            class_weight: `{class number: factor}` that samples count by in the loss; 1 for the others.
            sample_weight: factors (n,) of the samples in the loss, or of their positions (n, ...).
            initial_epoch: number of the first epoch.
            steps_per_epoch: batches of an epoch; the next epoch goes on where it stopped. None: an epoch is one pass.
            validation_steps: batches of a validation, from the beginning of the data; None: all.
            validation_batch_size: samples of a step of the validation; `batch_size` by default.
            validation_freq: epochs from one validation to the next, or the list of the epochs to validate after (from 1).

        Returns:
            `History`.

        Raises:
            ValueError: arguments that do not fit the model or each other.
        """
        workers = _older_arguments("fit", kwargs, epochs=epochs)
        epochs = workers.pop("epochs")
        self._must_be_compiled("fit")
        epochs = checks.non_negative_int("epochs", epochs)
        initial_epoch = checks.non_negative_int("initial_epoch", initial_epoch)
        batch_size = _optional_int("batch_size", batch_size)
        steps_per_epoch = _optional_int("steps_per_epoch", steps_per_epoch)
        validation_steps = _optional_int("validation_steps", validation_steps)
        validation_batch_size = _optional_int("validation_batch_size", validation_batch_size) or batch_size
        validates = _frequency(validation_freq)
        if shuffle not in (True, False, "batch"):
            raise ValueError(f'`shuffle` must be True, False or "batch". Received: shuffle={checks.short(shuffle)}.')
        progress = Progress(verbose)
        self._warn_of_changed_flags()
        held_out = self._validation(validation_data, validation_batch_size, validation_steps, **workers)
        if data.is_stream(x):
            _only_stream(x, y, sample_weight, "x")
            if validation_split and held_out is None:
                raise ValueError(
                    "`validation_split` needs arrays: of what gives batches, no end can be held out; use `validation_data`. "
                    f"Received: validation_split={validation_split} for a {type(x).__name__}."
                )
            batches = self._stream(x, class_weight=class_weight, steps=steps_per_epoch, shuffle=shuffle, **workers)
        else:
            samples = self._samples(x, y, sample_weight)
            share = 0.0 if validation_split is None else validation_split
            if checks.number("validation_split", share, 0, 1, open_high=True) and held_out is None:
                samples, last = samples.split(share)
                if not self.takes_own("train"):
                    warn_of_unseen_classes(samples, last, self._compiled.terms)
                if self.takes_own("train") != self.takes_own("test"):
                    last = self._samples(*last.structures, "validation_data", "test")
                held_out = data.ArrayBatches(last, validation_batch_size, validation_steps)
            samples = self._weigh_classes(samples, class_weight)
            batches = data.ArrayBatches(samples, batch_size, steps_per_epoch, shuffle)
        _first(batches, "x")
        begun = True
        if not self.takes_own("train"):
            self.optimizer.build(self._trained())  # a callback may want to restore its state
        watchers = callbacks_package.CallbackList(
            callbacks, add_history=True, model=self, verbose=verbose, epochs=epochs, steps=batches.steps
        )
        self.stop_training, self._initial_epoch = False, None
        watchers.on_train_begin()
        logs = {}
        with (
            self._fitting(),
            closing(batches),
            self._steps(True, batches.capacity) as steps,
            closing(progress),
        ):
            for epoch in range(self._initial_epoch or initial_epoch, epochs):
                if not begun and batches.begin() is None:
                    batches.warn()
                    break
                begun = False
                self.reset_metrics()
                watchers.on_epoch_begin(epoch)
                progress.begin_epoch(epoch, epochs, batches.steps)
                self._train(batches, steps, watchers, progress)
                logs = dict(steps.epoch_logs())
                if held_out is not None and validates(epoch + 1):
                    logs.update((f"val_{name}", value) for name, value in self._evaluate(held_out, watchers).items())
                progress.end_epoch(logs)
                watchers.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
        if self.takes_own("train"):
            if epochs > 0 and getattr(self.optimizer, "built", False):
                self.optimizer.finalize_variable_values(self.trainable_weights)
        elif epochs > 0:
            self.optimizer.finalize_variable_values(self._trained())
        watchers.on_train_end(logs)
        return watchers.history

    def _train(self, batches, steps, watchers, progress):
        """One epoch."""
        watched, logs = watchers.watches_batches, steps.logs
        with closing(batches.epoch()) as epoch:
            for number, (samples, rows) in enumerate(epoch):
                watchers.on_train_batch_begin(number)
                steps.run(samples, rows)
                if watched:
                    watchers.on_train_batch_end(number, logs())
                progress.update(number + 1, logs)
                if self.stop_training:
                    break

    def _steps(self, training, capacity):
        """What takes batches: steps in plans, or those of the program."""
        if self.takes_own("train" if training else "test"):
            return OwnRun(self, self.train_step if training else self.test_step)
        return Steps(self, training, capacity)

    @contextmanager
    def _fitting(self):
        before, self._in_fit = self._in_fit, True
        try:
            yield
        finally:
            self._in_fit = before

    def _validation(self, given, batch_size, steps, **workers):
        """Batches to validate with, or None."""
        if given is None:
            return None
        what = "validation_data"
        if data.is_stream(given):
            return self._to_evaluate(given, None, None, batch_size, steps, what, **workers)
        if isinstance(given, (list, tuple)) and len(given) in (2, 3):
            return self._to_evaluate(*data.unpack(given), batch_size, steps, what, **workers)
        raise ValueError(
            "`validation_data` must be (x, y) or (x, y, sample_weight), or give such batches. "
            f"Received: validation_data={checks.short(given)}."
        )

    # -------------------------------------------------------------------------------------- evaluate and predict

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False, **kwargs):  # fmt: skip
        """Loss and metrics of data, without learning.

        Args:
            x, y, sample_weight: as in `fit`.
            batch_size: samples a run; 32 by default.
            verbose: as in `fit`.
            steps: batches to look at; None: all.
            callbacks: list of `Callback`.
            return_dict: whether to return `{name: value}`.

        Returns:
            The loss, or a list of the loss and the metrics, or a dictionary.
        """
        workers = _older_arguments("evaluate", kwargs)
        self._must_be_compiled("evaluate")
        batch_size, steps = _optional_int("batch_size", batch_size), _optional_int("steps", steps)
        progress = Progress(verbose)
        batches = self._to_evaluate(x, y, sample_weight, batch_size, steps, **workers)
        watchers = callbacks_package.CallbackList(callbacks, model=self, verbose=verbose, epochs=1, steps=batches.steps)
        with closing(batches), closing(progress):
            _first(batches, "x")
            progress.begin_epoch(None, None, batches.steps)
            logs = self._evaluate(batches, watchers, progress, begun=True)
            progress.end_epoch(logs)
        return logs if return_dict else self._compiled.listed(logs, lambda: self.metrics)

    def _evaluate(self, batches, watchers, progress=None, begun=False):
        """Logs of an evaluation: `evaluate`, or a validation in `fit`."""
        if not begun:
            batches.restart()
            if batches.begin() is None:
                batches.warn()
                return {}
        self.stop_evaluating = False
        watched = watchers.watches_batches
        watchers.on_test_begin()
        with self._own_metrics(), self._steps(False, batches.capacity) as steps:
            with closing(batches.epoch()) as epoch:
                for number, (samples, rows) in enumerate(epoch):
                    watchers.on_test_batch_begin(number)
                    steps.run(samples, rows)
                    if watched:
                        watchers.on_test_batch_end(number, steps.logs())
                    if progress is not None:
                        progress.update(number + 1, steps.logs)
                    if self.stop_evaluating:
                        break
            logs = dict(steps.epoch_logs())
        watchers.on_test_end(logs)
        return logs

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None, **kwargs):
        """Outputs for samples.

        Args:
            x: samples (n, ...), or what gives batches, as in `fit`; of a batch (x, y) the x counts.
            batch_size: samples a run; 32 by default.
            verbose: as in `fit`.
            steps: batches to look at; None: all.
            callbacks: list of `Callback`.

        Returns:
            float32 array (n, ...); a list of arrays for several outputs.
        """
        workers = _older_arguments("predict", kwargs)
        batch_size, steps = _optional_int("batch_size", batch_size), _optional_int("steps", steps)
        if self.takes_own("predict"):
            return self._predict_own(x, batch_size, steps, verbose, callbacks, workers)
        self.stop_predicting = False
        if verbose == 0 and not callbacks and steps is None and not data.is_stream(x):  # nobody watches the batches
            inputs = self._inputs(x)
            return self._packed(self._the_function()(inputs, batch_size or 32))
        progress = Progress(verbose)
        if data.is_stream(x):
            stream = data.StreamBatches(x, lambda x, y, weight: data.Samples(self._inputs(x)), steps, **workers)
            batches, whole = stream, None
        else:
            samples = data.Samples(self._inputs(x))
            batches = data.ArrayBatches(samples, batch_size, steps)
            whole = self._room(samples, min(len(samples), (steps or batches.known) * batches.batch_size))
        watchers = callbacks_package.CallbackList(callbacks, model=self, verbose=verbose, epochs=1, steps=batches.steps)
        watched = watchers.watches_batches
        done, parts = 0, []
        with closing(batches), closing(progress):
            _first(batches, "x")
            watchers.on_predict_begin()
            progress.begin_epoch(None, None, batches.steps)
            with Predictions(self._the_function(), batches.capacity) as predictions, closing(batches.epoch()) as epoch:
                for number, (samples, rows) in enumerate(epoch):
                    watchers.on_predict_batch_begin(number)
                    count = len(rows)
                    last = done + count
                    outputs = self._room(samples, count) if whole is None else [output[done:last] for output in whole]
                    predictions.run(samples, rows, outputs)
                    parts.append(outputs)
                    if watched:
                        watchers.on_predict_batch_end(number, {"outputs": self._packed(outputs)})
                    progress.update(number + 1, {})
                    done = last
                    if self.stop_predicting:
                        break
            progress.end_epoch({})
            watchers.on_predict_end()
        if whole is None:
            return self._packed([_joined(found) for found in zip(*parts, strict=True)])
        return self._packed([output[:done] for output in whole])

    def _predict_own(self, x, batch_size, steps, verbose, callbacks, workers):
        """`predict` in a program's own steps."""
        progress = Progress(verbose)
        if data.is_stream(x):
            batches = data.StreamBatches(x, OwnSamples, steps, **workers)
        else:
            batches = data.ArrayBatches(OwnSamples(x), batch_size, steps)
        watchers = callbacks_package.CallbackList(callbacks, model=self, verbose=verbose, epochs=1, steps=batches.steps)
        self.stop_predicting, parts = False, []
        with closing(batches), closing(progress):
            _first(batches, "x")
            watchers.on_predict_begin()
            progress.begin_epoch(None, None, batches.steps)
            with closing(batches.epoch()) as epoch:
                for number, (samples, rows) in enumerate(epoch):
                    watchers.on_predict_batch_begin(number)
                    outputs = map_leaves(convert_to_numpy, self.predict_step(samples.batch(rows)))
                    parts.append(outputs)
                    watchers.on_predict_batch_end(number, {"outputs": outputs})
                    progress.update(number + 1, {})
                    if self.stop_predicting:
                        break
            progress.end_epoch({})
            watchers.on_predict_end()
        return pack(parts[0], [np.concatenate(found) for found in zip(*map(flatten, parts), strict=True)])

    def _room(self, samples, count):
        """Memory for the outputs of so many of these samples."""
        graph = self._the_function().of_sizes(samples.inputs).graph
        return [np.empty((count, *tensor.spec.sample), np.float32) for tensor in graph.outputs]

    def _packed(self, outputs):
        """Outputs as the user gets them: one array, or a list."""
        return outputs[0] if len(outputs) == 1 else outputs

    # --------------------------------------------------------------------------------------------- single batches

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step of learning on one batch.

        Args:
            x, y, sample_weight, class_weight: arrays, as in `fit`.
            return_dict: whether to return `{name: value}`.

        Returns:
            The loss and the metrics of this batch, as `evaluate` does.
        """
        self._must_be_compiled("train_on_batch")
        samples = self._weigh_classes(self._samples(x, y, sample_weight), class_weight)
        return self._on_batch(samples, True, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Loss and metrics of one batch, without learning; as `train_on_batch`."""
        self._must_be_compiled("test_on_batch")
        return self._on_batch(self._samples(x, y, sample_weight, kind="test"), False, return_dict)

    def predict_on_batch(self, x):
        """Outputs for one batch."""
        if self.takes_own("predict"):
            return self._predict_own(x, len(forms.as_array(flatten(x)[0], "x")), None, 0, None, {})
        return self._packed(self._the_function()(self._inputs(x)))

    def _on_batch(self, samples, training, return_dict):
        with self._own_metrics() as compiled, self._steps(training, len(samples)) as steps:
            steps.run(samples, np.arange(len(samples), dtype=np.int64))
            logs = steps.epoch_logs()
        return logs if return_dict else compiled.listed(logs, lambda: self.metrics)

    # ------------------------------------------------------------------------------------------------ older names

    def fit_generator(self, generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None, validation_data=None,
                      validation_steps=None, validation_freq=1, class_weight=None, max_queue_size=10, workers=1,
                      use_multiprocessing=False, shuffle=True, initial_epoch=0, **kwargs):  # fmt: skip
        """`fit` on what gives batches, as Keras 2 called it."""
        return self.fit(
            generator, epochs=epochs, verbose=verbose, callbacks=callbacks, validation_data=validation_data,
            shuffle=shuffle, class_weight=class_weight, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps, validation_freq=validation_freq, max_queue_size=max_queue_size,
            workers=workers, use_multiprocessing=use_multiprocessing, **kwargs,
        )  # fmt: skip

    def evaluate_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                           use_multiprocessing=False, verbose=0):  # fmt: skip
        """`evaluate` on what gives batches, as Keras 2 called it."""
        return self.evaluate(
            generator, steps=steps, callbacks=callbacks, verbose=verbose, max_queue_size=max_queue_size, workers=workers,
            use_multiprocessing=use_multiprocessing,
        )  # fmt: skip

    def predict_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                          use_multiprocessing=False, verbose=0):  # fmt: skip
        """`predict` on what gives batches, as Keras 2 called it."""
        return self.predict(
            generator, steps=steps, callbacks=callbacks, verbose=verbose, max_queue_size=max_queue_size, workers=workers,
            use_multiprocessing=use_multiprocessing,
        )  # fmt: skip


def _joined(parts):
    """One array of an output's batches."""
    shapes = list(dict.fromkeys(part.shape[1:] for part in parts))
    if len(shapes) > 1:
        raise ValueError(
            "`predict` returns one array, so its batches must give outputs of one shape: predict them one by one, with "
            f"`predict_on_batch`. Received: samples of an output of shapes {checks.short(shapes)}."
        )
    return np.concatenate(parts)


def _older_arguments(method, given, **values):
    """Arguments of Keras 2: how batches are made ahead, and other names for those of today.

    Args:
        method: whose they are, for errors.
        given: what came beyond the signature.
        **values: today's arguments that had another name.

    Raises:
        TypeError: there never was such an argument.
    """
    given = dict(given)
    if "epochs" in values:
        values["epochs"] = given.pop("nb_epoch", values["epochs"])
    given.pop("use_multiprocessing", None)
    values |= {name: given.pop(name) for name in ("workers", "max_queue_size") if name in given}
    _refuse_unknown(method, given)
    return values


def _refuse_unknown(method, given):
    """Refuse what came beyond a method's signature, with the nearest of its arguments.

    Raises:
        TypeError: something came; for `evaluate` a ValueError, as Keras's.
    """
    if given:
        import inspect

        name = next(iter(given))
        guess = checks.nearest(name, inspect.signature(getattr(Trainer, method)).parameters)
        hint = f" Did you mean {guess!r}?" if guess else ""
        kind = ValueError if method == "evaluate" else TypeError
        raise kind(f"{method}() got an unexpected keyword argument {name!r}.{hint} Received: {name}={given[name]!r}.")


def _only_stream(x, y, sample_weight, what):
    """Refuse targets and weights beside batches that hold them."""
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{name}` must not be given where `{what}` gives batches: they hold it, as (x, y, sample_weight). "
                f"Received: {name}={checks.short(value)} beside a {type(x).__name__}."
            )


def _first(batches, what):
    """Begin the first epoch: this builds the model, and refuses what does not fit it."""
    batch = batches.begin()
    if batch is None:
        raise ValueError(f"`{what}` must give at least one batch. Received: none.")
    return batch


def _optional_int(name, value):
    return None if value is None else checks.positive_int(name, value)


def _frequency(value):
    """The function that says whether to validate after an epoch, which counts from 1."""
    every = checks.as_integer(value)
    if every is not None and every >= 1:
        return lambda epoch: epoch % every == 0
    if isinstance(value, (list, tuple, set, frozenset)) and all(
        checks.as_integer(epoch) is not None for epoch in value
    ):
        return set(value).__contains__
    raise ValueError(
        "`validation_freq` must be a positive integer or a list of epochs, from 1. "
        f"Received: validation_freq={checks.short(value)}."
    )
