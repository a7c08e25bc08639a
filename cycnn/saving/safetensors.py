"""`.safetensors`: arrays behind a header that says where each lies. Nothing in it can run.

    8 bytes      N, little-endian
    N bytes      JSON: {"layers.conv2d.kernel": {"dtype": "F32", "shape": [3, 3, 1, 8], "data_offsets": [0, 288]}, ...}
    the rest     the numbers, little-endian; offsets count from here

An array is named after the place of its layer, as in a file of weights of Keras (see `state`), and after its variable;
of several variables with one name, the later ones have a number. The state of an optimizer is not among them.

Reference:
    github.com/huggingface/safetensors, README, "Format".
"""

import itertools
import json
import math
import os

import numpy as np

from cycnn.optimizers import Optimizer
from cycnn.saving import paths, state

ENDING = ".safetensors"
DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in DTYPES.items() if name != "BF16"}
MOST_HEADER = 100_000_000  # bytes, as the format says
ALIGNMENT = 8  # of the numbers, in bytes: the header is filled up with spaces


# Names ---------------------------------------------------------------------------------------------------------------


def _owners(model):
    """`(place with dots, owner)` of what has weights: layers within layers, no optimizer."""
    for place, owner in state.saveables(model):
        if not isinstance(owner, Optimizer):
            yield place.replace("/", "."), owner


def _keys(place, owner):
    """The names of a layer's own variables in a file."""
    used, found = {}, []
    for variable in state.own_variables(owner):
        number = used[variable.name] = used.get(variable.name, -1) + 1
        name = f"{variable.name}_{number}" if number else variable.name
        found.append(f"{place}.{name}".lstrip("."))
    return found


# Writing -------------------------------------------------------------------------------------------------------------


def write(path, model):
    """Write the weights of a model."""
    arrays = {}
    for place, owner in _owners(model):
        store = {}
        owner.save_own_variables(store)
        keys = _keys(place, owner)
        plain = list(store) == [str(k) for k in range(len(keys))]  # else the layer has a way of its own
        names = keys if plain else [f"{place}.{name}".lstrip(".") for name in store]
        arrays.update(zip(names, map(np.asarray, store.values())))
    write_arrays(path, arrays, {"format": "cycnn"})


def write_arrays(path, arrays, metadata=None):
    """Write arrays by name, and a dictionary of texts."""
    header, place, contents = ({"__metadata__": metadata} if metadata else {}), 0, []
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
        if little.dtype not in _NAMES:
            raise ValueError(f"A `.safetensors` file holds numbers. Received: {name!r} of dtype {array.dtype}.")
        where = [place, place + little.nbytes]
        header[name] = {"dtype": _NAMES[little.dtype], "shape": list(array.shape), "data_offsets": where}
        contents.append(little.reshape(-1).view(np.uint8).data)
        place = where[1]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    with paths.replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for content in contents:
            file.write(content)


# Reading -------------------------------------------------------------------------------------------------------------


def is_one(path):
    """Whether a path is meant to be such a file."""
    return os.path.splitext(path)[1].lower() == ENDING


def read(model, path, skip_mismatch=False):
    """A `state.Reader` of a file for a model."""
    reader, arrays = state.Reader(model, path, skip_mismatch), read_arrays(path)
    for place, owner in _owners(model):
        whose, own = f"layer {owner.name!r} ({place})", _keys(place, owner)
        if type(owner).load_own_variables is not state.Layer.load_own_variables:
            begin = f"{place}." if place else ""
            store = {key[len(begin) :]: value for key, value in arrays.items() if key.startswith(begin)}
            reader.hooks.append((owner.load_own_variables, _numbered(store, own, begin)))
            continue
        for key, variable in zip(own, state.own_variables(owner)):
            if key not in arrays:
                reader.problems.append(f"{whose}: the file has no array {key!r}")
            elif arrays[key].shape != variable.shape:
                shape = arrays[key].shape
                reader.problems.append(f"{whose}: {key!r} has shape {variable.shape}, the file's array {shape}")
            else:
                reader.values.append((variable, arrays[key]))
    return reader


def _numbered(store, keys, begin):
    """A layer's arrays as its `load_own_variables` expects them: those named after variables by their number."""
    numbers = {key[len(begin) :]: str(k) for k, key in enumerate(keys)}
    return {numbers.get(name, name): value for name, value in store.items() if "." not in name}


def read_arrays(path):
    """The arrays of a file by name: views of its contents, which are in memory.

    Raises:
        ValueError: the file is damaged, or not what its name says.
    """
    with open(path, "rb") as file:
        content = memoryview(file.read())
    header, data = _header(path, content)
    arrays, ends = {}, []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, (first, last) = _entry(path, name, entry)
        size = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
        if not 0 <= first <= last <= len(data) or last - first != size:
            why = f"{name!r} of {size} bytes lies at {first} to {last} of {len(data)}"
            raise paths.damaged(path, why)
        array = np.frombuffer(data[first:last], DTYPES[dtype])
        if dtype == "BF16":  # the upper half of a float32
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = array.reshape(shape)
        ends.append((first, last))
    ends.sort()
    gaps = any(before[1] != behind[0] for before, behind in itertools.pairwise([(0, 0), *ends, (len(data),)]))
    if gaps:
        raise paths.damaged(path, "its arrays overlap, or do not fill it")
    return arrays


def _header(path, content):
    """`(header, the bytes behind it)`."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(MOST_HEADER, len(content) - 8):
        raise paths.damaged(path, f"a header of {length} bytes in a file of {len(content)}")
    try:
        header = json.loads(bytes(content[8 : 8 + length]), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise paths.damaged(path, f"its header is no JSON ({error})") from None
    if not isinstance(header, dict):
        raise paths.damaged(path, "its header is no dictionary")
    return header, content[8 + length :]


def _once(pairs):
    """A dictionary; a name that occurs twice is an error."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _entry(path, name, entry):
    """What the header says of an array: dtype, shape, offsets."""
    try:
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, *offsets]
        fits = dtype in DTYPES and len(offsets) == 2 and all(type(n) is int and 0 <= n < 1 << 63 for n in numbers)
    except (TypeError, KeyError):
        fits = False
    if not fits or len(shape) > 32:
        raise paths.damaged(path, f"{name!r} is described as {str(entry)[:200]}")
    return dtype, tuple(shape), tuple(offsets)
