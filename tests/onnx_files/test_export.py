"""What is exported, as ONNX Runtime computes it."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, ops
from cycnn.onnx import OPSETS, wire

from .cases import CASES
from .models import answers, assert_close, made, set_weights


def run(path, xs):
    """What ONNX Runtime makes of inputs, after the file was checked."""
    onnx = pytest.importorskip("onnx", reason="checks the files")
    runtime = pytest.importorskip("onnxruntime", reason="judges the files")
    onnx.checker.check_model(str(path), full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {entry.name: x for entry, x in zip(session.get_inputs(), xs, strict=True)})


def kinds(path):
    """The operators of a file, in order."""
    return [node.op_type for node in wire.decode("Model", path.read_bytes()).graph.node]


@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_what_onnx_runtime_computes(name, tmp_path):
    model, xs = made(*CASES[name])
    model.export(tmp_path / "m.onnx")
    assert_close(run(tmp_path / "m.onnx", xs), answers(model, xs))


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("name", ["Conv2D same 2 1", "GroupNormalization", "gelu", "PReLU", "resize", "layer of ops"])
def test_every_opset(name, opset, tmp_path):
    name = name if name in CASES else f"activation {name}"
    model, xs = made(*CASES[name])
    model.export(tmp_path / "m.onnx", opset_version=opset)
    assert wire.decode("Model", (tmp_path / "m.onnx").read_bytes()).opset_import[0].version == opset
    assert_close(run(tmp_path / "m.onnx", xs), answers(model, xs))


@pytest.mark.parametrize(
    "make",
    [
        lambda: cycnn.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, weights=None, classes=5),
        lambda: cycnn.applications.ResNet50V2(input_shape=(32, 32, 3), weights=None, include_top=False, pooling="avg"),
        lambda: cycnn.applications.LeNet5(),
    ],
)  # fmt: skip
def test_architectures(make, tmp_path):
    model = make()
    for weight in model.weights:
        if weight.ndim == 1:
            weight.assign(np.linspace(0.5, 1.5, weight.shape[0]))
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype(np.float32)
    model.export(tmp_path / "m.onnx")
    assert_close(run(tmp_path / "m.onnx", [x]), answers(model, [x]))


def test_a_network_is_transposed_once(tmp_path):
    model = cycnn.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.ZeroPadding2D(1),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(4, 3, padding="same"),
            layers.Dropout(0.5),
            layers.UpSampling2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.export(tmp_path / "m.onnx")
    pooled = ["GlobalAveragePool", "Reshape", "Gemm", "Softmax"]
    body = ["Conv", "Relu", "BatchNormalization", "MaxPool", "Conv", "Conv", "Resize"]
    assert kinds(tmp_path / "m.onnx") == ["Transpose", *body, *pooled]


def test_channels_first_needs_no_transpose(tmp_path):
    x = layers.Input((3, 8, 8))
    y = layers.Conv2D(3, 3, padding="same", data_format="channels_first", activation="relu")(x)
    y = layers.BatchNormalization(axis=1)(layers.Add()([x, y]))
    cycnn.Model(x, layers.MaxPooling2D(2, data_format="channels_first")(y)).export(tmp_path / "m.onnx")
    assert kinds(tmp_path / "m.onnx") == ["Conv", "Relu", "Add", "BatchNormalization", "MaxPool"]


def test_a_gate_is_broadcast_not_repeated(tmp_path):
    x = layers.Input((8, 8, 4))
    gate = layers.Conv2D(4, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    cycnn.Model(x, layers.Multiply()([layers.Conv2D(4, 3, padding="same")(x), gate])).export(tmp_path / "m.onnx")
    found = kinds(tmp_path / "m.onnx")
    assert "Expand" not in found
    assert found.count("Transpose") == 2


def test_shared_layers_have_one_copy_of_their_weights(tmp_path):
    x, conv = layers.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same")
    cycnn.Model(x, conv(conv(x))).export(tmp_path / "m.onnx")
    graph = wire.decode("Model", (tmp_path / "m.onnx").read_bytes()).graph
    assert [tuple(tensor.dims) for tensor in graph.initializer] == [(3, 3, 3, 3), (3,)]


def test_several_inputs_and_outputs(tmp_path):
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    total = layers.Add(name="total")([a, b])
    model = cycnn.Model([a, b], [total, layers.Dense(2, name="scores")(total), a])
    set_weights(model)
    model.export(tmp_path / "m.onnx")
    graph = wire.decode("Model", (tmp_path / "m.onnx").read_bytes()).graph
    assert [entry.name for entry in graph.input] == ["a", "b"]
    assert [entry.name for entry in graph.output][:2] == ["total", "scores"]
    assert [dim.dim_param or dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == ["batch", 4]
    xs = [np.arange(12, dtype=np.float32).reshape(3, 4), np.ones((3, 4), np.float32)]
    assert_close(run(tmp_path / "m.onnx", xs), answers(model, xs))


def test_a_subclass_and_a_signature(tmp_path):
    class Twice(cycnn.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x) * 2.0

    model, x = Twice(), np.ones((2, 5), np.float32)
    with pytest.raises(ValueError, match="does not know the shape"):
        model.export(tmp_path / "m.onnx")
    model.export(tmp_path / "m.onnx", input_signature=[layers.InputSpec(shape=(None, 5), name="x")])
    assert_close(run(tmp_path / "m.onnx", [x]), answers(model, [x]))


def test_a_training_model_exports_inference(tmp_path):
    model, _ = made(lambda x: layers.Dropout(0.9)(layers.BatchNormalization()(x)), [(4,)])
    model.export(tmp_path / "m.onnx")
    assert kinds(tmp_path / "m.onnx") == ["BatchNormalization"]


def test_verbose_says_what_was_written(tmp_path, capsys):
    made(layers.Dense(2), [(3,)])[0].export(tmp_path / "m.onnx", verbose=True)
    assert "1 nodes, opset 26" in capsys.readouterr().out


class TestRefusals:
    """Errors name what cannot be exported; nothing is written."""

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"filepath": "m.tf"}, r"`format` must be 'onnx', or None with a `filepath` that ends in `.onnx`"),
            ({"filepath": "m", "format": "tf_saved_model"}, r"Received: format='tf_saved_model'"),
            (
                {"filepath": "m.onnx", "opset_version": 12},
                r"`opset_version` must be from 21 to 26. Received: opset_version=12",
            ),
        ],
    )
    def test_arguments(self, settings, message, tmp_path):
        model, _ = made(layers.Dense(2), [(3,)])
        with pytest.raises(ValueError, match=message):
            model.export(**{**settings, "filepath": tmp_path / settings["filepath"]})
        assert not list(tmp_path.iterdir())

    def test_functions_without_counterpart(self, tmp_path):
        model, _ = made(layers.Lambda(lambda x: ops.sort(x, axis=-1), name="mine"), [(3,)])
        with pytest.raises(ValueError, match=r"Layer 'mine' \(Lambda\) cannot be exported to ONNX.*`ops.sort`"):
            model.export(tmp_path / "m.onnx")
        assert not list(tmp_path.iterdir())

    def test_operations_without_counterpart(self, tmp_path):
        x = layers.Input((4, 4, 3))
        model = cycnn.Model(x, layers.RandomFlip(name="flip")(x, training=True))
        with pytest.raises(ValueError, match=r"Layer 'flip' \(RandomFlip\) cannot be exported to ONNX"):
            model.export(tmp_path / "m.onnx")

    def test_unknown_lengths(self, tmp_path):
        x = layers.Input((None, 3))
        with pytest.raises(ValueError, match="lengths of a sample must be known"):
            cycnn.Model(x, layers.Activation("relu")(x)).export(tmp_path / "m.onnx")

    def test_a_failure_leaves_the_file_that_was_there(self, tmp_path):
        (tmp_path / "m.onnx").write_bytes(b"before")
        model, _ = made(layers.Lambda(lambda x: ops.sort(x, axis=-1)), [(3,)])
        with pytest.raises(ValueError, match="sort"):
            model.export(tmp_path / "m.onnx")
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("m.onnx", b"before")]
