"""Python in the middle of a plan: `emit.host`."""

import numpy as np
import pytest

from cycnn import Sequential, layers
from cycnn.engine.graph import Memory, Operation


class Squared(Operation):
    """x * x, by NumPy."""

    def memory(self, x):
        return Memory(x)

    def forward(self, emit, x, y, work, *, training):
        emit.host(lambda x, y: np.multiply(x, x, out=y), x, y, modes="rw")

    def backward(self, emit, x, y, dy, dx, work):
        def square_backward(x, dy, dx):
            dx[...] = 2 * x * dy

        emit.host(square_backward, x, dy, dx, modes="rrw")


class Square(layers.Layer):
    def call(self, x):
        return Squared().record(x)


@pytest.fixture
def model():
    model = Sequential([layers.Input((5,)), layers.Dense(4), Square(), layers.Dense(3), Square()])
    model.compile("sgd", "mse")
    return model


def forward(x, w):
    return ((x @ w[0] + w[1]) ** 2 @ w[2] + w[3]) ** 2


@pytest.mark.parametrize("batch_size", [1, 2, 16, 37, 64])
def test_samples_of_each_batch_arrive(model, batch_size):
    x = np.random.default_rng(0).standard_normal((37, 5)).astype("float32")
    y = model.predict(x, batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(y, forward(x, model.get_weights()), rtol=1e-5, atol=1e-6)


def test_gradients_pass_through(model):
    rng = np.random.default_rng(1)
    x, t = rng.standard_normal((7, 5)).astype("float32"), rng.standard_normal((7, 3)).astype("float32")
    before = [w.astype("float64") for w in model.get_weights()]
    model.train_on_batch(x, t)
    for k, (old, new) in enumerate(zip(before, model.get_weights(), strict=True)):
        slope = np.zeros_like(old)
        for place in np.ndindex(old.shape):
            moved = [w.copy() for w in before]
            moved[k][place] += 1e-5
            up = np.mean((forward(x, moved) - t) ** 2)
            moved[k][place] -= 2e-5
            slope[place] = (up - np.mean((forward(x, moved) - t) ** 2)) / 2e-5
        np.testing.assert_allclose((old - new) / 0.01, slope, rtol=1e-3, atol=1e-3)


def test_the_plan_names_the_function(model):
    assert "host.square_backward" not in model.plan_summary()
    assert "segment 1: Python" in model.plan_summary()


def test_an_error_in_the_function_comes_out_and_the_plan_still_serves():
    wants = []

    class Moody(Squared):
        def forward(self, emit, x, y, work, *, training):
            def moody(x, y):
                if wants:
                    raise RuntimeError("not today")
                y[...] = x

            emit.host(moody, x, y, modes="rw")

    class Layer(layers.Layer):
        def call(self, x):
            return Moody().record(x)

    layer, x = Layer(), np.ones((3, 2), "float32")
    wants.append(1)
    with pytest.raises(RuntimeError, match="not today"):
        layer(x)
    wants.clear()
    np.testing.assert_array_equal(layer(x), x)
