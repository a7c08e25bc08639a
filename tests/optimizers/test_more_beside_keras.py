"""Optimizers over whole weights, and around other optimizers, beside Keras (recorded/record_more_optimizers.py)."""

import inspect
import json
import re

import numpy as np
import pytest

import cycnn
from cycnn import layers, optimizers
from cycnn.core.registry import deserialize_keras_object
from cycnn.core.variable import Variable
from tests.recorded.answers import FOLDER, load
from tests.recorded.record_more_optimizers import KEPT, WEIGHTS, gradients, start

RECORDED = load("more_optimizers")
VALUES = np.load(FOLDER / "more_optimizers.npz")["values"]
NAMES = {"keras": cycnn, "np": np}
SIZE = sum(int(np.prod(shape)) for shape in WEIGHTS.values())


def cases():
    """Every case with its numbers: weights (kept steps and the end, element), state."""
    at = 0
    for case in RECORDED["cases"]:
        middle = at + (len(KEPT) + 1) * SIZE
        end = middle + sum(int(np.prod(shape)) for _, shape in case["variables"])
        title = case["program"].replace("keras.optimizers.", "")
        yield pytest.param(case, VALUES[at:middle].reshape(-1, SIZE), VALUES[middle:end], id=title)
        at = end
    assert at == len(VALUES)


every_case = pytest.mark.parametrize(("case", "weights", "state"), [*cases()])


def flat(arrays):
    return np.concatenate([np.zeros(0), *(np.ravel(a) for a in arrays)])


def made(case):
    cycnn.utils.clear_session()
    return eval(case["program"], NAMES)


def variables():
    return [Variable(w, path.split("/")[1], path=path) for w, path in zip(start(), WEIGHTS)]


def close(found, expected):
    """Keras's own float32 makes 1 - beta^t wrong by some 1e-5, and Muon's iteration multiplies what is rounded."""
    moved = np.abs(expected - flat(start())).max()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=3e-5 * moved + 2e-7)


@every_case
def test_ten_steps_of_given_gradients(case, weights, state):
    optimizer, trained = made(case), variables()
    optimizer.build(trained)
    for step, given in enumerate(gradients(case["program"]), 1):
        with np.errstate(invalid="ignore"):  # a gradient that is not finite, scaled
            optimizer.apply([optimizer.scale_loss(g) for g in given])
        if step in KEPT:
            close(flat(trained), weights[KEPT.index(step)])
    optimizer.finalize_variable_values(trained)
    close(flat(trained), weights[-1])
    assert int(optimizer.iterations) == case["iterations"]
    assert [[v.path.rpartition("/")[2], list(v.shape)] for v in optimizer.variables] == [
        [path.rpartition("/")[2], shape] for path, shape in case["variables"]
    ]
    np.testing.assert_allclose(flat(optimizer.variables), state, rtol=2e-5, atol=2e-6)


@every_case
def test_configs_are_keras_s(case, weights, state):
    optimizer = made(case)
    config = json.loads(json.dumps(optimizer.get_config()))
    public = re.sub(
        r"keras\.src\.backend\.torch\.optimizers\.torch_\w+", "keras.optimizers", json.dumps(case["config"])
    )
    expected = json.loads(re.sub(r'"registered_name": "\w+"', '"registered_name": null', public))
    assert config == expected
    assert list(config) == list(expected)
    for again in (
        type(optimizer).from_config(case["config"]),
        deserialize_keras_object(optimizers.serialize(optimizer)),
    ):
        assert type(again) is type(optimizer)
        assert json.loads(json.dumps(again.get_config())) == expected


@every_case
def test_a_plan_takes_the_steps_of_apply(case, weights, state):
    """`emit` in a plan beside `emit` at once, from the gradients of the same network."""
    rng = np.random.default_rng(3)
    xs, ys = rng.standard_normal((4, 6, 5)), rng.standard_normal((4, 6, 2))

    def network():
        model = cycnn.Sequential(
            [cycnn.Input((5,)), layers.Dense(3, "tanh", name="dense"), layers.Dense(2, name="head")]
        )
        values = np.random.default_rng(4)
        model.set_weights([values.standard_normal(w.shape) for w in model.get_weights()])
        return model

    model, other = network(), network()
    model.compile(made(case), "mse")
    optimizer = made(case)
    optimizer.build(other.trainable_variables)
    for x, y in zip(xs, ys):
        model.train_on_batch(x, y)
        with cycnn.GradientTape() as tape:
            loss = optimizer.scale_loss(cycnn.ops.mean((other(x.astype("float32")) - y.astype("float32")) ** 2))
        optimizer.apply(tape.gradient(loss, other.trainable_variables))
    for found, expected in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for found, expected in zip(model.optimizer.variables, optimizer.variables):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-3, atol=1e-4, err_msg=found.path)


@pytest.mark.parametrize("program", RECORDED["refusals"])
def test_what_keras_refuses(program):
    kinds = {"TypeError": TypeError, "AttributeError": AttributeError, "ValueError": ValueError}
    with pytest.raises(kinds[RECORDED["refusals"][program]]):
        eval(program, {**NAMES, "keras": cycnn})


@pytest.mark.parametrize("name", RECORDED["signatures"])
def test_arguments_stand_in_keras_s_order(name):
    parameters = inspect.signature(getattr(optimizers, name)).parameters.values()
    found = [[p.name, None if p.default is p.empty else p.default] for p in parameters]
    assert found == RECORDED["signatures"][name]


def test_a_step_whose_gradients_would_overflow_is_skipped_in_a_plan():
    model = cycnn.Sequential([cycnn.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.LossScaleOptimizer(optimizers.Nadam(0.1), dynamic_growth_steps=2), "mse")
    model.set_weights([np.ones((1, 1))])
    steps = [([[1.0]], 1, 2.0**15), ([[1e18]], 0, 2.0**14), ([[1.0]], 1, 2.0**14), ([[1.0]], 1, 2.0**15)]
    for x, moves, scale in steps:
        before, count = model.get_weights()[0], int(model.optimizer.iterations)
        model.train_on_batch(np.array(x), np.array([[1000.0]]))
        assert np.any(model.get_weights()[0] != before) == moves
        assert int(model.optimizer.iterations) == count + moves
        assert float(model.optimizer.dynamic_scale) == scale


def test_each_weight_has_its_optimizer():
    model = cycnn.Sequential([cycnn.Input((2,)), layers.Dense(2, name="body"), layers.Dense(1, name="head")])
    slow, fast = optimizers.SGD(0.0), optimizers.Adam(0.1)
    model.compile(optimizers.MultiOptimizer(lambda v: fast if "head" in v.path else slow), "mse")
    before = model.get_weights()
    model.fit(np.ones((4, 2)), np.zeros((4, 1)), epochs=2, verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights())]
    assert same == [True, True, False, False]
    assert model.optimizer.optimizers == [slow, fast]
    assert int(fast.iterations) == int(model.optimizer.iterations) == 2
    with pytest.raises(ValueError, match="neither a LossScaleOptimizer"):
        optimizers.MultiOptimizer(lambda v: optimizers.LossScaleOptimizer(fast)).build(model.trainable_variables)
