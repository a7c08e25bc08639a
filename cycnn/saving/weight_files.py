"""Weights alone, for a model that the program makes."""

import os

from cycnn.saving import h5, keras_file, legacy_file, paths, safetensors, state


def save_weights(model, filepath, overwrite=True, max_shard_size=None):
    """Save the weights of a model, and the state of its optimizer where it has one.

    The file is written beside its place and renamed at the end: a failure leaves what was there.

    Args:
        model: Model.
        filepath: String or path, ending in `.weights.h5`; or in `.safetensors`, a file without the optimizer's state.
        overwrite: Whether a file that exists is replaced; where not, the user is asked on a terminal.
        max_shard_size: Not supported: None.

    Raises:
        FileExistsError: There is a file, `overwrite` is False, and nobody to ask.
        ImportError: h5py is not installed.
        ValueError: Another ending, or a model without weights yet.
    """
    path = paths.text(filepath)
    if max_shard_size is not None:
        raise ValueError(f"`max_shard_size` is not supported. Received: max_shard_size={max_shard_size!r}.")
    if safetensors.is_one(path):
        _must_be_built(model, "saved")
        if paths.may_write(path, overwrite):
            safetensors.write(path, model)
        return
    if not path.endswith(".weights.h5"):
        guess = f"{os.path.splitext(path)[0]}.weights.h5"
        raise ValueError(
            f"`filepath` must end in `.weights.h5`, like {guess!r}, or in `.safetensors`. Received: filepath={path!r}."
        )
    _must_be_built(model, "saved")
    h5.library()
    if not paths.may_write(path, overwrite):
        return
    content = h5.written(lambda file: state.write(file, model))
    with paths.replacing(path) as file:
        file.write(content)


def load_weights(model, filepath, skip_mismatch=False, by_name=None, **kwargs):
    """Load weights into a model that has the same layers, and the state of its optimizer where both have one.

    Everything is compared before anything is changed.

    Args:
        model: Model.
        filepath: String or path: a `.weights.h5` file, the `.h5` file of weights or of a model that Keras 2 wrote, a
            `.keras` file, or a `.safetensors` file.
        skip_mismatch: Whether layers whose weights do not fit are left as they are, with a warning.
        by_name: For `.h5` files: whether to load the layers whose names are in the file, and no others.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: h5py is not installed.
        ValueError: The weights do not fit, or the file is damaged; the model is as it was.
    """
    path = paths.text(filepath)
    if kwargs:
        raise ValueError(f"`load_weights` takes no such arguments. Received: {', '.join(kwargs)}.")
    if safetensors.is_one(path) and os.path.isfile(path):
        _must_be_built(model, "loaded")
        safetensors.read(model, path, skip_mismatch).assign()
        return
    kind = paths.kind(path)
    h5.library()
    _must_be_built(model, "loaded")
    with h5.reading(path) if kind == "h5" else keras_file.reading_weights(path) as file:
        if kind == "h5" and legacy_file.is_one(file):
            reader = legacy_file.read_weights(file, model, path, skip_mismatch, bool(by_name))
        elif by_name is not None:
            raise ValueError(
                "`by_name` goes with the older `.h5` files, which know layers by their names. "
                f"Received: by_name={by_name!r} with filepath={path!r}."
            )
        else:
            reader = state.read(file, model, path, skip_mismatch)
    reader.assign()


def _must_be_built(model, what):
    if not model.built:
        raise ValueError(
            f"The weights of {model.name!r} cannot be {what} before it has some: give the model an `Input`, call "
            "`build(input_shape)`, or call it on data first."
        )
