"""Five steps of each optimizer beside its formula in float64."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, optimizers
from cycnn.core.registry import deserialize_keras_object, serialize_keras_object

RNG = np.random.default_rng(4)
X = RNG.standard_normal((8, 5))
Y = RNG.standard_normal((8, 1))
START = RNG.standard_normal((5, 1))


def sgd(w, gradient, steps, rate=0.01, momentum=0.0, nesterov=False):
    v = 0.0
    for _ in range(steps):
        g = gradient(w)
        v = momentum * v - rate * g
        w = w + (momentum * v - rate * g if nesterov else v)
    return w


def adam(w, gradient, steps, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    m = v = largest = 0.0
    for t in range(1, steps + 1):
        g = gradient(w)
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        largest = np.maximum(largest, v)
        alpha = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w = w - alpha * m / (np.sqrt(largest if amsgrad else v) + epsilon)
    return w


def rmsprop(w, gradient, steps, rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    square = mean = step = 0.0
    for _ in range(steps):
        g = gradient(w)
        square, mean = rho * square + (1 - rho) * g * g, rho * mean + (1 - rho) * g
        step = momentum * step + rate * g / np.sqrt(square - centered * mean**2 + epsilon)
        w = w - step
    return w


def adadelta(w, gradient, steps, rate=0.001, rho=0.95, epsilon=1e-7):
    square = moved = 0.0
    for _ in range(steps):
        g = gradient(w)
        square = rho * square + (1 - rho) * g * g
        step = -np.sqrt(moved + epsilon) / np.sqrt(square + epsilon) * g
        moved = rho * moved + (1 - rho) * step * step
        w = w + rate * step
    return w


CASES = [
    (optimizers.SGD, sgd, {}),
    (optimizers.SGD, sgd, {"rate": 0.1, "momentum": 0.9}),
    (optimizers.SGD, sgd, {"rate": 0.1, "momentum": 0.9, "nesterov": True}),
    (optimizers.Adam, adam, {}),
    (optimizers.Adam, adam, {"rate": 0.1, "beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}),
    (optimizers.Adam, adam, {"rate": 0.5, "beta_2": 0.5, "amsgrad": True}),
    (optimizers.RMSprop, rmsprop, {}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "rho": 0.6, "momentum": 0.7, "epsilon": 0.1}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "centered": True}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "centered": True, "momentum": 0.5}),
    (optimizers.Adadelta, adadelta, {}),
    (optimizers.Adadelta, adadelta, {"rate": 1.0, "rho": 0.8, "epsilon": 1e-3}),
]


def trained(optimizer, steps=5):
    model = cycnn.Sequential([cycnn.Input((5,)), layers.Dense(1, use_bias=False)])
    model.set_weights([START])
    model.compile(optimizer, "mse")
    for _ in range(steps):
        model.train_on_batch(X, Y)
    return model.get_weights()[0]


@pytest.mark.parametrize(("cls", "formula", "arguments"), CASES)
def test_steps_beside_the_formula(cls, formula, arguments):
    expected = formula(START, lambda w: 2 / len(X) * X.T @ (X @ w - Y), 5, **arguments)
    given = {"learning_rate" if name == "rate" else name: value for name, value in arguments.items()}
    moved = np.abs(expected - START).max()
    np.testing.assert_allclose(trained(cls(**given)), expected, rtol=1e-6, atol=2e-5 * moved + 2e-7)


def test_defaults_are_keras_s():
    for cls, rate in (
        (optimizers.SGD, 0.01),
        (optimizers.Adam, 0.001),
        (optimizers.RMSprop, 0.001),
        (optimizers.Adadelta, 0.001),
    ):
        optimizer = cls()
        assert optimizer.learning_rate == rate
        assert optimizers.get(cls.__name__.lower()).get_config() == optimizer.get_config()


@pytest.mark.parametrize(("cls", "formula", "arguments"), CASES)
def test_a_config_makes_the_same_optimizer(cls, formula, arguments):
    first = cls(**{"learning_rate" if name == "rate" else name: value for name, value in arguments.items()})
    for second in (cls.from_config(first.get_config()), deserialize_keras_object(serialize_keras_object(first))):
        assert type(second) is cls
        assert second.get_config() == first.get_config()
        assert np.array_equal(trained(first.from_config(first.get_config())), trained(second))


def test_a_learning_rate_may_be_a_function_of_the_step():
    rates = [0.3, 0.2, 0.1]
    w = START
    for rate in rates:
        w = w - rate * 2 / len(X) * X.T @ (X @ w - Y)
    found = trained(optimizers.SGD(lambda step: rates[step - 1]), steps=3)
    np.testing.assert_allclose(found, w, rtol=1e-5, atol=1e-6)


def test_state_belongs_to_a_weight():
    optimizer = optimizers.SGD(0.1, momentum=0.9)
    assert optimizer.variables == []
    trained(optimizer)
    assert [v.shape for v in optimizer.variables] == [(5, 1)]
    trained(optimizer)  # another model, another weight
    assert len(optimizer.variables) == 2
    assert optimizer.iterations == 10


@pytest.mark.parametrize("argument", ["clipnorm", "clipvalue", "global_clipnorm", "weight_decay"])
def test_what_is_not_there_yet_is_refused(argument):
    with pytest.raises(ValueError, match=argument):
        optimizers.Adam(**{argument: 0.1})
