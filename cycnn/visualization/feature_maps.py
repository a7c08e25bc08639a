"""Feature maps: what a layer answers to a picture."""

from cycnn.core import checks
from cycnn.visualization import figures
from cycnn.visualization.pixels import stretched
from cycnn.visualization.probe import Probe, batch_of, tensor_of


def feature_maps(model, x, layer):
    """What a layer gives for pictures.

    Args:
        model: model with one input.
        x: pictures (n, h, w, c) as the model takes them, or one (h, w, c); other samples as well.
        layer: layer, name or number of one, or a list of these. Layers of models within the model count by name.

    Returns:
        float32 array with the sample axis, as the layer gives it; a list of arrays for a list of layers.

    Raises:
        ValueError: no such layer, or pictures that do not fit the model.
    """
    x, _ = batch_of(model, x)
    several = isinstance(layer, (list, tuple))
    found = Probe(model, [tensor_of(model, each) for each in (layer if several else [layer])]).values(x)
    return found if several else found[0]


def plot_feature_maps(model, x, layer, count=64, columns=None, cmap="viridis", path=None):
    """Draw the maps that a layer gives for one picture, each from its smallest value to its largest.

    Args:
        model, layer: as in `feature_maps`.
        x: one picture; of a batch, the first one.
        count: channels at most.
        columns: maps of a row.
        cmap: one of matplotlib's maps of colours.
        path: file to save the figure to.

    Returns:
        matplotlib's `Figure`. What a layer gives of signals, (n, length, c), is one map with a row for each channel.

    Raises:
        ValueError: the layer gives one number for each unit, and no maps.
    """
    maps = feature_maps(model, x, layer)[0]
    if maps.ndim not in (2, 3):
        raise ValueError(f"`layer` must give maps (h, w, c) or (length, c). Received: samples of shape {maps.shape}.")
    name = getattr(layer, "name", layer)
    if maps.ndim == 2:
        images, titles, columns, scale = [stretched(maps.T)], None, 1, 5.0
        aspect = min(max(maps.shape[1] / maps.shape[0], 0.1), 1.0)
    else:
        some = range(min(checks.positive_int("count", count), maps.shape[-1]))
        images, titles, scale, aspect = [stretched(maps[..., k]) for k in some], [str(k) for k in some], 1.0, None
    title = f"{name}: {' × '.join(map(str, maps.shape))}"
    figure = figures.grid(
        images, titles, columns=columns, scale=scale, cmap=cmap, title=title, path=path, aspect=aspect
    )  # fmt: skip
    return figures.done(figure, path)
