"""The table that `summary` prints."""

import math

WIDTHS = (31, 22, 13)  # characters of the columns, as in Keras


def summary(model, line_length=None, show_trainable=False):
    """Layers, output shapes and numbers of parameters of a model, as text."""
    widths = [*WIDTHS, *([9] * show_trainable)]
    if line_length:
        widths[0] = max(10, line_length - sum(widths[1:]) - 3 * len(widths) - 1)
    head = ["Layer (type)", "Output Shape", "Param #", *(["Trainable"] * show_trainable)]
    rows = [_cells(layer, shape, show_trainable) for layer, shape in zip(model.layers, _shapes(model), strict=True)]

    def line(left, fill, middle, right):
        return left + middle.join(fill * (w + 2) for w in widths) + right

    def text(values, bar):
        values = [v if len(v) <= w else v[: w - 1] + "…" for v, w in zip(values, widths, strict=True)]
        placed = [v.rjust(w) if k == 2 else v.ljust(w) for k, (v, w) in enumerate(zip(values, widths, strict=True))]
        return bar + bar.join(f" {v} " for v in placed) + bar

    out = [f'Model: "{model.name}"', line("┏", "━", "┳", "┓"), text(head, "┃"), line("┡", "━", "╇", "┩")]
    for k, (name, kind, *others) in enumerate(rows):
        if k:
            out.append(line("├", "─", "┼", "┤"))
        if len(f"{name} {kind}") <= widths[0]:
            out.append(text([f"{name} {kind}", *others], "│"))
        else:
            out.append(text([name, *others], "│"))
            out.append(text([kind, *([""] * len(others))], "│"))
    out.append(line("└", "─", "┴", "┘"))
    trainable, frozen = _count(model.trainable_weights), _count(model.non_trainable_weights)
    optimizer = 0
    if model.optimizer is not None and model.optimizer.built:
        optimizer = _count(model.optimizer.variables) + 2  # the step and the learning rate are variables in Keras
    for what, count in (
        ("Total", trainable + frozen + optimizer), ("Trainable", trainable), ("Non-trainable", frozen),
        *([("Optimizer", optimizer)] if optimizer else []),
    ):  # fmt: skip
        out.append(f" {what} params: {count:,} ({_size(count)})")
    return "\n".join(out)


def _shapes(model):
    """The output shape of each layer, None where it is not known."""
    if hasattr(model, "output_shapes"):
        return model.output_shapes()
    made = {layer: tensor.shape for tensor, layer in model._produced().items()}
    return [made.get(layer) for layer in model.layers]


def _cells(layer, shape, show_trainable):
    """Name, type and the other columns of a layer."""
    cells = [
        layer.name,
        f"({type(layer).__name__})",
        "?" if shape is None else str(shape),
        f"{layer.count_params():,}" if layer.built else "0 (unbuilt)",
    ]
    if show_trainable:
        cells.append("Y" if layer.trainable_weights else "N" if layer.weights else "-")
    return cells


def _count(variables):
    return sum(math.prod(v.shape) for v in variables)


def _size(numbers):
    """Bytes of float32 numbers, as Keras writes them."""
    size = float(numbers * 4)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return ""
