"""The site: `sphinx-build -W -b html docs build/site`, where cycnn and the packages of `pip install --group docs` are."""

import ast
import importlib.util
import re
from pathlib import Path

from cycnn import __version__ as version

HERE = Path(__file__).resolve().parent


def load(path):
    """The module in a file; neither docs nor tests is a package that could be imported."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


keras_table, reference = load(HERE.parent / "tests" / "keras_table.py"), load(HERE / "reference.py")

RESULTS = HERE.parent / "benchmarks" / "results"

project, author, copyright = "cycnn", "the authors of cycnn", "the authors of cycnn, Apache License 2.0"  # noqa: A001
extensions = ["myst_parser"]
exclude_patterns = ["**.py"]
html_theme, html_title = "furo", f"cycnn {version}"
html_static_path, html_css_files = ["static"], ["site.css"]
html_extra_path = [str(RESULTS)]
html_show_sphinx = False
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
python_maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"

README = (HERE.parent / "README.md").read_text("utf-8")


def section(title):
    """A section of README without its heading. Of the repository's files, raw results and pictures lie beside the pages."""
    text = README.split(f"\n## {title}\n")[1].split("\n## ")[0].strip().replace("](docs/pictures/", "](pictures/")
    text = re.sub(r"\[([^]]+)\]\(benchmarks/results/([^)]+)\)", r'<a href="\2">\1</a>', text)
    return re.sub(r"\[([^]]+)\]\((?:cycnn|tests|benchmarks)/[^)]*\)", r"\1", text)


def results():
    """Links to the files of raw results, which lie beside the pages."""
    names = sorted(path.name for path in RESULTS.iterdir())
    return "\n".join(f'- <a href="{name}">{name}</a>' for name in names)


def examples():
    """The programs that come with the package, and what their first line says."""
    rows = []
    for path in sorted((HERE.parent / "cycnn" / "examples").glob("*.py")):
        line = ast.get_docstring(ast.parse(path.read_text("utf-8"))).partition("\n")[0]
        if f"-m cycnn.examples.{path.stem}" in path.read_text("utf-8"):
            rows.append(f"| `python -m cycnn.examples.{path.stem}` | {line} |")
    return "\n".join(["| | |", "| --- | --- |", *rows])


def fill(app, page, source):
    """Put in what has its place elsewhere."""
    for mark, text in (("examples", examples), ("results", results), ("table of names", keras_table.table)):
        if f"<!-- {mark} -->" in source[0]:
            source[0] = source[0].replace(f"<!-- {mark} -->", text())
    source[0] = re.sub(r"<!-- readme: (.+?) -->", lambda found: section(found[1]), source[0])


def setup(app):
    """Called by Sphinx."""
    reference.write(HERE / "reference")
    app.connect("source-read", fill)
