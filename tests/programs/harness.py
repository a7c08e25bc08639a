"""Runs a program that was written for Keras, with its import lines edited and nothing else."""

import inspect
import re

from cycnn.training.trainer import Trainer

EDITS = (
    (re.compile(r"^import keras$"), "import cycnn as keras"),
    (re.compile(r"^(from|import) (?:tensorflow\.)?keras\b"), r"\1 cycnn"),
    (re.compile(r"^(from|import) tensorflow\b"), r"\1 cycnn"),
)


def edited(text):
    """The program with cycnn in the place of Keras: each line that imports it, as a user would change it."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        for pattern, replacement in EDITS:
            line, changed = pattern.subn(replacement, line)
            if changed:
                lines[number] = line
                break
    return "\n".join(lines)


def run(path):
    """Run a program in this process, as `python path` would. Returns its names."""
    names = {"__name__": "__main__"}
    exec(compile(edited(path.read_text("utf-8")), str(path), "exec"), names)
    return names


def shorten(monkeypatch, epochs, steps):
    """Programs train for hours. Here `fit` stops after some epochs, and goes through at most so many batches in each."""
    original = Trainer.fit
    signature = inspect.signature(original)

    def fit(self, *args, **kwargs):
        if "nb_epoch" in kwargs:
            kwargs["nb_epoch"] = min(kwargs["nb_epoch"], epochs)
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        values = given.arguments
        values["epochs"] = min(values["epochs"], values["initial_epoch"] + epochs)
        many = hasattr(values["x"], "shape") and len(values["x"]) > 2 * steps * (values["batch_size"] or 32)
        if many or values["steps_per_epoch"]:
            values["steps_per_epoch"] = min(values["steps_per_epoch"] or steps, steps)
        return original(*given.args, **given.kwargs)

    monkeypatch.setattr(Trainer, "fit", fit)
