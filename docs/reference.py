"""The pages of the reference, written from the docstrings: `reference/<package>.md`, one for each package of cycnn.

`conf.py` writes them whenever the site is built; they are not kept. Everything in a package's `__all__` stands on its
page. What several packages offer is described once, in the package that it comes from, and named by the others.
"""

import importlib
import inspect
import re
from textwrap import dedent

import cycnn

PACKAGES = [name for name in cycnn._PACKAGES if name not in ("kernels", "training")]  # inside: the design page has them
GROUPED = 30  # names of a package from which on they are sorted by the module that they lie in
LISTS = ("Args", "Attributes", "Raises")  # sections that hold `name: text`
SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Input shape|Output shape|Example|References?):\n(?=    )", re.M)
ITEM = re.compile(r"^(\*{0,2}[\w., *]+): +(?=\S)")


def public(module):
    """The public names of a package or module."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not name.startswith("__")]
    return [name for name, value in vars(module).items() if name[0] != "_" and _lies_in(value, module)]


def _lies_in(value, module):
    return callable(value) and getattr(value, "__module__", None) == module.__name__


class Reference:
    """Where everything public is described, and the pages that do it."""

    def __init__(self):
        self.homes = {}  # id of an object → the name under which it is described
        self.others = {}  # that name → other names in the same package, as the keys of a dictionary
        self.modules = {f"cycnn.{name}": importlib.import_module(f"cycnn.{name}") for name in PACKAGES}
        inner = {
            f"{path}.{name}": value
            for path, module in self.modules.items()
            for name in public(module)
            if inspect.ismodule(value := getattr(module, name))
        }
        self.inner = {path: module for path, module in inner.items() if path not in self.modules}
        places = {"cycnn": cycnn, **self.modules, **self.inner}
        for own in (True, False):  # first what a package has made, then what it only passes on
            for path, module in places.items():
                for name in public(module):
                    value = getattr(module, name)
                    made = f"{getattr(value, '__module__', path)}.".startswith(f"{path}.") and path != "cycnn"
                    if not inspect.ismodule(value) and (made or not own):
                        self._settle(path, name, value)
        self.classes = {value for path, module in places.items() for value in self._classes(module)}

    def _settle(self, path, name, value):
        home = self.homes.get(id(value))
        if home is None:
            self.homes[id(value)] = f"{path}.{name}"
        elif home.rpartition(".")[0] == path and home != f"{path}.{name}":
            main, other = home, f"{path}.{name}"
            if getattr(value, "__name__", None) == name:  # described under the name that it was given
                main, other = other, home
            self.homes[id(value)] = main
            self.others.setdefault(main, self.others.pop(home, {}))[other.rpartition(".")[2]] = None

    def _classes(self, module):
        return [value for name in public(module) if inspect.isclass(value := getattr(module, name))]

    # ------------------------------------------------------------------------------------------------------ pages

    def pages(self):
        """Name of a file → its text."""
        made = {f"{path.removeprefix('cycnn.')}.md": self.page(path, module) for path, module in self.modules.items()}
        return {"index.md": self.index(), **made}

    def index(self):
        """The page that leads to the others."""
        rows = "\n".join(
            f"| [`cycnn.{name}`]({name}.md) | {_cell(summary(self.modules[f'cycnn.{name}']))} |" for name in PACKAGES
        )
        names = [name for name in public(cycnn) if name not in cycnn._PACKAGES]
        entries = [self.entry("cycnn", name, getattr(cycnn, name)) for name in names]
        pages = "\n".join(name for name in PACKAGES)
        return (
            f"# Reference\n\nAll public names, from their docstrings.\n\n| package | |\n| --- | --- |\n{rows}\n\n"
            "`cycnn.kernels` and `cycnn.training` are what these are made with; the [design page](../design.md) tells.\n\n"
            f"## cycnn\n\nThe names of the top level.\n\n{_joined(entries)}\n\n"
            f"```{{toctree}}\n:hidden:\n\n{pages}\n```\n"
        )

    def page(self, path, module):
        """Everything of a package."""
        names = public(module)
        parts = [f"# {path}", f"```text\n{inspect.getdoc(module)}\n```"]
        groups = {}
        for name in names:
            value = getattr(module, name)
            if not inspect.ismodule(value):
                groups.setdefault(self._group(path, value) if len(names) > GROUPED else "", []).append(name)
        for group in sorted(groups):
            if len(groups) > 1:
                parts.append(f"## {group}")
            parts += [self.entry(path, name, getattr(module, name)) for name in groups[group]]
        for name in names:
            inner = getattr(module, name)
            if inspect.ismodule(inner):
                parts.append(f"## {path}.{name}")
                if f"{path}.{name}" in self.inner:
                    parts += [f"```text\n{inspect.getdoc(inner)}\n```"]
                    parts += [self.entry(f"{path}.{name}", own, getattr(inner, own)) for own in public(inner)]
                else:
                    parts.append(f"See [{inner.__name__}]({inner.__name__.removeprefix('cycnn.')}.md).")
        return _joined(parts) + "\n"

    def _group(self, path, value):
        """The folder or module of a package that an object lies in."""
        module = getattr(value, "__module__", path)
        if not module.startswith(f"{path}."):
            return "from other packages" if self.homes[id(value)].rpartition(".")[0] != path else "more"
        return module.removeprefix(f"{path}.").partition(".")[0].replace("_", " ")

    # ---------------------------------------------------------------------------------------------------- entries

    def entry(self, path, name, value):
        """One name: its description, or where that is."""
        home = self.homes[id(value)]
        if home != f"{path}.{name}":
            if home.rpartition(".")[0] == path:
                return ""  # another name, which stands at the first one
            role = "class" if inspect.isclass(value) else "func"
            return f"`{path}.{name}` is {{py:{role}}}`{home}`."
        others = self.others.get(home)
        text = [f"Other names: {', '.join(f'`{other}`' for other in others)}."] if others else []
        if not callable(value):
            return _directive("data", home, [f"`{value!r}`", *text], 3)
        text = [markdown(inspect.getdoc(value) or ""), *text]
        if inspect.isclass(value):
            return _directive("class", home + signature(value), text + self.members(value), 6)
        return _directive("function", home + signature(value), text, 4)

    def members(self, cls):
        """Methods and properties that no public base describes, and those that are described anew."""
        bases = [base for base in cls.__mro__[1:] if base in self.classes or not base.__module__.startswith("cycnn.")]
        found = {}
        for base in cls.__mro__:
            if base not in bases:
                for name, value in vars(base).items():
                    if name[0] != "_":
                        found.setdefault(name, value)
        entries = []
        for name, value in found.items():
            kind, inner = "method", value
            if isinstance(value, classmethod | staticmethod):
                inner = value.__func__
            elif isinstance(value, property):
                kind, inner = "property", value.fget
            told = {getattr(getattr(base, name, None), "__doc__", None) for base in bases}
            if inspect.isfunction(inner) and inner.__doc__ and inner.__doc__ not in told:
                shown = name if kind == "property" else name + signature(inner, not isinstance(value, staticmethod))
                options = [":classmethod:"] if isinstance(value, classmethod) else []
                entries.append(_directive(kind, shown, [markdown(inspect.getdoc(inner))], 5, options))
        return entries


def summary(value):
    """The first line of a docstring."""
    return (inspect.getdoc(value) or "").partition("\n")[0]


def signature(value, bound=False):
    """`(x, axis=-1)`: without annotations, and without defaults that only this process could print."""
    if inspect.isclass(value) and inspect.isfunction(value.__init__):
        value, bound = value.__init__, True  # not `__new__`, which only notes what it gets
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):  # of compiled code
        return "()"
    parameters = list(found.parameters.values())[bound:]
    shown = []
    for parameter in parameters:
        default = parameter.default
        if default is not parameter.empty and re.search(r" at 0x|<class|<function", repr(default)):
            default = _Name(getattr(default, "__name__", "..."))
        shown.append(parameter.replace(annotation=parameter.empty, default=default))
    return str(found.replace(parameters=shown, return_annotation=found.empty))


class _Name(str):
    """A default that is printed as it is."""

    __slots__ = ()
    __repr__ = str.__str__


def markdown(text):
    """A docstring's sections as Markdown."""
    parts = SECTION.split(text)
    made = [re.sub(r"^Example:$", "**Example**", parts[0], flags=re.M).strip()]
    for title, rest in zip(parts[1::2], parts[2::2]):
        end = re.search(r"^(?=\S)", rest, re.M)
        body, behind = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
        body = dedent(body).strip()
        made += [
            f"**{title}**",
            _items(body) if title in LISTS else body,
            re.sub(r"^Example:$", "**Example**", behind, flags=re.M),
        ]
    return _joined(made)


def _items(body):
    """`name: text` for each, as a list."""
    made = []
    for line in body.split("\n"):
        item = ITEM.match(line)
        if item:
            names = ", ".join(f"`{name}`" for name in item[1].split(", "))
            made.append(f"- {names}: {line[item.end() :]}")
        else:
            made.append(f"  {dedent(line)}" if line[:4].isspace() else line)
    return "\n".join(made)


def _directive(kind, head, text, ticks, options=()):
    fence = "`" * ticks
    return f"{fence}{{py:{kind}}} {head}\n" + "".join(f"{o}\n" for o in options) + f"\n{_joined(text)}\n{fence}"


def _joined(parts):
    return "\n\n".join(part for part in parts if part)


def _cell(text):
    return text.replace("|", r"\|")


def write(folder):
    """Write the pages, those that have changed."""
    folder.mkdir(exist_ok=True)
    for name, text in Reference().pages().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
