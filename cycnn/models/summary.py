"""The table that `summary` prints."""

import math


def summary(model, line_length=None, show_trainable=False):
    """Layers, output shapes and numbers of parameters of a model, as text."""
    rows = []
    layers = model.layers
    shapes = model.output_shapes() if hasattr(model, "output_shapes") else [None] * len(layers)
    for layer, shape in zip(layers, shapes, strict=True):
        built = layer.built and (model.built or layer.weights)
        cells = [
            f"{layer.name} ({type(layer).__name__})",
            "?" if shape is None else str(shape),
            f"{layer.count_params():,}" if built else "0 (unbuilt)",
        ]
        if show_trainable:
            cells.append("Y" if layer.trainable_weights else "N" if layer.weights else "-")
        rows.append(cells)
    head = ["Layer (type)", "Output Shape", "Param #"] + ["Trai…"] * show_trainable
    widths = [31, 22, 13] + [5] * show_trainable
    if line_length:
        widths[0] = max(10, line_length - sum(widths[1:]) - 3 * len(widths) - 1)
    widths = [max([w, len(h), *(len(r[k]) for r in rows)]) for k, (w, h) in enumerate(zip(widths, head, strict=True))]

    def line(left, fill, middle, right):
        return left + middle.join(fill * (w + 2) for w in widths) + right

    def cells(values, bar):
        aligned = [v.rjust(w) if k == 2 else v.ljust(w) for k, (v, w) in enumerate(zip(values, widths, strict=True))]
        return bar + bar.join(f" {v} " for v in aligned) + bar

    out = [f'Model: "{model.name}"', line("┏", "━", "┳", "┓"), cells(head, "┃"), line("┡", "━", "╇", "┩")]
    for k, row in enumerate(rows):
        if k:
            out.append(line("├", "─", "┼", "┤"))
        out.append(cells(row, "│"))
    out.append(line("└", "─", "┴", "┘"))
    trainable = _count(model.trainable_weights)
    frozen = _count(model.non_trainable_weights)
    total = trainable + frozen
    optimizer = _count(model.optimizer.variables) if model.optimizer is not None and model.optimizer.built else 0
    out.append(f" Total params: {total + optimizer:,} ({_size(total + optimizer)})")
    out.append(f" Trainable params: {trainable:,} ({_size(trainable)})")
    out.append(f" Non-trainable params: {frozen:,} ({_size(frozen)})")
    if optimizer:
        out.append(f" Optimizer params: {optimizer:,} ({_size(optimizer)})")
    return "\n".join(out)


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
