"""What layers add to the loss, where no recorded program looks."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, ops

X = np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32)


class Adding(layers.Layer):
    def __init__(self, loss, **kwargs):
        super().__init__(**kwargs)
        self.loss = loss

    def call(self, x):
        self.add_loss(self.loss(x))
        return x * 2


def test_a_model_with_penalties_predicts_without_them():
    x = layers.Input((4,))
    model = cycnn.Model(x, Adding(ops.mean)(layers.Dense(3, activation="relu", activity_regularizer="l1")(x)))
    plain = cycnn.Model(x, model.layers[1].output)
    assert "host" not in model.plan_summary()
    np.testing.assert_array_equal(model.predict(X, verbose=0), 2 * plain.predict(X, verbose=0))


def test_layers_used_in_part_count_what_is_computed():
    x = layers.Input((4,))
    y = layers.Dense(3, activity_regularizer="l2")(x)
    z = layers.Dense(2, activity_regularizer="l2")(y)
    part, whole = cycnn.Model(x, y), cycnn.Model(x, z)
    part(X)
    assert len(part.losses) == 1
    whole(X)
    assert len(whole.losses) == 2


def test_both_outputs_of_a_layer_carry_its_loss_once():
    class Split(layers.Layer):
        def call(self, x):
            self.add_loss(ops.mean(x))
            return x[:, :2], x[:, 2:]

    x = layers.Input((4,))
    model = cycnn.Model(x, list(Split()(x)))
    model(X)
    np.testing.assert_allclose(model.losses, [X.mean()], rtol=1e-5)
    model = cycnn.Model(x, Split()(x)[1])
    model(X)
    np.testing.assert_allclose(model.losses, [X.mean()], rtol=1e-5)


def test_threads_and_batches_leave_the_sums_as_they_are():
    x = layers.Input((4,))
    model = cycnn.Model(
        x, layers.Dense(3, activity_regularizer=cycnn.regularizers.L1(1.0), kernel_initializer="ones")(x)
    )
    model.compile("sgd", "mse")
    alone = [model.evaluate(X[k : k + 1], np.zeros((1, 3)), verbose=0) for k in range(6)]
    assert model.evaluate(X, np.zeros((6, 3)), verbose=0) == pytest.approx(np.mean(alone), rel=1e-5)
    assert model.evaluate(X, np.zeros((6, 3)), batch_size=4, verbose=0) == pytest.approx(np.mean(alone), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda x: 3.0, "`add_loss` must be called in `call`.*3.0"),
        (lambda x: None, "`add_loss` must be called in `call`.*None"),
        (lambda x: "mse", "`add_loss` must be called in `call`"),
    ],
)
def test_what_is_no_loss_is_refused(loss, message):
    with pytest.raises(ValueError, match=message):
        Adding(loss)(layers.Input((4,)))


def test_a_symbolic_loss_outside_of_call_is_refused():
    x = layers.Input((4,))
    model = cycnn.Model(x, layers.Dense(2)(x))
    with pytest.raises(ValueError, match="must be called in `call`"):
        model.add_loss(ops.mean(model.output))


def test_a_function_of_all_samples_is_no_tensor():
    x = layers.Input((4,))
    message = "must keep the first axis.*only be added to the loss"
    with pytest.raises(ValueError, match=message):
        cycnn.Model(x, ops.mean(x))
    with pytest.raises(ValueError, match=message):
        layers.Add()([x, x - ops.mean(x)])
    with pytest.raises(TypeError, match=message):
        layers.Dense(2)(ops.mean(x, axis=0))
    with pytest.raises(TypeError, match=message):
        float(ops.mean(x))
    with pytest.raises(ValueError, match=message):
        layers.Lambda(lambda y: y / ops.max(y))(x)


def test_a_model_without_any_loss_is_refused():
    x = layers.Input((4,))
    model = cycnn.Model(x, layers.Dense(2)(x))
    model.compile("sgd")
    with pytest.raises(ValueError, match="needs a loss"):
        model.fit(X, verbose=0)
    penalized = cycnn.Model(x, layers.Dense(2, kernel_regularizer="l2")(x))
    penalized.compile("sgd")
    history = penalized.fit(X, epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]
