"""KerasFileEditor, with the answers of Keras 3.15 for the same files and edits."""

import numpy as np
import pytest

import cycnn
from cycnn import layers
from cycnn.saving import KerasFileEditor

pytest.importorskip("h5py")


def network(*units):
    cycnn.utils.set_random_seed(1)
    return cycnn.Sequential([layers.Input((4,)), *(layers.Dense(n) for n in units)])


@pytest.fixture
def file(tmp_path):
    """A file of weights with the state of an optimizer."""
    model = network(3, 2)
    model.compile("adam", "mse")
    model.save_weights(tmp_path / "w.weights.h5")
    return tmp_path / "w.weights.h5"


def shapes(tree):
    return {name: shapes(value) if isinstance(value, dict) else value.shape for name, value in tree.items()}


IN_KERAS = {
    "layers": {"dense": {"0": (4, 3), "1": (3,)}, "dense_1": {"0": (3, 2), "1": (2,)}},
    "optimizer": {"0": (), "1": ()},
}


@pytest.mark.parametrize("name", ["w.weights.h5", "m.keras"])
def test_what_a_file_holds(name, tmp_path, capsys):
    model = network(3, 2)
    model.compile("adam", "mse")
    (model.save if name == "m.keras" else model.save_weights)(tmp_path / name)
    editor = KerasFileEditor(str(tmp_path / name))
    assert shapes(editor.weights_dict) == IN_KERAS
    np.testing.assert_array_equal(editor.weights_dict["layers"]["dense"]["0"], model.layers[0].kernel)
    assert (editor.config is None) == (editor.metadata is None) == (name == "w.weights.h5")
    capsys.readouterr()
    editor.summary()
    assert "    dense_1:\n        0: shape=(3, 2), dtype=float32\n" in capsys.readouterr().out


def test_comparing(file, capsys):
    editor, same = KerasFileEditor(file), network(3, 2)
    same.compile("adam", "mse")
    assert editor.compare(same) == {"status": "success", "error_count": 0, "match_count": 6}
    capsys.readouterr()
    assert editor.compare(network(3)) == {"status": "error", "error_count": 2, "match_count": 2}
    assert capsys.readouterr().out.splitlines()[:2] == [
        "...layers/dense_1: in the file, but not in the model",
        "...optimizer: in the file, but not in the model",
    ]
    assert editor.compare(network(3, 5))["error_count"] == 3  # two shapes, and the optimizer


def test_an_edited_file_loads(file, tmp_path):
    editor = KerasFileEditor(file)
    editor.rename_object("dense_1", "dense_2")
    editor.add_object("layers/dense_1", {"0": np.ones((3, 3), np.float32), "1": np.zeros(3, np.float32)})
    editor.add_weights("layers/dense", {"1": np.full(3, 7, np.float32)})
    editor.delete_object("optimizer")
    editor.save(tmp_path / "edited.weights.h5")
    model = network(3, 3, 2)
    model.load_weights(tmp_path / "edited.weights.h5")
    first, second, third = model.layers
    np.testing.assert_array_equal(first.bias, np.full(3, 7))
    np.testing.assert_array_equal(second.kernel, np.ones((3, 3)))
    np.testing.assert_array_equal(third.kernel, network(3, 2).layers[1].kernel)
    assert KerasFileEditor(file).compare(network(3, 2))["match_count"] == 4  # the file that was read stays
    editor.delete_weight("dense_2", "1")
    editor.resave_weights(str(tmp_path / "lacking.weights.h5"))
    with pytest.raises(ValueError, match="dense_2"):
        network(3, 3, 2).load_weights(tmp_path / "lacking.weights.h5")


def test_layers_within_layers_keep_their_weights(tmp_path):
    model = cycnn.Sequential([layers.Input((4,)), network(3), layers.Dense(1)])
    model.save_weights(tmp_path / "w.weights.h5")
    editor = KerasFileEditor(tmp_path / "w.weights.h5")
    assert shapes(editor.weights_dict["layers"]["sequential"]) == {"layers": {"dense": {"0": (4, 3), "1": (3,)}}}
    editor.save(tmp_path / "again.weights.h5")
    again = cycnn.Sequential([layers.Input((4,)), network(3), layers.Dense(1)])
    again.load_weights(tmp_path / "again.weights.h5")
    for old, new in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda editor: editor.delete_object("dens"), "Unknown object in the file; there are layers, layers/dense,"),
        (lambda editor: editor.rename_object("dense", "a/b"), "without '/'"),
        (lambda editor: editor.rename_object("dense", "dense_1"), "must be free"),
        (lambda editor: editor.add_object("x/y", {}), "no object 'x'"),
        (lambda editor: editor.add_weights("dense", [1]), "dictionary of arrays"),
        (lambda editor: editor.delete_weight("dense", "9"), "there are 0, 1"),
        (lambda editor: editor.save("x.h5"), "must end in `.weights.h5`"),
        (lambda editor: KerasFileEditor("x.h5"), "must end in `.keras` or `.weights.h5`"),
    ],
)
def test_refusals(edit, message, file):
    with pytest.raises(ValueError, match=message):
        edit(KerasFileEditor(file))


def test_a_name_that_two_have_needs_its_path(tmp_path):
    model = cycnn.Sequential([layers.Input((4,)), network(3), layers.Dense(1)])
    model.save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match="several objects have that name"):
        KerasFileEditor(tmp_path / "w.weights.h5").delete_object("dense")
