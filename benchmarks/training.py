"""A training step and predictions, beside PyTorch eager and compiled, Keras on TensorFlow and JAX, ONNX Runtime, OpenVINO.

    python -m benchmarks.training
    python -m benchmarks.training --peer-python tensorflow=/path/to/python --peer-python jax=/path/to/python

Peers that the running Python has are found; the others run in the Pythons that `--peer-python` names. Before anything
is timed, predictions and the losses of the first steps are compared: a contestant that answers otherwise ends the run. Where
a network has dropout, the one without it is compared, and the one with it is timed.
"""

import argparse
import sys
import time

import numpy as np

from benchmarks import measure
from benchmarks.peers import HERE, Cycnn, Remote, has
from benchmarks.shapes import NETWORKS

STEPS = 6  # whose losses are compared


def works_of(network):
    """(name, images, function of a contestant that gives a function of a number of calls)."""
    n = network.batch
    train = (f"training step, batch {n}", n, lambda contestant: contestant.train)  # None: it only predicts
    return (
        *((train,) if network.trains else ()),
        (f"prediction, batch {n}", n, lambda contestant: lambda repeat: contestant.predictions(n, repeat)),
        ("prediction, 1 image", 1, lambda contestant: lambda repeat: contestant.predictions(1, repeat)),
    )


def contestants(network, threads, pythons, without):
    """Everybody who is here."""
    found = [Cycnn(network, threads)]
    found += [peer(network, threads) for peer, needs in HERE if all(map(has, needs)) and peer.name not in without]
    for backend, python in pythons.items():
        if backend not in without:
            found.append(Remote(backend, python, network, threads))
    return found


def compare_answers(players, network):
    """The same predictions and losses, or nothing is timed. Returns the differences from the first player's."""
    trained = {p.name: np.array(p.losses(STEPS)) for p in players if p.losses and network.trains}
    answers = {p.name: (p.probabilities(), trained.get(p.name)) for p in players}
    ours, (probabilities, losses) = next(iter(answers.items()))
    differences = {}
    for name, (theirs, steps) in answers.items():
        found = differences[name] = {"predictions": float(np.abs(theirs - probabilities).max())}
        same = np.allclose(theirs, probabilities, rtol=0, atol=1e-5)
        if steps is not None:
            found["losses"] = float(np.abs(steps - losses).max())
            same = same and np.allclose(steps, losses, rtol=network.tolerance)
        if not same:
            sys.exit(f"{name} answers otherwise than {ours}: {found}")
    return differences


def play(network, threads, rounds, pythons, without):
    """All works of one network on so many threads, in turns."""
    players = contestants(network.exact, threads, pythons, without)
    try:
        differences = compare_answers(players, network)
        if network != network.exact:
            for player in players:
                player.close()
            players = contestants(network, threads, pythons, without)
        fma, operations = measure.fma(threads)
        works = []
        for work, images, method in works_of(network):
            runs = {p.name: run for p in players if (run := method(p))}
            turns = measure.in_turns({"FMA loop": fma} | runs, rounds)
            flops = {name: network.flops(work.startswith("training")) * images for name in turns}
            flops["FMA loop"] = operations
            works.append(
                {
                    "network": network.name,
                    "threads": threads,
                    "work": work,
                    "images": images,
                    "contestants": {
                        name: measure.summary(seconds)
                        | {"gflops": flops[name] / float(np.median(np.concatenate(seconds))) / 1e9}
                        for name, seconds in turns.items()
                    },
                }
            )
        versions = {p.name: p.version for p in players if isinstance(p, Remote)}
        return works, differences, versions
    finally:
        for player in players:
            player.close()


def shares(works):
    """Each time as a share of the best that so many threads did in this run, and each rival's time over ours."""
    for work in works:
        peak = max(
            contestant["gflops"]
            for other in works
            if other["threads"] == work["threads"]
            for contestant in other["contestants"].values()
        )
        ours = work["contestants"]["cycnn"]["median"]
        for name, contestant in work["contestants"].items():
            contestant["share"] = contestant["gflops"] / peak
            if name != "FMA loop":
                contestant["ratio"] = contestant["median"] / ours


def rows(works):
    for work in works:
        for name, found in work["contestants"].items():
            if name == "FMA loop":
                continue
            per_image = found["median"] / work["images"]
            yield {
                "work": f"{work['network']}: {work['work']}",
                "threads": work["threads"],
                "who": name,
                "median ms": f"{found['median'] * 1e3:.3f}",
                "best ms": f"{found['best'] * 1e3:.3f}",
                "spread": f"{found['spread']:.0%}",
                "rounds": found["rounds"],
                "us an image": f"{per_image * 1e6:.1f}",
                "GFLOP/s": f"{found['gflops']:.1f}",
                "of peak": f"{found['share']:.0%}",
                "/ ours": f"{found['ratio']:.2f}",
                "": "faster than ours" if found["ratio"] < 1 else "",
            }


def shifted(threads):
    """GFLOP/s of the shifted network over those of the one it is shifted from: it should keep 85 %. Many short turns of the
    two beside each other: minutes apart, a busy machine is another one."""
    networks = [NETWORKS[name] for name in ("mnist", "shifted")]
    players = {network.name: Cycnn(network, threads) for network in networks}
    for work, _, of in works_of(networks[0]):
        turns = measure.in_turns({name: of(player) for name, player in players.items()}, 60, measure.TURN / 10)
        training = work.startswith("training")
        mine, other = (n.flops(training) / np.median(np.concatenate(turns[n.name])) for n in networks)
        yield f"{work}, {measure.counted(threads)}", float(other / mine)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, min(2, measure.cpus())}))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--peer-python", action="append", default=[], metavar="BACKEND=PYTHON")
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="PEER", help="by name, as the table shows them; tensorflow, jax"
    )
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()
    pythons = {backend: sys.executable for backend in ("tensorflow", "jax") if has("keras") and has(backend)}
    pythons |= dict(entry.split("=", 1) for entry in options.peer_python)

    start, works, differences, versions = time.perf_counter(), [], {}, {}
    for name in options.networks:
        for threads in options.threads:
            played = play(NETWORKS[name], threads, options.rounds, pythons, options.without)
            works += played[0]
            differences[f"{name}, {measure.counted(threads)}"] = played[1]
            versions |= played[2]
    shares(works)
    results = {"machine": measure.machine(), "peers": versions, "differences": differences, "works": works}
    both = {"mnist", "shifted"} <= set(options.networks)
    results["shifted"] = dict(pair for threads in options.threads if both for pair in shifted(threads))
    lines = list(rows(works))
    print(*measure.table(lines, list(lines[0])), sep="\n")
    for threads in options.threads:
        best = max(
            (found["gflops"], name, work["work"])
            for work in works
            if work["threads"] == threads
            for name, found in work["contestants"].items()
        )
        print(f"peak on {measure.counted(threads)}: {best[0]:.0f} GFLOP/s, by {best[1]}")
    for work, kept in results["shifted"].items():
        print(f"the shifted network keeps {kept:.0%} of the GFLOP/s: {work}")
    print(f"{measure.write('training', results, options.folder)}, after {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
