"""Nested tuples, lists and dictionaries, with the names of `keras.tree`.

Dictionaries are gone through in the order of their keys. What is none of the three is a leaf.
"""

from cycnn.core import checks
from cycnn.core import structure as _structure
from cycnn.core.structure import flatten

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:
    """What the function of `traverse` returns to put None in a part's place; None itself lets the walk go on."""


def is_nested(structure):
    """Whether a value is a tuple, list or dictionary."""
    return isinstance(structure, (tuple, list, dict))


def flatten_with_path(structure):
    """The leaves, each with its path: a list of pairs, (tuple of keys and places, leaf).

    >>> flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    if not is_nested(structure):
        return [((), structure)]
    keys = _structure._keys(structure) if isinstance(structure, dict) else range(len(structure))
    return [((key, *path), leaf) for key in keys for path, leaf in flatten_with_path(structure[key])]


def map_structure(func, *structures, none_is_leaf=True):
    """A structure like the given ones, whose leaves are `func(leaf of the first, leaf of the second, ...)`.

    Args:
        func: function of as many arguments as there are structures.
        structures: alike.
        none_is_leaf: whether `func` gets None too; otherwise None stays.

    Raises:
        TypeError: `func` is no function.
        ValueError: no structure, or structures that are not alike.
    """
    if not callable(func):
        raise TypeError(f"`func` must be a function. Received: func={func!r}.")
    if not structures:
        raise ValueError("There must be at least one structure. Received: none.")
    first, *rest = structures
    for other in rest:
        assert_same_structure(first, other)
    found = []
    for values in zip(*map(flatten, structures)):
        absent = not none_is_leaf and all(value is None for value in values)
        found.append(None if absent else func(*values))
    return pack_sequence_as(first, found)


def map_structure_up_to(shallow_structure, func, *structures):
    """`map_structure` whose leaves are what stands at the leaves of `shallow_structure`, structures themselves."""
    if not is_nested(shallow_structure):
        return func(*structures)
    for structure in structures:
        if not is_nested(structure) or len(structure) != len(shallow_structure):
            raise ValueError(f"Each structure must reach down to {shallow_structure!r}. Received: {structure!r}.")
    if isinstance(shallow_structure, dict):
        return {
            key: map_structure_up_to(part, func, *(structure[key] for structure in structures))
            for key, part in shallow_structure.items()
        }
    parts = [map_structure_up_to(part, func, *inner) for part, *inner in zip(shallow_structure, *structures)]
    return _like(shallow_structure, parts)


def traverse(func, structure, top_down=True):
    """A structure in which `func` has replaced parts.

    Args:
        func: called on every part, the whole included. What it returns takes the part's place, unless it is None; for
            None return `MAP_TO_NONE`.
        structure: nested.
        top_down: whether a part comes before what is in it. What replaced it is not gone through.
    """
    found = func(structure) if top_down else None
    if found is None:
        found = structure
        if isinstance(structure, dict):
            found = {key: traverse(func, part, top_down) for key, part in structure.items()}
        elif is_nested(structure):
            found = _like(structure, [traverse(func, part, top_down) for part in structure])
        if not top_down:
            changed = func(found)
            found = found if changed is None else changed
    return None if found is MAP_TO_NONE else found


def assert_same_structure(a, b, check_types=None):
    """Refuse structures that are not nested in the same way.

    Raises:
        ValueError: they are not. Lists and tuples are not alike.
    """
    alike = is_nested(a) == is_nested(b)
    if alike and is_nested(a):
        alike = isinstance(a, dict) == isinstance(b, dict) and isinstance(a, list) == isinstance(b, list)
        alike = alike and (set(a) == set(b) if isinstance(a, dict) else len(a) == len(b))
        if alike:
            for key in a if isinstance(a, dict) else range(len(a)):
                assert_same_structure(a[key], b[key])
    if not alike:
        raise ValueError(f"Structures must be nested in the same way. Received: {a!r} and {b!r}.")


def assert_same_paths(a, b):
    """Refuse structures whose leaves have other paths; lists and tuples are alike.

    Raises:
        ValueError: they have.
    """
    paths = [{path for path, _ in flatten_with_path(structure)} for structure in (a, b)]
    if paths[0] != paths[1]:
        raise ValueError(
            f"Structures must have the same paths. Received: {sorted(map(str, paths[0] ^ paths[1]))} in one."
        )


def pack_sequence_as(structure, flat_sequence):
    """A structure like this one with other leaves.

    Raises:
        TypeError: `flat_sequence` is no list or tuple.
        ValueError: it holds another number of leaves.
    """
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError(f"`flat_sequence` must be a list or tuple. Received: flat_sequence={flat_sequence!r}.")
    wanted = len(flatten(structure))
    if len(flat_sequence) != wanted:
        raise ValueError(f"`flat_sequence` must hold {wanted} leaves. Received: {len(flat_sequence)}.")
    leaves = iter(flat_sequence)

    def fill(part):
        if isinstance(part, dict):
            found = {key: fill(part[key]) for key in _structure._keys(part)}
            return {key: found[key] for key in part}
        return _like(part, [fill(inner) for inner in part]) if is_nested(part) else next(leaves)

    return fill(structure)


def lists_to_tuples(structure):
    """The structure with tuples in place of lists."""
    if isinstance(structure, dict):
        return {key: lists_to_tuples(part) for key, part in structure.items()}
    return tuple(map(lists_to_tuples, structure)) if is_nested(structure) else structure


def map_shape_structure(func, structure):
    """`map_structure`, whose leaves are shapes: tuples and lists of integers and None."""
    return _structure.map_shapes(func, structure)


def _like(structure, parts):
    """Parts in a tuple, named tuple or list like this one."""
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.tree`", name, __all__))


def __dir__():
    return __all__
