"""What a user may get wrong: a Python error that names the layer or the argument, says what was expected and what came;
and what looks odd but is fine: any numeric array, NaN and infinity."""

import os
import subprocess
import sys

import numpy as np
import pytest

import cycnn
from cycnn import Input, Sequential, activations, config, initializers, layers, losses, metrics, optimizers, utils

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 8, 8, 2)).astype(np.float32)
Y = np.arange(12) % 3
HOT = np.eye(3, dtype=np.float32)[Y]


def network(loss="sparse_categorical_crossentropy", optimizer="sgd", head=(layers.Flatten,)):
    utils.set_random_seed(0)
    model = Sequential(
        [
            Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            *(make() for make in head),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


@pytest.fixture
def model():
    return network()


def refused(action, *words, kind=ValueError):
    """The action raises an error that holds all the words, and `Received: `."""
    with pytest.raises(kind) as caught:
        action()
    for word in (*words, "Received: "):
        assert word in str(caught.value), f"{word!r} is not in: {caught.value}"


# Shapes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "shape", "words"),
    [
        (lambda: layers.Conv2D(2, 3, name="c"), (3, 8, 8), ("'c'", "Conv2D", "4 axes", "(None, 8, 8)", "channel axis")),
        (lambda: layers.MaxPooling2D(2, name="p"), (3, 8), ("'p'", "MaxPooling2D", "4 axes")),
        (lambda: layers.GlobalAveragePooling2D(name="g"), (3, 8, 8, 2, 2), ("'g'", "4 axes", "with 5")),
        (lambda: layers.Dense(2, name="d"), (3,), ("'d'", "at least 2 axes", "(None,)")),
        (lambda: layers.Dense(2, name="d"), (), ("'d'", "shape=()")),
        (lambda: layers.ReLU(name="r"), (), ("'r'", "shape=()")),
        (lambda: layers.ReLU(name="r"), (1,) * 8, ("'r'", "1 to 7 axes", "with 8")),
        (lambda: layers.Permute((2, 1), name="p"), (3, 4, 4, 4), ("'p'", "3 axes")),
        (lambda: layers.ZeroPadding2D(name="z"), (3, 4), ("'z'", "4 axes")),
        (lambda: layers.BatchNormalization(axis=4, name="b"), (3, 4, 4, 4), ("'b'", "axis 4")),
        (lambda: layers.Softmax(axis=4), (3, 4, 4, 4), ("axis=4", "from -4 to 3")),
        (lambda: layers.Softmax(axis=0), (3, 4), ("axis=0", "sample axis")),
        (lambda: layers.Reshape((5,), name="r"), (3, 4), ("'r'", "target_shape=(5,)")),
        (lambda: layers.Conv2D(4, 3, groups=2, name="c"), (3, 8, 8, 3), ("'c'", "groups=2", "3 channels")),
        (lambda: layers.Conv2D(2, (3, 9), name="c"), (3, 8, 8, 2), ("'c'", "(3, 9)", "empty", "(8, 8, 2)")),
        (lambda: layers.Conv2D(2, 3, dilation_rate=4, name="c"), (3, 8, 8, 2), ("'c'", "dilation", "empty")),
        (lambda: layers.MaxPooling2D(9, name="p"), (3, 8, 8, 2), ("'p'", "(9, 9)", "empty")),
        (lambda: layers.AveragePooling2D((1, 9), name="p"), (3, 8, 8, 2), ("'p'", "(1, 9)", "empty")),
        (lambda: layers.Dense(2, name="d"), (3, 0), ("'d'", "length 0")),
        (lambda: layers.GlobalMaxPooling2D(name="g"), (3, 0, 2, 2), ("'g'", "length 0")),
    ],
)
def test_shapes_that_a_layer_cannot_take(make, shape, words):
    refused(lambda: make()(np.zeros(shape)), *words)


@pytest.mark.parametrize(
    ("layer", "first", "second"),
    [
        (layers.Conv2D(2, 3, name="built"), (2, 8, 8, 2), (2, 8, 8, 3)),
        (layers.Conv2D(2, 3, data_format="channels_first", name="built"), (2, 2, 8, 8), (2, 3, 8, 8)),
        (layers.Dense(2, name="built"), (2, 4), (2, 5)),
        (layers.BatchNormalization(name="built"), (2, 4), (2, 5)),
        (layers.BatchNormalization(axis=1, name="built"), (2, 4, 3), (2, 5, 3)),
    ],
)
def test_another_number_of_channels_than_the_layer_was_built_for(layer, first, second):
    before = layer(np.ones(first))
    refused(lambda: layer(np.ones(second)), "'built'", "was built for")
    assert np.array_equal(layer(np.ones(first)), before)


def test_an_output_below_one_is_refused_when_the_model_is_made():
    parts = [Input((4, 4, 1)), layers.MaxPooling2D(2), layers.Conv2D(2, 3, name="last")]
    refused(lambda: Sequential(parts), "'last'", "empty", "(2, 2, 1)")


def test_a_refused_layer_leaves_the_model_as_it_was():
    model = Sequential([Input((4, 4, 1)), layers.Conv2D(2, 3)])
    refused(lambda: model.add(layers.Conv2D(2, 5, name="large")), "'large'")
    model.add(layers.Flatten())
    assert model.output_shape == (None, 8)


def test_a_shape_that_does_not_fit_leaves_a_deferred_model_unbuilt():
    model = Sequential([layers.Conv2D(4, 3), layers.Conv2D(4, 9, name="second")])
    refused(lambda: model.predict(np.zeros((2, 8, 8, 2)), verbose=0), "'second'")
    assert model.predict(np.zeros((2, 12, 12, 3)), verbose=0).shape == (2, 2, 2, 4)


def test_data_of_another_shape_than_the_model_takes(model):
    refused(lambda: model.predict(X[0]), "(n, 8, 8, 2)", "x[None]", "(8, 8, 2)")
    refused(lambda: model.fit(X.reshape(12, -1), Y), "(n, 8, 8, 2)", "(12, 128)")
    refused(lambda: model.evaluate(X[..., :1], Y), "(n, 8, 8, 2)", "(12, 8, 8, 1)")
    refused(lambda: model.predict({"other": X}), "input", "other")


def test_grey_pictures_without_a_channel_axis_get_a_hint():
    pictures = np.zeros((5, 28, 28))
    refused(lambda: Sequential([Input((28, 28, 1)), layers.Flatten()]).predict(pictures), "x[..., None]", "(5, 28, 28)")
    refused(lambda: Sequential([layers.Conv2D(2, 3)]).predict(pictures), "channel axis", "28, 28")


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
@pytest.mark.parametrize("targets", [Y, HOT])
def test_a_missing_flatten_gets_a_hint(loss, targets):
    refused(
        lambda: network(loss, head=()).fit(X, targets, verbose=0),
        "Flatten()",
        loss if loss != "mse" else "mean_squared",
    )


def test_targets_of_the_other_cross_entropy_get_a_hint(model):
    refused(lambda: model.fit(X, HOT), "loss='categorical_crossentropy'", "(12, 3)")
    refused(lambda: network("categorical_crossentropy").fit(X, Y), "sparse_categorical_crossentropy", "(12,)")
    refused(lambda: network("categorical_crossentropy").fit(X, HOT[:, :2]), "(n, 3)", "(12, 2)")


def test_class_numbers_for_the_binary_cross_entropy_get_a_hint():
    refused(lambda: network("binary_crossentropy").fit(X, Y), "sparse_categorical_crossentropy", "(12,)")
    one_unit = Sequential([Input((8, 8, 2)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    one_unit.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match=r"'sparse_categorical_crossentropy'.*from 0 to 2"):
        one_unit.fit(X, np.arange(12, dtype="uint8") % 3, verbose=0)
    with pytest.warns(UserWarning, match=r"'hinge'.*from -1 to 1"):
        one_unit.evaluate(X, np.arange(12) % 2 * 2 - 1, verbose=0)
    one_unit.fit(X, np.arange(12) % 2, verbose=0)


def test_targets_of_shape_n_1_are_accepted(model):
    assert model.fit(X, Y[:, None], verbose=0).history["loss"]


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "guess"),
    [
        (lambda: layers.Dense(2, kernel_initializer="locan_uniform"), "lecun_uniform"),
        (lambda: initializers.get("he_norml"), "he_normal"),
        (lambda: layers.Dense(2, activation="rellu"), "relu"),
        (lambda: layers.Activation("sotfmax"), "softmax"),
        (lambda: layers.Dense(2, kernel_constraint="maxnorm1"), "max_norm"),
        (lambda: losses.get("categorical_crossentrpy"), "categorical_crossentropy"),
        (lambda: network("sparse_categorial_crossentropy"), "sparse_categorical_crossentropy"),
        (lambda: metrics.get("acuracy"), "accuracy"),
        (lambda: Sequential([layers.Dense(1)]).compile("sgd", "mse", metrics=["binary_acc"]), "binary_accuracy"),
        (lambda: optimizers.get("adm"), "adam"),
        (lambda: network(optimizer="rmsporp"), "rmsprop"),
        (lambda: layers.Conv2D(2, 3, padding="sme"), "same"),
        (lambda: layers.MaxPooling2D(2, data_format="channel_first"), "channels_first"),
        (lambda: layers.Conv2D(2, 3, activaton="relu"), "activation"),
        (lambda: layers.MaxPooling2D(poolsize=2), "pool_size"),
        (lambda: layers.Dense(2, kernal_initializer="zeros"), "kernel_initializer"),
        (lambda: optimizers.Adam(learning_rat=0.1), "learning_rate"),
        (lambda: network().get_layer("heda"), "head"),
    ],
)
def test_misspelt_names_get_a_suggestion(action, guess):
    refused(action, "Did you mean", repr(guess))


def test_a_misspelt_layer_gets_a_suggestion():
    refused(lambda: layers.AveargePooling2D, "Did you mean 'AveragePooling2D'?", kind=AttributeError)
    assert not hasattr(layers, "__nothing__")


@pytest.mark.parametrize("padding", ["Same", "SAME", "Valid"])
def test_padding_in_any_case(padding):
    assert layers.Conv2D(1, 3, padding=padding).padding == padding.lower()


@pytest.mark.parametrize("wrong", [5, 1.5, object(), [1, 2]])
def test_things_that_are_no_names(wrong):
    for action in (
        lambda: layers.Dense(2, activation=wrong),
        lambda: layers.Dense(2, kernel_initializer=wrong),
        lambda: losses.get(wrong),
        lambda: metrics.get(wrong),
        lambda: optimizers.get(wrong),
    ):
        refused(action)


def test_an_activation_that_is_no_operation():
    refused(lambda: layers.Dense(2, activation=lambda x: None, name="d")(np.zeros((2, 2))), "'d'", kind=TypeError)
    refused(lambda: layers.Dense(2, activation=np.spacing)(np.zeros((2, 2))), "`spacing`", kind=TypeError)


# Arguments -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "word"),
    [
        (lambda: layers.Conv2D(0, 3), "filters"),
        (lambda: layers.Conv2D(2.0, 3), "filters"),
        (lambda: layers.Conv2D(2, (3, 3, 3)), "kernel_size"),
        (lambda: layers.Conv2D(2, 3, strides=0), "strides"),
        (lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2), "dilation_rate"),
        (lambda: layers.Conv2D(3, 3, groups=2), "groups"),
        (lambda: layers.Conv2D(2, 1 << 40), "kernel_size"),
        (lambda: layers.Conv2D(2, 3, dilation_rate=1 << 30), "dilation_rate"),
        (lambda: layers.MaxPooling2D(-1), "pool_size"),
        (lambda: layers.MaxPooling2D(2, strides=1 << 40), "strides"),
        (lambda: layers.ZeroPadding2D(-1), "padding"),
        (lambda: layers.ZeroPadding2D(((1, 2), 3, 4)), "padding"),
        (lambda: layers.ZeroPadding2D(1 << 40), "padding"),
        (lambda: layers.Dense(-2), "units"),
        (lambda: layers.Dense("2"), "units"),
        (lambda: layers.Dense(1 << 50, name="d")(np.zeros((1, 2))), "'d'"),
        (lambda: layers.Dropout(1.5), "rate"),
        (lambda: layers.Dropout("half"), "rate"),
        (lambda: layers.Dropout(0.5, seed=-1), "seed"),
        (lambda: layers.Dropout(0.5, noise_shape=(None, 0)), "noise_shape"),
        (lambda: layers.BatchNormalization(axis=0), "axis"),
        (lambda: layers.BatchNormalization(axis=[1, 2]), "axis"),
        (lambda: layers.BatchNormalization(momentum=2), "momentum"),
        (lambda: layers.BatchNormalization(epsilon=float("nan")), "epsilon"),
        (lambda: layers.Softmax(axis=1.5), "axis"),
        (lambda: layers.Permute((0, 1)), "dims"),
        (lambda: layers.Permute((1.0, 2.0)), "dims"),
        (lambda: layers.Permute(2), "dims"),
        (lambda: layers.Reshape((-1, -1)), "target_shape"),
        (lambda: layers.Reshape((0,)), "target_shape"),
        (lambda: layers.ReLU(max_value=-1), "max_value"),
        (lambda: layers.Rescaling("1/255"), "scale"),
        (lambda: layers.Dense(2, name=5), "name"),
        (lambda: layers.Dense(2, dtype="float64"), "dtype"),
        (lambda: Input(), "shape"),
        (lambda: Input((3, 0)), "shape"),
        (lambda: Input(3), "shape"),
        (lambda: Input((1 << 30, 1 << 30)), "shape"),
        (lambda: optimizers.Adam(-1), "learning_rate"),
        (lambda: optimizers.SGD("fast"), "learning_rate"),
        (lambda: optimizers.SGD(0.1, momentum=2), "momentum"),
        (lambda: losses.MeanSquaredError(reduction="avg"), "reduction"),
        (lambda: losses.CategoricalCrossentropy(label_smoothing=2), "label_smoothing"),
        (lambda: utils.set_random_seed(-1), "seed"),
        (lambda: layers.Conv2D(2, 3).compute_output_shape("abcd"), "input_shape"),
        (lambda: Sequential([layers.Conv2D(2, 3)]).build(5), "input_shape"),
    ],
)  # fmt: skip
def test_arguments_out_of_range(action, word):
    refused(action, word)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True, 10**9])
def test_threads_out_of_range(threads):
    before = config.get_num_threads()
    refused(lambda: config.set_num_threads(threads), "num_threads")
    assert config.get_num_threads() == before


def test_an_unknown_instruction_set():
    run = subprocess.run(
        [sys.executable, "-c", "import cycnn.kernels"],
        env={**os.environ, "CYCNN_ISA": "avx1024"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 1
    for word in ("ImportError", "CYCNN_ISA", "baseline", "Received: ", "'avx1024'"):
        assert word in run.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"epochs": -1}, "epochs"),
        ({"epochs": "3"}, "epochs"),
        ({"initial_epoch": -1}, "initial_epoch"),
        ({"verbose": 7}, "verbose"),
        ({"validation_split": 1}, "validation_split"),
        ({"validation_split": 1.5}, "validation_split"),
        ({"validation_split": -0.1}, "validation_split"),
        ({"validation_split": 0.99}, "validation_split"),
        ({"validation_split": float("nan")}, "validation_split"),
        ({"validation_data": X}, "validation_data"),
        ({"validation_data": (X, Y, Y, Y)}, "validation_data"),
        ({"validation_data": (X, Y[:3])}, "validation_data"),
        ({"validation_data": (X, Y + 1)}, "from 0 to 2"),
        ({"validation_data": (X, Y), "validation_batch_size": 0}, "validation_batch_size"),
        ({"sample_weight": np.ones(3)}, "sample_weight"),
        ({"sample_weight": np.ones((12, 3))}, "sample_weight"),
        ({"callbacks": [5]}, "callbacks"),
        ({"steps_per_epoch": 0}, "steps_per_epoch"),
        ({"validation_steps": -1, "validation_data": (X, Y)}, "validation_steps"),
        ({"validation_freq": 0, "validation_data": (X, Y)}, "validation_freq"),
        ({"validation_freq": "often", "validation_data": (X, Y)}, "validation_freq"),
        ({"shuffle": "batches"}, "shuffle"),
        ({"class_weight": [1, 2, 3]}, "class_weight"),
        ({"class_weight": {3: 1.0}}, "from 0 to 2"),
        ({"class_weight": {"cat": 1.0}}, "class_weight"),
        ({"class_weight": {0: -1.0}}, "class_weight[0]"),
        ({"validation_data": {"x": X}}, "validation_data"),
    ],
)
def test_arguments_of_fit(model, arguments, word):
    before = model.get_weights()
    refused(lambda: model.fit(X, Y, **{"verbose": 0, **arguments}), word)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_batch_size_of_predict_and_evaluate_below_one(model):
    for size in (0, -1, "a", True):
        refused(lambda size=size: model.predict(X, batch_size=size), "batch_size")
        refused(lambda size=size: model.evaluate(X, Y, batch_size=size), "batch_size")


# Arrays that are refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (Y + 1, ("from 0 to 2", "3 classes", "1 to 3")),
        (Y - 1, ("from 0 to 2", "-1 to 1")),
        (np.where(Y == 1, np.nan, Y), ("from 0 to 2", "nan")),
        (Y * 0.5, ("class numbers", "0.5")),
        (np.full(12, 2**40), ("from 0 to 2",)),
        (np.full(12, 1e300), ("from 0 to 2",)),
    ],
)
def test_labels_out_of_range(model, labels, words):
    refused(lambda: model.fit(X, labels, verbose=0), *words)
    refused(lambda: model.evaluate(X, labels, verbose=0), *words)
    refused(lambda: model.train_on_batch(X, labels), *words)
    refused(lambda: losses.SparseCategoricalCrossentropy()(labels, HOT), *words[:1])


def test_lengths_that_differ(model):
    refused(lambda: model.fit(X, Y[:5]), "x with 12", "y with 5")
    refused(lambda: model.evaluate(X[:5], Y), "x with 5", "y with 12")
    refused(lambda: model.train_on_batch(X, Y[:5]), "y with 5")
    refused(lambda: losses.MeanSquaredError()(np.zeros((3, 2)), np.zeros((4, 2))), "(3, 2)", "(4, 2)")
    refused(lambda: metrics.SparseCategoricalAccuracy()(np.zeros(3), np.zeros((4, 2))), "(3,)", "(4, 2)")
    refused(lambda: metrics.BinaryAccuracy()(np.zeros(3), np.zeros((4, 1))), "(4, 1)")
    refused(lambda: metrics.CategoricalAccuracy()(np.zeros(3), np.zeros((3, 2))), "(3, 2)")


def test_empty_arrays(model):
    for action in (
        lambda: model.fit(X[:0], Y[:0]),
        lambda: model.predict(X[:0]),
        lambda: model.evaluate(X[:0], Y[:0]),
        lambda: model.train_on_batch(X[:0], Y[:0]),
        lambda: model.fit([], []),
        lambda: Sequential([layers.ReLU()]).predict(np.zeros((3, 0))),
    ):
        refused(action)
    assert model(X[:0]).shape == (0, 3)
    assert layers.Conv2D(2, 3)(X[:0]).shape == (0, 6, 6, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "pictures",
        5,
        np.array([X[0], None], dtype=object),
        [[1, 2], [3]],
        X.astype(complex),
        X.astype(str),
        X.astype("M8[s]"),
        np.zeros(12, [("a", float)]),
    ],
    ids=["None", "a string", "a number", "objects", "ragged", "complex", "strings", "dates", "records"],
)
def test_things_that_are_no_numbers(model, wrong):
    refused(lambda: model.fit(wrong, Y[:2]), "`x`")
    refused(lambda: model.predict(wrong), "`x`")
    refused(lambda: model.fit(X, wrong), "`y`")
    refused(lambda: layers.Dense(2, name="d")(wrong), "'d'")
    fresh = Sequential([layers.Flatten(), layers.Dense(3)])
    refused(lambda: fresh.predict(wrong))
    assert fresh.predict(X, verbose=0).shape == (12, 3)
    if not np.isscalar(wrong) or isinstance(wrong, str):
        refused(lambda: activations.relu(wrong), "'relu'")


# Models --------------------------------------------------------------------------------------------------------------


def test_things_that_are_no_layers():
    refused(lambda: Sequential([5]), "layer=5")
    refused(lambda: Sequential([layers.Dense]), "Dense(...)", "class")
    refused(lambda: Sequential(["Dense"]), "'Dense'")
    refused(lambda: Sequential(layers.Dense(2)), "list")
    refused(lambda: Sequential([layers.Dense(2), Input((3,))]), "first")
    refused(lambda: Sequential([Input((3,)), Input((3,))]), "first")
    refused(lambda: cycnn.Model(5, 6), "inputs")
    refused(lambda: cycnn.Model(Input((2,)), 5), "outputs")


def test_a_graph_whose_outputs_need_another_input():
    with pytest.raises(ValueError, match="not among the inputs"):
        cycnn.Model(Input((2,)), layers.Dense(2)(Input((2,))))


def test_duplicate_names():
    refused(lambda: Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]), "'a'", "different names")
    layer = layers.Dense(2)
    refused(lambda: Sequential([layer, layer]), layer.name)


def test_models_without_layers():
    model = Sequential(name="bare")
    refused(model.pop, "bare")
    for action in (lambda: model.predict(X), lambda: model.count_params(), lambda: model.build((None, 3))):
        with pytest.raises(ValueError, match="bare"):
            action()
    model.summary(print_fn=str)
    with pytest.raises(ValueError, match="no layers"):
        Sequential([Input((3,))]).predict(np.zeros((2, 3)))


def test_unbuilt_models(capsys):
    model = Sequential([layers.Dense(2, name="first")], name="later")
    for action in (model.count_params, lambda: model.output_shape, model.build):
        with pytest.raises(ValueError, match="later"):
            action()
    model.summary()
    assert "unbuilt" in capsys.readouterr().out


def test_what_needs_compile_says_so():
    model = Sequential([layers.Flatten(), layers.Dense(3)])
    for name in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match=rf"`compile\(\)`.*`{name}\(\)`"):
            getattr(model, name)(X, Y)
    assert model.predict((X * 5).astype(int), verbose=0).shape == (12, 3)  # predict does not
    model.compile("sgd")
    refused(lambda: model.evaluate(X, Y), "loss")
    refused(lambda: model.fit(X, Y), "loss")


def test_no_targets(model):
    refused(lambda: model.fit(X), "`y`", "y=None")
    refused(lambda: model.evaluate(X), "`y`", "y=None")


def test_metrics_that_are_no_list():
    refused(lambda: Sequential([layers.Dense(1)]).compile("sgd", "mse", metrics="accuracy"), "metrics=['accuracy']")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: w[:-1],
        lambda w: [*w, w[0]],
        lambda w: [np.zeros(3)] * len(w),
        lambda w: [*w[:-1], w[-1] + 1j],
        lambda w: [*w[:-1], w[-1].astype(str)],
        lambda w: [*w[:-1], w[-1][:, None]],
        lambda w: [*w[:-1], None],
        lambda w: 5,
        lambda w: None,
    ],
)
def test_set_weights_changes_all_or_nothing(model, spoil):
    before = model.get_weights()
    wrong = spoil([w + 1 for w in before])
    refused(lambda: model.set_weights(wrong))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    layer = model.get_layer("head")
    refused(lambda: layer.set_weights(spoil([w + 1 for w in layer.get_weights()])), "'head'")
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


# Arrays that are fine ------------------------------------------------------------------------------------------------


def _variants(folder):
    whole = np.round(X * 20).clip(-100, 100)
    file = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, X.shape)
    file[...] = X
    file.flush()
    frozen = X.copy()
    frozen.flags.writeable = False
    wide = np.zeros((24, 8, 10, 4), np.float32)
    wide[::2, :, 1:9, ::2] = X
    unaligned = np.zeros(X.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(X.shape)
    unaligned[...] = X
    return {
        **{f"{d}": whole.astype(d) for d in ("int8", "int16", "int32", "int64", "float16")},
        **{f"{d}": abs(whole).astype(d) for d in ("uint8", "uint16", "uint32", "uint64")},
        "float64": X.astype(np.float64),
        "longdouble": X.astype(np.longdouble),
        "bool": X > 0,
        "big-endian": X.astype(">f4"),
        "big-endian int": whole.astype(">i2"),
        "Fortran": np.asfortranarray(X),
        "strided": wide[::2, :, 1:9, ::2],
        "reversed": X[::-1],
        "reversed rows": X[:, ::-1],
        "transposed": X.transpose(0, 2, 1, 3),
        "broadcast": np.broadcast_to(X[:1], X.shape),
        "broadcast channel": np.broadcast_to(X[..., :1], X.shape),
        "read-only": frozen,
        "unaligned": unaligned,
        "memory map": np.load(folder / "x.npy", mmap_mode="r"),
        "list": X.tolist(),
        "masked": np.ma.masked_array(X),
    }


def test_any_numeric_array_gives_what_its_float32_copy_gives_and_stays_as_it_is(tmp_path):
    model = network()
    for name, x in _variants(tmp_path).items():
        before = np.array(x)
        plain = np.ascontiguousarray(x, dtype=np.float32)
        assert np.array_equal(
            model.predict(x, batch_size=5, verbose=0), model.predict(plain, batch_size=5, verbose=0)
        ), name
        assert np.array_equal(model(x), model(plain)), name
        assert np.array_equal(layers.ReLU()(x), np.maximum(plain, 0)), name
        results = []
        for given in (x, plain):
            fresh = network()
            fresh.fit(given, Y, batch_size=5, epochs=2, verbose=0)
            results.append(fresh.get_weights())
        assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True)), name
        after = np.array(x)
        assert after.dtype == before.dtype, name
        assert np.array_equal(before, after), name


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "float64", ">i4", "float16", "uint64", "bool"])
def test_labels_of_any_type_give_the_same(kind):
    labels = Y % 2 if kind == "bool" else Y
    given = np.repeat(labels.astype(kind), 2)[::2]
    results = []
    for y in (labels.astype(np.int32), given):
        model = network()
        model.fit(X, y, batch_size=5, verbose=0)
        results.append(model.get_weights())
    assert np.array_equal(given, labels.astype(kind))
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_weights_of_any_type(model):
    weights = model.get_weights()
    model.set_weights([np.asfortranarray(w.astype(">f8")) for w in weights])
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


# NaN and infinity ----------------------------------------------------------------------------------------------------

SPECIAL = (np.nan, np.inf, -np.inf)


@pytest.mark.parametrize("value", SPECIAL)
def test_special_values_pass_through_as_in_numpy(value):
    x = np.random.default_rng(1).standard_normal((2, 5, 6, 17)).astype(np.float32)
    x[0, 2, 3, 4] = value
    with np.errstate(invalid="ignore"):
        assert np.array_equal(layers.ReLU()(x), np.maximum(x, 0), equal_nan=True)
        windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), (1, 2))
        found = layers.MaxPooling2D(2, strides=1)(x)
        assert np.array_equal(found, windows.max((-2, -1)), equal_nan=True)
        found = layers.AveragePooling2D(2, strides=1)(x)
        np.testing.assert_allclose(found, windows.mean((-2, -1)), rtol=1e-5, atol=1e-6)
        assert np.array_equal(layers.GlobalMaxPooling2D()(x), x.max((1, 2)), equal_nan=True)
        np.testing.assert_allclose(layers.GlobalAveragePooling2D()(x), x.mean((1, 2)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(layers.BatchNormalization()(x), x / np.sqrt(np.float32(1.001)), rtol=1e-5)
        dense = layers.Dense(5)
        np.testing.assert_allclose(dense(x), x @ dense.kernel.value, rtol=1e-3, atol=1e-4)
        conv = layers.Conv2D(5, 2)
        expected = np.einsum("nhwcij,ijcf->nhwf", windows, conv.kernel.value if conv(x) is not None else None)
        np.testing.assert_allclose(conv(x), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("value", SPECIAL)
def test_a_special_value_stays_in_its_sample(value, model):
    x = X.copy()
    x[3, 4, 4, 1] = value
    clean, found = model.predict(X, verbose=0), model.predict(x, verbose=0)
    others = np.arange(12) != 3
    assert np.array_equal(clean[others], found[others])


def test_weights_with_nan_give_nan(model):
    model.get_layer("head").set_weights([np.full((144, 3), np.nan), np.zeros(3)])
    assert np.isnan(model.predict(X, verbose=0)).all()
    history = model.fit(X, Y, verbose=0).history
    assert np.isnan(history["loss"]).all()


def test_nan_in_the_data_gives_a_loss_of_nan(model):
    x = X.copy()
    x[3] = np.nan
    assert np.isnan(model.evaluate(x, Y, verbose=0)[0])


# Anything ------------------------------------------------------------------------------------------------------------

FUZZ = """
import sys, time
import numpy as np
from cycnn import Input, Sequential, layers

rng = np.random.default_rng(int(sys.argv[1]))
pick = lambda *values: values[rng.integers(len(values))]
size = lambda: pick(1, 2, 3, 4, 5, 7, 0, -1, (1, 2), (3, 2), (2, 7), (0, 1), (1, 2, 3), 1.5, "2", None, 1 << 35)
words = lambda *good: pick(*good, *good, "nonsense", None, 3)
form = lambda: pick(None, None, "channels_last", "channels_first", "channels")
make = {
    "Conv2D": lambda: dict(filters=pick(1, 2, 6, 17, 0, "a"), kernel_size=size(), strides=pick(1, 1, 2, size()),
        padding=words("same", "valid"), dilation_rate=pick(1, 1, 1, 2, size()), groups=pick(1, 1, 1, 2, 3), data_format=form(),
        activation=words("relu", "softmax", "tanh"), use_bias=pick(True, False)),
    "MaxPooling2D": lambda: dict(pool_size=size(), strides=pick(None, size()), padding=words("same", "valid"), data_format=form()),
    "AveragePooling2D": lambda: dict(pool_size=size(), strides=pick(None, size()), padding=words("same", "valid")),
    "GlobalMaxPooling2D": lambda: dict(keepdims=pick(True, False), data_format=form()),
    "GlobalAveragePooling2D": lambda: dict(keepdims=pick(True, False), data_format=form()),
    "Dense": lambda: dict(units=pick(1, 3, 17, 0, -1, 1 << 60, "x"), activation=words("relu", "softmax"),
        use_bias=pick(True, False)),
    "BatchNormalization": lambda: dict(axis=pick(-1, -1, 1, 2, 3, -2, 0, 9, "a"), momentum=pick(0.9, 0, 1, 2),
        scale=pick(True, False)),
    "Dropout": lambda: dict(rate=pick(0, 0.3, 1, 1.1, -1, "a"), seed=pick(None, 1, 1 << 70, -1)),
    "Flatten": lambda: dict(data_format=form()),
    "Reshape": lambda: dict(target_shape=pick((-1,), (2, -1), (-1, 3), (4, 4), (0,), (-1, -1), "ab", 7)),
    "Permute": lambda: dict(dims=pick((1,), (2, 1), (1, 2), (3, 1, 2), (2, 3, 1), (0, 1), (1, 1), "ab", (2, 1, 4, 3, 5, 6))),
    "Softmax": lambda: dict(axis=pick(-1, 1, 2, -2, 0, 9, 1.5)),
    "ReLU": lambda: dict(max_value=pick(None, 1, 0, -1), negative_slope=pick(0, 0.1, -1), threshold=pick(0, 1, "a")),
    "ZeroPadding2D": lambda: dict(padding=pick(size(), ((1, 0), (2, 1)), ((1, 2), 3)), data_format=form()),
    "Rescaling": lambda: dict(scale=pick(0.5, -1, float("nan"), "a"), offset=pick(0, 1e30)),
    "Activation": lambda: dict(activation=words("relu", "gelu", "softmax", "linear")),
}
done, end = 0, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    shape = tuple(int(d) for d in rng.choice([1, 2, 3, 5, 8, 17], pick(1, 2, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8)))
    if rng.random() < 0.05:
        shape = tuple(0 if rng.random() < 0.3 else d for d in shape)
    shape = shape if np.prod(shape) < 50_000 else shape[:4]
    x = rng.standard_normal(shape).astype(pick("f4", "f4", "f8", "i4", "u1", "?", "c8", "O"))
    chain = [(name, make[name]()) for name in rng.choice(list(make), pick(1, 1, 2, 3))]
    what = f"{chain} on {shape} {x.dtype}"
    try:
        model = Sequential([getattr(layers, name)(**arguments) for name, arguments in chain])
        y = model.predict(x, batch_size=int(pick(1, 2, 32)), verbose=0)
        assert y.shape == (len(x), *model.output_shape[1:])
        model.compile("sgd", "mse")
        target = np.zeros(y.shape if rng.random() < 0.9 else y.shape[:1])
        model.fit(x, target, batch_size=int(pick(1, 2, 32)), verbose=0)
        done += 1
    except (ValueError, TypeError) as error:
        assert str(error), what
    except BaseException as error:
        raise SystemExit(f"{type(error).__name__}: {error} for {what}")
print(done)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_random_arguments_and_shapes_raise_value_errors_or_type_errors_only(seed):
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", FUZZ, str(seed), "2"],
        env={**os.environ, "OMP_NUM_THREADS": "2"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(run.stdout) > 20, "hardly any case went through: the fuzz is too wild to mean something"
