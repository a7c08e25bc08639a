"""Small names of Keras: batches as tuples, `Config`, policies, scopes, `InputSpec`, progress in loops of one's own."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import config, dtype_policies, layers, losses, mixed_precision, optimizers, utils


def test_batches_are_packed_and_unpacked():
    x, y, w = np.ones(2), np.zeros(2), np.ones(2)
    assert utils.pack_x_y_sample_weight(x) is x
    assert utils.pack_x_y_sample_weight([x]) == ([x],)
    assert utils.pack_x_y_sample_weight(x, y) == (x, y)
    assert utils.pack_x_y_sample_weight(x, None, w) == (x, None, w)
    assert utils.unpack_x_y_sample_weight(x) == (x, None, None)
    assert utils.unpack_x_y_sample_weight((x,)) == (x, None, None)
    assert utils.unpack_x_y_sample_weight([x, y]) == (x, y, None)
    assert utils.unpack_x_y_sample_weight((x, y, w)) == (x, y, w)
    with pytest.raises(ValueError, match="tuple of 4"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))


def test_config():
    found = utils.Config(rate=0.5)
    found.epochs = 3
    found["name"] = "x"
    assert (found.rate, found["epochs"], found.get("none", 7), len(found), "name" in found) == (0.5, 3, 7, 3, True)
    assert json.loads(found.to_json()) == found.as_dict() == {"rate": 0.5, "epochs": 3, "name": "x"}
    assert list(found) == ["epochs", "name", "rate"]
    assert found.pop("name") == "x"
    found.freeze()
    assert found.frozen
    for change in (lambda: setattr(found, "rate", 1), lambda: found.update(a=1), lambda: found.__delitem__("rate")):
        with pytest.raises(ValueError, match="frozen"):
            change()
    found.unfreeze()
    found.update(rate=1)
    assert found.rate == 1
    with pytest.raises(AttributeError, match="'speed'"):
        found.speed  # noqa: B018


def test_the_one_policy():
    assert config.dtype_policy() == dtype_policies.get("float32") == mixed_precision.global_policy()
    assert config.dtype_policy().name == config.dtype_policy().compute_dtype == "float32"
    config.set_dtype_policy("float32")
    mixed_precision.set_global_policy(cycnn.DTypePolicy("float32"))
    assert mixed_precision.LossScaleOptimizer is optimizers.LossScaleOptimizer
    written = dtype_policies.serialize(cycnn.FloatDTypePolicy("float32"))
    assert written["config"] == {"name": "float32"}
    assert dtype_policies.deserialize(written) == cycnn.DTypePolicy()
    assert layers.Dense(2, dtype=cycnn.DTypePolicy("float32")).dtype_policy.name == "float32"
    for refused in (
        lambda: config.set_dtype_policy("mixed_float16"),
        lambda: mixed_precision.set_global_policy("mixed_bfloat16"),
        lambda: cycnn.DTypePolicy("float64"),
    ):
        with pytest.raises(ValueError, match=r"float32 only.*Received: name='"):
            refused()
    with pytest.raises(TypeError, match="Received: name=16"):
        cycnn.DTypePolicy(16)


def test_scopes():
    with cycnn.name_scope("encoder"), cycnn.device("cpu:0"):
        layer = layers.Dense(2, name="dense")
        layer(cycnn.Input((3,)))
    assert [w.path for w in layer.weights] == ["encoder/dense/kernel", "encoder/dense/bias"]
    with pytest.raises(ValueError, match="gpu:0"), cycnn.device("gpu:0"):
        pass
    with pytest.raises(ValueError, match="a/b"), cycnn.name_scope("a/b"):
        pass
    assert cycnn.version() == cycnn.__version__
    assert config.backend() == "cycnn"


def test_source_inputs():
    x, z = cycnn.Input((3,)), cycnn.Input((3,))
    y = layers.Dense(3)(x) + z * x
    assert {id(t) for t in utils.get_source_inputs(y)} == {id(x), id(z)}
    assert utils.get_source_inputs(x) == [x]
    assert utils.is_keras_tensor(y)
    assert utils.standardize_dtype(np.float32) == "float32"


def test_layers_to_configs_and_back():
    config = layers.serialize(layers.Dense(3, name="mine"))
    assert layers.deserialize(config).get_config() == config["config"]
    assert layers.deserialize({"class_name": "Flatten", "config": {}}).name.startswith("flatten")
    with pytest.raises(TypeError, match="Did you mean 'Dense'"):
        layers.deserialize({"class_name": "Densee", "config": {}})


class Colours(layers.Layer):
    def __init__(self, *specs, **kwargs):
        super().__init__(name="colours")
        self.input_spec = list(specs) if len(specs) != 1 else specs[0]

    def call(self, x):
        return x[0] if isinstance(x, list) else x * 1


@pytest.mark.parametrize(
    ("spec", "good", "bad", "words"),
    [
        ({"ndim": 3}, (3, 4), (3,), "3 axes"),
        ({"max_ndim": 3}, (3,), (3, 4, 5), "at most 3 axes"),
        ({"min_ndim": 3}, (3, 4, 5), (3,), "at least 3 axes"),
        ({"axes": {-1: 3}}, (5, 3), (5, 4), "length 3 along axis -1"),
        ({"axes": {1: 5}}, (5, 3), (4, 5), "length 5 along axis 1"),
        ({"shape": (None, None, 3)}, (7, 3), (7, 4), "shape (None, None, 3)"),
        ({"shape": (None, 7, 3), "allow_last_axis_squeeze": True}, (7, 3, 1), (7, 4, 1), "shape (None, 7, 3)"),
        ({"dtype": "float32"}, (3,), None, ""),
    ],
)
def test_what_an_input_must_be(spec, good, bad, words):
    spec = layers.InputSpec(**spec)
    assert layers.InputSpec.from_config(spec.get_config()).get_config() == spec.get_config()
    assert Colours(spec)(cycnn.Input(good)).shape == (None, *good)
    assert Colours(spec)(np.zeros((2, *good))).shape == (2, *good)
    for x in () if bad is None else (cycnn.Input(bad), np.zeros((2, *bad))):
        with pytest.raises(ValueError, match="Layer 'colours'") as caught:
            Colours(spec)(x)
        assert f"expects {words}" in str(caught.value)
        assert f"Received: shape=(None, {str(bad)[1:-1].rstrip(',')}" in str(caught.value)


def test_input_specs():
    two = Colours(layers.InputSpec(ndim=2), layers.InputSpec(axes={-1: 3}))
    assert two([np.zeros((2, 3)), np.zeros((2, 3))]).shape == (2, 3)
    with pytest.raises(ValueError, match=r"expects 2 inputs\. Received: 1"):
        two(np.zeros((2, 3)))
    with pytest.raises(TypeError, match="`axes`"):
        layers.InputSpec(axes={"last": 3})
    with pytest.raises(ValueError, match="`axes`"):
        layers.InputSpec(ndim=2, axes={2: 3})
    assert repr(layers.InputSpec(ndim=2, axes={-1: 3})) == "InputSpec(ndim=2, axes={-1: 3})"


def test_a_bar_for_loops_of_one_s_own(capsys):
    bar = utils.Progbar(4, verbose=2, stateful_metrics=["last"])
    for step in range(4):
        bar.update(step + 1, [("loss", step), ("last", step)])
    out = capsys.readouterr().out
    assert "4/4" in out
    assert "loss: 1.5000" in out
    assert "last: 3.0000" in out
    bar = utils.Progbar(6, verbose=2)
    bar.add(2, [("loss", 1.0)])
    assert not capsys.readouterr().out
    bar.add(4, [("loss", 4.0)])
    assert "loss: 3.0000" in capsys.readouterr().out  # by steps
    with pytest.raises(ValueError, match="Only one"):
        utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_interactive_logging(capsys, monkeypatch):
    from cycnn.training import progress

    monkeypatch.setattr(progress, "is_watched", lambda stream: True)
    model = cycnn.Sequential([cycnn.Input((2,)), layers.Dense(1)])
    model.compile("sgd", losses.MeanSquaredError())
    try:
        config.disable_interactive_logging()
        assert not utils.is_interactive_logging_enabled()
        model.fit(np.ones((4, 2)), np.zeros((4, 1)))
        assert "\r" not in capsys.readouterr().out
    finally:
        config.enable_interactive_logging()
    model.fit(np.ones((4, 2)), np.zeros((4, 1)))
    assert "\r" in capsys.readouterr().out
    assert not config.is_traceback_filtering_enabled()


@pytest.mark.parametrize(
    "name", [n for n in cycnn._PACKAGES if n not in ("kernels", "training", "testing", "config", "backend")]
)
def test_dir_shows_public_names(name):
    module = getattr(cycnn, name)
    assert [n for n in dir(module) if not n.startswith("__")] == sorted(
        n for n in module.__all__ if not n.startswith("__")
    )


@pytest.mark.parametrize(
    ("make", "old", "new"),
    [
        (lambda: layers.Convolution2D(32, 3, 3, border_mode="same"), "border_mode", "padding"),
        (lambda: layers.Conv2D(nb_filter=3, nb_row=2, nb_col=2), "nb_filter", "filters"),
        (lambda: layers.Conv2D(2, 3, subsample=(2, 2)), "subsample", "strides"),
        (lambda: layers.Conv1D(2, filter_length=3), "filter_length", "kernel_size"),
        (lambda: layers.Dense(output_dim=3), "output_dim", "units"),
        (lambda: layers.Dense(3, init="uniform"), "init", "kernel_initializer"),
        (lambda: layers.Dense(3, W_regularizer="l2"), "W_regularizer", "kernel_regularizer"),
        (lambda: layers.Dropout(p=0.25), "p", "rate"),
        (lambda: layers.MaxPooling2D(dim_ordering="th"), "dim_ordering", "data_format"),
    ],
)
def test_arguments_of_keras_1(make, old, new):
    with pytest.raises(TypeError, match=f"`{old}` is Keras 1's name .* now `{new}`. Received: {old}="):
        make()
