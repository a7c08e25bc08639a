"""Paths: what kind of file one means, and writing all of a file or nothing of it."""

import contextlib
import os
import sys

from cycnn.core import checks

LEGACY = (".h5", ".hdf5")

# What people pass to `load_model` that is no file of Keras, by the end of its name or by a member of the folder.
_CONVERT = (
    "Where it can be loaded by Keras, convert it there: `model.save('model.keras')`, or `model.save_weights("
    "'model.weights.h5')` for its weights alone; cycnn reads both."
)
_SAVED_MODEL = (
    "is a TensorFlow SavedModel, which holds a graph of TensorFlow operations. Convert it where TensorFlow and tf-keras "
    "are installed: `tf_keras.models.load_model(path).save('model.h5')`; cycnn reads that file."
)
_FOREIGN = {
    ".pb": _SAVED_MODEL,
    ".tf": _SAVED_MODEL,
    ".pt": f"is a PyTorch checkpoint. {_CONVERT}",
    ".pth": f"is a PyTorch checkpoint. {_CONVERT}",
    ".ckpt": f"is a TensorFlow checkpoint. {_CONVERT}",
    ".index": f"is a part of a TensorFlow checkpoint. {_CONVERT}",
    ".onnx": "is an ONNX model, which `cycnn.from_onnx(path)` reads.",
    ".tflite": f"is a TensorFlow Lite model. {_CONVERT}",
    ".pkl": f"is a pickle, which runs code when it is read. {_CONVERT}",
    ".pickle": f"is a pickle, which runs code when it is read. {_CONVERT}",
    ".joblib": f"is a pickle, which runs code when it is read. {_CONVERT}",
}


def text(filepath):
    """The path as a string.

    Raises:
        TypeError: It is neither a string nor an `os.PathLike`.
        ValueError: It names a place on the net.
    """
    try:
        path = os.fsdecode(filepath)
    except TypeError:
        raise TypeError(
            f"`filepath` must be a string or a path. Received: filepath={checks.short(filepath)}."
        ) from None
    if "://" in path:
        raise ValueError(
            f"`filepath` must be the path of a local file; fetch or upload it separately. Received: filepath={path!r}."
        )
    return path


def kind(path):
    """What there is to read: `"zip"`, `"folder"` (an unzipped `.keras`) or `"h5"`, told by its content.

    Raises:
        FileNotFoundError: There is nothing.
        ValueError: It is something else; the message says how to convert it.
    """
    if os.path.isdir(path):
        if os.path.exists(os.path.join(path, "config.json")):
            return "folder"
        if os.path.exists(os.path.join(path, "saved_model.pb")):
            raise ValueError(f"{path!r} {_SAVED_MODEL}")
        raise ValueError(
            f"A folder must hold a model saved by `model.save(path, zipped=False)`. Received: {path!r} without config.json."
        )
    if not os.path.exists(path):
        raise FileNotFoundError(f"There must be a file to load. Received: filepath={path!r}, where there is none.")
    with open(path, "rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        return "h5"
    ending = os.path.splitext(path)[1].lower()
    if ending in _FOREIGN:  # before the zip: PyTorch's files are zips
        raise ValueError(f"{path!r} {_FOREIGN[ending]}")
    if start[:2] == b"PK":
        return "zip"
    if ending in (".keras", *LEGACY):
        raise damaged(path, f"it begins with {start!r}, as neither a `.keras` nor an HDF5 file does")
    raise ValueError(
        "A file must be one of Keras's: `.keras`, `.weights.h5` or `.h5`. "
        f"Received: filepath={path!r}, which begins with {start!r}. {_CONVERT}"
    )


def damaged(path, why):
    """The error of a file that is not whole or not what its name says."""
    return ValueError(f"The file {path!r} is damaged, or not what its name says: {why}.")


def may_write(path, overwrite):
    """Whether to go on where a file exists already. On a terminal the user is asked, as Keras does.

    Raises:
        FileExistsError: There is a file, `overwrite` is False and nobody to ask.
    """
    if overwrite or not os.path.exists(path):
        return True
    if not (sys.stdin and sys.stdin.isatty()):
        raise FileExistsError(
            f"`overwrite=False` keeps the file that is there. Received: filepath={path!r}, which exists already."
        )
    while True:
        answer = input(f"{path!r} exists already. Overwrite it? [y/n] ").strip().lower()
        if answer in ("y", "n"):
            return answer == "y"


@contextlib.contextmanager
def replacing(path):
    """A binary file to write; when the block ends it takes the place of `path`, all at once.

    It is a temporary file in the same folder (renaming works within one file system only), flushed to the disk before
    it is renamed. If the block raises, what was there before is untouched and the temporary file is gone.
    """
    import secrets  # 5 ms that reading need not pay
    import shutil

    target = os.path.realpath(path)  # of a link: the file behind it
    folder, name = os.path.split(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"`filepath` must be the path of a file. Received: filepath={path!r}, a folder.")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"The folder to save into must exist. Received: filepath={path!r}.")
    temporary = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    with contextlib.suppress(OSError):  # the new name itself; not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
