"""What is made of ONNX files: those of PyTorch, our own, and single operators as ONNX Runtime computes them."""

import re
from pathlib import Path

import numpy as np
import pytest

import cycnn
from cycnn import layers
from cycnn.onnx import tensors, wire

from .cases import CASES
from .models import answers, assert_close, made

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "onnx.npz"
ONE_WAY = {"MaxUnpooling2D valid", "MaxUnpooling2D same"}  # exported, but their operators are not read


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED) as file:
        return dict(file)


FILES = ["residual/dynamic", "vgg/dynamic", "inverted/dynamic", "unet/dynamic", "shapes/dynamic", "shapes/fixed"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("channels_last", [False, True])
def test_networks_of_pytorch(recorded, name, channels_last):
    network = name.partition("/")[0]
    x, y = recorded[f"{network}/x"].astype(np.float32), recorded[f"{network}/y"]
    model = cycnn.from_onnx(recorded[name].tobytes(), channels_last=channels_last)
    found = model.predict(np.moveaxis(x, 1, -1) if channels_last else x, verbose=0)
    assert_close([np.moveaxis(found, -1, 1) if channels_last and y.ndim == 4 else found], [y])


def test_maps_come_channels_last_without_a_permutation(recorded):
    model = cycnn.from_onnx(recorded["residual/dynamic"].tobytes(), channels_last=True)
    assert model.input_shape == (None, 24, 24, 3)
    assert not any(isinstance(layer, layers.Permute) for layer in model.layers)
    assert [type(layer).__name__ for layer in model.layers if "Pool" in type(layer).__name__] == [
        "MaxPooling2D", "GlobalAveragePooling2D",
    ]  # fmt: skip


def test_a_network_of_pytorch_can_be_trained_and_saved(recorded, tmp_path):
    x = np.moveaxis(recorded["vgg/x"].astype(np.float32), 1, -1)
    model = cycnn.from_onnx(recorded["vgg/dynamic"].tobytes(), channels_last=True)
    model.compile(cycnn.optimizers.Adam(0.03), "sparse_categorical_crossentropy")
    losses = model.fit(x, np.array([0, 2]), epochs=40, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        cycnn.models.load_model(tmp_path / "m.keras").predict(x, verbose=0), model.predict(x, verbose=0)
    )


@pytest.mark.parametrize("name", sorted(set(CASES) - ONE_WAY))
def test_there_and_back(name, tmp_path):
    model, xs = made(*CASES[name])
    model.export(tmp_path / "m.onnx")
    assert_close(answers(cycnn.from_onnx(tmp_path / "m.onnx"), xs), answers(model, xs))


def test_layers_come_back_as_they_were(tmp_path):
    model = cycnn.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Conv2D(4, 3, padding="same", name="conv"),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, 2, padding="same"),
            layers.BatchNormalization(name="norm"),
            layers.UpSampling2D(),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Flatten(),
            layers.Dense(3, name="scores"),
        ]
    )
    model.export(tmp_path / "m.onnx")
    again = cycnn.from_onnx(tmp_path / "m.onnx", name="again")
    assert again.name == "again"
    kept = [layer for layer in model.layers if layer.weights]
    found = [layer for layer in again.layers if layer.weights]
    assert [type(layer) for layer in found] == [type(layer) for layer in kept]
    assert [layer.name.partition("_")[0] for layer in found][:1] == ["conv"]
    assert len(again.layers) == len(model.layers) + 1  # the input
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# ------------------------------------------------------------------------------------------------- single operators


def attribute(name, value):
    if isinstance(value, str):
        return {"name": name, "s": value.encode(), "type": 3}
    if isinstance(value, (list, tuple)):
        kind = "floats" if isinstance(value[0], float) else "ints"
        return {"name": name, kind: value, "type": 6 if kind == "floats" else 7}
    return {"name": name, "f" if isinstance(value, float) else "i": value, "type": 1 if isinstance(value, float) else 2}


def file_of(nodes, shape, constants=(), opset=21, batch=None, output_rank=None):
    """A file of nodes `(kind, inputs, attributes)`; the results are called y0, y1, ... and the last is the output."""
    described = [
        {
            "input": inputs, "output": [f"y{k}"], "op_type": kind, "name": f"node{k}",
            "attribute": [attribute(*item) for item in attributes.items()],
        }
        for k, (kind, inputs, attributes) in enumerate(nodes)
    ]  # fmt: skip
    lengths = [{"dim_value": batch} if batch else {"dim_param": "n"}, *({"dim_value": length} for length in shape)]
    value = {"name": "x", "type": {"tensor_type": {"elem_type": 1, "shape": {"dim": lengths}}}}
    output = {"name": f"y{len(nodes) - 1}", "type": {"tensor_type": {"elem_type": 1}}}
    graph = {
        "node": described, "name": "g", "input": [value], "output": [output],
        "initializer": [tensors.write(name, np.asarray(array)) for name, array in dict(constants).items()],
    }  # fmt: skip
    message = {"ir_version": 10, "graph": graph, "opset_import": [{"domain": "", "version": opset}]}
    return b"".join(wire.encode("Model", message))


def whole(*numbers):
    return np.array(numbers, np.int64)


W = np.linspace(-1, 1, 24, dtype=np.float32)
MAP = (3, 7, 8)
OPERATORS = {
    "MaxPool padded": (
        [("MaxPool", ["x"], {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]})],
        MAP,
        {},
    ),
    "MaxPool rounded up": ([("MaxPool", ["x"], {"kernel_shape": [2, 3], "strides": [2, 2], "ceil_mode": 1})], MAP, {}),
    "MaxPool same lower": (
        [("MaxPool", ["x"], {"kernel_shape": [2, 2], "strides": [2, 1], "auto_pad": "SAME_LOWER"})],
        MAP,
        {},
    ),
    "AveragePool padded": (
        [("AveragePool", ["x"], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 1, 1, 0]})],
        MAP,
        {},
    ),
    "AveragePool counting": (
        [
            (
                "AveragePool",
                ["x"],
                {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
            )
        ],
        MAP,
        {},
    ),
    "AveragePool rounded up": (
        [("AveragePool", ["x"], {"kernel_shape": [2, 3], "strides": [2, 2], "ceil_mode": 1})],
        MAP,
        {},
    ),
    "Conv padded": (
        [("Conv", ["x", "w"], {"strides": [2, 1], "pads": [2, 0, 1, 1]})],
        MAP,
        {"w": W.reshape(2, 3, 2, 2)},
    ),
    "Conv same lower": (
        [("Conv", ["x", "w"], {"strides": [2, 1], "auto_pad": "SAME_LOWER"})],
        MAP,
        {"w": W.reshape(2, 3, 2, 2)},
    ),
    "Conv in one dimension": ([("Conv", ["x", "w"], {"dilations": [2]})], (4, 9), {"w": W.reshape(2, 4, 3)}),
    "ConvTranspose cut": (
        [("ConvTranspose", ["x", "w"], {"strides": [3, 2], "pads": [1, 0, 0, 1], "output_padding": [1, 0]})],
        MAP,
        {"w": W.reshape(3, 2, 2, 2)},
    ),
    "ConvTranspose far apart": (
        [("ConvTranspose", ["x", "w"], {"strides": [4, 3]})],
        MAP,
        {"w": W.reshape(3, 2, 2, 2)},
    ),
    "Gemm": (
        [("Gemm", ["x", "w", "b"], {"alpha": 0.5, "beta": 2.0, "transB": 1})],
        (6,),
        {"w": W.reshape(4, 6), "b": W[:4]},
    ),
    "MatMul and Add": (
        [("MatMul", ["x", "w"], {}), ("Add", ["b", "y0"], {})],
        (5, 6),
        {"w": W.reshape(6, 4), "b": W[:4]},
    ),
    "MatMul and something else": (
        [("MatMul", ["x", "w"], {}), ("Add", ["y0", "b"], {}), ("Mul", ["y0", "y1"], {})],
        (5, 6),
        {"w": W.reshape(6, 4), "b": W[:4]},
    ),
    "arithmetic of a map": (
        [
            ("Transpose", ["x"], {"perm": [0, 2, 3, 1]}),
            ("Div", ["y0", "c"], {}),
            ("Sub", ["c", "y1"], {}),
            ("Mul", ["y2", "y1"], {}),
        ],
        MAP,
        {"c": np.array([2.0, 3.0, 5.0], np.float32)},
    ),
    "Pow, Max, Min": (
        [("Abs", ["x"], {}), ("Pow", ["y0", "p"], {}), ("Max", ["y1", "x", "c"], {}), ("Min", ["y2", "y0"], {})],
        (4, 3),
        {"p": np.float32(1.5), "c": W[:3]},
    ),
    "BatchNormalization": (
        [("BatchNormalization", ["x", "s", "b", "m", "v"], {"epsilon": 0.01})],
        MAP,
        {"s": W[:3], "b": W[3:6], "m": W[6:9], "v": np.abs(W[:3])},
    ),
    "InstanceNormalization": ([("InstanceNormalization", ["x", "s", "b"], {})], MAP, {"s": W[:3], "b": W[3:6]}),
    "LayerNormalization over two axes": (
        [("LayerNormalization", ["x", "s"], {"axis": -2})],
        (5, 2, 3),
        {"s": W[:6].reshape(2, 3)},
    ),
    "LRN": ([("LRN", ["x"], {"size": 3, "alpha": 0.3})], MAP, {}),
    "Clip, HardSigmoid, Selu": (
        [
            ("Clip", ["x", "", "h"], {}),
            ("HardSigmoid", ["y0"], {"alpha": 0.3}),
            ("Selu", ["x"], {"alpha": 1.5}),
            ("Add", ["y1", "y2"], {}),
        ],
        (4, 3),
        {"h": np.float32(0.4)},
    ),
    "PRelu": ([("PRelu", ["x", "s"], {})], MAP, {"s": W[:3].reshape(3, 1, 1)}),
    "ThresholdedRelu, Shrink": (
        [
            ("ThresholdedRelu", ["x"], {"alpha": 0.3}),
            ("Shrink", ["x"], {"lambd": 0.5, "bias": 0.5}),
            ("Sum", ["y0", "y1", "x"], {}),
        ],
        (9,),
        {},
    ),
    "Softmax over channels": ([("Relu", ["x"], {}), ("Softmax", ["y0"], {"axis": 1})], MAP, {}),
    "ReduceMean": ([("ReduceMean", ["x", "a"], {"keepdims": 0})], MAP, {"a": whole(-1, 2)}),
    "ReduceMax of channels": ([("ReduceMax", ["x", "a"], {"keepdims": 0})], MAP, {"a": whole(1)}),
    "ReduceL2": ([("ReduceL2", ["x", "a"], {})], MAP, {"a": whole(1, 3)}),
    "Slice backwards": (
        [("Slice", ["x", "s", "e", "a", "t"], {})],
        MAP,
        {"s": whole(-1, 1), "e": whole(-9, -2), "a": whole(3, 2), "t": whole(-2, 2)},
    ),
    "Split": ([("Split", ["x"], {"axis": 3, "num_outputs": 1}), ("Neg", ["y0"], {})], MAP, {}),
    "Pad": ([("Pad", ["x", "p", "c"], {})], MAP, {"p": whole(0, 0, 1, 2, 0, 1, 0, 3), "c": np.float32(2)}),
    "Pad by edges": ([("Pad", ["x", "p"], {"mode": "edge"})], MAP, {"p": whole(0, 0, 1, 2, 0, 0, 0, 3)}),
    "Pad by reflection": ([("Pad", ["x", "p"], {"mode": "reflect"})], MAP, {"p": whole(0, 0, 1, 2, 0, 0, 2, 3)}),
    "Pad of some axes": ([("Pad", ["x", "p", "", "a"], {})], MAP, {"p": whole(1, 2), "a": whole(2)}),
    "DepthToSpace": ([("DepthToSpace", ["x"], {"blocksize": 2})], (8, 3, 2), {}),
    "DepthToSpace by columns": ([("DepthToSpace", ["x"], {"blocksize": 2, "mode": "CRD"})], (8, 3, 2), {}),
    "SpaceToDepth": ([("SpaceToDepth", ["x"], {"blocksize": 2})], (2, 4, 6), {}),
    "Squeeze and Unsqueeze": (
        [("Unsqueeze", ["x", "a"], {}), ("Squeeze", ["y0", "c"], {})],
        (1, 5),
        {"a": whole(2, -1), "c": whole(1)},
    ),
    "Gather": ([("Gather", ["x", "i"], {"axis": 2})], MAP, {"i": whole(3, 0, -1)}),
    "Reshape with zeros": ([("Reshape", ["x", "s"], {})], MAP, {"s": whole(0, 0, -1)}),
    "Shape arithmetic": (
        [
            ("Shape", ["x"], {}),
            ("Gather", ["y0", "i"], {}),
            ("Concat", ["y1", "s"], {"axis": 0}),
            ("Reshape", ["x", "y2"], {}),
        ],
        MAP,
        {"i": whole(0), "s": whole(-1)},
    ),
    "Where and comparisons": (
        [("Greater", ["x", "c"], {}), ("Not", ["y0"], {}), ("Where", ["y1", "x", "c"], {})],
        MAP,
        {"c": W[:8]},
    ),
    "ArgMax": ([("ArgMax", ["x"], {"axis": 1, "keepdims": 0}), ("Cast", ["y0"], {"to": 1})], MAP, {}),
    "Flatten": ([("Relu", ["x"], {}), ("Flatten", ["y0"], {})], MAP, {}),
    "Mean": ([("Neg", ["x"], {}), ("Mean", ["x", "y0", "c"], {})], MAP, {"c": W[:8]}),
    "Tile": ([("Tile", ["x", "r"], {})], MAP, {"r": whole(1, 1, 2, 3)}),
    **{
        f"Resize {mode} {where} {rounding} {sizes.tolist()}": (
            [
                (
                    "Resize",
                    ["x", "", "", "s"],
                    {"mode": mode, "coordinate_transformation_mode": where, "nearest_mode": rounding},
                )
            ],
            MAP,
            {"s": sizes},
        )
        for sizes in (whole(2, 3, 14, 16), whole(2, 3, 9, 5))
        for mode, where, rounding in (
            ("nearest", "asymmetric", "floor"),
            ("nearest", "half_pixel", "round_prefer_floor"),
            ("nearest", "half_pixel", "round_prefer_ceil"),
            ("nearest", "align_corners", "ceil"),
            ("linear", "half_pixel", "floor"),
            ("linear", "align_corners", "floor"),
            ("linear", "asymmetric", "floor"),
            ("linear", "pytorch_half_pixel", "floor"),
        )
    },
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_is_what_onnx_runtime_computes(name):
    runtime = pytest.importorskip("onnxruntime", reason="judges the operators")
    nodes, shape, constants = OPERATORS[name]
    content = file_of(nodes, shape, constants)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    options = runtime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    (wanted,) = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})
    assert_close(answers(cycnn.from_onnx(content), [x]), [wanted])


def test_operators_in_formulas():
    """The same without ONNX Runtime, for a few."""
    x = np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    nodes, shape, constants = OPERATORS["Gemm"]
    wanted = 0.5 * x @ constants["w"].T + 2 * constants["b"]
    assert_close(answers(cycnn.from_onnx(file_of(nodes, shape, constants)), [x]), [wanted])
    nodes, shape, constants = OPERATORS["PRelu"]
    x = np.random.default_rng(0).normal(size=(2, *MAP)).astype(np.float32)
    wanted = np.where(x < 0, x * constants["s"], x)
    assert_close(answers(cycnn.from_onnx(file_of(nodes, shape, constants)), [x]), [wanted])
    nodes, shape, constants = OPERATORS["MaxPool padded"]
    x = -np.abs(x) - 1  # padding that counts would win
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 1)), constant_values=-np.inf)
    wanted = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), (2, 3))[:, :, ::2, ::2].max((4, 5))
    assert_close(answers(cycnn.from_onnx(file_of(nodes, shape, constants)), [x]), [wanted])


def test_fixed_batches_take_any(recorded):
    content = file_of([("Reshape", ["x", "s"], {})], (2, 3), {"s": whole(4, 6)}, batch=4)
    assert cycnn.from_onnx(content)(np.ones((7, 2, 3), np.float32)).shape == (7, 6)


def test_open_lengths_need_a_shape():
    content = file_of([("Relu", ["x"], {})], (3, 0, 0))
    with pytest.raises(
        ValueError, match=r"give `input_shape`. Received: bytes, whose input 'x' has samples of shape \(3, None, None\)"
    ):
        cycnn.from_onnx(content)
    assert cycnn.from_onnx(content, input_shape=(3, 4, 5)).output_shape == (None, 3, 4, 5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file_of([("Unique", ["x"], {})], (3,)), "Operator 'Unique' (node 'node0') is not supported. Received: bytes"),
        (
            file_of([("Transpose", ["x"], {"perm": [1, 0]})], (3,)),
            "Operator 'Transpose' (node 'node0') is not supported with perm=(1, 0), which moves the axis of the batch",
        ),
        (
            file_of([("Reshape", ["x", "s"], {})], (4,), {"s": whole(2, 2, -1)}),
            "Operator 'Reshape' (node 'node0') is not supported with the shape (2, 2, -1)",
        ),
        (file_of([("Relu", ["x"], {})], (3,), opset=9), "must have opset 13 or later"),
        (file_of([("Relu", ["z"], {})], (3,)), "the input 'z' of the node 'node0' is not computed before it"),
        (file_of([("Conv", ["x"], {})], (3, 4, 4)), "has not the inputs of its kind"),
        (b"", "it holds no graph"),
        (b"no ONNX file at all", "is damaged, or not what its name says"),
    ],
)
def test_refusals(content, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        cycnn.from_onnx(content)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There must be a file to load"):
        cycnn.from_onnx(tmp_path / "m.onnx")


@pytest.mark.parametrize("step", [1, 7])
def test_damaged_files_are_refused(recorded, step):
    """Cut anywhere, or with a byte changed: an error that says so, or a model; nothing else."""
    content = recorded["inverted/dynamic"].tobytes()
    for place in range(step, len(content), 397):
        changed = bytearray(content if step > 1 else content[:place])
        if step > 1:
            changed[place] ^= 1 << place % 8
        try:
            cycnn.from_onnx(bytes(changed))
        except ValueError:
            pass
