"""Layers, a training step and prediction on 1 .. N threads, beside a pure FMA loop on the same processors.

    python -m benchmarks.scaling

Processors that share a core, a cache or a power budget do not run N times as fast with N threads, whatever the program.
So the speed-up of every work stands beside that of a loop of multiply-adds in registers, taken in the same turns.
"""

import argparse

import numpy as np

from benchmarks import measure
from benchmarks.layers import Ours
from benchmarks.measure import timed
from benchmarks.peers import Cycnn, has
from benchmarks.shapes import CONVOLUTIONS, DENSE, NETWORKS, POOLINGS

# kind -> (the shapes, the layer of a shape, its input)
LAYERS = {
    "convolution": (CONVOLUTIONS, "Conv2D({4}, 3)", slice(0, 4)),
    "pooling": (POOLINGS, "MaxPooling2D(2)", slice(0, 4)),
    "dense": (DENSE, "Dense({2})", slice(0, 2)),
}


def layer(kind, shape, threads):
    """A contestant: a layer by itself in a plan, forward and backward."""
    _, expression, sides = LAYERS[kind]
    x = np.random.default_rng(0).standard_normal(shape[sides], "float32")
    ours = Ours(expression.format(*shape), [x], threads)
    return lambda repeat: timed(ours.step, repeat)


def works(threads):
    """name -> function of a number of threads that gives a contestant for `measure.in_turns`."""
    found = {}
    for kind, (shapes, *_) in LAYERS.items():
        for name, shape in shapes.items():
            players = {t: layer(kind, shape, t) for t in threads}
            found[f"{kind}: {name}"] = players.get
    for name in ("mnist", "photos", "cifar"):
        network = NETWORKS[name]
        players = {t: Cycnn(network, t, batches=1) for t in threads}
        found[f"training step: {name}, batch {network.batch}"] = lambda t, players=players: players[t].train
        for images in (network.batch, 1):
            found[f"prediction: {name}, batch {images}"] = lambda t, players=players, images=images: (
                lambda repeat: players[t].predictions(images, repeat)
            )
    return found


def speed_ups(turns):
    """Median time on one thread over that on t."""
    medians = {threads: float(np.median(np.concatenate(seconds))) for threads, seconds in turns.items()}
    return {threads: medians[1] / median for threads, median in medians.items()}


def plot(results, path):
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 6))
    for name, work in results["works"].items():
        threads = sorted(map(int, work["speed_up"]))
        axes.plot(threads, [work["speed_up"][str(t)] for t in threads], marker="o", label=name)
    threads = sorted(map(int, results["fma"]))
    axes.plot(threads, [results["fma"][str(t)] for t in threads], "k--", marker="s", label="FMA loop in registers")
    axes.set(xlabel="threads", ylabel="times as fast as one thread", xticks=threads)
    axes.set_title(f"{results['machine']['processor']}, {results['machine']['date'][:10]}", fontsize="medium")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=list(range(1, measure.cpus() + 1)))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers and the plot go")
    options = parser.parse_args()
    threads = sorted({1, *options.threads})

    loops = {f"FMA loop, {t}": measure.fma(t) for t in threads}
    results = {"machine": measure.machine(), "works": {}}
    fma = {t: [] for t in threads}
    for name, work in works(threads).items():
        turns = measure.in_turns(
            {f"FMA loop, {t}": loops[f"FMA loop, {t}"][0] for t in threads} | {f"{t}": work(t) for t in threads},
            options.rounds,
        )
        for t in threads:
            fma[t] += turns.pop(f"FMA loop, {t}")
        results["works"][name] = {
            "speed_up": {str(t): s for t, s in speed_ups({t: turns[str(t)] for t in threads}).items()},
            "threads": {t: measure.summary(seconds) for t, seconds in turns.items()},
        }
    gflops = {t: loops[f"FMA loop, {t}"][1] / float(np.median(np.concatenate(fma[t]))) / 1e9 for t in threads}
    results["fma_gflops"] = {str(t): speed for t, speed in gflops.items()}
    results["fma"] = {str(t): speed / gflops[1] for t, speed in gflops.items()}

    lines = [{"work": "FMA loop"} | {f"x{t}": f"{results['fma'][str(t)]:.2f}" for t in threads}]
    for name, work in results["works"].items():
        times = {"ms on 1": f"{work['threads']['1']['median'] * 1e3:.3f}"}
        lines.append({"work": name} | times | {f"x{t}": f"{work['speed_up'][str(t)]:.2f}" for t in threads})
    print(*measure.table(lines, ["work", "ms on 1", *(f"x{t}" for t in threads)]), sep="\n")
    path = measure.write("scaling", results, options.folder)
    print(path)
    if has("matplotlib"):
        plot(results, path.with_suffix(".png"))
        print(path.with_suffix(".png"))
    else:
        print("no plot: this Python has no matplotlib")


if __name__ == "__main__":
    main()
