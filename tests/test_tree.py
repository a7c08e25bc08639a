"""`cycnn.tree`, with the answers of `keras.tree` 3.15 (which passes this file in cycnn's place)."""

from collections import namedtuple

import pytest

from cycnn import tree

Pair = namedtuple("Pair", "a b")
NESTED = {"b": [1, (2, None)], "a": Pair(3, {"x": 4})}


def test_flatten_and_pack():
    assert tree.flatten(NESTED) == [3, 4, 1, 2, None]
    assert tree.flatten(5) == [5]
    packed = tree.pack_sequence_as(NESTED, list("vwxyz"))
    assert packed == {"b": ["x", ("y", "z")], "a": Pair("v", {"x": "w"})}
    assert type(packed["a"]) is Pair
    assert tree.flatten_with_path({"b": [1, 2], "a": 3}) == [(("a",), 3), (("b", 0), 1), (("b", 1), 2)]
    with pytest.raises(ValueError, match="5"):
        tree.pack_sequence_as(NESTED, [1, 2])
    with pytest.raises(TypeError):
        tree.pack_sequence_as([1], 3)


def test_is_nested():
    assert [tree.is_nested(x) for x in ([], (), {}, Pair(1, 2), 1, "ab", None)] == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_map_structure():
    assert tree.map_structure(lambda x: x * 2, {"a": [1, 2]}) == {"a": [2, 4]}
    assert tree.map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)]) == [11, (22,)]
    assert tree.map_structure(lambda x: x, [None, 1], none_is_leaf=False) == [None, 1]
    with pytest.raises(ValueError, match="tructure"):
        tree.map_structure(lambda x, y: x, [1, 2], [1])
    with pytest.raises(TypeError):
        tree.map_structure(3, [1])
    with pytest.raises(ValueError, match="tructure"):
        tree.map_structure(lambda: 1)
    assert tree.map_structure_up_to([0, 0], lambda x: len(x), [[1, 2], (3,)]) == [2, 1]
    assert tree.map_structure_up_to({"a": 0}, lambda x, y: (x, y), {"a": [1]}, {"a": 2}) == {"a": ([1], 2)}


def test_traverse():
    doubled = lambda x: x * 2 if isinstance(x, int) else None  # noqa: E731
    assert tree.traverse(doubled, {"a": [1, (2,)]}) == {"a": [2, (4,)]}
    short = lambda x: tuple(x) if isinstance(x, list) else None  # noqa: E731
    assert tree.traverse(short, [[1], [2]]) == ([1], [2])
    assert tree.traverse(short, [[1], [2]], top_down=False) == ((1,), (2,))
    assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, 2]) == [None, 2]


def test_alike():
    tree.assert_same_structure({"a": [1, 2]}, {"a": ["x", "y"]})
    for other in ({"a": [1]}, {"b": [1, 2]}, {"a": (1, 2)}, [1, 2]):
        with pytest.raises(ValueError, match="tructure"):
            tree.assert_same_structure({"a": [1, 2]}, other)
    tree.assert_same_paths([1, (2, 3)], [1, [2, 3]])
    with pytest.raises(ValueError, match="tructure"):
        tree.assert_same_paths([1, (2, 3)], [1, 2])


def test_lists_and_shapes():
    assert tree.lists_to_tuples({"a": [1, [2]]}) == {"a": (1, (2,))}
    assert tree.map_shape_structure(lambda s: len(s), {"a": (1, None), "b": [(2,), (3, 4, 5)]}) == {"a": 2, "b": [1, 3]}
