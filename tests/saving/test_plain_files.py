"""What is read without h5py and zipfile, beside what these read; and what is left to them."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import cycnn
from cycnn.saving import plain_h5, plain_zip

from .recorded_files import FOLDER, unpack

with zipfile.ZipFile(FOLDER / "files.zip") as _archive:
    ARCHIVES = [name for name in _archive.namelist() if name.endswith(".keras")]
    HDF5 = [name for name in _archive.namelist() if name.endswith(".h5")]


def by_h5py(group):
    return {k: by_h5py(part) if isinstance(part, h5py.Group) else part[()] for k, part in group.items()}


def assert_same(found, wanted):
    assert list(found) == list(wanted)
    for name, part in wanted.items():
        if isinstance(part, dict):
            assert_same(found[name], part)
        else:
            assert found[name].dtype == np.asarray(part).dtype
            np.testing.assert_array_equal(found[name], part)


def written(fill, **how):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **how) as file:
        fill(file)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------- HDF5


@pytest.mark.parametrize("name", HDF5 + ARCHIVES)
def test_files_of_keras_hold_what_h5py_reads(name, tmp_path):
    content = unpack(name, tmp_path).read_bytes()
    if name.endswith(".keras"):
        content = zipfile.ZipFile(io.BytesIO(content)).read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as file:
        assert_same(plain_h5.read(content), by_h5py(file))


def test_groups_of_many_members_and_arrays_of_every_type():
    rng = np.random.default_rng(0)
    types = [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)] + ["f2", "f4", "f8"]

    def fill(file):
        for k in range(700):  # a B-tree of two levels
            file[f"layers/l{k}/vars/0"] = np.float32(rng.normal(size=(k % 3 + 1, 2)))
        for name in types:
            file[f"types/{name}"] = (100 * rng.normal(size=(2, 3, 4))).astype(name)
        file["types/number"] = np.float32(0.25)
        file.create_group("empty")
        group = file.create_group("described")
        for k in range(40):  # header messages in several blocks
            group.attrs[f"attribute {k}"] = "x" * k

    content = written(fill)
    with h5py.File(io.BytesIO(content)) as file:
        assert_same(plain_h5.read(content), by_h5py(file))


STRANGE = {
    "chunks": lambda file: file.create_dataset("x", (4, 4), "f4", chunks=(2, 2)),
    "compressed": lambda file: file.create_dataset("x", data=np.ones((9, 9), "f4"), compression="gzip"),
    "compact": lambda file: file.create_dataset("x", data=np.ones(3, "f4"), dcpl=compact()),
    "never written": lambda file: file.create_dataset("x", (3,), "f4"),
    "no elements": lambda file: file.create_dataset("x", (0, 3), "f4"),
    "no value": lambda file: file.create_dataset("x", data=h5py.Empty("f4")),
    "big-endian": lambda file: file.create_dataset("x", data=np.ones(3, ">f4")),
    "truth values": lambda file: file.create_dataset("x", data=np.ones(3, bool)),
    "text": lambda file: file.create_dataset("x", data="text"),
    "soft link": lambda file: file.__setitem__("x", h5py.SoftLink("/y")),
    "external link": lambda file: file.__setitem__("x", h5py.ExternalLink("other.h5", "/y")),
    "two names": lambda file: (file.create_dataset("x", data=np.ones(3, "f4")), file.__setitem__("y", file["x"])),
    "a group within itself": lambda file: file.create_group("x").__setitem__("y", file["x"]),
    "values elsewhere": lambda file: file.create_dataset("x", (3,), "f4", external=[("other.bin", 0, 12)]),
}


def compact():
    found = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    found.set_layout(h5py.h5d.COMPACT)
    return found


@pytest.mark.parametrize("kind", STRANGE)
def test_anything_else_is_left_to_h5py(kind):
    assert plain_h5.read(written(STRANGE[kind])) is None


def test_newer_files_are_left_to_h5py():
    assert plain_h5.read(written(lambda file: file.create_dataset("x", data=[1.0]), libver="latest")) is None


def test_a_broken_file_gives_arrays_of_its_own_bytes_or_nothing():
    """Truncated anywhere, or with a byte changed anywhere: no error, and no array from beyond the file."""

    def fill(file):
        for k in range(12):
            file[f"layers/l{k}/vars/0"] = np.full((3, k + 1), k, "f4")

    whole, rng, left = written(fill), np.random.default_rng(0), 0
    for trial in range(2000):
        content = bytearray(whole)
        if trial % 4:
            content[rng.integers(len(whole) // (1 if trial % 2 else 20))] = rng.integers(256)
        else:
            del content[rng.integers(len(whole)) :]
        found = plain_h5.read(bytes(content))
        left += found is None
        stack = [found or {}]
        while stack:
            part = stack.pop()
            stack += part.values() if isinstance(part, dict) else []
            assert isinstance(part, dict) or part.nbytes <= len(content)
    assert 600 < left < 2000


# ----------------------------------------------------------------------------------------------------------- zip


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_of_keras_hold_what_zipfile_reads(name, tmp_path):
    path = unpack(name, tmp_path)
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            assert plain_zip.read(path, member) == archive.read(member)
    assert plain_zip.read(path, "no such member") is None


def test_other_archives_are_left_to_zipfile(tmp_path):
    path = tmp_path / "m.zip"

    def archive(member="x", comment=b"", **how):
        with zipfile.ZipFile(path, "w", **how) as file:
            file.comment = comment
            file.writestr(member, b"0123456789" * 9)

    archive()
    assert plain_zip.read(path, "x") == b"0123456789" * 9
    plain = path.read_bytes()
    for changes in ({"compression": zipfile.ZIP_DEFLATED}, {"comment": b"a comment"}):
        archive(**changes)
        assert plain_zip.read(path, "x") is None
    for name in ("../x", "folder/x", "c:x", "ä"):
        archive(name)
        assert plain_zip.read(path, name) is None
    for place in (0, 40, len(plain) - 60, len(plain) - 20):  # headers and content
        path.write_bytes(plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1 :])
        assert plain_zip.read(path, "x") is None
    for length in range(len(plain)):
        path.write_bytes(plain[:length])
        assert plain_zip.read(path, "x") is None


# -------------------------------------------------------------------------------------------------------- models

PROGRAM = """
import sys, numpy, cycnn
model = cycnn.models.load_model(sys.argv[1])
numpy.save(sys.argv[2], model(numpy.load(sys.argv[3])))
print(*sys.modules)
"""


def test_a_first_prediction_imports_what_the_model_needs(tmp_path):
    layers = cycnn.layers
    model = cycnn.Sequential([cycnn.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)])
    x = np.random.default_rng(0).random((2, 8, 8, 1), "float32")
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", x)
    program = [sys.executable, "-c", PROGRAM, *(tmp_path / name for name in ("m.keras", "y.npy", "x.npy"))]
    path = os.pathsep.join([str(Path(cycnn.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)}
    told = subprocess.run(program, capture_output=True, check=True, cwd=tmp_path, env=environment, text=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model(x))
    found = set(told.stdout.split())
    assert "cycnn.layers.convolutional.conv2d" in found
    unused = {"h5py", "cycnn.losses", "cycnn.metrics", "cycnn.onnx", "cycnn.callbacks.tensorboard", "cycnn.ops.image"}
    assert not unused & found
    assert not {name for name in found if name.startswith(("cycnn.layers.preprocessing", "cycnn.layers.merging"))}


class Counted(cycnn.initializers.Initializer):
    calls = 0

    def __call__(self, shape, dtype=None):
        Counted.calls += 1
        return np.full(shape, 0.5, dtype or "float32")


class Halved(cycnn.layers.Layer):
    """A layer that reads its weight when it makes it, and whose files hold nothing."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(3,), initializer=Counted())
        self.other = self.add_weight(shape=(3,), initializer=Counted())
        self.scale.assign(self.scale / 2)

    def call(self, inputs):
        return inputs * self.scale + self.other

    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def test_weights_that_a_file_holds_are_not_drawn_first(tmp_path):
    custom = {"Counted": Counted, "Halved": Halved}
    model = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(3, kernel_initializer=Counted())])
    model.set_weights([np.arange(9.0).reshape(3, 3), np.ones(3)])
    model.save(tmp_path / "m.keras")
    Counted.calls = 0
    again = cycnn.models.load_model(tmp_path / "m.keras", custom_objects=custom)
    for mine, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert Counted.calls == 0


def test_weights_that_a_file_does_not_hold_begin_as_always(tmp_path):
    model = cycnn.Sequential([cycnn.Input((3,)), Halved()])
    model.save(tmp_path / "m.keras")
    again = cycnn.models.load_model(tmp_path / "m.keras", custom_objects={"Counted": Counted, "Halved": Halved})
    np.testing.assert_array_equal(again.layers[0].scale, [0.25] * 3)
    np.testing.assert_array_equal(again(np.ones((1, 3), "float32")), [[0.75] * 3])
