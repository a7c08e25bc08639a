"""What a model keeps in a file of weights, under Keras 3's names.

    layers/conv2d/vars/0            the kernel of the first Conv2D
    layers/conv2d_1/vars/0          that of the second: names count the layers of a class within their list, whatever
                                    the layers are called; `vars` has the layer's name as an attribute
    layers/sequential/layers/…      those of a model within the model
    layers/my_block/first/vars/0    those of a layer that is an attribute of another layer
    first/vars/0                    those of an attribute of a subclassed model; behind "layers" in the alphabet, it is there
    optimizer/vars/0                iterations, learning rate, then the slots
    seed_generator/vars/0           ours: seed and step of the model's random operations; Keras passes over it

A layer shared by several places is written once, where it comes first.
"""

import warnings
from collections import Counter

import numpy as np

from cycnn.core.names import to_snake_case
from cycnn.layers.layer import Layer
from cycnn.optimizers import Optimizer
from cycnn.saving import h5

MOST_LISTED = 20  # problems in one message
_RANDOM = "seed_generator/vars"


# Which ---------------------------------------------------------------------------------------------------------------


def is_model(thing):
    """Whether this is a model, not just a layer."""
    return hasattr(thing, "train_on_batch")


def saveables(model):
    """`(path, model | layer | optimizer)` of everything in a model that may keep variables, in Keras's order."""
    return list(_walk(model, "", set()))


def _walk(value, path, seen):
    if id(value) in seen:
        return
    if isinstance(value, (list, tuple, dict)):
        seen.add(id(value))  # one that holds itself
        yield from _walk_container(value, path, seen)
        seen.discard(id(value))
    elif isinstance(value, (Layer, Optimizer)):
        seen.add(id(value))
        yield path, value
        for name, part in _parts(value):
            yield from _walk(part, f"{path}/{name}".lstrip("/"), seen)


def _walk_container(container, path, seen):
    used: Counter[str] = Counter()
    for part in container.values() if isinstance(container, dict) else container:
        if isinstance(part, (list, tuple, dict)):
            name = "container"
        elif isinstance(part, Layer):
            name = to_snake_case(type(part).__name__)
        else:
            continue
        number = used[name]
        used[name] += 1
        yield from _walk(part, f"{path}/{name}_{number}" if number else f"{path}/{name}", seen)


_OF_LAYERS = None  # attributes that every layer has


def _parts(owner):
    """`(name, value)` of the attributes that Keras looks through; private ones last."""
    global _OF_LAYERS
    if is_model(owner):
        known = {"layers": owner.layers, "optimizer": owner.optimizer}
        own = {name: value for name, value in vars(owner).items() if not name.startswith("_") and name != "loss"}
        parts = sorted({**own, **known}.items())
        # The layers of a graph or row come first; those of a subclass have the names of its attributes.
        return [("layers", known["layers"]), *parts] if owner._layers else parts
    if isinstance(owner, Optimizer):
        return []
    if _OF_LAYERS is None:
        _OF_LAYERS = {*vars(Layer(name="any"))}
    found = ((name, value) for name, value in vars(owner).items() if name not in _OF_LAYERS)
    return sorted(found, key=lambda item: f"~{item[0]}" if item[0].startswith("_") else item[0])


def own_variables(owner):
    """The variables of a layer or optimizer itself, without those of layers within it."""
    if isinstance(owner, Optimizer):
        return owner.variables
    return [*owner._weights, *owner._statistics]


def _hook(owner):
    """A user's `load_own_variables`, None where there is none."""
    base = Optimizer if isinstance(owner, Optimizer) else Layer
    return None if type(owner).load_own_variables is base.load_own_variables else owner.load_own_variables


# Writing -------------------------------------------------------------------------------------------------------------


def write(file, model):
    """Write the weights of a model, and the state of its optimizer, into an open HDF5 file."""
    for path, owner in saveables(model):
        group = file.create_group(f"{path}/vars".lstrip("/"))
        group.attrs["name"] = owner.name
        store = {}
        owner.save_own_variables(store)
        for key, value in store.items():
            group[key] = np.asarray(value)
    write_random_state(file, model)


# Reading -------------------------------------------------------------------------------------------------------------


class Reader:
    """Everything a file holds for a model, read and compared; `assign` then changes the model, or refuses to.

    Args:
        model: The model to load into.
        path: The file's path, for errors.
        skip_mismatch: Whether what does not fit is left as it is, with a warning, instead of refused.
    """

    def __init__(self, model, path, skip_mismatch=False):
        self.model, self.path, self.skip_mismatch = model, path, skip_mismatch
        self.values = []  # (variable, array)
        self.hooks = []  # (a user's load_own_variables, arrays by name)
        self.problems = []  # what does not fit
        self.notes = []  # what is left alone, with a warning
        self.goes_on = False  # an optimizer's state is among the values
        self.random = None  # seed and step of the model's random operations

    def match(self, variable, dataset, whose):
        """Take the values of a data set for a variable, if the shapes are the same."""
        if dataset is None:
            self.problems.append(f"{whose}: the file has no array for {variable.path!r}")
        elif dataset.shape != variable.shape:
            self.problems.append(
                f"{whose}: {variable.path!r} has shape {variable.shape}, the file's array {dataset.shape}"
            )
        else:
            self.values.append((variable, h5.values(dataset)))

    def assign(self):
        """Change the model.

        Raises:
            ValueError: Something does not fit; nothing is changed.
        """
        if self.problems:
            listed = "".join(f"\n- {problem}" for problem in self.problems[:MOST_LISTED])
            if len(self.problems) > MOST_LISTED:
                listed += f"\n- and {len(self.problems) - MOST_LISTED} more"
            text = f"The file {self.path!r} does not fit the model {self.model.name!r}"
            if not self.skip_mismatch:
                raise ValueError(f"{text}, which stays as it is. Received:{listed}")
            self.notes.append(f"{text}. These weights stay as they are:{listed}")
        for note in self.notes:
            warnings.warn(note, stacklevel=4)  # the caller of the model's method
        for hook, store in self.hooks:  # first: they may refuse
            hook(store)
        for variable, value in self.values:
            variable.assign(value)
        if self.random is not None:
            self.model._state = self.random


def read(file, model, path, skip_mismatch=False):
    """What `write`, or Keras 3, has written.

    Args:
        file: The open HDF5 file.
        model, path, skip_mismatch: As for `Reader`.

    Returns:
        `Reader`.
    """
    reader = Reader(model, path, skip_mismatch)
    for place, owner in saveables(model):
        group = h5.child(file, f"{place}/vars".lstrip("/"))
        if group is None and "_layer_checkpoint_dependencies" in file:  # Keras 2.13
            group = h5.child(file, f"{place}/vars".replace("layers", "_layer_checkpoint_dependencies"))
        keys = [] if group is None else list(group)
        variables = own_variables(owner)
        whose = f"layer {owner.name!r} ({place})"
        hook = _hook(owner)
        if hook is not None:
            reader.hooks.append((hook, {key: h5.values(h5.array(group, key)) for key in keys}))
            reader.goes_on = reader.goes_on or (isinstance(owner, Optimizer) and bool(keys))
        elif isinstance(owner, Optimizer):
            _read_optimizer(reader, owner, group, keys)
        elif len(keys) != len(variables):
            reader.problems.append(f"{whose}: it has {len(variables)} weights, the file {len(keys)}")
        else:
            for k, variable in enumerate(variables):
                reader.match(variable, h5.array(group, str(k)), whose)
    read_random_state(file, reader)
    return reader


def _read_optimizer(reader, optimizer, group, keys):
    """The state of an optimizer that has as many variables as the file; another one is left alone, as in Keras."""
    variables = optimizer.variables
    if len(keys) == len(variables) - 1 and variables[1].name == "learning_rate":  # Keras 2 has it in the configuration
        variables = [variables[0], *variables[2:]]
    if keys and len(keys) != len(variables):
        reader.notes.append(
            f"The state of optimizer {optimizer.name!r} stays as it is: it has {len(variables)} variables, the file "
            f"{reader.path!r} {len(keys)}. An optimizer has all of them after `optimizer.build(model.trainable_variables)`."
        )
    elif keys:
        for k, variable in enumerate(variables):
            reader.match(variable, h5.array(group, str(k)), f"optimizer {optimizer.name!r}")
        reader.goes_on = True


# Seed and step of a model's random operations ------------------------------------------------------------------------


def write_random_state(file, model):
    """Write them, if the model has drawn yet."""
    if model._state is not None:
        file[f"{_RANDOM}/0"] = model._state


def read_random_state(file, reader):
    """Read them along with an optimizer's state: training goes on. Weights alone leave `utils.set_random_seed` its say."""
    dataset = h5.array(file, f"{_RANDOM}/0") if reader.goes_on else None
    if dataset is not None and dataset.shape == (2,):
        reader.random = h5.values(dataset).astype(np.uint64)
