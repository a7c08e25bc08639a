"""What cycnn adds to a fresh process: `import cycnn` over `import numpy`, a first prediction, and one of a model from a file.

    python -m benchmarks.startup

Every figure is of whole processes, from their start to their end, in turns, each library with its own choice of threads.
What stands beside cycnn are the other libraries that this Python has. All of them run from bytecode, as they do where an
installer put them.
"""

import argparse
import compileall
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import measure
from benchmarks.peers import has
from benchmarks.shapes import NETWORKS

PREDICTION = """
import numpy as np
{keras}
from benchmarks.shapes import NETWORKS
network = NETWORKS["mnist"]
model = network.keras(keras)
model.set_weights(network.weights())
assert np.asarray(model.predict_on_batch(network.data(1)[0])).shape == (1, 10)
"""
# The same network from a file: Keras's for cycnn, an ONNX file for ONNX Runtime.
LOADED = """
import cycnn, numpy as np
model = cycnn.models.load_model({folder!r} + "/network.keras")
assert np.asarray(model(np.ones({shape}, "float32"))).shape == (1, 10)
"""
ONNX = """
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession({folder!r} + "/network.onnx", providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
assert session.run(None, {{name: np.ones({shape}, "float32")}})[0].shape == (1, 10)
"""
OURS, THEIRS = "a model from a file, cycnn", "a model from a file, onnxruntime"  # the first is to be no slower
# At most so many milliseconds over `import numpy`.
LIMITS = {"import cycnn": 60, "first prediction of cycnn": 150}


def write_files(folder):
    """The network as files, for the processes that load it."""
    import cycnn

    network = NETWORKS["mnist"]
    model = network.keras(cycnn)
    model.set_weights(network.weights())
    model.save(f"{folder}/network.keras")
    model.export(f"{folder}/network.onnx", verbose=False)


def programs(folder):
    files = {"folder": folder, "shape": (1, *NETWORKS["mnist"].image)}
    found = {
        "import numpy": "import numpy",
        "import cycnn": "import numpy, cycnn",
        "first prediction of cycnn": PREDICTION.format(keras="import cycnn as keras"),
    }
    if has("h5py"):  # which writes the file
        found[OURS] = LOADED.format(**files)
    if has("onnxruntime"):
        found[THEIRS] = ONNX.format(**files)
    if has("torch"):
        found["import torch"] = "import numpy, torch"
    for backend in ("tensorflow", "jax", "torch"):
        if has("keras") and has(backend):
            choice = f"import os; os.environ['KERAS_BACKEND'] = {backend!r}; import keras"
            found[f"first prediction of keras on {backend}"] = PREDICTION.format(keras=choice)
    return found


def process(program):
    """A contestant for `measure.in_turns`: one fresh process a call."""

    def once():
        command = [sys.executable, "-c", program]
        told = subprocess.run(command, capture_output=True, check=False, text=True, cwd=Path(__file__).parents[1])
        if told.returncode or ("cycnn" in program and told.stdout + told.stderr):
            sys.exit(f"{program}\nended with {told.returncode}, and printed:\n{told.stdout}{told.stderr}")

    return lambda repeat: measure.timed(once, repeat)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()

    for package in ("cycnn", "benchmarks"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder)
        wanted = {
            k: v for k, v in programs(folder).items() if not options.without_peers or "cycnn" in k or "numpy" in k
        }
        turns = measure.in_turns({k: process(v) for k, v in wanted.items()}, options.rounds)
    results = {"machine": measure.machine(), "processes": {}}
    base = np.median(np.concatenate(turns["import numpy"]))
    limits = dict(LIMITS)
    if THEIRS in turns:
        limits[OURS] = round((np.median(np.concatenate(turns[THEIRS])) - base) * 1e3)
    lines = []
    for name, seconds in turns.items():
        found = measure.summary(seconds)
        found |= {"over_numpy": found["median"] - float(base)}
        results["processes"][name] = found
        limit = limits.get(name)
        lines.append(
            {
                "process": name,
                "median ms": f"{found['median'] * 1e3:.0f}",
                "best ms": f"{found['best'] * 1e3:.0f}",
                "spread": f"{found['spread']:.0%}",
                "over numpy, ms": f"{found['over_numpy'] * 1e3:.0f}",
                "at most": limit or "",
                "": "TOO SLOW" if limit and round(found["over_numpy"] * 1e3) > limit else "",
            }
        )
    print(*measure.table(lines, list(lines[0])), sep="\n")
    print(measure.write("startup", results, options.folder))


if __name__ == "__main__":
    main()
