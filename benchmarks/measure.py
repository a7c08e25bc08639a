"""What the benchmarks share: turns, medians, the peak, the machine, tables and files."""

import datetime
import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"
TURN = 0.1  # seconds that one turn should take: long enough to settle, short enough that all see the same machine
SHOWN = 40  # calls of a turn in the raw numbers


def cpus():
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def timed(call, repeat):
    """Seconds of each of `repeat` calls, after one that does not count."""
    call()
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def in_turns(contestants, rounds, turn=TURN, least=3):
    """Seconds per call of each contestant: `rounds` rounds A B C, A B C.

    Args:
        contestants: name -> function of a number of calls that does them and returns the seconds of each.
        rounds: turns that each one gets.
        turn: seconds of a turn, about.
        least: calls of a turn.
    """
    repeat = {name: max(least, round(turn / np.median(run(3)))) for name, run in contestants.items()}
    seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            seconds[name].append(run(repeat[name]))
    return seconds


def summary(turns):
    """Median and best of all calls, in seconds; how far the medians of turns lie apart, relatively; and the first SHOWN calls
    of each turn: a turn of a small work has thousands."""
    calls = np.concatenate(turns)
    medians = np.array([np.median(turn) for turn in turns])
    return {
        "median": float(np.median(calls)),
        "best": float(calls.min()),
        "spread": float((medians.max() - medians.min()) / np.median(medians)),
        "rounds": len(turns),
        "calls": len(calls),
        "microseconds": [[round(seconds * 1e6, 1) for seconds in turn[:SHOWN]] for turn in turns],
    }


def fma(threads, turn=TURN / 4):
    """A contestant for `in_turns`: a pure FMA loop on `threads` threads, and the operations of one call."""
    from cycnn.kernels import gemm

    iterations = 10_000
    gemm.fma_loop(iterations, threads)
    start = time.perf_counter()
    gemm.fma_loop(iterations, threads)
    iterations = max(1, int(iterations * turn / (time.perf_counter() - start)))

    def run(repeat):
        return timed(lambda: gemm.fma_loop(iterations, threads), repeat)

    return run, gemm.fma_loop(iterations, threads)


def machine():
    """Processor, operating system, versions and date: what a number means nothing without."""
    from cycnn import kernels

    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    versions = {}
    for package in ("cycnn", "numpy", "torch"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": name,
        "cpus": cpus(),
        "isa": kernels.ISA,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def write(name, results, folder=RESULTS):
    """Keep the raw numbers: NAME-DATE-CPUS.json."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    about = results["machine"]
    path = folder / f"{name}-{about['date'][:10]}-{about['cpus']}cpu.json"
    path.write_text(json.dumps(about_three_digits(results), separators=(",", ":")) + "\n")
    return path


def about_three_digits(value):
    """Raw seconds are noisy in the second digit: the file need not hold seventeen."""
    if isinstance(value, float):
        short = float(f"{value:.3g}")
        return int(short) if short.is_integer() else short
    if isinstance(value, dict):
        return {key: about_three_digits(item) for key, item in value.items()}
    return [about_three_digits(item) for item in value] if isinstance(value, list) else value


def counted(threads):
    return f"{threads} thread" + "s" * (threads != 1)


def table(rows, columns):
    """Lines of a table: the first column to the left, the others to the right."""
    cells = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    for line in cells:
        yield "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width) for k, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
