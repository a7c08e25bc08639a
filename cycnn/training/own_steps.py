"""Steps as a program writes them: `train_step` and its like, which a model's class may override.

    def train_step(self, data):                     one batch, as `fit` got it: (x, y), (x, y, sample_weight) or x
        x, y = data
        with cycnn.GradientTape() as tape:
            y_pred = self(x, training=True)         a plan forward
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)   the same plan backward
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}                       what logs and the history show

A model that overrides none of them takes its steps in one plan (`step`), which is faster; one that overrides
`compute_loss` or `compute_metrics` alone takes those that are written here.
"""

import numpy as np

from cycnn import ops
from cycnn.core.structure import flatten, pack
from cycnn.layers.layer import takes
from cycnn.ops.gradient_tape import GradientTape
from cycnn.training.data import forms
from cycnn.training.data.samples import Samples
from cycnn.training.data.streams import unpack

OVERRIDES = {
    "train": ("train_step", "compute_loss", "compute_metrics"),
    "test": ("test_step", "compute_loss", "compute_metrics"),
    "predict": ("predict_step",),
}


class OwnSteps:
    """What a model does with one batch. Mixed into `Trainer`; each method may be overridden."""

    def takes_own(self, kind):
        """Whether the class overrides what `"train"`, `"test"` or `"predict"` steps are made of."""
        return any(getattr(type(self), name) is not getattr(OwnSteps, name) for name in OVERRIDES[kind])

    def train_step(self, data):
        """Learn from one batch.

        Args:
            data: x, (x, y) or (x, y, sample_weight): arrays of one batch, in the structure that `fit` was given.

        Returns:
            `{name: value}` for the logs.
        """
        x, y, sample_weight = unpack(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._loss_of(x, y, y_pred, sample_weight, training=True)
        self._compiled.mean_loss.add(float(loss), _length(x))
        variables = self.trainable_weights
        with tape:
            scaled = self.optimizer.scale_loss(loss)
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data):
        """Look at one batch, without learning; as `train_step`."""
        x, y, sample_weight = unpack(data)
        y_pred = self(x, training=False)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=False)
        self._compiled.mean_loss.add(float(loss), _length(x))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data):
        """The outputs for one batch."""
        x, _, _ = unpack(data)
        return self(x, training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The whole loss of one batch: that of `compile`, and what layers and regularizers add.

        Args:
            x, y, sample_weight: the batch.
            y_pred: the model's outputs for x.
            training: whether the model learns from it.

        Returns:
            A number; a tensor, under a tape.

        Raises:
            ValueError: there is no loss at all.
        """
        parts = []
        if self._compiled.has_loss:
            targets, outputs, weights = self._beside(y, y_pred, sample_weight)
            for term in self._compiled.terms:
                k = term.output
                value = term.loss(targets[k], outputs[k], weights[k])
                if term.tracker is not None:
                    term.tracker.add(float(value), len(outputs[k]))
                parts.append(value if term.factor == 1.0 else value * term.factor)
        parts += [ops.sum(loss) for loss in self.losses]
        if not parts:
            raise ValueError("There is no loss to compute. Call `compile(..., loss=...)`. Received: loss=None.")
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Show one batch to the metrics of `compile`.

        Args:
            x, y, sample_weight: the batch.
            y_pred: the model's outputs for x.

        Returns:
            `{name: value}` of the loss and all metrics so far: what `get_metrics_result` returns.
        """
        if self._compiled.has_metrics:
            targets, outputs, weights = self._beside(y, y_pred, sample_weight)
            for watched in self._compiled.watched:
                k = watched.output
                watched.metric.update_state(
                    targets[k], ops.convert_to_numpy(outputs[k]), weights[k] if watched.weighted else None
                )
        return self.get_metrics_result()

    def _loss_of(self, x, y, y_pred, sample_weight, training):
        """`compute_loss`, which a program may have written without `training`."""
        more = {"training": training} if takes(type(self).compute_loss, "training") else {}
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **more)

    def _beside(self, y, y_pred, sample_weight):
        """Targets, outputs and weights as lists, one entry per output of the losses and metrics of `compile`."""
        compiled, outputs = self._compiled, flatten(y_pred)
        graph = self._the_graph() if self._knows_graph() else None
        if graph is not None and len(graph.outputs) == len(outputs):
            names = self._target_names()
        elif isinstance(y_pred, dict):
            graph, names = None, sorted(y_pred)
        else:
            graph, names = None, [f"output_{k + 1}" for k in range(len(outputs))]
        targets = forms.as_targets(y, names, compiled.wanted(names))
        weights = forms.as_weights(sample_weight, names)
        if graph is not None or not compiled.prepared:
            compiled.prepare(graph, names, [tuple(output.shape[1:]) for output in outputs], targets)
        return targets, outputs, weights


class OwnSamples(Samples):
    """Arrays in the structure in which a program's own steps get them.

    Args:
        x, y, sample_weight: arrays, in lists and dictionaries; None where there are none.
    """

    __slots__ = ("structures",)

    def __init__(self, x, y=None, sample_weight=None):
        parts = [None if part is None else _arrays(part, what) for part, what in zip((x, y, sample_weight), _NAMES)]
        self.structures = parts
        inputs, targets, weights = ([] if part is None else flatten(part) for part in parts)
        super().__init__(inputs, targets, (), weights)
        arrays = [*inputs, *targets, *weights]
        forms.same_length(
            arrays, [name for name, part in zip(_NAMES, parts) for _ in flatten(part) if part is not None]
        )
        forms.not_empty(inputs[0], "x")

    def cut(self, first, last):
        return self._each(lambda array: array[first:last])

    def batch(self, rows):
        """The samples `rows`, as steps take them: x, (x, y) or (x, y, sample_weight)."""
        x, y, sample_weight = self._each(lambda array: array[rows]).structures
        if sample_weight is not None:
            return x, y, sample_weight
        if y is not None:
            return x, y
        return (x,) if isinstance(x, (list, tuple)) else x

    def _each(self, function):
        return OwnSamples(
            *(None if part is None else pack(part, map(function, flatten(part))) for part in self.structures)
        )


_NAMES = ("x", "y", "sample_weight")


def _arrays(value, what):
    """Arrays in lists and dictionaries; floating point numbers as float32."""
    if isinstance(value, dict):
        return {key: _arrays(part, what) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and all(hasattr(part, "shape") or isinstance(part, dict) for part in value):
        return type(value)(_arrays(part, what) for part in value)
    array = forms.as_array(value, what)
    return array.astype(np.float32) if array.dtype == np.float64 else array


class OwnRun:
    """Batches in a program's own steps: `run(samples, rows)`, as `step.Steps` does it in a plan.

    Args:
        model: the model.
        step: its `train_step` or `test_step`.
    """

    def __init__(self, model, step):
        self.model, self._step, self._last = model, step, {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def run(self, samples, rows):
        """One batch: the samples `rows` (int64 array)."""
        found = self._step(samples.batch(rows))
        if not isinstance(found, dict):
            raise ValueError(f"`{self._step.__name__}` must return a dictionary {{name: value}}. Received: {found!r}.")
        self._last = {name: plain(value) for name, value in found.items()}

    def logs(self):
        """What the last step returned."""
        return self._last

    def epoch_logs(self):
        """The metrics of all batches, where it is these that the steps return; else what the last step returned."""
        found = self.model.get_metrics_result()
        return found if set(found) == set(self._last) else self._last


def plain(value):
    """A number as a float; an array stays one."""
    value = ops.convert_to_numpy(value)
    return float(value) if value.ndim == 0 else value


def _length(x):
    return flatten(x)[0].shape[0]
