"""TensorBoard's event files: beside those of the real Keras on TensorFlow, byte by byte, and read by TensorBoard."""

import io
import json
import os
import re
import struct

import numpy as np
import pytest

import cycnn
from cycnn import layers, optimizers
from cycnn.callbacks import TensorBoard, event_file
from cycnn.callbacks.tensorboard import as_images
from tests.recorded.answers import load

RECORDED = load("tensorboard")
X, Y = np.linspace(-1, 1, 8 * 3, dtype="float32").reshape(8, 3), np.zeros((8, 2), "float32")


# A reader of our own: records, and messages as {number of the field: its values}.


def crc32c(data):
    """By the definition, bit by bit: RFC 3720, 12.1."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17 & 0xFFFFFFFF)) + 0xA282EAD8) % 2**32


def records(data):
    file = io.BytesIO(data)
    while head := file.read(12):
        size, check = struct.unpack("<QI", head)
        assert check == masked(head[:8])
        body = file.read(size)
        assert struct.unpack("<I", file.read(4)) == (masked(body),)
        yield body


def fields(data):
    file, found = io.BytesIO(data), {}

    def varint():
        value, shift = 0, 0
        while True:
            (byte,) = file.read(1)
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value - 2**64 if value >> 63 else value

    while file.tell() < len(data):
        key = varint()
        value = varint() if key & 7 == 0 else file.read({1: 8, 5: 4}.get(key & 7) or varint())
        found.setdefault(key >> 3, []).append(value)
    return found


def shape_of(shape):
    return [fields(dim).get(1, [0])[0] for dim in fields(shape).get(2, [])]


def summaries(path):
    """`[step, tag, plugin, its content, type, shape, values]` of each event."""
    for k, event in enumerate(map(fields, records(path.read_bytes()))):
        assert event[1]  # a time
        if k == 0:
            assert event[3] == [b"brain.Event:2"]
        for value in (v for summary in event.get(5, []) for v in fields(summary)[1]):
            value = fields(value)
            plugin = fields(fields(value[9][0])[1][0])
            tensor = fields(value[8][0])
            (dtype,), shape = tensor[1], shape_of(tensor[2][0])
            if dtype == 7:
                values = tensor[8]
            else:
                values = np.frombuffer(tensor[4][0], {1: "<f4", 2: "<f8"}[dtype]).reshape(shape).tolist()
            yield [
                event.get(2, [0])[0], value[1][0].decode(), plugin[1][0].decode(), plugin.get(2, [b""])[0].decode(), dtype,
                shape, values,
            ]  # fmt: skip


def files(folder):
    """`{file's folder: summaries}`."""
    return {str(path.parent.relative_to(folder)): list(summaries(path)) for path in sorted(folder.rglob("*tfevents*"))}


def graph(path):
    """`{node: (operation, inputs, shape)}`"""
    (found,) = [event[4][0] for event in map(fields, records(path.read_bytes())) if 4 in event]
    nodes = {}
    for node in map(fields, fields(found)[1]):
        (attribute,) = map(fields, node[5])
        assert attribute[1] == [b"_output_shapes"]
        (shape,) = fields(fields(attribute[2][0])[1][0])[7]
        inputs = [name.decode() for name in node.get(3, [])]
        nodes[node[1][0].decode()] = (node[2][0].decode(), inputs, shape_of(shape))
    return nodes


def network(*more, **arguments):
    model = cycnn.Sequential([cycnn.Input((3,)), layers.Dense(2, name="d"), *more])
    model.compile(arguments.pop("optimizer", "sgd"), "mse", **arguments)
    return model


# Beside Keras --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(len(RECORDED["cases"])))
def test_files_hold_what_those_of_keras_hold(k, tmp_path):
    case = RECORDED["cases"][k]
    cycnn.utils.clear_session()
    exec(RECORDED["program"], {"keras": cycnn, "os": os, "folder": tmp_path, "settings": case["settings"]})
    ours = files(tmp_path)
    assert set(ours) == set(case["files"])
    for folder, wanted in case["files"].items():
        found = {(step, tag): rest for step, tag, *rest in ours[folder]}
        assert len(found) == len(ours[folder])
        more = set(found) - {(step, tag) for step, tag, *_ in wanted}
        # With a number of batches, Keras holds back evaluations, too, after which no such number is full.
        assert all(tag.startswith("evaluation_") and case["settings"].get("update_freq") == 3 for _, tag in more)
        for step, tag, plugin, content, dtype, shape, values in wanted:
            *kind, our_shape, our_values = found[step, tag]
            assert kind == [plugin, content, dtype], tag
            if tag == "net/c/kernel/image":
                continue  # Keras shows (kh, kw, c, f) as kh pictures of kw x c, with filters as colours
            assert our_shape == shape, tag
            if plugin == "images":
                assert [text.decode() for text in our_values[:2]] == values, tag
            elif values is not None:
                np.testing.assert_allclose(our_values, values, rtol=1e-6, err_msg=tag)


def test_keras_records_what_it_says():
    """The case above is worth nothing if there is little in it."""
    sizes = [{folder: len(events) for folder, events in case["files"].items()} for case in RECORDED["cases"]]
    assert [size["train"] for size in sizes] == [10, 33, 40, 16]


# Bytes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksums_are_those_of_rfc_3720(data, crc):
    assert crc32c(data) == crc
    assert event_file.masked_crc(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_is_the_picture(channels):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    pil = pytest.importorskip("PIL.Image")
    with pil.open(io.BytesIO(event_file.png(image))) as read:
        np.testing.assert_array_equal(np.asarray(read).reshape(image.shape), image)


@pytest.mark.parametrize("values", [[], [2.5] * 7, [np.nan, 1, np.inf], [0, 1, 2, 30]])
def test_histograms_count_every_finite_number(values, tmp_path):
    file = event_file.EventFile(tmp_path)
    file.histogram("h", values, 3)
    file.flush()
    ((step, *_, table),) = files(tmp_path)["."]
    finite = np.asarray(values, float)[np.isfinite(values)]
    left, right, count = np.transpose(table)
    assert step == 3
    assert count.sum() == finite.size
    np.testing.assert_array_equal(left[1:], right[:-1])
    if finite.size:
        assert (left[0], right[-1]) == (finite.min(), finite.max())


def test_nothing_is_left_open_or_written_before_there_is_something(tmp_path):
    board = TensorBoard(tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
    model = network()
    model.fit(X, Y, verbose=0, callbacks=[board])
    before = files(tmp_path)
    model.fit(X, Y, verbose=0, callbacks=[board])  # another file, beside the first
    assert len(list((tmp_path / "logs" / "train").iterdir())) == 2
    assert set(before) == {"logs/train"}


# Pictures, graphs, rates ---------------------------------------------------------------------------------------------


def test_pictures_show_each_number_of_a_weight_once():
    weight = np.arange(2 * 3 * 4 * 5, dtype="float32").reshape(2, 3, 4, 5)
    (picture,) = as_images(weight)
    assert picture.shape == (4 * 2, 5 * 3, 1)
    for c in range(4):
        for f in range(5):
            tile = picture[2 * c : 2 * c + 2, 3 * f : 3 * f + 3, 0]
            np.testing.assert_array_equal(tile, np.rint(weight[:, :, c, f] * 255 / 119))
    (colours,) = as_images(weight.reshape(2, 4, 3, 5))
    np.testing.assert_array_equal(colours[:, 4:8], np.rint(weight.reshape(2, 4, 3, 5)[..., 1] * 255 / 119))
    assert as_images(np.zeros((4, 2), "float32")).shape == (1, 2, 4, 1)
    assert not as_images(np.full(3, 7.0)).any()
    assert as_images(np.float32(1)) is as_images(np.zeros((1,) * 5)) is as_images(np.array([np.nan])) is None


def test_the_graph_is_that_of_the_operations(tmp_path):
    x = cycnn.Input((4,), name="x")
    h = layers.Dense(4, name="a")(x)
    model = cycnn.Model(x, layers.Dense(2, name="b")(layers.Add(name="sum")([x, h])))
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 2)), verbose=0, callbacks=[TensorBoard(tmp_path)])
    (path,) = tmp_path.rglob("*tfevents*")
    nodes = graph(path)
    assert nodes["x"] == ("Placeholder", [], [-1, 4])
    by_layer = {name.split("/")[-2]: name for name in nodes if "/" in name}
    ((_, inputs, shape),) = [node for name, node in nodes.items() if name == by_layer["sum"]]
    assert sorted(inputs) == sorted(["x", by_layer["a"]])
    assert shape == [-1, 4]
    assert nodes[by_layer["b"]][1] == [by_layer["sum"]]


def test_a_model_written_as_a_class_has_a_graph_and_no_configuration(tmp_path):
    class Own(cycnn.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2, name="d")

        def call(self, x):
            return self.dense(x)

    model = Own()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    (path,) = tmp_path.rglob("*tfevents*")
    assert any(name.endswith("d/MatMul") or "/d/" in name for name in graph(path))
    assert "keras" not in {tag for _, tag, *_ in summaries(path)}


def test_without_a_configuration_there_is_a_warning_and_a_training(tmp_path):
    class Secret(layers.Layer):
        def call(self, x):
            return x

        def get_config(self):
            raise RuntimeError("is secret")

    model = network(Secret())
    with pytest.warns(UserWarning, match="no conceptual graph.*is secret"):
        model.fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert "epoch_loss" in {tag for _, tag, *_ in files(tmp_path)["train"]}


def test_rates_of_optimizers_within(tmp_path):
    inner = optimizers.LossScaleOptimizer(optimizers.SGD(0.25))
    network(optimizer=inner).fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    values = {tag: value for _, tag, *_, value in files(tmp_path)["train"]}
    assert values["epoch_learning_rate"] == 0.25


def test_steps_per_second(tmp_path):
    board = TensorBoard(tmp_path, write_steps_per_second=True, update_freq="batch")
    network().fit(X, Y, batch_size=2, verbose=0, callbacks=[board])
    values = {(step, tag): value for step, tag, *_, value in files(tmp_path)["train"]}
    rates = [values[step, "batch_steps_per_second"] for step in (1, 2, 3, 4)]
    assert 0 < values[0, "epoch_steps_per_second"] < max(rates)


# The projector -------------------------------------------------------------------------------------------------------


def words():
    model = cycnn.Sequential(
        [cycnn.Input((2,)), layers.Embedding(5, 3, name="words"), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return model


def test_embeddings_are_tables_for_the_projector(tmp_path):
    model = words()
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "names.tsv"})
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[board])
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert dict(re.findall(r'(\w+): "(.*)"', config)) == {
        "tensor_name": "words/embeddings",
        "tensor_path": "words.tsv",
        "metadata_path": "names.tsv",
    }
    table = np.loadtxt(tmp_path / "words.tsv", np.float32, delimiter="\t")
    np.testing.assert_array_equal(table, model.get_layer("words").embeddings.numpy())


def test_metadata_of_no_embedding_is_refused(tmp_path):
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"wrods": "names.tsv"})
    with pytest.raises(ValueError, match=r"Embedding layers, of words. Received: wrods"):
        words().fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[board])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"profile_batch": 3}, r"`profile_batch` must be 0.*model\.profile"),
        ({"profile_batch": (2, 4)}, r"`profile_batch` must be 0"),
        ({"update_freq": "epochs"}, "`update_freq` must be"),
        ({"update_freq": 0}, "`update_freq` must be"),
        ({"histogram_freq": -1}, "`histogram_freq` must be"),
        ({"embeddings_freq": 0.5}, "`embeddings_freq` must be"),
    ],
)
def test_refusals(arguments, text):
    with pytest.raises(ValueError, match=text):
        TensorBoard(**arguments)


# TensorBoard itself --------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # those of its dependencies
def test_tensorboard_reads_it(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard")
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
    from tensorboard.util.tensor_util import make_ndarray

    board = TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    model = network()
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[board]).history
    found = reading.EventAccumulator(str(tmp_path / "train")).Reload()

    def values(tag):
        return [make_ndarray(event.tensor_proto) for event in found.Tensors(tag)]

    np.testing.assert_allclose(values("epoch_loss"), history["loss"], rtol=1e-6)
    weight = model.layers[0].weights[0]
    assert values(f"{weight.path}/histogram")[0][:, 2].sum() == 6
    assert values(f"{weight.path}/image")[0][:2].tolist() == [b"3", b"2"]
    assert found.Graph().node[0].op == "Placeholder"
    assert "d" in keras_model_to_graph_def(json.loads(values("keras")[0].item())).node[-1].name
