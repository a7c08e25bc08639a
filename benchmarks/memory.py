"""Peak resident memory of training, beside PyTorch and Keras on TensorFlow and JAX.

    python -m benchmarks.memory
    python -m benchmarks.memory --peer-python torch=/path/to/python --peer-python tensorflow=/path/to/python

Every run is a fresh process that imports one library, builds the network, and trains some steps on one batch. Its peak is
what the system noted (VmHWM), libraries, data and all; what it held before the network was built, with the library
imported, stands beside it.

    python -m benchmarks.memory --one cycnn --networks mnist --threads 2       such a process: one line of JSON
"""

import argparse
import gc
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.shapes import NETWORKS

STEPS = 10
LIBRARIES = {"cycnn": "cycnn", "torch": "torch", "tensorflow": "keras", "jax": "keras"}  # name -> what is imported


def resident(peak):
    """Bytes in memory of this process: now, or at most so far.

    `getrusage` will not do: its maximum counts what the process was before it became this program.
    """
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {wanted}")


def one(name, network, threads):
    """Train in this process, from weights of its own; what it took."""
    from benchmarks import peers

    if name == "torch":
        _ = network.layers  # found with cycnn, whose memory is not PyTorch's
        gc.collect()
    importlib.import_module(LIBRARIES[name])
    imported = resident(peak=False)
    player = {"cycnn": peers.Cycnn, "torch": peers.Torch}.get(name, peers.Keras)(network, threads, batches=1)
    for _ in range(STEPS):
        player.step()
    return {"imported": imported, "peak": resident(peak=True)}


def fresh(name, python, network, threads):
    """The same in a process of its own."""
    environment = os.environ | {"KERAS_BACKEND": name, "OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": "1"}
    command = [python, "-m", "benchmarks.memory", "--one", name, "--networks", network.name, "--threads", str(threads)]
    told = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment, cwd=Path(__file__).parents[1]
    )
    return json.loads(told.stdout.splitlines()[-1])


def pythons(given):
    """name -> interpreter that has it: those named, and this one for what it has."""
    from benchmarks.peers import has

    found = {"cycnn": sys.executable}
    found |= {"torch": sys.executable} if has("torch") else {}
    found |= {name: sys.executable for name in ("tensorflow", "jax") if has("keras") and has(name)}
    return found | dict(entry.split("=", 1) for entry in given)


def megabytes(size):
    return f"{size / 2**20:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=min(2, measure.cpus()))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["mnist", "photos", "cifar", "resnet50_64"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peer-python", action="append", default=[], metavar="PEER=PYTHON", help="torch, tensorflow, jax"
    )
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    parser.add_argument("--one", choices=LIBRARIES, help="be the process of one library")
    options = parser.parse_args()
    if options.one:
        for name in options.networks:
            print(json.dumps(one(options.one, NETWORKS[name], options.threads)))
        return

    found = pythons(options.peer_python)
    works, lines = [], []
    for name in options.networks:
        network = NETWORKS[name]
        runs = {who: [] for who in found}
        for _ in range(options.rounds):
            for who, python in found.items():
                runs[who].append(fresh(who, python, network, options.threads))
        works.append({"network": name, "batch": network.batch, "threads": options.threads, "runs": runs})
        peaks = {who: sorted(run["peak"] for run in several)[len(several) // 2] for who, several in runs.items()}
        for who, several in runs.items():
            imported = sorted(run["imported"] for run in several)[len(several) // 2]
            lines.append(
                {
                    "training": f"{name}, batch {network.batch}",
                    "threads": options.threads,
                    "who": who if who in ("cycnn", "torch") else f"keras on {who}",
                    "peak MiB": megabytes(peaks[who]),
                    "imported": megabytes(imported),
                    "for the training": megabytes(peaks[who] - imported),
                    "rounds": len(several),
                    "/ ours": f"{peaks[who] / peaks['cycnn']:.2f}",
                }
            )
    print(*measure.table(lines, list(lines[0])), sep="\n")
    print(measure.write("memory", {"machine": measure.machine(), "works": works}, options.folder))


if __name__ == "__main__":
    main()
