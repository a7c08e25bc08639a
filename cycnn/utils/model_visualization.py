"""plot_model: a model's graph as a picture, without Graphviz.

plot_model(model, "model.svg")
  →  _contents    the layers and what leads to what: of a functional model its topology, of a Sequential a row
  →  _Part        a box for each layer, models within the model as parts in frames; places by `layered_layout`
  →  Diagram      SVG, PNG or text for Graphviz
"""

from itertools import pairwise
from typing import NamedTuple

from cycnn.core import checks
from cycnn.core.structure import flatten
from cycnn.models.functions import Function
from cycnn.models.model import Functional, Model
from cycnn.models.sequential import Sequential
from cycnn.utils.diagram import FONT, FOOT, HEAD, LINE, PAD, SMALL, TEXT, TITLE, Box, Diagram, Frame, breadth
from cycnn.utils.layered_layout import layout

INSET, MARGIN = 10.0, 10.0  # room inside of frames, and around everything
YES, NO = ("yes", "#15803d"), ("no", "#b91c1c")
COLOURS = {  # of a layer's head, by the package of `cycnn.layers` that it comes from
    "input_layer": "#64748b",
    "convolutional": "#2563a8",
    "core": "#2f7d5b",
    "pooling": "#c05621",
    "normalization": "#6b4fa0",
    "activations": "#0f7d86",
    "merging": "#a8325e",
    "reshaping": "#8a6d1a",
    "regularization": "#7a6a5c",
    "preprocessing": "#5b7a2a",
}
OTHER = "#475569"


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Draw a model's graph into a file. Neither Graphviz nor pydot is needed; nor matplotlib, for SVG.

    Args:
        model: model that knows the shape of its input. One that is written as a class is a single box.
        to_file: path that ends with `.svg`, `.png`, `.pdf` or `.dot`; without an ending it is PNG. None: no file.
        show_shapes: whether to write the shapes of inputs and outputs.
        show_dtype: whether to write the type of the outputs.
        show_layer_names: whether to write the layers' names.
        rankdir: `"TB"`: from top to bottom; `"LR"`: from left to right.
        expand_nested: whether to draw the layers of models within the model, in a frame.
        dpi: dots per inch of a PNG.
        show_layer_activations: whether to write the activation functions of the layers that have one.
        show_trainable: whether to write if optimizers may change the weights, of layers that have weights.
        splines: accepted; edges are curves.

    Returns:
        `Diagram`, which notebooks show.

    Raises:
        ImportError: there is no matplotlib, and the file is to be neither SVG nor text.
        ValueError: something else than a model, one that does not know its input, or an unknown argument.

    Example:

    ```python
    utils.plot_model(model, "model.svg", show_shapes=True)
    ```
    """
    diagram = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    if to_file is not None:
        diagram.write(to_file)
    return diagram


def model_to_dot(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    subgraph=False,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """A model's graph as a `Diagram`: `to_string()` is its text for Graphviz, `create(format="svg")` its picture.

    Args:
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, show_layer_activations,
            show_trainable, splines: as in `plot_model`.
        subgraph: False: there are no parts of diagrams.

    Returns:
        `Diagram`.

    Raises:
        ValueError: something else than a model, one that does not know its input, or an unknown argument.
    """
    if kwargs:
        raise ValueError(
            f"`plot_model` and `model_to_dot` take no argument {next(iter(kwargs))!r}. Received: {checks.short(kwargs)}."
        )
    if not isinstance(model, Model):
        raise checks.refuse("model", "a model", model)
    if not model.built:
        raise ValueError(
            f"The model {model.name!r} must know the shape of its input: call `build`, or call it on data. "
            "Received: a model that is not built."
        )
    if subgraph:
        raise checks.refuse("subgraph", "False", subgraph)
    if rankdir not in ("TB", "LR"):
        raise checks.refuse("rankdir", "'TB' (from top to bottom) or 'LR' (from left to right)", rankdir)
    dpi = checks.number("dpi", dpi, 0, open_low=True)
    show = Show(show_shapes, show_dtype, show_layer_names, expand_nested, show_layer_activations, show_trainable)
    part = _part(model, show, rankdir == "LR").moved(MARGIN, MARGIN)
    return Diagram(
        part.boxes,
        part.frames,
        part.routes,
        part.edges,
        part.width + 2 * MARGIN,
        part.height + 2 * MARGIN,
        dpi,
        rankdir,
        model.name,
    )


class Show(NamedTuple):
    """What is written and drawn."""

    shapes: bool
    dtype: bool
    names: bool
    nested: bool
    activations: bool
    trainable: bool


# --------------------------------------------------------------------------------------------------- what to draw


class Contents(NamedTuple):
    """What a model is made of.

    Attributes:
        layers: layers and functions, in order.
        edges: `((source, which output), (target, which input))`.
        entries, exits: `(layer, which input)` for each input of the model, `(layer, which output)` for each output.
        tensors: `{layer: (its inputs, its outputs)}`.
    """

    layers: list
    edges: list
    entries: list
    exits: list
    tensors: dict


def _contents(model):
    if isinstance(model, Sequential):
        model._the_graph()  # so that all of its tensors are known
        layers, tensors = model.layers, [flatten(tensor) for tensor in model._tensors]
        pairs = dict(zip(layers, pairwise(tensors)))
        edges = [((above, 0), (below, 0)) for above, below in pairwise(layers)]
        return Contents(layers, edges, [(layers[0], 0)], [(layers[-1], 0)], pairs)
    if not isinstance(model, Functional):  # its graph is that of the data it met last
        pairs = {model: (model.inputs, model.outputs) if model._knows_graph() else ([], [])}
        return Contents([model], [], [(model, 0)], [(model, 0)], pairs)
    topology, edges, pairs = model._topology, {}, {}

    def origin(tensor):
        return topology.call_of(tensor).layer, tensor.index or 0

    for layer in topology.operations:
        calls = [call for call in topology.depths if call.layer is layer]
        for call in sorted(calls, key=layer._calls.index):
            edges.update(((origin(tensor), (layer, k)), None) for k, tensor in enumerate(call.inputs))
            pairs[layer] = call.inputs, call.outputs
    entries = [(topology.call_of(tensor).layer, 0) for tensor in model.inputs]
    exits = [origin(tensor) for tensor in model.outputs]
    return Contents(topology.operations, list(edges), entries, exits, pairs)


class Part(NamedTuple):
    """A model's boxes at their places, from (0, 0) on; of a model within a model, in a frame.

    Attributes:
        boxes, frames, routes, edges, width, height: as in `Diagram`.
        entries, exits: for each input of a model within a model, `(route from the frame's edge, the box's name)`; for each
            output, `(route to the frame's edge, the box's name)`.
    """

    boxes: list
    frames: list
    routes: list
    edges: list
    width: float
    height: float
    entries: list
    exits: list

    def moved(self, dx, dy):
        """The same elsewhere."""

        def shift(route):
            return [(x + dx, y + dy) for x, y in route]

        return self._replace(
            boxes=[box._replace(x=box.x + dx, y=box.y + dy) for box in self.boxes],
            frames=[frame._replace(x=frame.x + dx, y=frame.y + dy) for frame in self.frames],
            routes=[shift(route) for route in self.routes],
            entries=[(shift(route), name) for route, name in self.entries],
            exits=[(shift(route), name) for route, name in self.exits],
        )


def _part(model, show, sideways, framed=False):
    """The `Part` of a model."""
    found = _contents(model)
    inner = {
        layer: _part(layer, show, sideways, framed=True)
        for layer in found.layers
        if show.nested and layer is not model and isinstance(layer, (Functional, Sequential))
    }
    nodes = {layer: inner.get(layer) or _box(layer, show, found.tensors[layer]) for layer in found.layers}
    # Of a part, each input and output has a place of its own; of a box, no two edges join the same two.
    links = list(dict.fromkeys(tuple((layer, k if layer in inner else 0) for layer, k in edge) for edge in found.edges))
    if framed:  # where an edge crosses the frame, it leads from or to nothing
        links += [((None, k), entry) for k, entry in enumerate(found.entries)]
        links += [(leaving, (None, k)) for k, leaving in enumerate(found.exits)]
    centers, routes, width, height = _places(nodes, inner, links, sideways)
    part = Part([], [], [], [], width, height, [], [])
    for layer, node in nodes.items():
        x, y = centers[layer]
        left, top = x - node.width / 2, y - node.height / 2
        if layer in inner:
            inner[layer] = node.moved(left, top)
            for own, others in zip(part[:4], inner[layer][:4]):
                own += others
        else:
            part.boxes.append(node._replace(x=left, y=top))
    for ((source, output), (target, place)), route in zip(links, routes):
        begin, end = (None if layer is None else layer.name for layer in (source, target))
        if source in inner:
            before, begin = inner[source].exits[output]
            route = [*before, *route[1:]]
        if target in inner:
            after, end = inner[target].entries[place]
            route = [*route, *after[1:]]
        if source is None:
            part.entries.append((route, end))
        elif target is None:
            part.exits.append((route, begin))
        else:
            part.routes.append(route)
            part.edges.append((begin, end))
    return _framed(part, model.name, sideways) if framed else part


def _places(nodes, inner, links, sideways):
    """The center of each layer's box or part, the routes of the links, and the size of everything."""
    across = 1 if sideways else 0  # the axis of a row
    sizes = [(node.width, node.height) for node in nodes.values()]
    number = {layer: k for k, layer in enumerate(nodes)}
    edges, ports, last = [], {}, []
    for k, ((source, output), (target, place)) in enumerate(links):
        if source is None or target is None:  # where it crosses the frame, there is a box without size
            if target is None:
                last.append(len(sizes))
            sizes.append((0.0, 0.0))
        edges.append(tuple(number.get(layer, len(sizes) - 1) for layer in (source, target)))
        if source in inner:
            route, _ = inner[source].exits[output]
            ports[k, 0] = route[-1][across] - sizes[number[source]][across] / 2
        if target in inner:
            route, _ = inner[target].entries[place]
            ports[k, 1] = route[0][across] - sizes[number[target]][across] / 2
    if not sideways:
        placed = layout(sizes, edges, ports, last)
        return dict(zip(nodes, placed.centers)), placed.routes, placed.width, placed.height
    placed = layout([size[::-1] for size in sizes], edges, ports, last)
    centers = {layer: point[::-1] for layer, point in zip(nodes, placed.centers)}
    return centers, [[point[::-1] for point in route] for route in placed.routes], placed.height, placed.width


def _framed(part, title, sideways):
    """A part with a frame and a title; edges that cross the frame reach to it."""
    side, below = (0.0, INSET) if sideways else (INSET, 0.0)  # the ends of the rows have room already
    side += max(breadth(title, SMALL) + 2 * PAD - part.width - 2 * side, 0.0) / 2
    width, height = part.width + 2 * side, part.height + TITLE + below
    part = part.moved(side, TITLE)
    entries, exits = part.entries, part.exits
    if sideways:
        entries = [(_extended(route, (0.0, route[0][1]), first=True), name) for route, name in entries]
        exits = [(_extended(route, (width, route[-1][1])), name) for route, name in exits]
    else:
        entries = [(_extended(route, (route[0][0], 0.0), first=True), name) for route, name in entries]
    frames = [Frame(title, 0.0, 0.0, width, height), *part.frames]
    return part._replace(frames=frames, width=width, height=height, entries=entries, exits=exits)


def _extended(route, point, first=False):
    """A route with a straight line to a point at its end, or from one at its beginning."""
    if route[0 if first else -1] == point:
        return route
    return [point, point, route[0], *route] if first else [*route, route[-1], point, point]


def _box(layer, show, tensors):
    """A layer's box."""
    kind = layer.kind if isinstance(layer, Function) else type(layer).__name__
    lines, (inputs, outputs) = [], tensors
    activation = getattr(layer, "activation", None)
    if show.activations and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", str(activation))
        lines.append(("activation", name, TEXT))
    if show.shapes:
        for label, ends in (("input", inputs if kind != "InputLayer" else None), ("output", outputs)):
            shapes = [] if ends is None else [str(tensor.shape) for tensor in ends] or ["?"]
            lines += [("" if k else label, shape, TEXT) for k, shape in enumerate(shapes)]
    if show.dtype:
        lines.append(("dtype", ", ".join(dict.fromkeys(tensor.dtype for tensor in outputs)) or "?", TEXT))
    if show.trainable and layer.weights:
        lines.append(("trainable", *(YES if layer.trainable else NO)))
    head = (layer.name, kind) if show.names else (kind,)
    widths = [breadth(head[0], FONT, bold=True) + (PAD + breadth(kind, SMALL) if show.names else 0.0)]
    widths += [breadth(label, SMALL) + PAD + breadth(value, SMALL) for label, value, _ in lines]
    height = HEAD + (len(lines) * LINE + FOOT if lines else 0.0)
    return Box(layer.name, head, _colour(layer), tuple(lines), 0.0, 0.0, max(*widths, 40.0) + 2 * PAD, height)


def _colour(layer):
    for base in type(layer).__mro__:
        parts = base.__module__.split(".")
        if parts[:2] == ["cycnn", "layers"] and parts[2] in COLOURS:
            return COLOURS[parts[2]]
    return OTHER
