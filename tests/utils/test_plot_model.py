"""Drawings of models: what is in them, beside what the real Keras draws (recorded/plots.json), and where it lies."""

import io
import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, utils
from cycnn.utils.layered_layout import layout
from tests.recorded.answers import load

RECORDED = load("plots")["models"]
SVG = "{http://www.w3.org/2000/svg}"


def run(program):
    utils.clear_session()
    names = {"keras": cycnn, "np": np}
    exec(program, names)
    return names["model"]


# --------------------------------------------------------------------------------------------------- beside Keras


def edges_of(answer):
    names, edges = answer
    return {(names[a], names[b]) for a, b in edges}


@pytest.mark.parametrize("name", RECORDED)
def test_boxes_and_edges_are_those_of_keras(name):
    diagram = utils.model_to_dot(run(RECORDED[name]["program"]))
    assert [box.name for box in diagram.boxes] == RECORDED[name]["names"][0]
    assert set(diagram.edges) == edges_of(RECORDED[name]["names"])
    assert len(diagram.edges) == len(RECORDED[name]["names"][1])


# A model that is used in two places: we draw it in both, Keras 3.15 once, with arrows that lead back to it.
TWICE = "models_in_a_model"


@pytest.mark.parametrize("name", sorted(RECORDED.keys() - {TWICE}))
def test_models_within_models_are_those_of_keras(name):
    diagram = utils.model_to_dot(run(RECORDED[name]["program"]), expand_nested=True)
    assert sorted(box.name for box in diagram.boxes) == sorted(RECORDED[name]["nested"][0])
    assert set(diagram.edges) == edges_of(RECORDED[name]["nested"])


def test_a_model_in_two_places_is_drawn_in_both():
    diagram = utils.model_to_dot(run(RECORDED[TWICE]["program"]), expand_nested=True)
    assert [frame.title for frame in diagram.frames] == ["inner", "row", "inner"]
    names = [box.name for box in diagram.boxes]
    assert names == ["input_layer_1", "input_layer", "dense", "dense_1", "input_layer", "dense", "dense_2"]
    assert diagram.edges.count(("input_layer", "dense")) == 2


@pytest.mark.parametrize("name", RECORDED)
def test_what_boxes_say_is_what_keras_writes(name):
    diagram = utils.model_to_dot(
        run(RECORDED[name]["program"]),
        show_shapes=True,
        show_dtype=True,
        show_layer_activations=True,
        show_trainable=True,
    )
    for box, (title, kind, *texts) in zip(diagram.boxes, RECORDED[name]["all"], strict=True):
        assert (*box.head[:1], f"({box.head[1]})") == (title, kind)
        said = [(label, value) for label, value, _ in box.lines]
        assert dict(said).get("trainable") == {"Trainable": "yes", "Non-trainable": "no"}.get(texts[-1])
        labels = {
            "Activation:": "activation",
            "Input shape:": "input",
            "Output shape:": "output",
            "Output dtype:": "dtype",
        }
        for word, label in labels.items():
            value = texts[texts.index(word) + 1] if word in texts else None
            lines = [k for k, (own, _) in enumerate(said) if own == label]
            assert bool(lines) == (value is not None), (box.name, label)
            if value is None or value == "?":
                continue
            values = [said[lines[0]][1]]
            values += [v for own, v in said[lines[0] + 1 :] if not own][: value.count("(None") - 1]
            if label == "dtype":
                assert set(re.findall(r"\w+", value)) == set(values)
            else:
                assert (f"[{', '.join(values)}]" if value.startswith("[") else values[0]) == value, (box.name, label)


# -------------------------------------------------------------------------------------------------------- places


def residual_network():
    x = entry = layers.Input((16, 16, 3))
    for filters in (4, 8):
        y = layers.Conv2D(filters, 3, padding="same")(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same")(y)
        x = layers.Add()([y, x if x.shape[-1] == filters else layers.Conv2D(filters, 1)(x)])
        y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(filters, 3, padding="same")(y)])
    return models.Model(entry, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def inception_network():
    x = entry = layers.Input((8, 8, 8))
    for _ in range(2):
        branches = [
            layers.Conv2D(4, 1)(x),
            layers.Conv2D(4, 3, padding="same")(layers.Conv2D(2, 1)(x)),
            layers.Conv2D(4, 5, padding="same")(layers.Conv2D(2, 1)(x)),
            layers.Conv2D(4, 1)(layers.MaxPooling2D(3, 1, padding="same")(x)),
        ]
        x = layers.Concatenate()(branches)
    return models.Model(entry, x)


def u_net():
    x = entry = layers.Input((32, 32, 1))
    skipped = []
    for filters in (2, 4, 8):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        skipped.append(x)
        x = layers.MaxPooling2D()(x)
    for other in reversed(skipped):
        x = layers.Concatenate()([layers.UpSampling2D()(x), other])
        x = layers.Conv2D(other.shape[-1], 3, padding="same")(x)
    return models.Model(entry, x)


GRAPHS = {
    "residual": residual_network,
    "inception": inception_network,
    "u_net": u_net,
    **{name: lambda name=name: run(RECORDED[name]["program"]) for name in RECORDED},
}


def along(route, steps=24):
    """Points of a route, and the last one."""
    route = np.array(route)
    found = [route[:1]]
    t = np.linspace(0, 1, steps)[:, None]
    for k in range(1, len(route), 3):
        a, (b, c, d) = route[k - 1], route[k : k + 3]
        found.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.concatenate(found)


def inside(points, box, by=0.5):
    low, high = np.array([box.x, box.y]) + by, np.array([box.x + box.width, box.y + box.height]) - by
    return ((points > low) & (points < high)).all(axis=1)


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_on_anything_else(name, rankdir):
    diagram = utils.model_to_dot(GRAPHS[name](), show_shapes=True, expand_nested=True, rankdir=rankdir)
    for a, b in combinations(diagram.boxes, 2):
        apart = (
            a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
        )  # fmt: skip
        assert apart, f"{a.name} lies on {b.name}"
    for route, (source, target) in zip(diagram.routes, diagram.edges, strict=True):
        points = along(route)
        assert (points >= 0).all()
        assert (points <= [diagram.width, diagram.height]).all()
        for box in diagram.boxes:
            assert not inside(points, box).any(), f"the edge from {source} to {target} runs across {box.name}"
        for end, at in ((source, points[:1]), (target, points[-1:])):
            reached = [box.name for box in diagram.boxes if inside(at, box, by=-0.5).all()]
            assert reached == [end], f"the edge from {source} to {target} does not reach {end}"
    for frame in diagram.frames:
        for thing in (*diagram.boxes, *diagram.frames):
            corners = np.array([[thing.x, thing.y], [thing.x + thing.width, thing.y + thing.height]])
            assert inside(corners, frame, by=-0.01).sum() in (0, 2), "a frame holds a thing or does not"


@pytest.mark.parametrize("name", ["residual", "inception", "u_net", "an_input_of_no_use", "deep_and_wide"])
def test_edges_point_downwards(name):
    """All but those that close a circle: a layer that is used again behind itself."""
    diagram = utils.model_to_dot(GRAPHS[name]())
    tops = {box.name: box.y for box in diagram.boxes}
    assert all(tops[a] < tops[b] for a, b in diagram.edges)


def centers(diagram):
    return {box.name: box.x + box.width / 2 for box in diagram.boxes}


def test_a_chain_is_straight_and_skips_run_beside_it():
    utils.clear_session()
    found = utils.model_to_dot(u_net())
    x = centers(found)
    assert max(x.values()) - min(x.values()) < 0.01
    skips = [
        along(r) for r, (a, b) in zip(found.routes, found.edges) if a.startswith("conv") and b.startswith("concat")
    ]
    reach = sorted(points[:, 0].max() for points in skips)
    assert len(reach) == 3
    assert min(np.diff(reach)) > 5, "each skip has a column of its own"


def test_branches_are_in_the_middle_of_what_they_leave():
    utils.clear_session()
    x = centers(utils.model_to_dot(inception_network()))
    first = [x[name] for name in ("conv2d", "conv2d_1", "conv2d_3", "max_pooling2d")]
    assert min(np.diff(sorted(first))) > 40
    assert x["concatenate"] == pytest.approx((sorted(first)[1] + sorted(first)[2]) / 2, abs=8)


def crossings(found, edges):
    """Pairs of edges between the same two rows that cross."""
    ends = [(found.centers[a], found.centers[b]) for a, b in edges]
    return sum(
        a[0][1] == b[0][1] and a[1][1] == b[1][1] and (a[0][0] - b[0][0]) * (a[1][0] - b[1][0]) < 0
        for a, b in combinations(ends, 2)
    )


def test_edges_do_not_cross_where_they_need_not():
    """Six chains, given in an order in which all of them would cross."""
    edges = [(0, k) for k in range(1, 7)] + [(k, 13 - k) for k in range(1, 7)] + [(k, 13) for k in range(7, 13)]
    edges[:6] = edges[5::-1]
    assert crossings(layout([(50, 20)] * 14, edges), edges) == 0


@pytest.mark.parametrize("seed", range(6))
def test_any_graph_has_its_places(seed):
    random = np.random.default_rng(seed)
    count = 24
    edges = [(a, b) for b in range(1, count) for a in random.choice(b, min(b, random.integers(1, 4)), replace=False)]
    sizes = [(float(w), float(h)) for w, h in random.integers(20, 120, (count, 2))]
    found = layout(sizes, edges)
    for (a, (xa, ya)), (b, (xb, yb)) in combinations(enumerate(found.centers), 2):
        apart = abs(xa - xb) >= (sizes[a][0] + sizes[b][0]) / 2 or abs(ya - yb) >= (sizes[a][1] + sizes[b][1]) / 2
        assert apart, (a, b)
    assert all(found.centers[a][1] < found.centers[b][1] for a, b in edges)
    for route, (source, target) in zip(found.routes, edges):
        points = along(route)
        for k, ((x, y), (w, h)) in enumerate(zip(found.centers, sizes)):
            hit = (abs(points[:, 0] - x) < w / 2 - 0.5) & (abs(points[:, 1] - y) < h / 2 - 0.5)
            assert not hit.any(), (source, target, k)


# --------------------------------------------------------------------------------------------------------- files


def test_the_svg_holds_every_layer_and_every_edge_once(tmp_path):
    model = residual_network()
    path = tmp_path / "model.svg"
    utils.plot_model(model, path, show_shapes=True, show_layer_names=True)
    root = ET.parse(path).getroot()
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for layer in model.layers:
        assert texts.count(layer.name) == 1, layer.name
    assert len(root.findall(f"{SVG}g[@class='layer']")) == len(model.layers)
    connections = sum(len(call.inputs) for layer in model.layers for call in layer._calls)
    edges = root.findall(f"{SVG}g[@class='edge']")
    assert len(edges) == connections == 24
    width, height = (float(n) for n in root.get("viewBox").split()[2:])
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x")) < width
        assert 0 < float(text.get("y")) < height


def test_names_are_escaped():
    model = models.Sequential([layers.Input((3,)), layers.Dense(2, name='a<b&"c"'), layers.Dense(2)])
    root = ET.fromstring(utils.model_to_dot(model).to_svg())
    assert 'a<b&"c"' in [text.text for text in root.iter(f"{SVG}text")]
    assert root.find(f"{SVG}g[@class='edge']").get("data-from") == 'a<b&"c"'
    assert r'label="a<b&\"c\" Dense"' in utils.model_to_dot(model).to_string()


def test_texts_fit_into_their_boxes():
    """Measured with the letters that are drawn."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    from cycnn.utils.diagram import _texts

    diagram = utils.model_to_dot(residual_network(), show_shapes=True, show_dtype=True, show_layer_activations=True)
    names = "mmmmmmmmwwwwwwww@@@@", "CAPITAL_LETTERS_ALL_ALONG", "illimitable_jejunity", "0123456789_0123456789"
    wide = models.Sequential([layers.Input((2,)), *(layers.Dense(2, name=name) for name in names)])
    for box in diagram.boxes + utils.model_to_dot(wide).boxes:
        rows = {}
        for _, y, text, _, _, bold, size in _texts(box):
            path = TextPath((0, 0), text, size=size, prop=FontProperties(weight="bold" if bold else "normal"))
            rows[y] = rows.get(y, 0) + path.get_extents().width
        assert max(rows.values()) < box.width, box


def test_a_drawing_is_the_same_every_time():
    drawings = []
    for _ in range(2):
        utils.clear_session()
        drawings.append(utils.model_to_dot(inception_network(), show_shapes=True).to_svg())
    assert drawings[0] == drawings[1]


def test_png_pdf_and_text(tmp_path):
    from PIL import Image

    model = u_net()
    diagram = utils.plot_model(model, tmp_path / "model.png", dpi=144)
    with Image.open(tmp_path / "model.png") as image:
        assert np.allclose(image.size, (2 * diagram.width, 2 * diagram.height), atol=2)
        pixels = np.asarray(image.convert("RGB"))
    for box in diagram.boxes:  # each box's ground, to the left of its text, and the white beside it
        y, x = int(2 * (box.y + box.height / 2)), int(2 * box.x)
        colour = tuple(int(box.colour[k : k + 2], 16) for k in (1, 3, 5))
        assert tuple(pixels[y, x + 6]) == colour
    utils.plot_model(model, tmp_path / "without_ending")
    assert (tmp_path / "without_ending").read_bytes()[1:4] == b"PNG"
    utils.plot_model(model, tmp_path / "model.pdf")
    assert (tmp_path / "model.pdf").read_bytes()[:4] == b"%PDF"
    utils.plot_model(model, tmp_path / "model.dot", rankdir="LR")
    text = (tmp_path / "model.dot").read_text("utf-8")
    assert text.count(" -> ") == len(diagram.edges)
    assert "rankdir=LR" in text
    assert diagram.create(prog="dot", format="svg") == diagram._repr_svg_().encode()
    assert diagram.create(format="png")[1:4] == b"PNG"
    assert utils.plot_model(model, None).width == diagram.width


def test_svg_needs_no_matplotlib_and_png_says_that_it_does(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    model = u_net()
    utils.plot_model(model, tmp_path / "model.svg")
    with pytest.raises(ImportError, match=r"pip install matplotlib.*model\.svg"):
        utils.plot_model(model, tmp_path / "model.png")


def test_a_model_written_as_a_class_is_one_box():
    class Classifier(models.Model):
        def __init__(self):
            super().__init__(name="classifier")
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    model = Classifier()
    with pytest.raises(ValueError, match=r"shape of its input: call `build`"):
        utils.plot_model(model, io.BytesIO())
    model(np.zeros((2, 4)))
    (box,) = utils.model_to_dot(model, show_shapes=True).boxes
    assert box.head == ("classifier", "Classifier")
    assert [value for _, value, _ in box.lines] == ["(None, 4)", "(None, 3)"]


def test_titles_of_frames_lie_above_the_edges():
    """An edge enters a frame in its middle, where a long title is."""
    inner = models.Sequential([layers.Input((4,)), layers.Dense(2)], name="a_model_with_a_long_name")
    entry = layers.Input((4,))
    diagram = utils.model_to_dot(models.Model(entry, inner(entry)), expand_nested=True)
    kinds = [part.get("class") for part in ET.fromstring(diagram.to_svg())]
    assert kinds == [None, "frame", "edge", "title", "layer", "layer"]


def test_refusals():
    model = u_net()
    with pytest.raises(ValueError, match=r"`rankdir` must be 'TB' .* or 'LR'.*Received: rankdir='BT'"):
        utils.plot_model(model, rankdir="BT")
    with pytest.raises(ValueError, match=r"`model` must be a model"):
        utils.plot_model(layers.Dense(2))
    with pytest.raises(ValueError, match=r"no argument 'layer_range'"):
        utils.plot_model(model, layer_range=["a", "b"])
    with pytest.raises(ValueError, match=r"`dpi` must be a number above 0"):
        utils.plot_model(model, dpi=0)
