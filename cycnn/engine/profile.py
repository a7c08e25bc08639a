"""Where the time of a plan goes, operation by operation."""

import json
import math
import time
from typing import NamedTuple

import numpy as np

from cycnn import kernels


class Row(NamedTuple):
    """What one operation, or one of its kernels, did in a run.

    Attributes:
        operation: name of a layer; `"d conv2d"` computes its gradients; `"loss"`, `"update"`, `"input 0"`.
        kernels: names of what it ran.
        seconds: of all threads together.
        share: of the threads' time, from the beginning of the run to its end.
        flops: multiply-adds of convolutions and matrix products, times two; of Winograd's, as few as it does.
        gflops: 1e9 FLOPs a second, while all threads are at it; None where none are counted.
        peak: share of what the processor can do at most.
        bytes: operands, each counted once for every run of a kernel over the batch, wherever in the caches they are; not
            the room that each thread has for itself.
        bandwidth: 1e9 bytes a second, while all threads are at it.
    """

    operation: str
    kernels: tuple
    seconds: float
    share: float
    flops: int
    gflops: float | None
    peak: float | None
    bytes: int
    bandwidth: float


class Profile:
    """What the operations of a plan took, in some runs of one batch. `print` shows the table.

    Args:
        plan: the `Plan`.
        samples: of the batch.
        threads: of the runs.
        runs: for each run, what `Plan.record` returned.
        peak: FLOPs a second that the processor can do at most on as many threads, as far as is known.

    Attributes:
        rows: list of `Row`, one per operation, in the order of the plan.
        kernels: list of `Row`, one per operation and kernel.
        seconds: of a run, from the beginning of its first call to the end of its last: the median.
        waiting: share of the threads' time in which they waited for one another.
        training, samples, threads, peak: what was run.
        events: the last run: list of `Event`.
    """

    def __init__(self, plan, samples, threads, runs, peak):
        self.training, self.samples, self.threads, self.peak = plan.training, samples, threads, peak
        self.events, self._repeat = runs[-1], len(runs)
        self.seconds = float(np.median([_end(run) - _begin(run) for run in runs]))
        groups = -(-samples // plan.group)
        spent = {}  # id of a call -> seconds of all threads, in each run
        for k, run in enumerate(runs):
            for event in run:
                spent.setdefault(id(event.call), [0.0] * len(runs))[k] += event.end - event.begin
        calls = [call for call in (*plan.calls, *plan.preparing) if id(call) in spent]

        def rows(key):
            parts = {}
            for call in calls:
                parts.setdefault(key(call), []).append(call)
            return [self._row(part, spent, groups) for part in parts.values()]

        # On a busy machine the loop may have been the one that had to wait: then the best kernel is the peak.
        fastest = [row.gflops * 1e9 for row in rows(lambda call: (call.label, call.kernel.name)) if row.gflops]
        self.peak = max([peak, *fastest])
        self.rows = rows(lambda call: call.label)
        place = {row.operation: k for k, row in enumerate(self.rows)}
        by_kernel = rows(lambda call: (call.label, call.kernel.name))
        self.kernels = sorted(by_kernel, key=lambda row: place[row.operation])
        self.waiting = max(0.0, 1 - sum(row.share for row in self.rows))

    def _row(self, calls, spent, groups):
        seconds = float(np.median(np.sum([spent[id(call)] for call in calls], axis=0)))
        flops = self.samples * sum(call.flops for call in calls)
        size = sum(call.bytes(self.samples, groups) for call in calls)
        rate = self.threads / max(seconds, 1e-9)
        return Row(
            calls[0].label,
            tuple(dict.fromkeys(call.kernel.name for call in calls)),
            seconds,
            seconds / (self.threads * self.seconds),
            flops,
            flops * rate / 1e9 if flops else None,
            flops * rate / self.peak if flops else None,
            size,
            size * rate / 1e9,
        )

    @property
    def flops(self):
        """Multiply-adds of a run, times two."""
        return sum(row.flops for row in self.rows)

    def table(self, kernels=False):
        """The table as text.

        Args:
            kernels: whether to show each kernel of an operation in a row of its own.
        """
        lines = [("operation", "kernel" if kernels else "", "ms", "of run", "GFLOP/s", "of peak", "MB", "GB/s")]
        for row in self.kernels if kernels else self.rows:
            rates = ("-", "-") if row.gflops is None else (f"{row.gflops:.1f}", f"{row.peak:.0%}")
            name = row.kernels[0] if kernels else ""
            size = f"{row.bytes / 1e6:.2f}", f"{row.bandwidth:.1f}"
            lines.append((row.operation, name, f"{row.seconds * 1e3:.3f}", f"{row.share:.1%}", *rates, *size))
        idle = self.waiting * self.seconds * self.threads
        lines.append(("waiting", "", f"{idle * 1e3:.3f}", f"{self.waiting:.1%}", "-", "-", "-", "-"))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = (
            "  ".join(
                cell.ljust(width) if k < 2 else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(line, widths, strict=True))
                if width
            )
            for line in lines
        )
        return "\n".join([*self._head(), "", *text])

    def _head(self):
        work = "training step" if self.training else "prediction"
        count = f"{self.samples} sample{'s' * (self.samples != 1)}, {self.threads} thread{'s' * (self.threads != 1)}"
        rate = self.flops / self.seconds
        return (
            f"{work}, {count}, {kernels.ISA}: {self.seconds * 1e3:.3f} ms (median of {self._repeat})",
            f"{rate / 1e9:.1f} GFLOP/s, {rate / self.peak:.0%} of the peak of {self.peak / 1e9:.1f}; "
            "ms: of all threads together",
        )

    def __str__(self):
        return self.table()

    def plot(self, ax=None):
        """Draw a bar for each operation; needs matplotlib.

        Args:
            ax: matplotlib `Axes` to draw into; None makes a figure.

        Returns:
            The `Axes`.

        Raises:
            ImportError: there is no matplotlib.
        """
        if ax is None:
            try:
                from matplotlib import pyplot
            except ImportError as error:
                raise ImportError("`plot` draws with matplotlib: pip install matplotlib.") from error
            _, ax = pyplot.subplots(figsize=(8, 1 + 0.3 * len(self.rows)), layout="constrained")
        bars = ax.barh([row.operation for row in self.rows], [row.seconds * 1e3 / self.threads for row in self.rows])
        notes = ["" if row.gflops is None else f"{row.gflops:.0f} GFLOP/s, {row.peak:.0%}" for row in self.rows]
        ax.bar_label(bars, notes, padding=3, fontsize="small")
        ax.invert_yaxis()
        ax.margins(x=0.25)
        ax.set_xlabel("milliseconds of a run")
        ax.set_title(self._head()[0], fontsize="medium")
        return ax

    def trace(self, path):
        """Write the last run as a Chrome trace: open it in chrome://tracing or ui.perfetto.dev. One row per thread.

        The format: "Trace Event Format", Google, 2016.

        Args:
            path: of the JSON file.
        """
        start = _begin(self.events)
        named = [
            {"name": "thread_name", "ph": "M", "pid": 0, "tid": thread, "args": {"name": f"thread {thread}"}}
            for thread in sorted({event.thread for event in self.events})
        ]
        spans = [
            {
                "name": event.call.label,
                "cat": event.call.kernel.name,
                "ph": "X",
                "ts": round((event.begin - start) * 1e6, 3),  # microseconds
                "dur": round((event.end - event.begin) * 1e6, 3),
                "pid": 0,
                "tid": event.thread,
                "args": {"kernel": event.call.kernel.name},
            }
            for event in sorted(self.events, key=lambda event: event.begin)
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": named + spans, "displayTimeUnit": "ms"}, file)

    def __repr__(self):
        return f"<Profile of {len(self.rows)} operations, {self.seconds * 1e3:.3f} ms>"


def _begin(events):
    return min(event.begin for event in events)


def _end(events):
    return max(event.end for event in events)


def measure_peak(threads, rounds=12, seconds=2e-3):
    """FLOPs a second of a loop of nothing but multiply-adds, on so many threads: the best of some rounds."""
    loop, iterations, best = kernels.gemm.fma_loop, 1000, math.inf
    loop(iterations, threads)  # the threads start
    for _ in range(rounds):
        begin = time.perf_counter()
        flops = loop(iterations, threads)
        took = time.perf_counter() - begin
        best = min(best, took / flops)
        iterations = max(1000, int(iterations * seconds / took))
    return 1 / best
