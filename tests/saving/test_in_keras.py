"""The other direction: the real Keras loads what we wrote. Needs an interpreter with Keras 3:

CYCNN_KERAS_PYTHON=/path/to/python KERAS_BACKEND=torch pytest tests/saving/test_in_keras.py
"""

import json
import os
import subprocess

import numpy as np
import pytest

import cycnn

from .recorded_files import CASES, close, data_of, files, model_of

PYTHON = os.environ.get("CYCNN_KERAS_PYTHON")
pytestmark = pytest.mark.skipif(not PYTHON, reason="CYCNN_KERAS_PYTHON names no Python with Keras")

# Loads every file of a folder, and answers as the recorder did. Knows nothing of cycnn. `.h5` files are not compiled: Keras
# 3.15 cannot train on from its own either (it builds their optimizers for no weights, and finds no loss "mse").
IN_KERAS = """
import json, sys
import keras
import numpy as np

folder, found = sys.argv[1], {}
for job in json.load(open(f"{folder}/jobs.json")):
    keras.backend.clear_session()
    names = {"keras": keras, "np": np, "__name__": "own"}
    exec(job["program"], names)
    exec(job["compile"], names)
    data = np.load(f"{folder}/{job['name']}.npz")
    x = [data[key] for key in sorted(data) if key.startswith("x")]
    x = x[0] if len(x) == 1 else x
    y = {key[2:]: data[key] for key in data if key.startswith("y ")} or data["y"]
    if "weights" in job["file"]:
        model = names["model"]
        model.optimizer.build(model.trainable_variables)
        model.load_weights(f"{folder}/{job['file']}")
    else:
        model = keras.saving.load_model(f"{folder}/{job['file']}", compile=job["goes_on"])
    for moment in ("", " after")[: 1 + job["goes_on"]]:
        if moment:
            model.train_on_batch(x, y)
        answer = model.predict(x, verbose=0)
        for key, value in (answer if isinstance(answer, dict) else {"": answer}).items():
            found[f"{job['file']} {key}{moment}"] = value
np.savez(f"{folder}/answers.npz", **found)
"""

JOBS = files(library="keras")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """`(what we answer, what Keras answers)` by file and output."""
    folder, jobs, ours = tmp_path_factory.mktemp("files"), [], {}
    registered = dict(cycnn.saving.get_custom_objects())
    for name, ending in JOBS:
        case = CASES[name]
        model, (x, y) = model_of(case), data_of(case)
        for _ in range(2):
            model.train_on_batch(x, y)
        file = f"{name}{ending}"
        model.save_weights(folder / file) if "weights" in ending else model.save(folder / file)
        arrays = {f"x{k}": array for k, array in enumerate(x if isinstance(x, list) else [x])}
        arrays |= {f"y {key}": array for key, array in y.items()} if isinstance(y, dict) else {"y": y}
        np.savez(folder / f"{name}.npz", **arrays)
        goes_on = "loss" in case and ending != ".h5"
        jobs.append({"name": name, "file": file, "goes_on": goes_on, **{k: case[k] for k in ("program", "compile")}})
        for moment in ("", " after")[: 1 + goes_on]:
            if moment:
                model.train_on_batch(x, y)
            answer = model.predict(x, verbose=0)
            for key, value in (answer if isinstance(answer, dict) else {"": answer}).items():
                ours[f"{file} {key}{moment}"] = value
    cycnn.saving.get_custom_objects().clear()
    cycnn.saving.get_custom_objects().update(registered)
    (folder / "jobs.json").write_text(json.dumps(jobs))
    run = subprocess.run(
        [PYTHON, "-c", IN_KERAS, str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return ours, dict(np.load(folder / "answers.npz"))


@pytest.mark.parametrize(("name", "ending"), JOBS)
def test_keras_answers_the_same(name, ending, answers):
    ours, theirs = answers
    keys = [key for key in ours if key.startswith(f"{name}{ending} ")]
    assert keys
    for key in keys:
        close(theirs[key], ours[key])
