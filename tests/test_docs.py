"""The documentation beside the code: every program on its pages runs and gives what it says, every public name is in
the reference, every link leads somewhere.

The programs of a page are one program, run from top to bottom in a folder of its own. Where a line is an expression with
a comment behind it, the comment is what it gives: `x.shape  # (4, 26, 26, 32)`.
"""

import ast
import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import cycnn
from cycnn import config, datasets, utils

from . import keras_table

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)
FENCE = re.compile(r"^(`{3,})([^`\n]*)\n(.*?)^\1$", re.M | re.S)
LANGUAGES = {"console", "python", "sh", "text"}  # python runs; the others are what a terminal shows, and drawings


def load(name):
    """A module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(text):
    """(language, first line, content) of the fenced blocks of a page."""
    for found in FENCE.finditer(text):
        yield found[2].strip(), text[: found.start(3)].count("\n"), found[3]


def programs(path):
    """The Python on a page, with the line numbers of the page."""
    return [
        (compile("\n" * line + code, str(path), "exec", ast.PyCF_ONLY_AST), "\n" * line + code)
        for language, line, code in blocks(path.read_text("utf-8"))
        if language == "python"
    ]


def run(tree, source, path, scope):
    """Run the statements; what an expression gives is what the comment behind it says."""
    lines = source.split("\n")
    for statement in tree.body:
        behind = lines[statement.end_lineno - 1].encode()[statement.end_col_offset :].decode().strip()
        if isinstance(statement, ast.Expr) and behind.startswith("# "):
            value = eval(compile(ast.Expression(statement.value), str(path), "eval"), scope)
            assert repr(value) == behind[2:], f"{path.name}, line {statement.lineno}"
        else:
            exec(compile(ast.Module([statement], []), str(path), "exec"), scope)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """The names of a program that runs in a folder of its own; settings are as they were afterwards."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "data"))
    fast = config.fast_convolutions()
    utils.clear_session()
    program = ModuleType("__main__")  # what is pickled is looked for there
    monkeypatch.setitem(sys.modules, "__main__", program)
    yield vars(program)
    pyplot.close("all")
    config.set_num_threads(None)
    config.set_fast_convolutions(fast)
    config.enable_interactive_logging()
    config.set_seed(None)
    utils.clear_session()


def title(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in PAGES if programs(path)], ids=title)
def test_the_programs_of_a_page_run(path, session):
    for tree, source in programs(path):
        run(tree, source, path, session)


def test_the_program_of_the_readme_runs(session, monkeypatch):
    """On the digits that come with scikit-learn, which have the form of MNIST. With a seed: of twenty, two ended below."""
    monkeypatch.setattr(datasets.mnist, "load_data", datasets.digits.load_data)
    utils.set_random_seed(7)
    path = ROOT / "README.md"
    (program,) = [(tree, source) for tree, source in programs(path) if "model.fit" in source]
    run(*program, path, session)
    assert session["test_accuracy"] > 0.9


def test_what_a_comment_says_is_compared():
    for source in ("1 + 1  # 2", "x = 1  # the first", "(1,\n  2)  # (1, 2)"):
        run(ast.parse(source), source, ROOT, {})
    with pytest.raises(AssertionError, match="line 1"):
        run(ast.parse("1 + 1  # 3"), "1 + 1  # 3", ROOT, {})


@pytest.mark.parametrize("path", PAGES, ids=title)
def test_blocks_are_of_a_kind_that_somebody_looks_at(path):
    for language, line, _ in blocks(path.read_text("utf-8")):
        assert language in LANGUAGES or language.startswith("{"), f"line {line}: {language!r}"


# ------------------------------------------------------------------------------------------------------ reference


@pytest.fixture(scope="module")
def reference():
    return load("reference")


def test_every_public_name_is_in_the_reference(reference):
    """Of the packages, of the top level, and of the modules that packages show: `datasets.mnist.load_data`."""
    pages = reference.Reference().pages()
    text = "\n".join(pages.values())
    described = set(re.findall(r"\{py:\w+\} (cycnn[\w.]+)", text))
    packages = [name for name in cycnn._PACKAGES if name not in ("kernels", "training")]
    assert {f"{name}.md" for name in packages} | {"index.md"} == set(pages)
    for package in packages:
        module, page = getattr(cycnn, package), pages[f"{package}.md"]
        others = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^Other names: .*$", page, re.M))))
        for name in module.__all__:
            whole = f"cycnn.{package}.{name}"
            assert whole in described or name in others or f"`{whole}` is " in page or f"## {whole}" in page, whole
    for name in set(cycnn.__all__) - {"__version__", "kernels", "training"}:
        here = f"[`cycnn.{name}`]" in pages["index.md"] or f"`cycnn.{name}` is " in pages["index.md"]
        assert here or f"cycnn.{name}" in described, name
    for name in ("datasets.mnist.load_data", "applications.vgg16.preprocess_input", "ops.image.resize"):
        assert f"`cycnn.{name}`" in text or f"cycnn.{name}" in described, name
    assert text.count("{py:method} get_weights(") == 1, (
        "a method stands with the class that brings it, not with all below"
    )
    links = set(re.findall(r"\{py:(?:class|func)\}`([\w.]+)`", text))
    assert links
    assert links <= described


def test_everything_in_the_reference_has_a_text(reference):
    pages = "\n".join(reference.Reference().pages().values())
    empty = re.findall(r"^`+\{py:\w+\} (.*)\n(?::\w+:\n)*\n*`+$", pages, re.M)
    assert not empty


def test_a_docstring_becomes_lists_and_headings(reference):
    """The sections of the house; what a list holds goes on in the next line."""
    lists = "Args:\n    x, y: numbers\n        of any size.\n    *more: others.\n\nReturns:\n    A number."
    text = f"Sum.\n\n{lists}\n\nExample:\n\nf(1)"
    assert reference.markdown(text) == (
        "Sum.\n\n**Args**\n\n- `x`, `y`: numbers\n  of any size.\n- `*more`: others.\n\n"
        "**Returns**\n\nA number.\n\n**Example**\n\nf(1)"
    )


# ---------------------------------------------------------------------------------------------------------- links


def anchors(text):
    """The anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#{1,3} (.+)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=title)
def test_links_lead_somewhere(path, reference):
    text = path.read_text("utf-8")
    made = {DOCS / "reference" / f"{name}.md" for name in ("index", *reference.PACKAGES)}
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        aim = Path(os.path.normpath(path.parent / file)) if file else path
        assert aim in made or aim.exists(), target
        if anchor:
            assert anchor in anchors(aim.read_text("utf-8")), target


def test_every_page_is_in_the_contents():
    """A page that nothing leads to is not found."""
    named = set()
    for path in PAGES:
        for language, _, content in blocks(path.read_text("utf-8")):
            if language == "{toctree}":
                entries = [line for line in content.split() if line[0] != ":"]
                named |= {Path(os.path.normpath(path.parent / f"{entry}.md")) for entry in entries}
    assert set(PAGES) - {DOCS / "index.md"} <= named


def test_what_the_pages_take_from_elsewhere_is_there():
    """`<!-- readme: title -->` and the table of names."""
    wanted = {found for path in PAGES for found in re.findall(r"<!-- readme: (.+?) -->", path.read_text("utf-8"))}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert wanted
    for name in wanted:
        assert f"\n## {name}\n" in readme, name
    assert keras_table.BEGIN in readme
