"""Models whose inputs have no fixed size: beside the real Keras (recorded/record_sizes.py), and beside the same models of
fixed sizes, with which they must agree to the last bit."""

import numpy as np
import pytest

import cycnn
from cycnn import applications, layers, models, ops
from cycnn.engine.function import KEPT
from cycnn.training.step import Borrowed
from tests.recorded.answers import load
from tests.recorded.record_sizes import MODELS, answers, made

ANSWERS = load("sizes")
ANY = (None, None, 3)


def images(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def network(sample=ANY):
    return models.Sequential(
        [
            layers.Input(sample),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
            layers.BatchNormalization(),
            layers.Dropout(0.25),
            layers.MaxPooling2D(2),
            layers.Conv2D(3, 3, name="last_conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


def pair(sample):
    """The network for images of any size, and that for one size, with the same weights."""
    free, fixed = network(), network(sample)
    fixed.set_weights(free.get_weights())
    return free, fixed


# -------------------------------------------------------------------------------------------------- beside Keras


@pytest.mark.parametrize("name", MODELS)
def test_models_beside_keras(name):
    found, expected = answers(MODELS[name], cycnn), ANSWERS["models"][name]
    for what in ("shapes", "parameters", "predicted"):
        assert found[what] == expected[what], what
    for what in ("numbers", "losses", "evaluated", "trained"):
        for a, b in zip(_flat(found[what]), _flat(expected[what]), strict=True):
            assert a == pytest.approx(b, rel=1e-4, abs=3e-6), what


def _flat(value):
    return [number for part in value for number in _flat(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", ["words", "classifier", "attentive", "frames"])
def test_files_configs_and_clones_keep_unknown_lengths(name, tmp_path):
    model, batches = made(MODELS[name], cycnn)
    path = tmp_path / "model.keras"
    model.save(path)
    clone = models.clone_model(model)
    clone.set_weights(model.get_weights())
    configured = type(model).from_config(model.get_config())
    configured.set_weights(model.get_weights())
    for other in (models.load_model(path), clone, configured):
        assert (other.input_shape, other.output_shape) == (model.input_shape, model.output_shape)
        assert None in other.input_shape[1:]
        for x, _ in batches:
            np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))


def test_the_summary_shows_unknown_lengths():
    shown = []
    network().summary(line_length=100, print_fn=shown.append)
    assert "(None, None, None, 4)" in shown[0]
    assert "(None, 5)" in shown[0]


# ------------------------------------------------------------------------------------------- beside fixed sizes


@pytest.mark.parametrize("sample", [(6, 6, 3), (7, 12, 3), (16, 6, 3)])
def test_as_a_model_of_this_size(sample):
    free, fixed = pair(sample)
    x, y = images(7, *sample), images(7, 5, seed=1)
    for ask in (
        lambda model: model.predict(x, verbose=0, batch_size=3),
        lambda model: model.predict(x, batch_size=3, steps=2),
        lambda model: model.predict_on_batch(x),
        lambda model: ops.convert_to_numpy(model(x)),
        lambda model: ops.convert_to_numpy(model(x, training=False)),
        lambda model: cycnn.gradients(model.output[:, 2], model.input, x),
        lambda model: cycnn.gradients(model.output[:, 2], model.get_layer("last_conv").output, x),
    ):
        np.testing.assert_array_equal(ask(free), ask(fixed))
    histories = []
    for model in (free, fixed):
        model.compile(cycnn.optimizers.Adam(0.01), "mse", metrics=["mae"])
        cycnn.utils.set_random_seed(3)
        found = model.fit(x, y, batch_size=3, epochs=2, validation_split=0.3, verbose=0).history
        histories.append([found, model.evaluate(x, y, verbose=0), model.train_on_batch(x, y)])
    assert histories[0] == histories[1]
    for a, b in zip(free.get_weights(), fixed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_sizes_of_as_many_pixels_are_told_apart():
    model = network()
    for sample in ((8, 9, 3), (6, 12, 3), (12, 6, 3), (8, 9, 3)):
        fixed = network(sample)
        fixed.set_weights(model.get_weights())
        x = images(2, *sample)
        np.testing.assert_array_equal(model(x), fixed(x))
        np.testing.assert_array_equal(model.predict(x), fixed.predict(x))


def test_gradient_tapes():
    free, fixed = pair((8, 7, 3))
    x, gradients = images(4, 8, 7, 3), []
    for model in (free, fixed):
        with cycnn.GradientTape() as tape:
            loss = ops.mean(model(x) ** 2)
        gradients.append(tape.gradient(loss, model.trainable_weights))
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


def test_an_image_alone_and_empty_batches():
    model = network()
    assert model.predict(images(1, 9, 6, 3), verbose=0).shape == (1, 5)
    assert models.Model(model.inputs, model.get_layer("conv").output)(images(0, 9, 6, 3)).shape == (0, 9, 6, 4)


# ------------------------------------------------------------------------------------------------- layers within


@cycnn.utils.register_keras_serializable("test_unknown_sizes")
class Pixels(layers.Layer):
    """Reads the shape of its input, adds a loss, and has sublayers and a training flag."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense, self.dropout = layers.Dense(3), layers.Dropout(0.5)

    def call(self, x, training=None):
        _, h, w, c = x.shape
        rows = ops.reshape(x, (-1, None if h is None or w is None else h * w, c))
        y = self.dropout(self.dense(rows), training=training)
        self.add_loss(0.5 * ops.mean(ops.square(y)))
        scale = 1.0 if h is None else 1.0 / h
        return ops.reshape(y, (-1, h, w, 3)) * scale


def test_a_call_that_reads_the_shape_reads_that_of_the_data():
    x = layers.Input(ANY)
    layer = Pixels()
    model = models.Model(x, layer(x))
    assert model.output_shape == (None, None, None, 3)
    for h, w in ((2, 5), (10, 3)):
        data = images(3, h, w, 3)
        kernel, bias = layer.get_weights()
        np.testing.assert_allclose(model.predict(data, verbose=0), (data @ kernel + bias) / h, rtol=1e-5, atol=1e-6)
        model.compile(cycnn.optimizers.SGD(0.0), None)
        expected = 0.5 * np.mean((data @ kernel + bias) ** 2)
        assert model.evaluate(data, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert len(layer._calls) == 1


def test_subclassed_models_take_sizes_in_turn():
    class Classifier(models.Model):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), layers.Dense(2)]

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

    model = Classifier()
    model.compile(cycnn.optimizers.SGD(0.0), "mse", metrics=["mae"])
    batches = [(images(n, side, side, 3), images(n, 2, seed=n)) for side, n in [(5, 3), (8, 1), (5, 2), (11, 4)]]
    errors = [np.abs(model.predict(x, verbose=0) - y).mean(axis=1) for x, y in batches]
    _, mae = model.evaluate(batches, verbose=0)
    assert mae == pytest.approx(np.concatenate(errors).mean(), rel=1e-5)
    history = model.fit(*batches[0], validation_data=batches[3], verbose=0).history
    assert history["val_mae"] == pytest.approx([errors[3].mean()], rel=1e-5)


# ------------------------------------------------------------------------------------------------------- memory


def test_only_the_latest_sizes_are_kept():
    model = network()
    model.compile("sgd", "mse")
    batches = [(images(2, side, 6, 3), images(2, 5)) for side in range(6, 6 + 2 * KEPT)]
    model.fit(batches, verbose=0)
    for x, _ in batches:
        model.predict(x, verbose=0)
        model(x)
    function = model._the_function()
    assert len(function._sized) == KEPT
    assert len(function._plans._free) == KEPT
    assert all(len(layer._calls) == 1 for layer in model.layers)


def test_a_size_that_comes_again_finds_its_plan(monkeypatch):
    from cycnn.engine import function as module

    model, made_plans, make = network(), [], module.Plan
    monkeypatch.setattr(module, "Plan", lambda *args, **kwargs: made_plans.append(args) or make(*args, **kwargs))
    for side in (6, 9, 6, 9, 12, 6):
        model(images(2, side, side, 3))
    assert len(made_plans) == 3


# ------------------------------------------------------------------------------------------------------- errors


def refused(action, *words):
    with pytest.raises(ValueError, match="Received: ") as caught:
        action()
    for word in words:
        assert word in str(caught.value), str(caught.value)


def test_data_that_do_not_fit_are_refused_at_the_door():
    model = network()
    for x in (images(2, 8, 3), images(2, 8, 8, 4), images(8, 8, 3)):
        refused(lambda x=x: model.predict(x, verbose=0), "(n, None, None, 3)", str(x.shape))
        refused(lambda x=x: model(x), "(n, None, None, 3)", str(x.shape))


def test_images_that_are_too_small_name_the_layer():
    model = network()
    refused(lambda: model.predict(images(2, 4, 9, 3), verbose=0), "'last_conv'", "(2, 4, 4)", "(3, 3)")
    refused(lambda: model(images(2, 1, 1, 3)), "does not fit into the input")


def test_maps_that_do_not_meet_name_the_layer():
    x = layers.Input(ANY)
    y = layers.UpSampling2D(2)(layers.MaxPooling2D(2)(x))
    model = models.Model(x, layers.Concatenate(name="joined")([x, y]))
    assert model.predict(images(1, 8, 8, 3), verbose=0).shape == (1, 8, 8, 6)
    refused(lambda: model.predict(images(1, 9, 8, 3), verbose=0), "'joined'", "(9, 8, 3)", "(8, 8, 3)")


def test_a_reshape_to_fixed_lengths_takes_what_fits():
    x = layers.Input(ANY)
    model = models.Model(x, layers.Reshape((6, 6, 3), name="square")(x))
    assert model.predict(images(1, 4, 9, 3), verbose=0).shape == (1, 6, 6, 3)
    refused(lambda: model.predict(images(1, 4, 8, 3), verbose=0), "'square'", "(6, 6, 3)", "4, 8, 3")


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(2, name="weighty"),
        layers.Conv2D(2, 3, name="weighty"),
        layers.SeparableConv2D(2, 3, name="weighty"),
        layers.Conv2DTranspose(2, 3, name="weighty"),
        layers.BatchNormalization(name="weighty"),
        layers.LayerNormalization(name="weighty"),
        layers.GroupNormalization(2, name="weighty"),
        layers.PReLU(name="weighty"),
    ],
)
def test_weights_of_an_unknown_length_are_refused(layer):
    refused(lambda: layer(layers.Input((8, 8, None))), "'weighty'", "known", "None")


def test_dense_behind_flatten_needs_the_size():
    refused(lambda: layers.Dense(2, name="scores")(layers.Flatten()(layers.Input(ANY))), "'scores'", "(None, 2)")


def test_outputs_of_different_sizes_are_not_put_together():
    model = models.Sequential([layers.Input(ANY), layers.Conv2D(2, 3)])
    batches = [(images(1, side, 6, 3),) for side in (6, 8)]
    refused(lambda: model.predict(iter(batches), verbose=0), "(4, 4, 2)", "(6, 4, 2)", "predict_on_batch")


def test_a_plan_in_words_needs_sizes():
    refused(network().plan_summary, "known sizes", "(None, None, None, 3)")


# ------------------------------------------------------------------------------------------------- architectures


@pytest.fixture
def undrawn(monkeypatch):
    """Kernels begin as zeros, which takes no time."""
    monkeypatch.setattr(
        cycnn.initializers.VarianceScaling, "__call__", lambda self, shape, dtype=None: np.zeros(shape, np.float32)
    )


@pytest.mark.parametrize("program", ANSWERS["architectures"])
def test_architectures_without_a_size(undrawn, program):
    model = eval(f"applications.{program}", {"applications": applications})
    found = [list(model.input_shape), list(model.output_shape), model.count_params()]
    assert found == ANSWERS["architectures"][program]


def test_mobilenet_takes_images_of_any_size():
    arguments = {"alpha": 0.25, "include_top": False, "weights": None, "pooling": "avg"}
    model = applications.MobileNet(input_shape=ANY, **arguments)
    for sample in ((32, 32, 3), (64, 40, 3)):
        fixed = applications.MobileNet(input_shape=sample, **arguments)
        fixed.set_weights(model.get_weights())
        x = images(2, *sample)
        np.testing.assert_array_equal(model.predict(x, verbose=0), fixed.predict(x, verbose=0))


# -------------------------------------------------------------------------------------------------------- pictures


def test_heat_maps_of_images_of_any_size():
    from cycnn import visualization

    free, fixed = pair((9, 12, 3))
    x = images(2, 9, 12, 3)
    for method in (visualization.grad_cam, visualization.saliency):
        np.testing.assert_array_equal(method(free, x, target=1), method(fixed, x, target=1))
    np.testing.assert_array_equal(
        visualization.deep_dream(free, x[0], "conv", steps=2), visualization.deep_dream(fixed, x[0], "conv", steps=2)
    )
    refused(lambda: visualization.activation_maximization(free, "conv", 0), "`start`", "(None, None, None, 3)")


def test_heat_maps_within_a_model_within():
    from cycnn import visualization

    def whole(sample):
        convs = [layers.Conv2D(3, 3, activation="relu", name=name) for name in ("first", "second")]
        convs.append(layers.ActivityRegularization(l2=0.1))  # what is added to the loss is none of a map's business
        inner = models.Sequential([layers.Input(sample), *convs])
        return models.Sequential([layers.Input(sample), inner, layers.GlobalAveragePooling2D(), layers.Dense(2)])

    free, fixed = whole(ANY), whole((7, 9, 3))
    fixed.set_weights(free.get_weights())
    x = images(2, 7, 9, 3)
    found = visualization.grad_cam(free, x, target=1, layer="first")
    assert found.any()
    np.testing.assert_array_equal(found, visualization.grad_cam(fixed, x, target=1, layer="first"))


def test_sizes_are_told_from_numbers_of_inputs():
    """Two inputs, one of which has a size."""
    x, mask = layers.Input(ANY, name="x"), layers.Input((1, 1, 3), name="mask")
    model = models.Model([x, mask], layers.GlobalAveragePooling2D()(layers.Multiply()([x, mask])))
    for side in (3, 5):
        data, scale = images(2, side, 4, 3), images(2, 1, 1, 3, seed=1)
        expected = (data * scale).mean(axis=(1, 2))
        np.testing.assert_allclose(model.predict({"x": data, "mask": scale}, verbose=0), expected, atol=1e-6)


def test_plans_are_given_back_while_a_fit_goes_on():
    """Only the latest few are borrowed; a larger batch of the same size takes the place of a smaller one."""
    held = []

    class Loan:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            held.append(self.name)
            return self.name

        def __exit__(self, *error):
            held.remove(self.name)

    borrowed = Borrowed()
    for k in range(KEPT):
        assert borrowed.enter(k, Loan(k)) == k
    assert borrowed.get(0) == 0
    assert borrowed.get("else") is None
    borrowed.enter("new", Loan("new"))
    assert held == [0, *range(2, KEPT), "new"]
    borrowed.enter("new", Loan("larger"))
    assert "new" not in held
    assert borrowed.get("new") == "larger"
    borrowed.close()
    assert not held
