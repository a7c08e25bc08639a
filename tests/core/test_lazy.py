"""Names that are imported when they are asked for: what type checkers read is what programs get."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import cycnn
from cycnn.core import lazy

PACKAGE = Path(cycnn.__file__).parent


def seen_by_type_checkers(path):
    """`(name, module, name there)` of the imports under `if TYPE_CHECKING:`, and of the assignments of aliases."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and getattr(node.test, "id", "").endswith("TYPE_CHECKING"):
            for part in node.body:
                if isinstance(part, ast.ImportFrom):
                    yield from ((alias.asname or alias.name, part.module, alias.name) for alias in part.names)
                elif isinstance(part, ast.Assign):
                    names, values = (getattr(side, "elts", [side]) for side in (part.targets[0], part.value))
                    module = ".".join(path.parent.relative_to(PACKAGE.parent).parts)
                    yield from ((name.id, module, value.id) for name, value in zip(names, values, strict=True))


FOUND = [
    (".".join(path.parent.relative_to(PACKAGE.parent).parts), *seen)
    for path in sorted(PACKAGE.rglob("__init__.py"))
    for seen in seen_by_type_checkers(path)
]


def test_there_are_such_packages():
    assert {"cycnn.layers", "cycnn.layers.pooling", "cycnn.ops", "cycnn.optimizers"} <= {
        package for package, *_ in FOUND
    }


@pytest.mark.parametrize("package", sorted({package for package, *_ in FOUND}))
def test_type_checkers_see_what_programs_get(package):
    imported = importlib.import_module(package)
    for _, name, module, own in (seen for seen in FOUND if seen[0] == package):
        wanted = getattr(importlib.import_module(module), own, None)
        if wanted is None:  # `from package import module`
            wanted = importlib.import_module(f"{module}.{own}")
        assert inspect.unwrap(getattr(imported, name)) is inspect.unwrap(wanted), name


@pytest.mark.parametrize("package", sorted({package for package, *_ in FOUND}))
def test_type_checkers_see_every_name(package):
    """What is not imported outright stands under `TYPE_CHECKING`."""
    path = PACKAGE.parent.joinpath(*package.split("."), "__init__.py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    known = {name for found, name, *_ in FOUND if found == package}
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            known |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known.add(node.name)
    assert set(importlib.import_module(package).__all__) <= known


def test_a_missing_name_is_explained_only_when_somebody_reads_it(monkeypatch):
    def forbidden(*args):
        raise AssertionError("nobody reads it")

    monkeypatch.setattr(lazy.checks, "unknown", forbidden)
    for package in (cycnn.layers, cycnn.optimizers, cycnn.callbacks, cycnn.ops, cycnn.models):
        assert not hasattr(package, "no_such_name")


def test_files_are_found_by_names():
    files = {"": "adam", "convolutional": "conv1d_transpose dense"}
    assert lazy.by_file(
        "p", files, ["Adam", "Conv1DTranspose", "get"], {"Convolution1DTranspose": "Conv1DTranspose"}
    ) == {
        "Adam": "p.adam",
        "Conv1DTranspose": "p.convolutional.conv1d_transpose",
        "Convolution1DTranspose": "p.convolutional.conv1d_transpose:Conv1DTranspose",
    }
