"""Weights as `.safetensors`: as the package of that name reads and writes them, and nothing but them."""

import errno
import json

import numpy as np
import pytest

import cycnn
from cycnn.saving import safetensors


@pytest.fixture
def model():
    inner = cycnn.Sequential([cycnn.Input((6,)), cycnn.layers.Dense(4)], name="inner")
    x = cycnn.Input((5, 6, 2))
    y = cycnn.layers.Flatten()(cycnn.layers.BatchNormalization()(cycnn.layers.Conv2D(3, 3, name="any")(x)))
    return cycnn.Model(x, inner(cycnn.layers.Dense(6)(cycnn.layers.Dense(6)(y))))


def fill(model, seed):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    return model.get_weights()


NAMES = [
    "layers.batch_normalization.beta", "layers.batch_normalization.gamma", "layers.batch_normalization.moving_mean",
    "layers.batch_normalization.moving_variance", "layers.conv2d.bias", "layers.conv2d.kernel", "layers.dense.bias",
    "layers.dense.kernel", "layers.dense_1.bias", "layers.dense_1.kernel", "layers.sequential.layers.dense.bias",
    "layers.sequential.layers.dense.kernel",
]  # fmt: skip


def test_there_and_back(model, tmp_path):
    before = fill(model, 0)
    model.save_weights(tmp_path / "w.safetensors")
    assert sorted(safetensors.read_arrays(tmp_path / "w.safetensors")) == NAMES
    fill(model, 1)
    model.load_weights(tmp_path / "w.safetensors")
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_package_reads_it(model, tmp_path):
    package = pytest.importorskip("safetensors.numpy", reason="judges the files")
    fill(model, 0)
    model.save_weights(tmp_path / "w.safetensors")
    found = package.load_file(tmp_path / "w.safetensors")
    assert sorted(found) == NAMES
    np.testing.assert_array_equal(found["layers.conv2d.kernel"], model.layers[1].kernel.value)


def test_what_the_package_writes_is_read(tmp_path):
    package = pytest.importorskip("safetensors.numpy", reason="writes the files")
    arrays = {
        dtype: np.arange(6).reshape(2, 3).astype(dtype)
        for dtype in (
            *(f"float{k}" for k in (16, 32, 64)),
            *(f"{u}int{k}" for u in ("", "u") for k in (8, 16, 32, 64)),
            "bool",
        )
    }
    arrays |= {"number": np.array(3.5, np.float32), "nothing": np.zeros((0, 4), np.float32)}
    package.save_file(arrays, tmp_path / "w.safetensors", {"any": "text"})
    found = safetensors.read_arrays(tmp_path / "w.safetensors")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    safetensors.write_arrays(tmp_path / "again.safetensors", arrays)
    again = package.load_file(tmp_path / "again.safetensors")
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array, strict=True)


def write(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def test_known_bytes(tmp_path):
    """The format's own example of numbers that NumPy lacks, and its layout byte by byte."""
    path = write(
        tmp_path / "w.safetensors", {"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, b"\xc0\x3f\x00\xc0"
    )
    assert safetensors.read_arrays(path)["a"].tolist() == [1.5, -2.0]
    safetensors.write_arrays(path, {"a": np.array([1, -2], np.int16), "b": np.array(1.5, np.float32)})
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    assert size % 8 == 0
    assert content[8 + size :] == b"\x01\x00\xfe\xff" + b"\x00\x00\xc0\x3f"
    assert json.loads(content[8 : 8 + size]) == {
        "a": {"dtype": "I16", "shape": [2], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [], "data_offsets": [4, 8]},
    }  # fmt: skip


def test_weights_with_one_name_are_numbered(tmp_path):
    class Two(cycnn.layers.Layer):
        def build(self, input_shape):
            self.a, self.b = (self.add_weight((2,), "ones", name="scale") for _ in range(2))

        def call(self, x):
            return x * self.a * self.b

    model = cycnn.Sequential([cycnn.Input((2,)), Two()])
    before = fill(model, 0)
    model.save_weights(tmp_path / "w.safetensors")
    assert list(safetensors.read_arrays(tmp_path / "w.safetensors")) == ["layers.two.scale", "layers.two.scale_1"]
    fill(model, 1)
    model.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(model.get_weights(), before)


def test_a_layer_with_a_way_of_its_own(tmp_path):
    class Own(cycnn.layers.Dense):
        def save_own_variables(self, store):
            super().save_own_variables(store)
            store["more"] = np.arange(3.0)

        def load_own_variables(self, store):
            super().load_own_variables({key: store[key] for key in ("0", "1")})
            self.more = store["more"]

    model = cycnn.Sequential([cycnn.Input((2,)), Own(2)])
    before = fill(model, 0)
    model.save_weights(tmp_path / "w.safetensors")
    fill(model, 1)
    model.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert model.layers[0].more.tolist() == [0, 1, 2]


def test_another_model_is_refused_and_stays(model, tmp_path):
    cycnn.Sequential([cycnn.Input((5, 6, 2)), cycnn.layers.Conv2D(4, 3)]).save_weights(tmp_path / "w.safetensors")
    before = fill(model, 0)
    with pytest.raises(
        ValueError,
        match=r"(?s)does not fit the model.*'layers.conv2d.kernel' has shape \(3, 3, 2, 3\).*no array 'layers.dense.kernel'",
    ):
        model.load_weights(tmp_path / "w.safetensors")
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.warns(UserWarning, match="These weights stay as they are"):
        model.load_weights(tmp_path / "w.safetensors", skip_mismatch=True)


def test_the_optimizer_is_not_in_it(model, tmp_path):
    model.compile("adam", "mse")
    model.fit(np.ones((4, 5, 6, 2)), np.ones((4, 4)), verbose=0)
    model.save_weights(tmp_path / "w.safetensors")
    assert sorted(safetensors.read_arrays(tmp_path / "w.safetensors")) == NAMES


def test_a_full_disk_leaves_the_file_that_was_there(model, tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    model.save_weights(path)
    before = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            model.save_weights(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before
    with pytest.raises(FileExistsError, match="`overwrite=False`"):
        model.save_weights(path, overwrite=False)


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("header", "data", "length"),
    [
        (b"", b"", 1 << 62),  # a header longer than the file
        (b"{", b"", None),
        (b"[]", b"", None),
        (b"[" * 100_000, b"", None),
        ({"a": entry()}, b"123", None),  # numbers that are not there
        ({"a": entry()}, b"12345678", None),  # more than there should be
        ({"a": entry(offsets=(4, 8))}, b"12345678", None),
        ({"a": entry(offsets=(0, 8))}, b"12345678", None),
        ({"a": entry(), "b": entry()}, b"1234", None),  # one over the other
        ({"a": entry(shape=(1 << 60, 1 << 60), offsets=(0, 4))}, b"1234", None),
        ({"a": entry(shape=(-1,), offsets=(0, 4))}, b"1234", None),
        ({"a": entry(shape=(True,), offsets=(0, 4))}, b"1234", None),
        ({"a": entry(shape="1")}, b"1234", None),
        ({"a": entry(shape=(1,) * 40)}, b"1234", None),
        ({"a": entry("F7")}, b"1234", None),
        ({"a": entry(["F32"])}, b"1234", None),
        ({"a": entry(offsets=(0, 4, 4))}, b"1234", None),
        ({"a": 3}, b"1234", None),
        (b'{"a":%s,"a":%s}' % ((b'{"dtype":"F32","shape":[1],"data_offsets":[0,4]}',) * 2), b"1234", None),
    ],
)  # fmt: skip
def test_damaged_files(header, data, length, tmp_path):
    path = write(tmp_path / "w.safetensors", header, data, length)
    with pytest.raises(ValueError, match="is damaged, or not what its name says"):
        safetensors.read_arrays(path)


def test_refusals(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="There must be a file to load"):
        model.load_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="cannot be saved before it has some"):
        cycnn.Sequential([cycnn.layers.Dense(2)]).save_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"holds numbers. Received: 'a' of dtype complex64"):
        safetensors.write_arrays(tmp_path / "w.safetensors", {"a": np.ones(2, np.complex64)})
    assert not list(tmp_path.iterdir())
    (tmp_path / "short.safetensors").write_bytes(b"123")
    with pytest.raises(ValueError, match="a header of"):
        model.load_weights(tmp_path / "short.safetensors")
