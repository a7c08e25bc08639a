"""The table that `summary` prints.

Keras draws it with the library rich; widths and breaks follow rich's rules for columns of a given width in a table of a
given width (rich.table, `_calculate_column_widths`; rich._wrap, `divide_line`).
"""

import math
import re
import shutil

import numpy as np

from cycnn.layers.layer import Layer
from cycnn.models.functions import Function


def summary(model, line_length=None, positions=None, expand_nested=False, show_trainable=False, layer_range=None):
    """Layers, output shapes and numbers of parameters of a model, as text."""
    topology = getattr(model, "_topology", None)
    layers = model.layers if topology is None else topology.operations
    connected = topology is not None and not _in_a_row(topology)
    head, align = ["Layer (type)", "Output Shape", "Param #"], "<<>"
    length, ends = (108, [0.3, 0.56, 0.74, 1.0]) if connected else (88, [0.45, 0.8, 1.0])
    ends = list(positions or ends)
    if connected:
        head, align = [*head, "Connected to"], align + "<"
    if show_trainable:
        head, align = [*head, "Trainable"], align + "^"
        length, ends = length + 12, [end * 0.9 for end in ends] + [1.0]
    widths = _widths(line_length or min(length, shutil.get_terminal_size().columns - 4), ends)

    def cells(layer, prefix):
        yield f"{prefix}{layer.name} ({layer.kind if isinstance(layer, Function) else type(layer).__name__})"
        yield _shape(layer)
        yield f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        if connected:
            yield _connections(layer, topology)
        if show_trainable:
            yield ("Y" if layer.trainable else "N") if layer.weights else "-"

    def rows(layer, level):
        yield list(cells(layer, f"{'   ' * level}└ " if level else ""))
        for inner in getattr(layer, "layers", ()) if expand_nested and isinstance(layer, Layer) else ():
            yield from rows(inner, level + 1)

    table = [row for layer in _within(layers, layer_range) for row in rows(layer, 0)]
    return "\n".join([f'Model: "{model.name}"', *_draw(head, table, widths, align), *_totals(model)])


def _in_a_row(topology):
    """Whether each layer is used once, behind the one before."""
    depths = list(topology.depths.values())
    used = [call.layer for call in topology.depths]
    return (
        len(set(depths)) == len(depths)
        and len(set(map(id, used))) == len(used)
        and all(len(call.inputs) <= 1 for call in topology.depths)
    )


def _within(layers, layer_range):
    """The layers from one that matches a name or regular expression to another."""
    if layer_range is None:
        return layers
    if not isinstance(layer_range, (list, tuple)) or [type(end) for end in layer_range] != [str, str]:
        raise ValueError(
            f"`layer_range` must be a pair of names or regular expressions. Received: layer_range={layer_range}."
        )
    first, last = ([k for k, layer in enumerate(layers) if re.match(end, layer.name)] for end in layer_range)
    if not first or not last:
        raise ValueError(
            f"`layer_range` must match layers of the model. Received: layer_range={layer_range} for the layers "
            f"{[layer.name for layer in layers]}."
        )
    if min(first) > max(last):
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def _shape(layer):
    """The output shape of the last call, "?" where there was none."""
    if layer._calls:
        shapes = [str(tensor.shape) for tensor in layer._calls[-1].outputs]
        return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
    if not layer.built or not layer.get_build_config():
        return "?"
    shapes = (
        layer.output_shape
        if hasattr(layer, "train_on_batch")
        else layer.compute_output_shape(layer.get_build_config()["input_shape"])
    )
    return str(shapes)


def _connections(layer, topology):
    """Where the inputs of the layer's calls in this model come from."""
    tensors = [tensor for call in layer._calls if call in topology.depths for tensor in call.inputs]
    calls = [(topology.call_of(tensor), tensor.index) for tensor in tensors]
    return ", ".join(f"{call.layer.name}[{call.layer._calls.index(call)}][{k or 0}]" for call, k in calls) or "-"


# ------------------------------------------------------------------------------------------------------ drawing


def _widths(length, ends):
    """Characters of the columns' text, from where they end as shares of the line."""
    wanted, at = [], 0
    for end in ends:
        wanted.append(int(end * length) - at)
        at += wanted[-1]
        if wanted[-1] < 4:
            raise ValueError(
                f"The columns of a summary must be at least 4 characters wide. Received: line_length={length}, with columns "
                f"that end at {ends}."
            )
    widths = [width + 2 for width in wanted]  # a blank on each side
    room = length - len(widths) - 1  # for the lines between
    excess = sum(widths) - room
    if excess > 0:  # evenly
        for k in range(len(widths)):
            less = min(widths[k], round(excess / (len(widths) - k)))
            widths[k], excess = widths[k] - less, excess - less
    elif excess < 0:  # in proportion
        shares, missing = sum(widths), -excess
        for k, share in enumerate(list(widths)):
            more = math.ceil(share * missing / shares) if shares else missing
            widths[k], missing, shares = widths[k] + more, missing - more, shares - share
    return [width - 2 for width in widths]


def _wrapped(text, width):
    """Lines of whole words; a word that is too long is cut."""
    lines, room = [""], width
    for word in re.findall(r"\s*\S+\s*", text):
        if len(word.rstrip()) > room and lines[-1]:
            lines.append("")
            room = width
        lines[-1] += word
        room -= len(word)
    lines = [line.rstrip() for line in lines]
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def _draw(head, rows, widths, align):
    """The lines of the table."""

    def rule(left, fill, middle, right):
        return left + middle.join(fill * (width + 2) for width in widths) + right

    def text(cells, bar):
        columns = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for k in range(max(map(len, columns))):
            parts = [column[k] if k < len(column) else "" for column in columns]
            yield bar + bar.join(f" {part:{how}{width}} " for part, how, width in zip(parts, align, widths)) + bar

    yield rule("┏", "━", "┳", "┓")
    yield from text(head, "┃")
    yield rule("┡", "━", "╇", "┩")
    for k, row in enumerate(rows):
        if k:
            yield rule("├", "─", "┼", "┤")
        yield from text(row, "│")
    yield rule("└", "─", "┴", "┘")


def _totals(model):
    """How many numbers there are, and their bytes."""
    parts = {"Trainable": model.trainable_weights, "Non-trainable": model.non_trainable_weights}
    if model.optimizer is not None and model.optimizer.built:
        parts["Optimizer"] = model.optimizer.variables
    for name, variables in {"Total": [v for part in parts.values() for v in part], **parts}.items():
        count = sum(math.prod(v.shape) for v in variables)
        size = sum(math.prod(v.shape) * np.dtype(v.dtype).itemsize for v in variables)
        yield f" {name} params: {count:,} ({_readable(size)})"


def _readable(size):
    """Bytes, as Keras writes them."""
    power = min(int(math.log(max(size, 1), 1024)), 4)
    return f"{size / 1024**power:.2f} {('B', 'KB', 'MB', 'GB', 'TB')[power]}"
