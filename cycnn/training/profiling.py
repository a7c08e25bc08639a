"""Profiles of a model's steps and predictions, which leave the model as it was."""

from contextlib import contextmanager

import numpy as np

from cycnn.core import checks
from cycnn.engine.profile import Profile, measure_peak
from cycnn.training import data
from cycnn.training.step import Predictions, Steps


def profile(model, x, y=None, batch_size=32, repeat=10):
    """The `Profile` of one batch: of a training step where there are targets, else of a prediction."""
    batch_size, repeat = checks.positive_int("batch_size", batch_size), checks.positive_int("repeat", repeat)
    if y is None:
        samples = data.Samples(model._inputs(x)).cut(0, batch_size)
        return _prediction(model, samples, repeat)
    model._must_be_compiled("profile")
    if model.takes_own("train"):
        raise NotImplementedError(
            "`profile` shows the plan of a training step, and the steps of this model are a program's own. Call it without "
            f"`y` for a prediction. Received: y for a {type(model).__name__} with a train_step or compute_loss of its own."
        )
    return _step(model, model._samples(x, y).cut(0, batch_size), repeat)


def _prediction(model, samples, repeat):
    outputs, rows = model._room(samples, len(samples)), np.arange(len(samples), dtype=np.int64)
    with Predictions(model._the_function(), len(samples), _random()) as predictions:
        predictions.run(samples, rows, outputs)
        return _profile(predictions.plan, len(samples), repeat)


def _step(model, samples, repeat):
    rows = np.arange(len(samples), dtype=np.int64)
    with Steps(model, True, len(samples), _random()) as steps, _unchanged(model):
        step = steps.step_for(samples, len(rows))
        step.fill(rows)
        return _profile(step.plan, len(samples), repeat, model.optimizer)


def _profile(plan, samples, repeat, optimizer=None):
    threads, runs = plan.threads(), []
    before = measure_peak(threads)
    for _ in range(repeat + 1):
        if optimizer is not None:
            optimizer.before_step()
        runs.append(plan.record(samples, threads))
        if optimizer is not None:
            optimizer.after_step()
    peak = max(before, measure_peak(threads))  # a processor's clock is not always the same
    return Profile(plan, samples, threads, runs[1:], peak)


def _random():
    """Seed and step of random operations: the model's own go on as if nothing had been."""
    return np.zeros(2, np.uint64)


@contextmanager
def _unchanged(model):
    """Weights and the state of the optimizer are put back in the end."""
    kept = [(variable, variable.numpy()) for variable in (*model.weights, *model.optimizer.variables)]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
