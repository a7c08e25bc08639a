"""The progress line, on streams and clocks that tests can look into."""

import io
import itertools

import pytest

from cycnn.training.progress import Progress

VALUES = {"loss": 0.25, "accuracy": 0.5}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Terminal(io.TextIOWrapper):
    """A terminal: keeps what was written, and shows what is left of it on the screen."""

    def __init__(self, encoding="utf-8", tty=True):
        super().__init__(io.BytesIO(), encoding=encoding, errors="strict", newline="")
        self.tty, self.written = tty, []

    def isatty(self):
        return self.tty

    def write(self, text):
        self.written.append(text)
        return super().write(text)

    def screen(self):
        lines, column = [""], 0
        for character in "".join(self.written):
            if character == "\n":
                lines.append("")
                column = 0
            elif character == "\r":
                column = 0
            else:
                lines[-1] = lines[-1][:column] + character + lines[-1][column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")


def train(
    stream, *, verbose="auto", epochs=1, steps=4, known=True, each=0.5, validation=0.0, values=VALUES, after=None
):
    clock = Clock()
    progress = Progress(verbose, stream, clock)
    for epoch in range(epochs):
        progress.begin_epoch(epoch, epochs, steps if known else None)
        for step in range(1, steps + 1):
            clock.now += each
            progress.update(step, values)
            if step == after:
                return progress
        clock.now += validation
        progress.end_epoch({**values, "val_loss": 0.5} if validation else values)
    return progress


def test_live_line():
    terminal = Terminal()
    train(terminal, after=2)
    assert terminal.screen() == [
        "Epoch 1/1",
        f"2/4 {'━' * 10}{'─' * 10} 1s 500ms/step - loss: 0.2500 - accuracy: 0.5000",
    ]


def test_live_line_of_a_finished_epoch():
    terminal = Terminal()
    train(terminal, epochs=2, validation=1.0)
    line = f"4/4 {'━' * 20} 3s 500ms/step - loss: 0.2500 - accuracy: 0.5000 - val_loss: 0.5000"
    assert terminal.screen() == ["Epoch 1/2", line, "Epoch 2/2", line, ""]


def test_live_line_counts_in_a_fixed_width():
    terminal = Terminal()
    train(terminal, steps=1000, after=7, each=0.2)
    assert terminal.screen()[-1].startswith("   7/1000 ")


def test_no_line_is_left_behind_by_a_longer_one():
    terminal = Terminal()
    clock = Clock()
    progress = Progress(1, terminal, clock)
    progress.begin_epoch(None, None, 2)
    progress.update(1, {"a_rather_long_name": 1.0})
    clock.now += 1
    progress.update(2, {})
    assert terminal.screen()[-1].endswith("1s/step")


def test_plain_line_where_nobody_watches():
    stream = Terminal(tty=False)
    train(stream, epochs=2, validation=1.0)
    line = "4/4 - 3s - 500ms/step - loss: 0.2500 - accuracy: 0.5000 - val_loss: 0.5000\n"
    assert stream.written == [f"Epoch 1/2 - {line}", f"Epoch 2/2 - {line}"]


@pytest.mark.parametrize("verbose", [1, True, "auto"])
def test_verbose_1_is_live_on_a_terminal_only(verbose):
    terminal, pipe = Terminal(), Terminal(tty=False)
    train(terminal, verbose=verbose)
    train(pipe, verbose=verbose)
    assert "\r" in "".join(terminal.written)
    assert len(pipe.written) == 1
    assert "\r" not in pipe.written[0]


def test_verbose_2_is_plain_on_a_terminal():
    terminal = Terminal()
    train(terminal, verbose=2)
    assert terminal.written == ["Epoch 1/1 - 4/4 - 2s - 500ms/step - loss: 0.2500 - accuracy: 0.5000\n"]


def test_verbose_0_writes_nothing():
    terminal = Terminal()
    train(terminal, verbose=0, epochs=2).close()
    assert terminal.written == []


@pytest.mark.parametrize("verbose", [3, -1, None, "yes", 1.5, [1]])
def test_other_values_of_verbose_are_refused(verbose):
    with pytest.raises(ValueError, match=r"`verbose` must be 0, 1, 2 or \"auto\"\. Received: verbose="):
        Progress(verbose)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    train(terminal)
    assert len(terminal.written) == 1


def test_a_notebook_gets_the_live_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")  # a notebook has none
    notebook_stream = type("OutStream", (Terminal,), {"__module__": "ipykernel.iostream"})(tty=False)
    train(notebook_stream, after=4)
    assert notebook_stream.screen()[-1] == f"4/4 {'━' * 20} 0s 500ms/step - loss: 0.2500 - accuracy: 0.5000"


def test_without_epochs_there_is_no_title():
    for tty, expected in (
        (True, f"\r2/2 {'━' * 20} 1s 500ms/step - loss: 1.0000"),
        (False, "2/2 - 1s - 500ms/step - loss: 1.0000\n"),
    ):
        stream, clock = Terminal(tty=tty), Clock()
        progress = Progress("auto", stream, clock)
        progress.begin_epoch(None, None, 2)
        for step in (1, 2):
            clock.now += 0.5
            progress.update(step, {})
        progress.end_epoch({"loss": 1.0})
        assert expected in stream.written


def test_unknown_total():
    terminal = Terminal()
    train(terminal, known=False, after=3)
    assert terminal.screen()[-1] == "3/Unknown 2s 500ms/step - loss: 0.2500 - accuracy: 0.5000"


def test_unknown_total_is_known_at_the_end():
    terminal, pipe = Terminal(), Terminal(tty=False)
    train(terminal, known=False)
    train(pipe, known=False)
    assert terminal.screen()[-2].startswith("4/4 ━━")
    assert pipe.written[0].startswith("Epoch 1/1 - 4/4 - 2s - ")


def test_an_epoch_without_steps():
    terminal, pipe = Terminal(), Terminal(tty=False)
    train(terminal, steps=0, known=False)
    train(pipe, steps=0, known=False)
    assert "0/Unknown" in terminal.screen()[-2]
    assert pipe.written[0].startswith("Epoch 1/1 - 0/Unknown - 0s - 0s/step")


def test_draws_ten_times_a_second_and_asks_for_values_only_then():
    terminal, clock, asked = Terminal(), Clock(), itertools.count()
    progress = Progress(1, terminal, clock)
    progress.begin_epoch(0, 1, 2048)
    for step in range(1, 2049):
        clock.now += 1 / 1024
        progress.update(step, lambda: {"loss": float(next(asked))})
    assert next(asked) == 20
    progress.end_epoch({"loss": 0.0})
    assert terminal.screen()[1].startswith("2048/2048 ")


def test_the_first_step_does_not_count_as_a_measure():
    terminal, clock = Terminal(), Clock()
    progress = Progress(1, terminal, clock)
    progress.begin_epoch(0, 1, 100)
    for step, seconds in enumerate((30.0, 2.0, 2.0), 1):
        clock.now += seconds
        progress.update(step, {})
    assert terminal.screen()[-1].endswith(" 3:14 2s/step")


@pytest.mark.parametrize(
    ("each", "expected"), [(2.0, "2s/step"), (0.012, "12ms/step"), (0.000345, "345us/step"), (3700.0, "1:01:40")]
)
def test_durations(each, expected):
    pipe = Terminal(tty=False)
    train(pipe, steps=1, each=each)
    assert expected in pipe.written[0]


@pytest.mark.parametrize("columns", [2, 5, 20, 30, 40, 50, 60, 70, 80])
def test_a_narrow_terminal_never_wraps_while_the_line_is_live(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    terminal = Terminal()
    train(terminal, after=3)
    drawn = [text for text in terminal.written if text.startswith("\r")]
    assert len(drawn) == 3
    assert max(map(len, drawn)) - 1 < columns
    assert drawn[-1].startswith("\r3/4 "[:columns])


def test_a_narrow_terminal_gets_the_last_line_in_full(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    train(terminal)
    assert terminal.screen()[-2] == "4/4 2s 500ms/step - loss: 0.2500 - accuracy: 0.5000"


def test_the_bar_stays_when_the_last_line_gets_longer(monkeypatch):
    monkeypatch.setenv("COLUMNS", "75")
    terminal = Terminal()
    train(terminal, validation=1.0)
    assert terminal.screen()[-2].startswith(f"4/4 {'━' * 20} 3s ")
    assert len(terminal.screen()[-2]) > 75


def test_a_medium_terminal_gets_a_shorter_bar(monkeypatch):
    monkeypatch.setenv("COLUMNS", "65")
    terminal = Terminal()
    train(terminal, after=4)
    assert terminal.screen()[-1] == f"4/4 {'━' * 10} 0s 500ms/step - loss: 0.2500 - accuracy: 0.5000"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode(encoding):
    terminal = Terminal(encoding)
    train(terminal, after=2, values={"Ungenauigkeit 誤差": 1.0})
    assert terminal.screen()[-1] == f"2/4 {'=' * 10}{'.' * 10} 1s 500ms/step - Ungenauigkeit ??: 1.0000"


def test_numbers():
    pipe = Terminal(tty=False)
    values = {"a": 0.0, "b": 1e-3, "c": -2.5e-5, "d": float("nan"), "e": float("inf"), "f": 12345}
    train(pipe, values=values)
    assert pipe.written[0].endswith(" - a: 0.0000 - b: 0.0010 - c: -2.5000e-05 - d: nan - e: inf - f: 12345.0000\n")


def test_an_interrupted_line_is_ended_once():
    terminal = Terminal()
    progress = train(terminal, after=2)
    progress.close()
    progress.close()
    assert terminal.written[-1] == "\n"
    assert terminal.written[-2].startswith("\r")
    progress.begin_epoch(0, 1, 4)  # and another fit may follow
    assert terminal.screen()[-2:] == ["Epoch 1/1", ""]


def test_standard_output_is_looked_up_when_an_epoch_begins(capsys):
    progress = Progress(2)
    progress.begin_epoch(0, 1, 1)
    progress.update(1, {})
    progress.end_epoch({"loss": 1.0})
    out = capsys.readouterr().out
    assert out.startswith("Epoch 1/1 - 1/1 - 0s - ")
    assert out.endswith(" - loss: 1.0000\n")


def test_a_process_without_standard_output(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    train(None, epochs=2).close()


def test_a_stream_that_is_barely_one():
    class Barely:
        text = ""

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    stream = Barely()
    train(stream)
    assert stream.text == "Epoch 1/1 - 4/4 - 2s - 500ms/step - loss: 0.2500 - accuracy: 0.5000\n"
