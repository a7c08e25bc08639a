"""README beside the code: the table of Keras's names, the imports it shows, its program."""

import re

import pytest

import cycnn

from . import keras_table

TEXT = keras_table.README.read_text("utf-8")


def blocks(section):
    """The Python programs of a section."""
    text = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_table_of_names_is_that_of_the_code():
    same = keras_table.written(TEXT) == TEXT
    assert same, "README.md is behind the code. Run: python tests/keras_table.py"


def test_a_table_tells_names_apart():
    assert keras_table.row("keras.a", ["x", "y"], []) == "| `a` | all 2 |"
    assert keras_table.row("keras.a", ["x"], ["yy"]) == "| `a` | 1 of 2: x |"
    assert keras_table.row("keras.a", ["xx"], ["y"]) == "| `a` | 1 of 2: all but y |"
    assert keras_table.sort("keras.callbacks")[1] == ["OrbaxCheckpoint"]
    assert keras_table.sort("keras.distribution")[0] == []


@pytest.mark.parametrize("package", keras_table.KERAS)
def test_other_names_of_what_is_there_are_there(package):
    module = keras_table.module_of(package)
    for name, others in keras_table.KERAS[package].items():
        if module is not None and keras_table.has(module, name):
            for other in others:
                assert getattr(module, other, None) is getattr(module, name), f"{package}.{other}"


def test_the_imports_that_it_shows_work():
    snippets = blocks("Coming from Keras")
    assert snippets
    for snippet in snippets:
        for line in snippet.splitlines():
            if line.startswith(("import cycnn", "from cycnn")):
                exec(line, {})


@pytest.mark.parametrize("section", ["A program", "Coming from Keras"])
def test_its_programs_are_valid(section):
    for block in blocks(section):
        compile(block, section, "exec")


def test_the_version_is_that_of_the_package():
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", cycnn.__version__)
