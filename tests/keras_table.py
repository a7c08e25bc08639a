"""The table in README.md of what cycnn has of Keras's public names, made from the code.

    python tests/keras_table.py    writes it between the two markers

It lies with the tests, because the list of Keras's names is one of their recordings and no part of what is installed;
`test_readme.py` fails where README and code disagree.
"""

import importlib
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- table of names: tests/keras_table.py -->", "<!-- end of the table -->"
LONGEST = 1100  # characters of a list that somebody may want to read
KERAS = json.loads((HERE / "recorded" / "keras_names.json").read_text("utf-8"))["names"]


def module_of(package):
    """cycnn's package for `keras.losses`; None where there is none."""
    try:
        return importlib.import_module("cycnn" + package.removeprefix("keras"))
    except ModuleNotFoundError:
        return None


def has(module, name):
    try:
        return getattr(module, name, None) is not None
    except ImportError:  # a name that says what to use instead
        return False


def sort(package):
    """The names of a package of Keras that cycnn has, and those that it lacks. Other names of the same thing don't count."""
    module = module_of(package)
    there = [name for name in KERAS[package] if module is not None and has(module, name)]
    return there, [name for name in KERAS[package] if name not in there]


def row(package, there, missing):
    short = f"`{package.removeprefix('keras.')}`"
    if not missing:
        return f"| {short} | all {len(there)} |"
    counted = f"{len(there)} of {len(there) + len(missing)}"
    if min(len(", ".join(there)), len(", ".join(missing))) > LONGEST:
        return f"| {short} | {counted}: see `dir(cycnn.{package.removeprefix('keras.')})` |"
    if len(", ".join(there)) < len(", ".join(missing)):
        return f"| {short} | {counted}: {', '.join(there)} |"
    return f"| {short} | {counted}: all but {', '.join(missing)} |"


def table():
    rows, nothing = [], set()
    for package in KERAS:
        there, missing = sort(package)
        if there:
            rows.append(row(package, there, missing))
        else:
            nothing.add(package.removeprefix("keras."))
    whole = sorted(name for name in nothing if name.rpartition(".")[0] not in nothing)
    rows.append(f"| {', '.join(f'`{name}`' for name in whole)} | nothing |")
    return "\n".join(["| of `keras.` | there is |", "| --- | --- |", *rows])


def written(text):
    """README's text with the table of today."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(
            f"{README} must hold the lines {BEGIN} and {END}, in this order. Received: a text without them."
        )
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
