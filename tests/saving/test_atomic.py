"""A save that fails leaves what was there, and nothing else."""

import builtins
import errno
import os
import stat
import sys

import pytest

import cycnn
from cycnn.saving import paths

ENDINGS = [".keras", ".weights.h5", ".h5"]


def save(model, path):
    model.save_weights(path) if str(path).endswith(".weights.h5") else model.save(path)


@pytest.fixture
def model():
    return cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(4)])


class Full:
    """A file on a disk that is full after a few bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("failure", ["full", "fsync", "rename", "interrupt"])
def test_failures_leave_the_file_that_was_there(model, ending, failure, tmp_path, monkeypatch):
    path = tmp_path / f"model{ending}"
    save(model, path)
    before = path.read_bytes()
    model.set_weights([weight + 1 for weight in model.get_weights()])

    def fail(*args):
        raise KeyboardInterrupt if failure == "interrupt" else OSError(errno.EIO, "Input/output error")

    opened = builtins.open
    with monkeypatch.context() as patch:
        if failure == "full":
            patch.setattr(paths, "open", lambda *args: Full(opened(*args), 2000), raising=False)
        elif failure == "rename":
            patch.setattr(os, "replace", fail)
        else:
            patch.setattr(os, "fsync", fail)
        with pytest.raises((OSError, KeyboardInterrupt)):
            save(model, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
    save(model, path)
    assert path.read_bytes() != before


def test_failures_of_the_model_leave_the_file_that_was_there(model, tmp_path):
    class Broken(cycnn.layers.Layer):
        def call(self, x):
            return x * 1.0

        def save_own_variables(self, store):
            raise RuntimeError("cannot say")

    broken = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(4), Broken()])
    for ending in (".keras", ".weights.h5"):
        path = tmp_path / f"model{ending}"
        save(model, path)
        before = path.read_bytes()
        with pytest.raises(RuntimeError, match="cannot say"):
            save(broken, path)
        assert path.read_bytes() == before
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_flushed_before_it_is_renamed(model, ending, tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(handle):
        calls.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else f"{os.fstat(handle).st_size > 500}")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", lambda *args: (calls.append("rename"), replace(*args)))
    save(model, tmp_path / f"model{ending}")
    assert calls == ["True", "rename", "folder"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_overwrite_false_refuses_where_nobody_can_be_asked(model, ending, tmp_path, monkeypatch):
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"mine")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileExistsError, match="exists already"):
        model.save_weights(path, overwrite=False) if "weights" in ending else model.save(path, overwrite=False)
    assert path.read_bytes() == b"mine"


def test_overwrite_false_asks_on_a_terminal(model, tmp_path, monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    answers = iter(["what?", "n", "Y"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(builtins, "input", lambda prompt: next(answers))
    path = tmp_path / "model.keras"
    path.write_bytes(b"mine")
    model.save(path, overwrite=False)
    assert path.read_bytes() == b"mine"
    model.save(path, overwrite=False)
    assert path.read_bytes() != b"mine"


def test_new_files_have_the_usual_permissions(model, tmp_path):
    mask = os.umask(0o027)
    try:
        model.save(tmp_path / "model.keras")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(os.stat(tmp_path / "model.keras").st_mode) == 0o640


def test_a_folder_keeps_what_else_is_in_it(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    model.save(tmp_path, zipped=False)
    model.save(tmp_path, zipped=False)
    assert sorted(os.listdir(tmp_path)) == ["config.json", "metadata.json", "model.weights.h5", "notes.txt"]
    assert cycnn.saving.load_model(tmp_path).name == model.name
