"""KerasFileEditor: a file of weights, looked at and changed without the model that it belongs to."""

import json

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.saving import h5, keras_file, paths, state

_ENDINGS = (".keras", ".weights.h5")


@export("keras.saving")
class KerasFileEditor:
    """The weights in a file, to be listed, compared, renamed, removed and added; saved as a file of weights.

    Objects are layers, models within models and the optimizer, under their paths in the file: `"layers/dense_2"`. A name
    alone, `"dense_2"`, will do where there is one of that name.

    Args:
        filepath: string or path of a `.keras` or `.weights.h5` file. It is read whole, and left as it is.

    Attributes:
        weights_dict: dictionary, name → array, or the dictionary of an object within.
        config, metadata: of a `.keras` file, the model's configuration and who wrote it; else None.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another ending, or the file is damaged.

    Example:

    ```python
    editor = cycnn.saving.KerasFileEditor("model.weights.h5")
    editor.summary()
    editor.rename_object("layers/dense_2", "dense_3")
    editor.save("edited.weights.h5")
    ```
    """

    def __init__(self, filepath):
        self.filepath = path = paths.text(filepath)
        if not path.endswith(_ENDINGS):
            raise ValueError(f"`filepath` must end in `.keras` or `.weights.h5`. Received: filepath={path!r}.")
        self.config = self.metadata = None
        kind = paths.kind(path)
        if kind != "h5":
            self.config, self.metadata = (
                json.loads(keras_file.read_member(path, name)) for name in (keras_file.CONFIG, keras_file.METADATA)
            )
        with h5.reading(path) if kind == "h5" else keras_file.reading_weights(path) as file:
            self.weights_dict = _tree(file, "")
        print(f"{'Weights' if self.config is None else 'Model'} file {path!r}")
        if self.metadata is not None:
            print("".join(f"    {name}: {value}\n" for name, value in self.metadata.items()), end="")

    # ---------------------------------------------------------------------------------------------------- looking

    def summary(self):
        """Print the objects with their weights: name, shape and type."""
        print("Weights structure")
        _print(self.weights_dict, 0)

    def compare(self, reference_model):
        """Print where the file and a model differ: in objects, weights, and shapes of weights.

        Args:
            reference_model: `Model` with weights.

        Returns:
            Dictionary: `"status"` is `"success"` or `"error"`, `"error_count"` is the number of differences (an object that
            is not in the other is one), `"match_count"` that of weights of the same shape.
        """
        content = bytes(h5.written(lambda file: state.write(file, reference_model)))
        with h5.reading("", content) as file:
            expected = _tree(file, "")
        problems = [f"{path}: in the model, but not in the file" for path in _lacking(self.weights_dict, expected, "")]
        problems += [f"{path}: in the file, but not in the model" for path in _lacking(expected, self.weights_dict, "")]
        expected, found = dict(_leaves(expected, "")), dict(_leaves(self.weights_dict, ""))
        shapes = {path: (expected[path].shape, found[path].shape) for path in expected if path in found}
        problems += [f"{path}: shape {a} in the model, {b} in the file" for path, (a, b) in shapes.items() if a != b]
        matches = sum(a == b for a, b in shapes.values())
        print("".join(f"...{problem}\n" for problem in problems), end="")
        print(f"{matches} weights match; {len(problems)} differences.")
        return {"status": "error" if problems else "success", "error_count": len(problems), "match_count": matches}

    # --------------------------------------------------------------------------------------------------- changing

    def rename_object(self, object_name, new_name):
        """Give an object another name.

        Args:
            object_name: name or path.
            new_name: the last part of the new path.

        Raises:
            ValueError: there is no such object, or several; or the new name is taken or a path.
        """
        if "/" in new_name:
            raise ValueError(f"`new_name` must be a name, without '/'. Received: new_name={new_name!r}.")
        owner, name = self._place(object_name)
        if new_name in owner:
            raise ValueError(f"`new_name` must be free. Received: {new_name!r}, of which there is one beside {name!r}.")
        items = [(new_name if key == name else key, value) for key, value in owner.items()]
        owner.clear()
        owner.update(items)

    def delete_object(self, object_name):
        """Remove an object.

        Args:
            object_name: name or path.

        Raises:
            ValueError: there is no such object, or several.
        """
        owner, name = self._place(object_name)
        del owner[name]

    def add_object(self, object_path, weights):
        """Add an object.

        Args:
            object_path: its path; what lies before its last part must be there.
            weights: dictionary, name (usually `"0"`, `"1"`, ...) → array.

        Raises:
            ValueError: there is no such place, or `weights` is no dictionary.
        """
        weights = _dictionary(weights)
        before, _, name = object_path.rpartition("/")
        owner = self.weights_dict
        for part in filter(None, before.split("/")):
            owner = owner.get(part) if isinstance(owner, dict) else None
        if not isinstance(owner, dict):
            raise ValueError(f"There is no object {before!r} in the file. Received: object_path={object_path!r}.")
        owner[name] = weights

    def delete_weight(self, object_name, weight_name):
        """Remove a weight of an object.

        Args:
            object_name: name or path of the object.
            weight_name: of the weight, like `"0"`.

        Raises:
            ValueError: there is no such object, or several, or no such weight.
        """
        weights = self._object(object_name)
        if weight_name not in weights:
            raise ValueError(checks.unknown(f"weight of {object_name!r}", weight_name, list(weights)))
        del weights[weight_name]

    def add_weights(self, object_name, weights):
        """Add weights to an object, or replace them.

        Args:
            object_name: name or path.
            weights: dictionary, name → array.

        Raises:
            ValueError: there is no such object, or several; or `weights` is no dictionary.
        """
        self._object(object_name).update(_dictionary(weights))

    def save(self, filepath):
        """Write the weights as they are now.

        Args:
            filepath: string or path, ending in `.weights.h5`.

        Raises:
            ImportError: h5py is not installed.
            ValueError: another ending.
        """
        path = paths.text(filepath)
        if not path.endswith(".weights.h5"):
            raise ValueError(f"`filepath` must end in `.weights.h5`. Received: filepath={path!r}.")

        def fill(file):
            for place, array in _leaves(self.weights_dict, ""):
                owner, _, name = place.rpartition("/")
                file.require_group(f"{owner}/vars".lstrip("/"))[name] = array

        content = h5.written(fill)
        with paths.replacing(path) as file:
            file.write(content)

    def resave_weights(self, filepath):
        """An older name of `save`."""
        self.save(filepath)

    def _place(self, name):
        """The dictionary that holds an object, and its name there."""
        owners = {path: (owner, path.rpartition("/")[2]) for path, owner in _objects(self.weights_dict, "")}
        found = [path for path in owners if path == name or ("/" not in name and path.endswith(f"/{name}"))]
        if not found:
            raise ValueError(checks.unknown("object in the file", name, list(owners)))
        if len(found) > 1:
            raise ValueError(
                f"`object_name` must be a path where several objects have that name: {found}. Received: {name!r}."
            )
        return owners[found[0]]

    def _object(self, name):
        owner, name = self._place(name)
        return owner[name]


def _tree(group, path):
    """The arrays of a group, those in `vars` as its own, and dictionaries of the groups in it that hold any."""
    found = {}
    for name in group:
        place = f"{path}/{name}".lstrip("/")
        value = h5.child(group, name)
        if isinstance(value, dict) or hasattr(value, "keys"):
            inner = _tree(value, place)
            if name == "vars":
                found.update(inner)
            elif inner:
                found[name] = inner
        else:
            found[name] = h5.values(h5.array(group, name))
    return found


def _leaves(tree, path):
    """`(path, array)` of all weights."""
    for name, value in tree.items():
        place = f"{path}/{name}".lstrip("/")
        if isinstance(value, dict):
            yield from _leaves(value, place)
        else:
            yield place, value


def _lacking(tree, other, path):
    """The paths of what another tree has and this one has not: of an object, its own alone."""
    for name, value in other.items():
        place = f"{path}/{name}".lstrip("/")
        mine = tree.get(name)
        if mine is None or isinstance(mine, dict) != isinstance(value, dict):
            yield place
        elif isinstance(value, dict):
            yield from _lacking(mine, value, place)


def _objects(tree, path):
    """`(path, dictionary that holds it)` of all objects."""
    for name, value in tree.items():
        if isinstance(value, dict):
            place = f"{path}/{name}".lstrip("/")
            yield place, tree
            yield from _objects(value, place)


def _print(tree, depth):
    for name, value in tree.items():
        indent = "    " * depth
        if isinstance(value, dict):
            print(f"{indent}{name}:")
            _print(value, depth + 1)
        else:
            print(f"{indent}{name}: shape={value.shape}, dtype={value.dtype}")


def _dictionary(weights):
    if not isinstance(weights, dict):
        raise checks.refuse("weights", "a dictionary of arrays by their names", weights)
    return {str(name): np.asarray(value) for name, value in weights.items()}
