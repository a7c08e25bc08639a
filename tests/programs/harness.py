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
    """Programs train for hours. Here `fit` stops after some epochs; it and `evaluate` look at so many batches at most."""

    def fewer(values, name, size):
        x = values["x"]
        if values[name] or (hasattr(x, "shape") and len(x) > 2 * steps * size):
            values[name] = min(values[name] or steps, steps)

    def patch(method, change):
        original = getattr(Trainer, method)
        signature = inspect.signature(original)

        def call(self, *args, **kwargs):
            given = signature.bind(self, *args, **kwargs)
            given.apply_defaults()
            change(given.arguments, given.arguments["batch_size"] or 32)
            return original(*given.args, **given.kwargs)

        monkeypatch.setattr(Trainer, method, call)

    def fit(values, size):
        most = values["initial_epoch"] + epochs
        older = values["kwargs"]
        values["epochs"] = min(values["epochs"], most)
        if "nb_epoch" in older:
            older["nb_epoch"] = min(older["nb_epoch"], most)
        fewer(values, "steps_per_epoch", size)
        if values["steps_per_epoch"] and values["validation_data"] is not None:
            values["validation_steps"] = min(steps, len(values["validation_data"][0]) // size)

    patch("fit", fit)
    patch("evaluate", lambda values, size: fewer(values, "steps", size))
