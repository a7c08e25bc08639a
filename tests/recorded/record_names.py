"""Record the public names of the real Keras. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python tests/recorded/record_names.py

keras_names.json: package → name → its other names in the same package. The name of a thing is the one that it gives
itself, where that is public. Of packages that hold modules only (`keras.datasets`), those are the names.
"""

import json
import types
from pathlib import Path

import keras

SKIPPED = {"legacy", "nn", "numpy"}  # names of Keras 2; and what is in keras.ops, too


def public(module):
    return {name: getattr(module, name) for name in sorted(dir(module)) if not name.startswith("_") and name != "src"}


def is_package(thing):
    return isinstance(thing, types.ModuleType) and thing.__name__.startswith("keras.")


def names(things):
    """`{name: other names}`, one for each thing."""
    by_identity = {}
    for name, thing in things.items():
        by_identity.setdefault(id(thing) if callable(thing) else name, []).append(name)
    found = {}
    for spellings in by_identity.values():
        own = getattr(things[spellings[0]], "__name__", None)
        name = own if own in spellings else max(spellings, key=len)
        found[name] = [other for other in spellings if other != name]
    return dict(sorted(found.items()))


def record(path, module, found):
    things = public(module)
    packages = {name: thing for name, thing in things.items() if is_package(thing)}
    own = {name: thing for name, thing in things.items() if name not in packages}
    if own:
        found[path] = names(own)
        for name, package in packages.items():
            if name not in SKIPPED:
                record(f"{path}.{name}", package, found)
    else:
        found[path] = {name: [] for name in packages}
    return found


if __name__ == "__main__":
    recorded = {"keras": keras.__version__, "names": record("keras", keras, {})}
    text = json.dumps(recorded, indent=0, sort_keys=True)
    (Path(__file__).parent / "keras_names.json").write_text(text + "\n", "utf-8")
