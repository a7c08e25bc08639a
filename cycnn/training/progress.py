"""The line that tells how an epoch is going.

    Epoch 1/20
    412/750 ━━━━━━━━━━────────── 2s 5ms/step - loss: 0.3141 - accuracy: 0.9027        a terminal, a notebook
    Epoch 1/20 - 750/750 - 4s - 5ms/step - loss: 0.2718 - accuracy: 0.9159            elsewhere, and verbose=2

The time in front of the time per step is what remains of the epoch, and, once it is over, what it took.
"""

import math
import os
import sys
import time

from cycnn import config

__all__ = ["Progress"]

INTERVAL = 0.1  # seconds between two drawings of the live line
WIDTHS = (20, 10, 5)  # characters of the bar, until the line fits; a very narrow terminal gets none


class Progress:
    """Shows epochs as they go.

    Args:
        verbose: 0 shows nothing; 2 shows one plain line at the end of each epoch; 1 and `"auto"` show a live line
            where there is somebody to watch it (a terminal, a notebook), and the plain line elsewhere; "auto" only
            while `config.is_interactive_logging_enabled()`.
        stream: Text file to write to; `None` stands for `sys.stdout` as it is when an epoch begins.
        clock: Function that returns seconds.

    Raises:
        ValueError: For any other `verbose`.

    Example:

    ```python
    progress = Progress("auto")
    try:
        for epoch in range(epochs):
            progress.begin_epoch(epoch, epochs, steps)
            for step in range(steps):
                ...
                progress.update(step + 1, metrics)
            progress.end_epoch(metrics() | validation)
    finally:
        progress.close()
    ```
    """

    def __init__(self, verbose="auto", stream=None, clock=time.perf_counter):
        if not (verbose == "auto" or (isinstance(verbose, int) and verbose in (0, 1, 2))):
            raise ValueError(f'`verbose` must be 0, 1, 2 or "auto". Received: verbose={verbose!r}.')
        self.verbose = verbose
        self._given, self._clock = stream, clock
        self._stream = None  # between epochs there is none
        self._live = False  # drawn over and over, or once
        self._drawn = 0  # characters of the unfinished line on the screen

    def begin_epoch(self, epoch, epochs, steps):
        """Start an epoch, and its clock.

        Args:
            epoch: Integer from 0; `None` where there are no epochs (`evaluate`, `predict`).
            epochs: How many there will be.
            steps: How many steps this one has, `None` where that is not known.
        """
        self.close()
        # pythonw and some services have no standard output at all.
        self._stream = None if self.verbose == 0 else self._given or sys.stdout
        plain = self.verbose == 2 or (self.verbose == "auto" and not config.is_interactive_logging_enabled())
        self._live = self._stream is not None and not plain and is_watched(self._stream)
        self._title = "" if epoch is None else f"Epoch {epoch + 1}/{epochs}"
        self._steps, self._step = steps, 0
        self._began = self._now = self._clock()
        self._first = None  # (step, time) after the first update: the first step also plans, and is no measure
        self._next = -math.inf
        self._width = WIDTHS[0]
        if self._live and self._title:
            self._write(self._title + "\n")

    def update(self, step, values):
        """A step is done. Draws the live line, at most ten times a second.

        Args:
            step: How many steps are done.
            values: Dict from names to numbers, or a function that returns one; it is only called to draw.
        """
        self._step, self._now = step, self._clock()
        if self._first is None:
            self._first = step, self._now
        if self._live and self._now >= self._next:
            self._next = self._now + INTERVAL
            values = values() if callable(values) else values
            self._draw(self._line(values)[: columns_of(self._stream) - 1])

    def end_epoch(self, values):
        """Finish the epoch's line.

        Args:
            values: Dict from names to numbers, or a function that returns one.
        """
        if self._stream is None:
            return
        values = values() if callable(values) else values
        took = self._clock() - self._began
        self._steps = self._steps or self._step
        if self._live:
            self._draw(self._line(values, took))  # in full: it may wrap, as nothing is drawn over it any more
            self.close()
        else:
            title = [self._title] if self._title else []
            parts = [*title, self._count(), duration(took), self._pace(), *described(values)]
            self._write(" - ".join(parts) + "\n")
        self._stream, self._live = None, False

    def close(self):
        """End the line if it is unfinished, as after Ctrl-C. Nothing happens where it is not."""
        if self._drawn:
            self._drawn = 0
            self._write("\n")

    def _line(self, values, took=None):
        """The live line, with the longest bar that the terminal has room for, or, at the end, the bar it had."""
        over = took is not None
        if not over:
            left = self._steps and self._seconds_per_step() * (self._steps - self._step)
            took = self._now - self._began if left is None else left
        tail = " - ".join([f"{duration(took)} {self._pace()}", *described(values)])
        if self._steps:
            if not over:
                room = columns_of(self._stream) - len(f"{self._count()}  {tail}")
                self._width = next((width for width in WIDTHS if width < room), 0)
            if self._width:
                tail = f"{bar(self._step / self._steps, self._width, encoding_of(self._stream))} {tail}"
        return f"{self._count()} {tail}"

    def _count(self):
        total = self._steps or "Unknown"
        return f"{self._step:{len(str(total)) if self._steps else 1}d}/{total}"

    def _seconds_per_step(self):
        if self._step == 0:
            return 0.0
        step, at = self._first
        return (self._now - at) / (self._step - step) if self._step > step else (self._now - self._began) / self._step

    def _pace(self):
        each = self._seconds_per_step()
        if each >= 1 or each == 0:
            return f"{each:.0f}s/step"
        return f"{each * 1e3:.0f}ms/step" if each >= 1e-3 else f"{each * 1e6:.0f}us/step"

    def _draw(self, text):
        """Put a text in the place of the last one."""
        self._write("\r" + text.ljust(self._drawn))
        self._drawn = len(text)

    def _write(self, text):
        # A metric may be named in letters that this terminal lacks: that is no reason to stop training.
        encoding = encoding_of(self._stream)
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def is_watched(stream):
    """Whether somebody sees a line change: on a terminal that knows carriage return, in a notebook."""
    notebook = type(stream).__module__.partition(".")[0] == "ipykernel"
    return notebook or (is_terminal(stream) and os.environ.get("TERM") != "dumb")


def is_terminal(stream):
    """Whether a stream says that it is one; some that stand in for standard output do not say anything."""
    return bool(getattr(stream, "isatty", bool)())


def columns_of(stream):
    """How many characters fit into a line. A notebook breaks none."""
    import shutil  # 3 ms that a prediction need not pay

    return max(2, shutil.get_terminal_size().columns) if is_terminal(stream) else sys.maxsize


def encoding_of(stream):
    """The encoding of a text file; the ones in memory have none, and take every character."""
    return getattr(stream, "encoding", None) or "utf-8"


def bar(share, width, encoding):
    """A bar of which a share is done, in characters that the encoding has."""
    done, left = "━", "─"
    try:
        (done + left).encode(encoding)
    except UnicodeEncodeError:
        done, left = "=", "."
    filled = min(width, int(width * share))
    return done * filled + left * (width - filled)


def described(values):
    """`name: number` of each value; several numbers stand in brackets."""
    return [f"{name}: {_short(value)}" for name, value in values.items()]


def _short(value):
    if getattr(value, "shape", ()):
        return f"[{' '.join(map(_short, value.ravel()[:4]))}{' …' if value.size > 4 else ''}]"
    return f"{value:{'.4e' if 0 < abs(value) < 1e-3 else '.4f'}}"


def duration(seconds):
    """Seconds as 7s, 1:05 or 2:00:05."""
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
