"""The files that Keras wrote (recorded/record_files.py), and the programs whose models they hold."""

import zipfile
from pathlib import Path

import numpy as np

import cycnn
from tests.recorded.answers import FOLDER, load

CASES = load("files")["cases"]
ANSWERS = np.load(FOLDER / "files.npz")


def unpack(name, folder):
    """The path of a recorded file, `digits.keras`, unpacked into a folder."""
    with zipfile.ZipFile(FOLDER / "files.zip") as archive:
        archive.extract(name, folder)
    return Path(folder) / name


def files(wanted=lambda ending: True, library=None):
    """`(case, ending)` of the recorded files of models that have answers."""
    return [
        (name, ending)
        for name, case in CASES.items()
        for ending in case["files"]
        if "outputs" in case and wanted(ending) and library in (None, case["library"])
    ]


def model_of(case, compiled=True):
    """The model that a case's program makes with cycnn in Keras's place."""
    names = {"keras": cycnn, "np": np, "__name__": "own"}
    exec(case["program"], names)
    if compiled:
        exec(case["compile"], names)
    return names["model"]


def numbers(shape, seed):
    return (np.random.default_rng(seed).integers(-24, 25, shape) / 16).astype("float32")


def data_of(case):
    """`(x, y)` as the recorder made them."""
    inputs = [numbers(shape, 3 + k) for k, shape in enumerate(case["inputs"])]
    return inputs if len(inputs) > 1 else inputs[0], _targets(case["targets"], len(inputs[0]))


def _targets(form, count):
    if isinstance(form, dict):
        return {name: _targets(shape, count) for name, shape in form.items()}
    if isinstance(form, list) and isinstance(form[0], list):
        return [_targets(shape, count) for shape in form]
    if isinstance(form, list):
        found = np.abs(numbers(form, 5)) + 0.0625
        return found / found.sum(-1, keepdims=True) if form[-1] > 1 else found
    return np.arange(count) % form


def check_outputs(name, found, after=False):
    """Assert that a model answers as Keras's did: no number further than 1e-5 of the largest one, or of 1."""
    if isinstance(found, list):
        found = {str(k): value for k, value in enumerate(found)}
    found = found if isinstance(found, dict) else {"": found}
    assert sorted(found) == sorted(CASES[name]["outputs"])
    for key, value in found.items():
        close(value, ANSWERS[f"{name} {key} after" if after else f"{name} {key}"])


def close(found, expected):
    """Assert that no number is further off than 1e-5 of the largest one, or of 1."""
    found = np.asarray(found)
    assert found.shape == expected.shape
    worst = np.abs(found.astype("float64") - expected).max()
    assert worst <= 1e-5 * max(1.0, np.abs(expected).max())
