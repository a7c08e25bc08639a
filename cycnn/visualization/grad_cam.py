"""Grad-CAM: where the last maps of a network speak for a class."""

import numpy as np

from cycnn.core import checks
from cycnn.engine.graph import Graph
from cycnn.visualization.pixels import resized
from cycnn.visualization.probe import Probe, Scores, batch_of, tensor_of


def grad_cam(model, x, target=None, layer=None, logits=True, resize=True):
    """relu(Σ_c w_c A_c) with w_c, the mean of d score / d A_c over the positions (Selvaraju et al., 2017).

    Args:
        model, x, target, logits: as in `saliency`.
        layer: whose maps A are: layer, name or number; by default the last one that gives maps (n, h, w, c) with more than
            one position.
        resize: whether the heat map gets the picture's size, bilinear, or stays of the layer's.

    Returns:
        float32 array (n, h, w), or (h, w) for one picture: 0 where nothing speaks for the class.

    Raises:
        ValueError: pictures, classes or a layer that do not fit the model.

    Example:

    ```python
    heat = visualization.grad_cam(model, images, target=3)
    visualization.plot_images(visualization.overlay(images, heat))
    ```
    """
    x, single = batch_of(model, x)
    maps = _last_maps(model) if layer is None else tensor_of(model, layer)
    if maps.ndim != 4 or x.ndim != 4:
        raise ValueError(
            f"`layer` must give maps (n, h, w, c) of pictures. Received: layer={checks.short(layer)}, which gives "
            f"{maps.shape} of {('n', *x.shape[1:])}."
        )
    scores = Scores(model, x, target, logits)
    probe = Probe(model, [maps, scores.tensor])
    _, (dmaps,), (maps, _) = probe.gradients(
        x, lambda rows, ys: [None, scores.seeds(ys[1], scores.classes[rows])], inner=[0]
    )
    weights = dmaps.mean(axis=(1, 2), keepdims=True)
    heat = np.maximum((weights * maps).sum(axis=-1, keepdims=True), 0)
    if resize:
        heat = resized(heat, *x.shape[1:3])
    return heat[0, ..., 0] if single else heat[..., 0]


def _last_maps(model):
    for node in reversed(Graph(model.inputs, model.outputs[:1]).nodes):
        shape = node.output.shape
        if len(shape) == 4 and shape[1:3] != (1, 1) and node.output is not model.outputs[0]:
            return node.output
    raise ValueError(
        f"The model {model.name!r} must have a layer that gives maps (n, h, w, c). Received: a model without one."
    )
