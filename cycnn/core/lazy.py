"""Names of a package that are imported when they are first asked for: a program pays for what it uses.

    _FILES = {"convolutional": "conv1d conv2d", "core": "dense"}
    _MODULES = lazy.by_file(__name__, _FILES, __all__)       {"Conv1D": "cycnn.layers.convolutional.conv1d", ...}
    __getattr__, __dir__ = lazy.attributes(__name__, "layer", __all__, _MODULES)

Type checkers read the same names as imports under `if TYPE_CHECKING:`.
"""

import importlib
import sys
from collections.abc import Mapping

from cycnn.core import checks


class MissingName(AttributeError):
    """A package has no such name. What is near it is looked for only when the error is read: `hasattr` never does, and
    `from package import module` asks the package first."""

    def __init__(self, what, name, known):
        super().__init__(what, name, known)
        self.name = name

    def __str__(self):
        return checks.unknown(*self.args)


class Objects(Mapping):
    """Objects of a package by name, each imported when it is asked for.

    Args:
        package: Name of the package.
        names: Names in it.
    """

    def __init__(self, package, names):
        self._package, self._names = package, dict.fromkeys(names)

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        return getattr(sys.modules[self._package], name)

    def __contains__(self, name):
        return name in self._names

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)


def by_file(package, files, names, aliases=()):
    """Where names are: in the file whose name, but for underscores, is the name in lower case.

    Args:
        package: Name of the package.
        files: Dictionary, folder in the package → its files, as one string.
        names: Names; those without such a file are left out.
        aliases: Dictionary of further names, alias → name.

    Returns:
        Dictionary, name → module: `"Conv1DTranspose"` → `"cycnn.layers.convolutional.conv1d_transpose"`; alias →
        `"module:name"`.
    """
    modules = {
        file.replace("_", ""): ".".join(filter(None, (package, folder, file)))
        for folder, found in files.items()
        for file in found.split()
    }
    where = {name: modules[name.lower()] for name in names if name.lower() in modules}
    return where | {alias: f"{where[name]}:{name}" for alias, name in dict(aliases).items()}


def attributes(package, what, public, modules, folders=()):
    """`__getattr__` and `__dir__` of a package.

    Args:
        package: Name of the package.
        what: What a name in it is, for errors: `"layer"`.
        public: Its `__all__`.
        modules: Dictionary, name → module that has it, or `"module:name there"`.
        folders: Packages and modules in it that are attributes, too.
    """

    def __getattr__(name):
        if name in folders:
            return importlib.import_module(f"{package}.{name}")
        if name not in modules:
            raise MissingName(what, name, public)
        module, _, own = modules[name].partition(":")
        found = getattr(importlib.import_module(module), own or name)
        setattr(sys.modules[package], name, found)  # asked for once
        return found

    return __getattr__, lambda: public
