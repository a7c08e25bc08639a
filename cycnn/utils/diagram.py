"""Diagram: boxes, frames and arrows at their places, which write themselves as SVG, PNG or text for Graphviz.

Lengths are points, 72 to the inch; an SVG shows them as its units.
"""

import os
from typing import NamedTuple
from xml.sax.saxutils import escape

FONT, SMALL = 10.0, 8.5  # sizes of the letters
HEAD, LINE = 20.0, 13.0  # height of a box's head, and of each of its lines
FOOT, PAD = 6.0, 8.0  # room below the lines, and at the ends of each
TITLE, HALO = 18.0, 3.0  # height of a frame's title, and breadth of the ground around its letters
RADIUS, ARROW = 4.0, 6.0
LINES, TEXT, FAINT, GROUND, FRAME = "#64748b", "#1e293b", "#64748b", "#ffffff", "#f1f5f9"

# Breadths of DejaVu Sans's letters at size 1, by groups; bold letters are broader.
BREADTHS = dict.fromkeys("iljI|.,:;'!()[]/ -", 0.36) | dict.fromkeys("mwMW%@", 0.95)
CAPITAL, LETTER, BOLD = 0.7, 0.62, 1.12


def breadth(text, size, bold=False):
    """About how broad a text is."""
    letters = sum(BREADTHS.get(letter, CAPITAL if letter.isupper() else LETTER) for letter in text)
    return letters * size * (BOLD if bold else 1.0)


class Box(NamedTuple):
    """A layer, and where its upper left corner is.

    Attributes:
        name: by which edges know it.
        head: one text, or two: the left one and the right one.
        colour: of the head.
        lines: tuples of a label, a value and its colour.
    """

    name: str
    head: tuple
    colour: str
    lines: tuple
    x: float
    y: float
    width: float
    height: float


class Frame(NamedTuple):
    """A model within the model."""

    title: str
    x: float
    y: float
    width: float
    height: float


class Diagram:
    """A drawn graph. Notebooks show it.

    Attributes:
        boxes, frames: lists of `Box` and `Frame`.
        routes: for each edge a list of points: the first, then for each Bézier curve two control points and the end.
        edges: for each edge the names of the layers that it joins.
        width, height: in points.
        dpi: dots per inch of pictures made of pixels.
    """

    def __init__(self, boxes, frames, routes, edges, width, height, dpi=200, rankdir="TB", name="model"):
        self.boxes, self.frames, self.routes, self.edges = boxes, frames, routes, edges
        self.width, self.height, self.dpi, self.rankdir, self.name = width, height, dpi, rankdir, name

    def __repr__(self):
        return f"<Diagram of {len(self.boxes)} layers and {len(self.edges)} edges, {self.width:.0f} × {self.height:.0f} points>"

    def _repr_svg_(self):
        return self.to_svg()

    def write(self, path, format=None):  # noqa: A002
        """Save the picture.

        Args:
            path: file.
            format: `"svg"`, `"png"`, `"pdf"`, another format of matplotlib's, or `"dot"`, text for Graphviz; by default
                what the path ends with, else PNG.

        Raises:
            ImportError: there is no matplotlib, and the format is neither SVG nor text.
            ValueError: an unknown format.
        """
        path = os.fspath(path)
        kind = (format or os.path.splitext(path)[1].lstrip(".") or "png").lower()
        if kind in ("svg", "dot"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.to_svg() if kind == "svg" else self.to_string())
        else:
            self._save_drawn(path, kind)

    def create(self, prog=None, format="svg"):  # noqa: A002
        """The picture as bytes: `create(prog="dot", format="svg")`, as programs ask pydot. No program is run."""
        import io

        if format in ("svg", "dot"):
            return (self.to_svg() if format == "svg" else self.to_string()).encode()
        buffer = io.BytesIO()
        self._save_drawn(buffer, format)
        return buffer.getvalue()

    def to_string(self):
        """The graph in the language of Graphviz, which lays it out anew."""
        numbers = {box.name: k for k, box in enumerate(self.boxes)}
        lines = [f"digraph {_quoted(self.name)} {{", f"  rankdir={self.rankdir};", "  node [shape=box, style=rounded];"]
        for k, box in enumerate(self.boxes):
            rows = [" ".join(box.head), *(f"{label} {value}".strip() for label, value, _ in box.lines)]
            lines.append(f"  n{k} [label={_quoted(chr(10).join(rows))}];")
        lines += [f"  n{numbers[a]} -> n{numbers[b]};" for a, b in self.edges]
        return "\n".join([*lines, "}", ""])

    def to_svg(self):
        """The picture as SVG."""
        size = f"{self.width:.0f}", f"{self.height:.0f}"
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
            f'viewBox="0 0 {size[0]} {size[1]}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="{SMALL}">',
            f'<rect width="100%" height="100%" fill="{GROUND}"/>',
        ]
        out += map(self._svg_frame, self.frames)
        for route, (source, target) in zip(self.routes, self.edges):
            (x0, y0), *rest = route
            path = f"M{x0:.1f} {y0:.1f}" + "".join(
                f"C{' '.join(f'{x:.1f} {y:.1f}' for x, y in rest[k : k + 3])}" for k in range(0, len(rest), 3)
            )
            tip = " ".join(f"{x:.1f},{y:.1f}" for x, y in _arrow(route))
            out.append(
                f'<g class="edge" data-from="{_attribute(source)}" data-to="{_attribute(target)}">'
                f'<path d="{path}" fill="none" stroke="{LINES}" stroke-width="1.1"/>'
                f'<polygon points="{tip}" fill="{LINES}"/></g>'
            )
        out += map(self._svg_title, self.frames)  # above the edges, some of which run behind them
        out += map(self._svg_box, self.boxes)
        return "\n".join([*out, "</svg>", ""])

    @staticmethod
    def _svg_frame(frame):
        return (
            f'<rect class="frame" x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" '
            f'height="{frame.height:.1f}" rx="{RADIUS}" fill="{FRAME}" stroke="{LINES}" stroke-width="0.8" '
            f'stroke-dasharray="4 3"/>'
        )

    @staticmethod
    def _svg_title(frame):
        title = _svg_text(frame.x + PAD, frame.y + TITLE / 2, frame.title, FAINT, "start")
        return f'<g class="title" paint-order="stroke" stroke="{FRAME}" stroke-width="{HALO}">{title}</g>'

    @staticmethod
    def _svg_box(box):
        x, y, w, h, r = box.x, box.y, box.width, box.height, RADIUS
        place = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r}"'
        out = [f'<g class="layer"><rect {place} fill="{GROUND if box.lines else box.colour}"/>']
        if box.lines:
            corners = f"a{r} {r} 0 0 1 {r} -{r}h{w - 2 * r:.1f}a{r} {r} 0 0 1 {r} {r}"
            out.append(f'<path d="M{x:.1f} {y + HEAD:.1f}v-{HEAD - r}{corners}v{HEAD - r}z" fill="{box.colour}"/>')
        out += [_svg_text(*text) for text in _texts(box)]
        out.append(f'<rect {place} fill="none" stroke="{box.colour}"/></g>')
        return "".join(out)

    def _save_drawn(self, target, kind):
        """Draw with matplotlib, point by point what the SVG shows."""
        try:
            from matplotlib.figure import Figure
            from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
            from matplotlib.path import Path
            from matplotlib.patheffects import withStroke
        except ImportError as error:
            raise ImportError(
                f"To draw a model as {kind}, matplotlib is needed: pip install matplotlib. SVG needs nothing: "
                "`to_file='model.svg'`."
            ) from error
        figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=self.dpi, facecolor=GROUND)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, self.width)
        axes.set_ylim(self.height, 0)
        style = f"round,pad=0,rounding_size={RADIUS}"

        def rectangle(x, y, w, h, **kwargs):
            return axes.add_patch(FancyBboxPatch((x, y), w, h, boxstyle=style, **kwargs))

        def write(x, y, text, colour, anchor, bold, font):
            return axes.text(
                x, y, text, color=colour, fontsize=font, fontweight="bold" if bold else "normal", parse_math=False,
                ha={"start": "left", "middle": "center", "end": "right"}[anchor], va="center_baseline",
            )  # fmt: skip

        for frame in self.frames:
            rectangle(*frame[1:], facecolor=FRAME, edgecolor=LINES, linewidth=0.8, linestyle=(0, (5, 4)))
        for route in self.routes:
            codes = [Path.MOVETO] + [Path.CURVE4] * (len(route) - 1)
            axes.add_patch(PathPatch(Path(route, codes), facecolor="none", edgecolor=LINES, linewidth=1.1))
            axes.add_patch(Polygon(_arrow(route), facecolor=LINES, edgecolor="none"))
        for frame in self.frames:
            title = write(frame.x + PAD, frame.y + TITLE / 2, frame.title, FAINT, "start", False, SMALL)
            title.set_path_effects([withStroke(linewidth=HALO, foreground=FRAME)])
        for box in self.boxes:
            place = box.x, box.y, box.width, box.height
            ground = rectangle(*place, facecolor=GROUND if box.lines else box.colour, edgecolor="none")
            if box.lines:
                head = Rectangle((box.x, box.y), box.width, HEAD, facecolor=box.colour, edgecolor="none")
                axes.add_patch(head)
                head.set_clip_path(ground)
            rectangle(*place, facecolor="none", edgecolor=box.colour, linewidth=1.0)
            for text in _texts(box):
                write(*text)
        figure.savefig(target, format=kind, dpi=self.dpi)


def _texts(box):
    """The texts of a box: x, y, text, colour, anchor, bold, size."""
    middle, left, right = box.y + HEAD / 2, box.x + PAD, box.x + box.width - PAD
    if len(box.head) == 1:
        yield box.x + box.width / 2, middle, box.head[0], GROUND, "middle", True, FONT
    else:
        yield left, middle, box.head[0], GROUND, "start", True, FONT
        yield right, middle, box.head[1], GROUND, "end", False, SMALL
    for k, (label, value, colour) in enumerate(box.lines):
        y = box.y + HEAD + FOOT / 2 + (k + 0.5) * LINE
        if label:
            yield left, y, label, FAINT, "start", False, SMALL
        yield right, y, value, colour, "end", False, SMALL


def _arrow(route):
    """The corners of the tip at a route's end."""
    (x0, y0), (x1, y1) = route[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    dx, dy = (x1 - x0) / length * ARROW, (y1 - y0) / length * ARROW
    return [(x1, y1), (x1 - dx - 0.45 * dy, y1 - dy + 0.45 * dx), (x1 - dx + 0.45 * dy, y1 - dy - 0.45 * dx)]


def _svg_text(x, y, text, colour, anchor, bold=False, size=SMALL):
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y + 0.36 * size:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{escape(text)}</text>"
    )


def _attribute(text):
    return escape(text, {'"': "&quot;"})


def _quoted(text):
    """A string in the language of Graphviz."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
