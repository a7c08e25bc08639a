"""Tuples, lists and dictionaries of things, nested at will: arguments and outputs of layers and models.

Dictionaries are gone through in the order of their keys, as in Keras: `{"b": 1, "a": 2}` flattens to `[2, 1]`.
"""


def flatten(structure):
    """The leaves, in order."""
    if isinstance(structure, dict):
        return [leaf for key in _keys(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def pack(structure, leaves):
    """A structure like this one with other leaves, as many as it has."""
    left = iter(leaves)
    return map_leaves(lambda _: next(left), structure)


def map_leaves(function, structure):
    """A structure like this one whose leaves are `function(leaf)`."""
    if isinstance(structure, dict):
        found = {key: map_leaves(function, structure[key]) for key in _keys(structure)}
        return {key: found[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        parts = [map_leaves(function, part) for part in structure]
        if hasattr(structure, "_fields"):  # a named tuple
            return type(structure)(*parts)
        return parts if isinstance(structure, list) else tuple(parts)
    return function(structure)


def is_shape(value):
    """Whether this is one shape: a tuple or list of integers and None."""
    return isinstance(value, (list, tuple)) and all(length is None or isinstance(length, int) for length in value)


def map_shapes(function, structure):
    """As `map_leaves`, where the leaves are shapes."""
    if isinstance(structure, dict):
        return {key: map_shapes(function, part) for key, part in structure.items()}
    if structure is None:
        return None
    if is_shape(structure) or not isinstance(structure, (list, tuple)):
        return function(structure)
    return type(structure)(map_shapes(function, part) for part in structure)


def _keys(structure):
    """Keys in order; in that of the dictionary, where they have none."""
    try:
        return sorted(structure)
    except TypeError:
        return list(structure)
