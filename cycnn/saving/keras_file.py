"""The `.keras` files of Keras 3: a zip, or a folder, of three members.

metadata.json         which version wrote it, when
config.json           the model: layers, how it was compiled
model.weights.h5      weights and the optimizer's state: see `state`
"""

import contextlib
import datetime
import json
import os

from cycnn._version import __version__
from cycnn.core.registry import serialize_keras_object, sharing
from cycnn.saving import h5, paths, plain_zip, state
from cycnn.saving.legacy_file import KERAS

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_LARGE = 1 << 28  # bytes from which a member must be backed by bytes of the zip
_EXPANSION = 100  # times that compression may shrink it


def members(model):
    """`{name: bytes}` of a model's file."""
    with sharing():
        config = serialize_keras_object(model)
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {"keras_version": KERAS, "cycnn_version": __version__, "date_saved": now}
    return {
        METADATA: json.dumps(metadata).encode(),
        CONFIG: json.dumps(config).encode(),
        WEIGHTS: h5.written(lambda file: state.write(file, model)),
    }


def write(path, model):
    """Write a zip."""
    import zipfile

    found = members(model)
    with paths.replacing(path) as file, zipfile.ZipFile(file, "w") as archive:  # stored: weights hardly shrink
        for name, content in found.items():
            archive.writestr(name, content)


def write_folder(path, model):
    """Write a folder. Each member takes its place at once; a failure in between leaves the others as they were."""
    found = members(model)
    os.makedirs(path, exist_ok=True)
    for name, content in found.items():
        with paths.replacing(os.path.join(path, name)) as file:
            file.write(content)


def read_config(path):
    """The text of config.json."""
    return read_member(path, CONFIG)


@contextlib.contextmanager
def reading_weights(path):
    """The open HDF5 file within."""
    with h5.reading(path, read_member(path, WEIGHTS)) as file:
        yield file


def read_member(path, name):
    """The bytes of a member."""
    if os.path.isdir(path):
        return _of_folder(path, name)
    content = plain_zip.read(path, name)
    if content is not None:
        return content
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path)
            return _of_zip(archive, path, name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        # not a whole zip; a wrong checksum; a compression that Python lacks; a place outside of it; a password
        raise paths.damaged(path, error) from error


def _check(archive, path):
    """Refuse what no writer of `.keras` files writes. Nothing is ever unpacked to the disk."""
    names = archive.namelist()
    if len({*names}) < len(names):
        raise paths.damaged(path, "two of its members have the same name")
    for name in names:
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
            raise paths.damaged(path, f"its member {name!r} lies outside of it")


def _of_zip(archive, path, name):
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise _lacks(path, name, archive.namelist()) from None
    if member.file_size > _LARGE and member.file_size > _EXPANSION * member.compress_size:
        raise paths.damaged(path, f"its member {name!r} claims {member.file_size} bytes")
    return archive.read(member)


def _of_folder(path, name):
    try:
        with open(os.path.join(path, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise _lacks(path, name, os.listdir(path)) from None


def _lacks(path, name, names):
    return ValueError(
        f"A model in Keras's format must hold {METADATA}, {CONFIG} and {WEIGHTS}. "
        f"Received: {path!r} without {name}; it holds {', '.join(sorted(names)[:10]) or 'nothing'}."
    )
