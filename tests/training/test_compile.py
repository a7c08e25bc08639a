"""What `compile` settles, and what it is called afterwards."""

import warnings

import numpy as np
import pytest

import cycnn
from cycnn import Input, Model, Sequential, layers, losses, metrics, ops, optimizers, utils

RNG = np.random.default_rng(11)
X = RNG.standard_normal((24, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 24)
REAL = RNG.standard_normal((24, 1)).astype(np.float32)
SPARSE = "sparse_categorical_crossentropy"


def network(loss=SPARSE, optimizer="sgd", **compiled):
    utils.set_random_seed(0)
    model = Sequential(
        [
            Input((6,)),
            layers.Dense(5, activation="tanh", name="body"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    model.compile(optimizer, loss, **compiled)
    return model


def two_headed(loss, **compiled):
    utils.set_random_seed(0)
    x = Input((6,))
    h = layers.Dense(5, activation="tanh")(x)
    model = Model(x, [layers.Dense(1, name="value")(h), layers.Dense(3, activation="softmax", name="kind")(h)])
    model.compile("sgd", loss, **compiled)
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# Metrics -------------------------------------------------------------------------------------------------------------


def test_names_of_metrics_are_those_of_the_list_that_evaluate_returns():
    model = network(
        metrics=["accuracy", metrics.SparseTopKCategoricalAccuracy(2, name="top")], weighted_metrics=["acc"]
    )
    values = model.evaluate(X, Y, verbose=0)
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert model.metrics_names == ["loss", "accuracy", "top", "acc"]
    assert [logs[name] for name in model.metrics_names] == values
    assert list(logs) == sorted(logs)
    model = two_headed("mse", metrics={"kind": ["mae"]})
    values = model.evaluate(X, [REAL, np.eye(3)[Y]], verbose=0)
    assert model.metrics_names == ["loss", "value_loss", "kind_loss", "kind_mae"]
    assert len(values) == 4
    assert values[0] == pytest.approx(values[1] + values[2], rel=1e-6)


def test_metric_objects():
    mine = metrics.SparseCategoricalAccuracy(name="mine")
    model = network(metrics=[mine, "acc"])
    assert [m.name for m in model.metrics] == ["loss"]
    model.train_on_batch(X, Y)
    assert [m.name for m in model.metrics] == ["loss", "mine", "acc"]
    assert model.metrics[1] is mine
    assert model.get_metrics_result() == {m.name: m.result() for m in model.metrics}
    model.reset_metrics()
    assert set(model.get_metrics_result().values()) == {0.0}
    assert Sequential().metrics == Sequential().metrics_names == []


def test_a_metric_of_several_numbers():
    model = network(metrics=[metrics.F1Score(name="f1")], loss="categorical_crossentropy")
    logs = model.fit(X, np.eye(3)[Y], epochs=2, verbose=2).history
    assert np.shape(logs["f1"]) == (2, 3)


def test_a_metric_of_named_numbers():
    class Both(metrics.Metric):
        def __init__(self, name="both"):
            super().__init__(name=name)
            self.seen = self.add_weight(name="seen")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.seen.assign_add(len(y_true))

        def result(self):
            return {"seen": self.seen, "half": self.seen / 2}

    logs = network(metrics=[Both()]).fit(X, Y, verbose=0).history
    assert list(logs) == ["half", "loss", "seen"]
    assert (logs["half"], logs["seen"]) == ([12.0], [24.0])


def test_evaluations_inside_fit_leave_its_metrics_alone():
    class Look(cycnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.evaluate(X[:3], Y[:3], verbose=0)
            self.model.test_on_batch(X[:3], Y[:3])
            self.model.predict(X[:3], verbose=0)

    plain, watched = network(metrics=["accuracy"]), network(metrics=["accuracy"])
    expected = plain.fit(X, Y, batch_size=7, epochs=2, shuffle=False, verbose=0).history
    history = watched.fit(X, Y, batch_size=7, epochs=2, shuffle=False, verbose=0, callbacks=[Look()]).history
    assert history == expected
    assert same(plain.get_weights(), watched.get_weights())


def test_metrics_read_targets_as_they_were_given():
    shapes = []

    def spy(y_true, y_pred):
        shapes.append((y_true.shape, y_true.dtype, y_pred.shape))
        return np.zeros(len(y_true))

    model = Sequential([Input((6,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[spy])
    model.fit(X, REAL[:, 0].astype(np.float64), verbose=0)
    assert shapes == [((24,), np.dtype("float64"), (24, 1))]


# Losses --------------------------------------------------------------------------------------------------------------


def cubed(y_true, y_pred):
    return ops.mean(ops.abs(y_pred - y_true) ** 3, axis=-1)


def test_a_loss_of_ones_own_has_the_gradient_of_its_formula():
    model = Sequential([Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    x, y, weight = np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]]), np.array([1.0, 0.5])
    model.compile(optimizers.SGD(0.01), cubed, loss_weights=2.0)
    value = model.train_on_batch(x, y, sample_weight=weight)
    assert value == pytest.approx(2 * (8 * 1 + 1 * 0.5) / 2)
    gradient = 2 * (3 * 4 * -1 * 1 + 3 * 1 * 2 * 0.5) / 2
    assert model.get_weights()[0][0, 0] == pytest.approx(1 - 0.01 * gradient, rel=1e-6)
    assert model.test_on_batch(x, y) != value


def test_a_loss_of_ones_own_behind_a_softmax_and_beside_a_kernel():
    def cross(y_true, y_pred):
        return -ops.sum(y_true * ops.log(y_pred), axis=-1)

    hot = np.eye(3, dtype=np.float32)[Y]
    plain, own = network("categorical_crossentropy"), network(cross)
    for model in (plain, own):
        model.fit(X, hot, batch_size=10, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(plain.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_an_error_in_a_loss_of_ones_own_arrives():
    def broken(y_true, y_pred):
        raise ZeroDivisionError("mine")

    model = network(broken)
    with pytest.raises(ZeroDivisionError, match="mine"):
        model.fit(X, Y, verbose=0)
    model.compile("sgd", SPARSE)
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"]).all()


def test_a_loss_that_ignores_a_class():
    y = np.where(np.arange(24) % 4 == 0, 7, Y)
    kept = np.flatnonzero(y != 7)
    model, plain = network(losses.SparseCategoricalCrossentropy(ignore_class=7)), network()
    assert model.train_on_batch(X, y) == pytest.approx(plain.train_on_batch(X[kept], Y[kept]), rel=1e-6)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_weights_of_positions_reach_the_gradient():
    utils.set_random_seed(0)
    x, y, weight = RNG.standard_normal((5, 4, 2)), RNG.integers(0, 3, (5, 4)), RNG.uniform(0, 2, (5, 4))
    results = []
    for samples, labels, weights in ((x, y, weight), (x.reshape(20, 2), y.ravel(), weight.ravel())):
        utils.set_random_seed(0)
        model = Sequential([Input(samples.shape[1:]), layers.Dense(3, activation="softmax")])
        model.compile("sgd", SPARSE, weighted_metrics=["accuracy"])
        results.append((model.train_on_batch(samples, labels, sample_weight=weights), *model.get_weights()))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_a_softmax_that_another_layer_reads_keeps_its_gradient():
    """The loss takes a softmax's place only where nobody else reads what it gives."""

    def gradients(apart):
        utils.set_random_seed(1)
        x = Input((6,))
        kind = layers.Dense(3, activation="softmax")(x)
        seen = layers.Activation("linear")(kind) if apart else kind
        model = Model(x, [kind, layers.Dense(1)(seen)])
        model.compile(optimizers.SGD(0.5), ["categorical_crossentropy", "mse"])
        model.train_on_batch(X, [np.eye(3)[Y], REAL])
        return model.get_weights()

    for a, b in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_an_output_without_a_loss_is_predicted_and_not_trained():
    model = two_headed({"value": None, "kind": SPARSE}, metrics={"value": ["mae"]})
    before = model.get_layer("value").get_weights()
    with pytest.raises(ValueError, match="'mae' of the output 'value' needs targets"):
        model.fit(X, {"kind": Y}, verbose=0)
    logs = model.fit(X, {"kind": Y, "value": REAL}, verbose=0).history
    assert list(logs) == ["loss", "value_mae"]
    assert same(before, model.get_layer("value").get_weights())


# What is settled -----------------------------------------------------------------------------------------------------


def test_what_is_trained_is_settled_by_compile():
    model = network()
    model.get_layer("body").trainable = False
    before = [layer.get_weights() for layer in model.layers]
    with pytest.warns(UserWarning, match=r"`trainable` was changed after `compile\(\)`.*body/kernel, .*body/bias"):
        model.fit(X, Y, verbose=0)
    assert not any(same(old, layer.get_weights()) for old, layer in zip(before, model.layers, strict=True))
    model.compile("sgd", SPARSE)
    before = [layer.get_weights() for layer in model.layers]
    model.fit(X, Y, verbose=0)
    assert [same(old, layer.get_weights()) for old, layer in zip(before, model.layers, strict=True)] == [True, False]


def test_two_networks_trained_in_turns():
    """The discriminator of a GAN learns by itself, and is frozen in the model that trains the generator through it."""
    judge = Sequential([Input((2,)), layers.Dense(4, activation="tanh"), layers.Dense(1, activation="sigmoid")])
    judge.compile("sgd", "binary_crossentropy")
    judge.trainable = False
    noise = Input((3,))
    maker = layers.Dense(2)
    both = Model(noise, judge(maker(noise)))
    both.compile("sgd", "binary_crossentropy")
    for model, moved in ((judge, (True, False)), (both, (False, True))):
        before = judge.get_weights(), maker.get_weights()
        model.train_on_batch(RNG.standard_normal((8, model.input_shape[1])), np.ones(8))
        assert tuple(not same(*pair) for pair in zip(before, (judge.get_weights(), maker.get_weights()))) == moved


def test_compiled_again_weights_stay_and_metrics_are_new():
    model = network(metrics=["accuracy"])
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    model.compile("adam", SPARSE, metrics=["acc"])
    assert same(before, model.get_weights())
    assert list(model.fit(X, Y, verbose=0).history) == ["acc", "loss"]
    assert type(model.optimizer) is optimizers.Adam
    assert model.optimizer.iterations == 1


def test_another_optimizer_takes_over():
    model = network(optimizer=optimizers.SGD(0.1))
    model.fit(X, Y, verbose=0)
    model.optimizer = optimizers.SGD(0.0)
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert same(before, model.get_weights())


def test_a_model_that_grows_after_compile():
    model = Sequential()
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    for layer in (layers.Dense(4), layers.Dense(3, activation="softmax")):
        model.add(layer)
    before = model.fit(X, Y, verbose=0) and model.get_weights()
    model.fit(X, Y, verbose=0)
    assert not any(map(np.array_equal, before, model.get_weights()))


def test_arguments_without_effect():
    plain = network().fit(X, Y, shuffle=False, verbose=0).history
    for arguments in (
        {"run_eagerly": True},
        {"jit_compile": True},
        {"steps_per_execution": 4},
        {"auto_scale_loss": False},
    ):
        model = network(**arguments)
        assert model.fit(X, Y, shuffle=False, verbose=0).history == plain
    with pytest.warns(UserWarning, match="`run_eagerly`"):
        network(run_eagerly=True, jit_compile=True)


def test_a_config_of_compile_makes_the_same_training():
    model = network(losses.SparseCategoricalCrossentropy(), optimizers.Adam(0.25), metrics=["accuracy"])
    config = model.get_compile_config()
    twin = network()
    twin.compile_from_config(config)
    assert twin.get_compile_config() == config
    assert twin.optimizer.built
    for one in (model, twin):
        one.fit(X, Y, shuffle=False, epochs=2, verbose=0)
    assert same(model.get_weights(), twin.get_weights())
    assert Sequential([layers.Dense(1)]).get_compile_config() == {}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: network(metrics=["acuracy"]), ("accuracy",)),
        (
            lambda: two_headed({"value": "mse", "kind": "sparse_categorial_crossentropy"}),
            ("sparse_categorical_crossentropy",),
        ),
        (lambda: network(metrics={"a": ["mean_absolut_error"]}), ("mean_absolute_error",)),
        (lambda: network(loss_weights="heavy"), ("loss_weights",)),
        (lambda: network(weighted_metrics="accuracy"), ("weighted_metrics=['accuracy']",)),
    ],
)
def test_refused_by_compile(make, words):
    with pytest.raises(ValueError, match="Received: ") as caught:
        make()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: two_headed(["mse"]), ("`loss`", "['value', 'kind']")),
        (lambda: two_headed({"value": "mse"}), ("`loss`", "keys ['value']")),
        (lambda: two_headed({"value": "mse", "other": "mse"}), ("`loss`", "'other'")),
        (lambda: two_headed("mse", loss_weights=[1, 2, 3]), ("`loss_weights`", "[1, 2, 3]")),
        (lambda: two_headed("mse", loss_weights={"kind": 1}), ("`loss_weights`", "output 'value'")),
        (lambda: two_headed("mse", loss_weights=["a", 1]), ("`loss_weights`", "'a'")),
        (lambda: two_headed("mse", metrics=["mae"]), ("`metrics`", "['mae']")),
        (lambda: two_headed("mse", weighted_metrics={"other": ["mae"]}), ("`weighted_metrics`", "'other'")),
        (lambda: network(losses.MeanSquaredError(reduction="none")), ("reduction",)),
    ],
)
def test_refused_when_the_outputs_are_known(model, words):
    model = model()
    hot = np.eye(3)[Y]
    with pytest.raises(ValueError, match="Received: ") as caught:
        model.fit(X, hot if len(model.outputs) == 1 else [REAL, hot], verbose=0)
    for word in words:
        assert word in str(caught.value)


def test_nothing_warns_in_ordinary_use():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network(metrics=["accuracy"]).fit(X, Y, validation_split=0.25, verbose=0)


# Several losses of one output -----------------------------------------------------------------------------------------


def two_outputs():
    x = Input((3,))
    return Model(x, [layers.Dense(2, name="a")(x), layers.Dense(2, "softmax", name="b")(x)])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("python", [False, True])
def test_several_losses_of_an_output_are_added(weighted, python):
    """Beside one loss of one's own that adds them itself; `b` has losses of classes and of probabilities, whose softmax
    no kernel may take over."""
    rng = np.random.default_rng(8)
    x, a, b = rng.standard_normal((10, 3)), rng.standard_normal((10, 2)), np.eye(2)[rng.integers(0, 2, 10)]
    weight = rng.uniform(0.5, 2, 10) if weighted else None
    mae = (lambda y, p: ops.mean(ops.abs(y - p), axis=-1)) if python else "mae"

    def first(y, p):
        return ops.mean(ops.square(y - p), axis=-1) + 2 * ops.mean(ops.abs(y - p), axis=-1)

    def second(y, p):
        return 0.5 * losses.categorical_crossentropy(y, p) + 3 * ops.mean(ops.square(y - p), axis=-1)

    model, other = two_outputs(), two_outputs()
    other.set_weights(model.get_weights())
    several = {"a": ["mse", mae], "b": ["mse", "categorical_crossentropy"]}
    model.compile(optimizers.SGD(0.1), several, loss_weights={"a": [1, 2], "b": [3, 0.5]})
    other.compile(optimizers.SGD(0.1), {"a": first, "b": second})
    for each in (model, other):
        each.fit(x, [a, b], batch_size=4, epochs=3, shuffle=False, sample_weight=weight, verbose=0)
    for found, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    found, expected = (m.evaluate(x, [a, b], sample_weight=weight, verbose=0)[0] for m in (model, other))
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_names_of_several_losses_are_keras_s():
    """In logs, the last loss of an output has its name; `metrics_names` has all of them (Keras 3.15)."""
    x, y = np.ones((4, 3)), np.zeros((4, 2))
    model = Sequential([Input((3,)), layers.Dense(2, name="a", kernel_initializer="ones")])
    for given in (["mse", "mae"], [["mse", "mae"]], {"a": ["mse", "mae"]}):
        model.compile("sgd", given)
        assert model.evaluate(x, y, verbose=0, return_dict=True) == {"a_loss": 3.0, "loss": 12.0}
        assert model.metrics_names == ["loss", "a_loss", "a_loss"]
    model = two_outputs()
    model.compile("sgd", [["mse", "mae"], None])
    model.evaluate(x, [y, None], verbose=0)
    assert model.metrics_names == ["loss", "a_loss", "a_loss"]


def test_several_losses_need_as_many_weights():
    model = two_outputs()
    model.compile("sgd", [["mse", "mae"], "mse"], loss_weights=[2.0, 3.0])
    with pytest.raises(
        ValueError, match=r"one number for each loss of the output 'a': 2. Received: loss_weights=\[2.0, 3.0\]"
    ):
        model.evaluate(np.ones((4, 3)), [np.zeros((4, 2))] * 2, verbose=0)
