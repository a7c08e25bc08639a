"""`compile`, `fit`, `evaluate`, `predict` and their relatives, from outside."""

import itertools

import numpy as np
import pytest

import cycnn
from cycnn import Input, Sequential, constraints, layers, metrics, optimizers, regularizers, utils

RNG = np.random.default_rng(2)
X = RNG.standard_normal((50, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 50)


def network(optimizer="sgd", loss="sparse_categorical_crossentropy", measured=("accuracy",), seed=0, **head):
    utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((6,)),
            layers.Dense(7, activation="tanh", name="body"),
            layers.Dense(3, activation="softmax", name="head", **head),
        ]
    )
    model.compile(optimizer, loss, metrics=list(measured))
    return model


def linear(optimizer=None, **arguments):
    """y = w * x with w = 1, trained by plain gradient descent on the mean squared error."""
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones", **arguments)])
    model.compile(optimizer or optimizers.SGD(0.1), "mse")
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# Data ----------------------------------------------------------------------------------------------------------------


def test_validation_split_takes_the_last_samples_before_any_shuffling():
    split = network()
    a = split.fit(X, Y, validation_split=0.3, epochs=3, batch_size=8, verbose=0).history
    apart = network()
    b = apart.fit(X[:35], Y[:35], validation_data=(X[35:], Y[35:]), epochs=3, batch_size=8, verbose=0).history
    assert a == b
    assert same(split.get_weights(), apart.get_weights())


def test_validation_is_an_evaluation_of_the_weights_at_the_end_of_the_epoch():
    model = network()
    history = model.fit(X, Y, validation_data=(X[:9], Y[:9]), validation_batch_size=4, epochs=2, verbose=0).history
    loss, accuracy = model.evaluate(X[:9], Y[:9], verbose=0)
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-6)
    assert history["val_accuracy"][-1] == accuracy


def test_validation_data_with_weights():
    weight = np.linspace(0, 2, 9)
    history = network().fit(X, Y, validation_data=(X[:9], Y[:9], weight), verbose=0).history
    model = network()
    model.fit(X, Y, verbose=0)
    assert history["val_loss"] == [model.evaluate(X[:9], Y[:9], sample_weight=weight, verbose=0)[0]]


def test_history_holds_a_value_per_epoch_and_the_epochs_numbers():
    model = network()
    history = model.fit(X, Y, epochs=5, initial_epoch=2, validation_split=0.2, verbose=0)
    assert history.epoch == [2, 3, 4]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 3 for values in history.history.values())
    assert history.params == {"epochs": 5, "steps": 2, "verbose": 0}
    assert history.model is model
    assert model.history is history


def test_an_initial_epoch_behind_the_last_one_trains_nothing():
    model = network()
    before = model.get_weights()
    assert model.fit(X, Y, epochs=2, initial_epoch=2, verbose=0).history == {}
    assert same(before, model.get_weights())


def test_the_loss_of_an_epoch_is_the_mean_over_samples_not_over_batches():
    model = network(optimizers.SGD(0.0))
    history = model.fit(X, Y, batch_size=32, shuffle=False, verbose=0).history
    p = model.predict(X, verbose=0)[np.arange(50), Y]
    assert history["loss"][0] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert model.evaluate(X, Y, batch_size=32, verbose=0)[0] == pytest.approx(-np.log(p).mean(), rel=1e-5)


def test_shuffling_follows_from_the_seed():
    def trained(seed, **arguments):
        model = network()
        utils.set_random_seed(seed)
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, **arguments)
        return model.get_weights()

    assert same(trained(3), trained(3))
    assert not same(trained(3), trained(4))
    assert same(trained(3, shuffle=False), trained(4, shuffle=False))
    assert not same(trained(3), trained(3, shuffle=False))


def test_each_sample_is_seen_once_an_epoch_in_another_order():
    seen = []

    class Watch(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append(np.array(y_true).ravel())

        def result(self):
            return len(seen)

    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Watch("watch")])
    numbers = np.arange(50, dtype=np.float32)[:, None]
    model.fit(numbers / 50, numbers, batch_size=8, epochs=2, verbose=0)
    assert [len(part) for part in seen] == [8, 8, 8, 8, 8, 8, 2] * 2
    first, second = np.concatenate(seen[:7]), np.concatenate(seen[7:])
    assert sorted(first) == sorted(second) == list(range(50))
    assert list(first) != list(second) != list(range(50))
    seen.clear()
    model.fit(numbers / 50, numbers, batch_size=8, shuffle=False, verbose=0)
    assert list(np.concatenate(seen)) == list(range(50))


def test_a_short_last_batch_is_a_step_of_its_own_size():
    model, steps = network(), network()
    model.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
    for part in (slice(0, 32), slice(32, 50)):
        steps.train_on_batch(X[part], Y[part])
    for a, b in zip(model.get_weights(), steps.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_batch_larger_than_the_data():
    assert same(*(_fitted(size) for size in (50, 64)))


def _fitted(batch_size):
    model = network()
    model.fit(X, Y, batch_size=batch_size, verbose=0)
    return model.get_weights()


def test_sample_weights_scale_the_gradient_of_their_sample():
    x, y, weight = np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]]), np.array([1.0, 0.5])
    model = linear()
    loss = model.train_on_batch(x, y, sample_weight=weight)
    assert loss == pytest.approx((4 * 1 + 1 * 0.5) / 2)
    gradient = (2 * (1 - 3) * 1 * 1 + 2 * (2 - 1) * 2 * 0.5) / 2
    assert model.get_weights()[0][0, 0] == pytest.approx(1 - 0.1 * gradient, rel=1e-6)
    assert model.fit(x, y, sample_weight=weight[:, None], verbose=0).history["loss"]


def test_samples_of_weight_zero_do_not_matter():
    weight = (np.arange(50) < 30).astype(float)
    results = []
    for noise in (0, 9):
        model, x = network(measured=()), X.copy()
        x[30:] += noise
        model.fit(x, Y, sample_weight=weight, batch_size=10, verbose=0)
        results.append(model.get_weights())
    assert same(*results)


def test_weighted_metrics_count_by_weight_and_others_do_not():
    model = network()
    weight = np.arange(50) % 4
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    found = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    right = model.predict(X, verbose=0).argmax(1) == Y
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["weighted_accuracy"] == pytest.approx((right * weight).sum() / weight.sum())


# What is returned and printed ----------------------------------------------------------------------------------------


def test_forms_of_evaluate():
    model = network()
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "accuracy"]
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"loss": loss, "accuracy": accuracy}
    assert accuracy == np.mean(model.predict(X, verbose=0).argmax(1) == Y)
    assert isinstance(network(measured=()).evaluate(X, Y, verbose=0), float)
    assert model.evaluate(X, Y, batch_size=7, verbose=0) == pytest.approx([loss, accuracy], rel=1e-6)


def test_evaluate_and_predict_leave_the_model_as_it_is():
    model = network()
    before = model.get_weights()
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.test_on_batch(X, Y)
    assert same(before, model.get_weights())
    assert model.optimizer.iterations == 0


def test_single_batches():
    model, fitted = network(), network()
    before = model.evaluate(X, Y, verbose=0)
    assert model.test_on_batch(X, Y) == pytest.approx(before, rel=1e-6)
    assert model.train_on_batch(X, Y) == pytest.approx(before, rel=1e-6)
    fitted.fit(X, Y, batch_size=50, shuffle=False, verbose=0)
    assert same(model.get_weights(), fitted.get_weights())
    assert set(model.train_on_batch(X, Y, return_dict=True)) == {"loss", "accuracy"}
    assert set(model.test_on_batch(X, Y, return_dict=True)) == {"loss", "accuracy"}
    assert np.array_equal(model.predict_on_batch(X), model.predict(X, verbose=0))
    assert isinstance(network(measured=()).train_on_batch(X, Y), float)


def test_lines_of_output(capsys):
    model = network()
    model.fit(X, Y, epochs=2, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert capsys.readouterr() == ("", "")
    model.fit(X, Y, epochs=2, validation_split=0.2, verbose=2)
    lines = [line for line in capsys.readouterr().out.splitlines() if "loss" in line]
    assert len(lines) == 2
    for line in lines:
        for word in ("accuracy: ", "loss: ", "val_accuracy: ", "val_loss: "):
            assert word in line
    model.fit(X, Y, epochs=2)  # not a terminal: one plain line an epoch
    output = capsys.readouterr().out
    assert "\r" not in output
    assert "\b" not in output
    assert "\x1b" not in output
    assert sum("loss" in line for line in output.splitlines()) == 2
    model.evaluate(X, Y, verbose=2)
    assert "loss: " in capsys.readouterr().out


# Training flags, constraints, regularizers ---------------------------------------------------------------------------


def test_a_frozen_layer_keeps_its_weights_and_learns_again_when_it_is_thawed():
    model = network("adam")
    body, head = model.get_layer("body"), model.get_layer("head")
    body.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = body.get_weights(), head.get_weights()
    model.fit(X, Y, verbose=0)
    assert same(before[0], body.get_weights())
    assert not same(before[1], head.get_weights())
    assert len(model.trainable_weights) == len(model.non_trainable_weights) == 2
    body.trainable = True
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    assert not same(before[0], body.get_weights())
    model.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert same(before, model.get_weights())


def test_a_model_made_untrainable_and_back():
    model = network()
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    assert model.trainable_weights == []
    model.trainable = True
    assert len(model.trainable_weights) == 4


def test_frozen_batch_normalization_uses_and_keeps_its_moving_statistics():
    model = Sequential([Input((6,)), layers.BatchNormalization(name="norm"), layers.Dense(3, activation="softmax")])
    norm = model.get_layer("norm")
    norm.set_weights([np.ones(6), np.zeros(6), np.full(6, 2.0), np.full(6, 3.0)])
    norm.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    expected = model.evaluate(X, Y, verbose=0)
    before = norm.get_weights()
    assert model.train_on_batch(X, Y) == pytest.approx(expected, rel=1e-5)
    assert same(before, norm.get_weights())
    norm.trainable = True
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(X, Y)
    assert not same(before[2:], norm.get_weights()[2:])


def test_a_layer_without_trained_weights_obeys_its_flag_at_once():
    model = Sequential(
        [Input((6,)), layers.BatchNormalization(center=False, scale=False), layers.Dense(3, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(X, Y)
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()
    model.train_on_batch(X, Y)
    assert same(before, model.layers[0].get_weights())


def test_a_called_layer_obeys_its_flag_after_it_has_changed():
    norm = layers.BatchNormalization()
    x = 5 + 2 * X
    assert abs(norm(x, training=True).mean()) < 1e-3
    norm.trainable = False
    assert np.array_equal(norm(x, training=True), norm(x))


def test_constraints_hold_after_each_step():
    found = []

    class Watch(cycnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found.append(np.linalg.norm(self.model.get_layer("head").get_weights()[0], axis=0).max())

    model = network(optimizers.SGD(1.0), kernel_constraint=constraints.MaxNorm(0.7), bias_constraint="non_neg")
    model.fit(X, Y, batch_size=10, epochs=2, verbose=0, callbacks=[Watch()])
    assert len(found) == 10
    assert max(found) <= 0.7 + 1e-5
    assert max(found) > 0.69  # it did bind
    assert model.get_layer("head").get_weights()[1].min() >= 0


@pytest.mark.parametrize(
    ("rule", "penalty"),
    [
        (regularizers.L2(0.1), lambda w: 0.1 * (w**2).sum()),
        (regularizers.L1(0.1), lambda w: 0.1 * abs(w).sum()),
        (regularizers.L1L2(0.1, 0.2), lambda w: 0.1 * abs(w).sum() + 0.2 * (w**2).sum()),
    ],
)
def test_regularizers_raise_the_loss_by_the_penalty(rule, penalty):
    plain, penalized = network(), network(kernel_regularizer=rule)
    expected = penalty(plain.get_layer("head").get_weights()[0].astype(np.float64))
    for method in ("test_on_batch", "train_on_batch"):
        a, b = (getattr(m, method)(X, Y)[0] for m in (plain, penalized))
        assert b - a == pytest.approx(expected, rel=1e-5)
        plain, penalized = network(), network(kernel_regularizer=rule)
    losses = [m.fit(X, Y, batch_size=50, verbose=0).history["loss"][0] for m in (plain, penalized)]
    assert losses[1] - losses[0] == pytest.approx(expected, rel=1e-5)


def test_regularizers_act_on_the_gradient():
    model = linear(kernel_regularizer=regularizers.L1L2(0.3, 0.2))
    assert model.train_on_batch(np.zeros((4, 1)), np.zeros((4, 1))) == pytest.approx(0.5)
    assert model.get_weights()[0][0, 0] == pytest.approx(1 - 0.1 * (0.3 + 2 * 0.2))


def test_a_frozen_layer_pays_no_penalty_in_training():
    model = network(kernel_regularizer="l2")
    model.get_layer("head").trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_layer("head").get_weights()
    model.fit(X, Y, verbose=0)
    assert same(before, model.get_layer("head").get_weights())


# The optimizer's state -----------------------------------------------------------------------------------------------


def test_fit_goes_on_where_it_stopped():
    once, twice = network("adam"), network("adam")
    once.fit(X, Y, batch_size=10, epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        twice.fit(X, Y, batch_size=10, shuffle=False, verbose=0)
    assert same(once.get_weights(), twice.get_weights())
    assert once.optimizer.iterations == twice.optimizer.iterations == 10


def test_the_learning_rate_can_change_between_steps():
    class Stop(cycnn.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.optimizer.learning_rate = 0.0
                self.kept = self.model.get_weights()

    model, stop = network(), Stop()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[stop])
    assert same(stop.kept, model.get_weights())


# Callbacks -----------------------------------------------------------------------------------------------------------


class Recorder(cycnn.callbacks.Callback):
    def __init__(self):
        self.calls = []


def _note(hook):
    def method(self, *arguments, **keywords):
        self.calls.append((hook, *(a for a in arguments if isinstance(a, int))))

    return method


for _hook in ("train", "test", "predict"):
    for _part in ("begin", "end", "batch_begin", "batch_end"):
        setattr(Recorder, f"on_{_hook}_{_part}", _note(f"{_hook} {_part}"))
for _part in ("begin", "end"):
    setattr(Recorder, f"on_epoch_{_part}", _note(f"epoch {_part}"))


def test_the_order_of_callbacks():
    model, recorder = network(), Recorder()
    model.fit(X[:20], Y[:20], batch_size=10, epochs=2, validation_data=(X[:5], Y[:5]), verbose=0, callbacks=[recorder])
    batch = lambda kind, k: [(f"{kind} batch_begin", k), (f"{kind} batch_end", k)]  # noqa: E731
    epoch = lambda k: [  # noqa: E731
        ("epoch begin", k), *batch("train", 0), *batch("train", 1),
        ("test begin",), *batch("test", 0), ("test end",), ("epoch end", k),
    ]  # fmt: skip
    assert recorder.calls == [("train begin",), *epoch(0), *epoch(1), ("train end",)]
    recorder.calls.clear()
    model.evaluate(X[:20], Y[:20], batch_size=10, verbose=0, callbacks=[recorder])
    assert recorder.calls == [("test begin",), *batch("test", 0), *batch("test", 1), ("test end",)]
    recorder.calls.clear()
    model.predict(X[:20], batch_size=10, verbose=0, callbacks=[recorder])
    assert recorder.calls == [("predict begin",), *batch("predict", 0), *batch("predict", 1), ("predict end",)]


def test_callbacks_are_called_in_their_order_and_see_the_logs():
    order, logs_seen = [], []

    class Named(cycnn.callbacks.Callback):
        def __init__(self, name):
            self.name = name

        def on_epoch_end(self, epoch, logs=None):
            order.append(self.name)
            logs_seen.append(dict(logs))

        def on_batch_end(self, batch, logs=None):
            logs_seen.append(dict(logs))

    history = network().fit(X, Y, validation_split=0.5, verbose=0, callbacks=[Named("a"), Named("b")])
    assert order == ["a", "b"]
    assert set(logs_seen[0]) == {"loss", "accuracy"}
    assert logs_seen[-1] == {name: values[-1] for name, values in history.history.items()}


def test_stop_training_ends_the_epoch_or_the_batch():
    class Stop(cycnn.callbacks.Callback):
        def __init__(self, hook):
            setattr(type(self), hook, lambda self, k, logs=None: setattr(self.model, "stop_training", True))

    for hook, steps in (("on_epoch_end", 5), ("on_train_batch_end", 1)):
        stop = type("Stop", (Stop,), {})
        model = network()
        history = model.fit(X, Y, batch_size=10, epochs=9, verbose=0, callbacks=[stop(hook)])
        assert history.epoch == [0]
        assert model.optimizer.iterations == steps


def test_an_error_in_a_callback_leaves_a_model_that_works():
    class Fail(cycnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("mine")

    model = network()
    with pytest.raises(RuntimeError, match="mine"):
        model.fit(X, Y, verbose=0, callbacks=[Fail()])
    model.fit(X, Y, verbose=0)
    assert np.isfinite(model.predict(X, verbose=0)).all()


# Learning ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "loss"),
    list(itertools.product(["sgd", "adam", "rmsprop", "adadelta"], ["sparse", "categorical", "binary", "mse"])),
)
def test_it_learns(optimizer, loss):
    x = RNG.standard_normal((200, 6)).astype(np.float32)
    labels = x[:, :3].argmax(1)
    y = labels if loss == "sparse" else np.eye(3)[labels]
    name = {"sparse": "sparse_categorical_crossentropy", "categorical": "categorical_crossentropy", "mse": "mse"}.get(
        loss
    )
    if optimizer == "adadelta":
        optimizer = optimizers.Adadelta(1.0)
    model = network(optimizer, name or "binary_crossentropy")
    values = model.fit(x, y, epochs=12, batch_size=20, verbose=0).history["loss"]
    assert values[-1] < 0.97 * values[0]
