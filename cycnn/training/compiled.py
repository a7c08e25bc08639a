"""What `compile` said: losses and metrics, of every output of a model."""

from collections.abc import Mapping

import numpy as np

from cycnn import losses
from cycnn import metrics as metrics_package
from cycnn.core import checks

# Words whose meaning depends on the shapes of targets and outputs.
METRIC_WORDS = ("accuracy", "acc", "crossentropy", "ce")
LOSS_WORDS = ("crossentropy", "ce")


class Term:
    """A loss of one output: `factor` times its value is a part of the whole loss."""

    def __init__(self, output, loss, factor, tracker):
        self.output, self.loss, self.factor = output, loss, factor
        self.tracker = tracker  # a Mean, where there are several terms: the value before the factor


class Watched:
    """A metric of one output: its object, and its name in logs."""

    def __init__(self, output, metric, weighted, name):
        self.output, self.metric, self.weighted, self.name = output, metric, weighted, name


class Compiled:
    """Losses and metrics as the user gave them, and, once outputs and targets are known, as they are used.

    Args:
        loss, loss_weights, metrics, weighted_metrics: as in `compile`.

    Attributes:
        has_loss: whether some output has a loss.
        terms: list of `Term`, for the outputs that have a loss; several for one that has a list of them.
        watched: list of `Watched`, the weighted ones last.
        trainable: `{weight: whether it can be trained}`, as it was at `compile`.
        trained, trained_graph: the weights that are trained, and the graph whose they are.

    Raises:
        ValueError: unknown names, or arguments that are no lists or dictionaries where they must be.
    """

    def __init__(self, loss=None, loss_weights=None, metrics=None, weighted_metrics=None):
        self._loss, self._factors = loss, loss_weights
        if loss_weights is not None and not isinstance(loss_weights, (list, tuple, Mapping, float, int)):
            raise checks.refuse("loss_weights", "a number, a list or a dictionary", loss_weights)
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, Mapping)):
                raise ValueError(f"Expected `{name}` to be a list: {name}=[{given!r}]. Received: {name}={given!r}.")
        self._metrics = [(metrics or [], False), (weighted_metrics or [], True)]
        _check_names(loss, losses.get, LOSS_WORDS)
        for given, _ in self._metrics:
            _check_names(given, metrics_package.get, METRIC_WORDS)
        self.has_loss = any(True for _ in _leaves(loss))
        self.mean_loss = Mean("loss")
        self._graph, self._kinds, self.prepared, self._wanted = None, None, False, None
        self.terms, self.watched = [], []
        self.trainable, self.trained, self.trained_graph = {}, [], None

    @property
    def has_metrics(self):
        """Whether there are metrics besides the losses."""
        return any(True for given, _ in self._metrics for _ in _leaves(given))

    # ------------------------------------------------------------------------------------------------- per output

    def wanted(self, names):
        """For each output, what names its loss, or None."""
        if self._wanted is None or self._wanted[0] != names:  # asked for every batch
            found = [_name_of(given[0]) if given else None for given in self._losses(names)]
            self._wanted = list(names), found
        return self._wanted[1]

    def prepare(self, graph, names, shapes, targets):
        """Make the objects for the outputs of a graph, at the first targets.

        Args:
            graph: the model's `Graph`; None where outputs come from a program's own steps.
            names: names of the outputs.
            shapes: the outputs' shapes of one sample.
            targets: list of arrays, one per output; None for an output without targets.
        """
        if self.prepared and graph is self._graph:
            return
        kinds = [(name, len(shape), shape[-1:]) for name, shape in zip(names, shapes)]
        if self.prepared and kinds == self._kinds and None not in (graph, self._graph):
            self._graph = graph  # the same outputs, for inputs of another size
            return
        identifiers = self._losses(names)
        for name, tensor, found in zip(names, graph.outputs if graph is not None else (), identifiers):
            if found and tensor.mask is not None:
                raise ValueError(
                    f"The output {name!r} has a mask, and losses take none: average its steps, by `GlobalAveragePooling1D`, or "
                    "weigh them by `sample_weight`. Received: a loss for it."
                )
        factors = self._loss_factors(names, identifiers)
        several = sum(map(len, identifiers)) > 1
        self.terms = [
            Term(
                k,
                _loss_of(identifier, targets[k], shapes[k]),
                factor,
                Mean(f"{names[k]}_loss") if several else None,
            )
            for k in range(len(names))
            for identifier, factor in zip(identifiers[k], factors[k], strict=True)
        ]
        self.watched = self._watched(names, targets, shapes)
        self._graph, self._kinds, self.prepared = graph, kinds, True

    def _losses(self, names):
        """What names the losses of each output, in order: lists, mostly of one."""
        given = self._loss
        if len(names) == 1 and isinstance(given, (list, tuple)):  # a list may be of losses, or of outputs
            given = [given[0] if len(given) == 1 else given]
        return [list(_leaves(found)) for found in per_output(given, names, "loss", broadcast=True)]

    def _loss_factors(self, names, identifiers):
        given = self._factors
        if given is None or isinstance(given, (int, float)):
            given = [[1.0 if given is None else given] * len(found) for found in identifiers]
        elif isinstance(given, (list, tuple)) and len(names) == 1 and len(given) == len(identifiers[0]) > 1:
            given = [given]
        elif isinstance(given, (list, tuple)) and len(given) != len(names):
            raise ValueError(
                f"`loss_weights` must hold one number for each of the outputs {list(names)}. Received: loss_weights={given}."
            )
        factors = per_output(given, names, "loss_weights")
        factors = [list(f) if isinstance(f, (list, tuple)) else [] if f is None else [f] for f in factors]
        for name, found, losses_of_it in zip(names, factors, identifiers, strict=True):
            if losses_of_it and len(found) != len(losses_of_it):
                raise ValueError(
                    f"`loss_weights` must hold one number for each loss of the output {name!r}: {len(losses_of_it)}. "
                    f"Received: loss_weights={checks.short(self._factors)}."
                )
        return [
            [checks.number("loss_weights", f) for f in found[: len(of_it)]]
            for found, of_it in zip(factors, identifiers)
        ]

    def _watched(self, names, targets, shapes):
        found, taken = [], {}
        for given, weighted in self._metrics:
            if len(names) == 1:
                lists = [list(_leaves(given))]
            else:
                kind = "weighted_metrics" if weighted else "metrics"
                lists = [list(_leaves(part)) for part in per_output(given or None, names, kind)]
            for k, identifiers in enumerate(lists):
                for identifier in identifiers:
                    if targets[k] is None:
                        raise ValueError(
                            f"The metric {checks.short(identifier)} of the output {names[k]!r} needs targets. "
                            "Received: None in their place."
                        )
                    metric = metrics_package.resolve(identifier, targets[k].shape, (len(targets[k]), *shapes[k]))
                    prefix = f"{names[k]}_" if len(names) > 1 else ""
                    found.append(Watched(k, metric, weighted, _free(taken, prefix, metric.name, weighted)))
        return found

    # ------------------------------------------------------------------------------------------------------- values

    @property
    def metrics(self):
        """All metric objects: the loss, those that were asked for, the loss of each output."""
        trackers = [term.tracker for term in self.terms if term.tracker is not None]
        return [self.mean_loss, *(w.metric for w in self.watched), *trackers]

    @property
    def metrics_names(self):
        """The names of the values of `evaluate`, in their order."""
        return [name for name, _ in self._ordered(self.logs())]

    def reset(self):
        """Begin all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def logs(self):
        """`{name: value}` of the loss and all metrics, in the order of their names."""
        values = {"loss": self.mean_loss.result()}
        for watched in self.watched:
            result = watched.metric.result()
            values.update(result if isinstance(result, dict) else {watched.name: result})
        for term in self.terms:
            if term.tracker is not None:
                values[term.tracker.name] = term.tracker.result()
        return {name: _plain(values[name]) for name in sorted(values)}

    def listed(self, logs, more=tuple):
        """The values of logs as `evaluate` returns them: a number, or a list.

        Args:
            more: function that gives further metrics; it is asked where there may be several values.
        """
        if len(logs) == 1 and not self.watched:
            return next(iter(logs.values()))
        values = [value for _, value in self._ordered(logs, more)]
        return values if len(values) > 1 else values[0]

    def _ordered(self, logs, more=tuple):
        """(name, value) in Keras's order: the loss, metrics under their own names, the outputs' losses, and then what
        has another name in logs: a metric of one of several outputs, a second one of a name."""
        own = [metric.name for metric in self.metrics]
        own += [metric.name for metric in more() if metric.name not in own]
        yield from ((name, logs[name]) for name in own if name in logs)
        yield from ((name, logs[name]) for name in sorted(logs) if name not in own)

    def state(self):
        """The values of all metrics' variables, for `restore`."""
        return [(variable, variable.numpy()) for metric in self.metrics for variable in metric.variables]

    @staticmethod
    def restore(state):
        for variable, value in state:
            variable.assign(value)


class Mean(metrics_package.Mean):
    """The mean of the batches' values over their samples. What every step calls does without the checks of others."""

    def reset_state(self):
        self.total._array[()] = self.count._array[()] = 0

    def add(self, value, samples):
        """One value of this many samples."""
        self.total._array[()] += value * samples
        self.count._array[()] += samples


def _plain(value):
    """A number as a float; an array stays one."""
    return float(value) if isinstance(value, float) or np.ndim(value) == 0 else np.asarray(value)


def per_output(given, names, what, broadcast=False):
    """What a list, a dictionary by name, or one thing for all says of each output; None where it says nothing.

    Raises:
        ValueError: names that there are not, or another number of entries than outputs.
    """
    if isinstance(given, Mapping) and not _is_config(given):
        unknown = [name for name in given if name not in names]
        if unknown or (broadcast and len(given) < len(names)):
            raise ValueError(
                f"`{what}` must be a dictionary whose keys are the outputs {list(names)}. Received: keys {list(given)}."
            )
        return [given.get(name) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"`{what}` must hold one entry for each of the outputs {list(names)}. "
                f"Received: {what}={checks.short(given)}."
            )
        return list(given)
    if given is not None and not broadcast:
        raise ValueError(f"`{what}` must be a list or a dictionary by output. Received: {what}={checks.short(given)}.")
    return [given] * len(names)


def _leaves(given):
    """What stands in nested lists and dictionaries."""
    if isinstance(given, Mapping) and not _is_config(given):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        for part in given:
            yield from _leaves(part)
    elif given is not None:
        yield given


def _check_names(given, get, words):
    """Refuse unknown names in `compile`, not in `fit`; each output gets an object of its own later."""
    for identifier in _leaves(given):
        if not _is_word(identifier, words):
            get(identifier)


def _is_config(value):
    """Whether a dictionary is the config of one object."""
    return "class_name" in value


def _is_word(identifier, words):
    return isinstance(identifier, str) and identifier.lower() in words


def _loss_of(identifier, target, sample):
    """The loss that an entry of `loss` means for targets and an output of these shapes."""
    if _is_word(identifier, LOSS_WORDS):
        kind = "categorical"
        if sample[-1:] in ((), (1,)):
            kind = "binary"
        elif target.ndim <= len(sample) or target.shape[-1] == 1:
            kind = "sparse_categorical"
        identifier = f"{kind}_crossentropy"
    return losses.get(identifier)


def _name_of(identifier):
    """The name of a loss, for errors."""
    return identifier if isinstance(identifier, str) else getattr(identifier, "name", type(identifier).__name__)


def _free(taken, prefix, name, weighted):
    """A name for logs that no metric before has: a second one of a name is numbered, a weighted one says so."""
    full = f"{prefix}{name}"
    if full in taken and weighted:
        full = f"{prefix}weighted_{name}"
    if full not in taken:
        taken[full] = 1
        return full
    number = taken[full]
    taken[full] += 1
    return f"{full}_{number}"
