"""Whole models: configuration, weights, how they were compiled, the optimizer's state."""

import importlib
import os
import warnings

from cycnn.core import registry
from cycnn.core.variable import expecting_values
from cycnn.saving import configs, h5, keras_file, legacy_file, paths, state


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Save a model, so that `load_model` makes it again, here or in Keras: layers, weights, how it was compiled, and the
    state of its optimizer.

    The file is written beside its place and renamed at the end: a failure leaves what was there.

    Args:
        model: Model.
        filepath: String or path, ending in `.keras`, or in `.h5` or `.hdf5` for the older format.
        overwrite: Whether a file that exists is replaced; where not, the user is asked on a terminal.
        zipped: False saves a folder instead of a `.keras` file.
        include_optimizer: False leaves a `.h5` file without the training's configuration and state.
        save_format: Accepted where the ending of `filepath` says it all.

    Raises:
        FileExistsError: There is a file, `overwrite` is False, and nobody to ask.
        ImportError: h5py is not installed.
        ValueError: The ending of `filepath` is none of those, or does not go with `zipped`.

    Example:

    ```python
    model.save("model.keras")
    again = cycnn.models.load_model("model.keras")
    ```
    """
    path = paths.text(filepath)
    include_optimizer = kwargs.pop("include_optimizer", True)
    save_format = kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"`save` takes no such arguments. Received: {', '.join(kwargs)}.")
    ending = os.path.splitext(path)[1]
    legacy = ending in paths.LEGACY and zipped is not False
    if zipped is False:
        if ending == ".keras":
            raise ValueError(f"With `zipped=False`, `filepath` names a folder. Received: filepath={path!r}.")
    elif not legacy and ending != ".keras":
        given = f"filepath={path!r}" + (f", save_format={save_format!r}" if save_format else "")
        raise ValueError(f"`filepath` must end in `.keras`, or in `.h5` for the older format. Received: {given}.")
    h5.library()
    if not paths.may_write(path, overwrite):
        return
    if not model.built:
        warnings.warn(
            f"The model {model.name!r} is saved without weights: it has none before it is built or called on data.",
            stacklevel=3,
        )
    if legacy:
        content = h5.written(lambda file: legacy_file.write(file, model, include_optimizer))
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)  # as Keras does for this format alone
        with paths.replacing(path) as file:
            file.write(content)
    else:
        (keras_file.write_folder if zipped is False else keras_file.write)(path, model)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):  # noqa: A002
    """The model of a file that cycnn or Keras saved.

    No code is run from a file: names in it lead to cycnn's own classes, to those of `custom_objects`, and to those that
    are registered.

    Args:
        filepath: String or path: a `.keras` file, a folder saved with `zipped=False`, or a `.h5` file of Keras 2 or 3.
        custom_objects: Dictionary of the user's own classes and functions, name → object.
        compile: Whether to compile the model as it was, with the state of its optimizer: training goes on where it
            stopped.
        safe_mode: Accepted for programs that pass it; code in a file is refused in either case.

    Returns:
        The model.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: The file can be read by h5py alone, which is not installed.
        TypeError: The model needs classes that are neither cycnn's nor registered; the message names all of them.
        ValueError: The file is damaged, holds no model, or is no file of Keras; the message says how to convert it.
    """
    path = paths.text(filepath)
    if paths.kind(path) == "h5":
        with h5.reading(path) as file:
            config = legacy_file.config(file, path, compile)
        reading, read = h5.reading, legacy_file.read
    else:
        config = configs.decoded(keras_file.read_config(path), path)
        if not compile:
            config.pop("compile_config", None)
        reading, read = keras_file.reading_weights, state.read
    model = _make(config, path, custom_objects)
    _build_optimizer(model)
    with reading(path) as file:
        reader = read(file, model, path)
    reader.assign()
    return model


def reduced(model):
    """A model for pickle and `copy.deepcopy`: what its `.keras` file would hold, and the classes and functions of the
    user's own that it names, which pickle refers to by name, as always.

    Returns:
        The function that makes the model again, and its arguments.
    """
    with registry.noting() as own:
        members = {name: bytes(content) for name, content in keras_file.members(model).items()}
    return revived, (members, own)


def revived(members, own):
    """The model of `reduced`. The content is data, as in a file: nothing in it is imported by name or run."""
    source = "a pickled model"
    model = _make(configs.decoded(members[keras_file.CONFIG], source), source, own)
    _build_optimizer(model)
    with h5.reading(source, members[keras_file.WEIGHTS]) as file:
        reader = state.read(file, model, source)
    reader.notes.clear()  # of an optimizer that has not begun, which then goes for the copy's, too
    reader.assign()
    return model


def _build_optimizer(model):
    """Make a place for what a file holds of the optimizer."""
    if model.optimizer is not None and model.built:
        model.optimizer.build(model.trainable_variables)


def _make(config, path, custom_objects):
    """The model of a config, without its weights."""
    importlib.import_module("cycnn.models")  # with which models and functions enter the registry's tables
    try:
        with registry.custom_object_scope(custom_objects), registry.sharing(), expecting_values():
            config = configs.modern(config)
            configs.check(config, path)
            model = registry.deserialize_keras_object(config)
    except (AttributeError, LookupError, RecursionError) as error:  # a part of it is missing, or no dictionary
        raise ValueError(f"The model in {path!r} cannot be made from its configuration: {error!r}.") from error
    if not state.is_model(model):
        raise ValueError(f"A file must hold a model. Received: {path!r}, which holds a {type(model).__name__}.")
    return model
