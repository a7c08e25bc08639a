"""Object detection: a network finds what is in a scene, and where, in a single pass.

    python -m cycnn.examples.object_detection
    python -m cycnn.examples.object_detection --epochs 30 --samples 4000 --output results

The scenes are generated: one to three discs, boxes and triangles on noise. The picture is divided into 8×8 cells. Each cell
says whether the middle of an object lies in it, where in the cell, how large the object is, and of what kind (Redmon et al.,
2016, "You only look once"). Of boxes that overlap much, only the surest is kept.

Bar: a mean average precision of at least 0.9, over the three kinds, where a box that was found is right if it shares at least
half of its union with a true one (mAP@0.5).
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, ops, optimizers, visualization
from cycnn.examples.common import start

KINDS = ("disc", "box", "triangle")
SIZE, CELLS = 64, 8  # pixels and cells of a side
CELL = SIZE // CELLS
Boxes = list[np.ndarray]  # for each picture (boxes, 5): x, y of the middle, width and height in pixels, and the kind


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, Boxes]:
    """Pictures (n, h, w, 3) from 0 to 1, and what is in them; the objects do not touch one another."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    pictures = random.uniform(0, 1, (number, 1, 1, 3)) * np.ones((SIZE, SIZE, 3))
    scenes = []
    for picture in pictures:
        boxes: list[tuple[float, ...]] = []
        while len(boxes) < 1 or (len(boxes) < 3 and random.uniform() < 0.6):
            kind, r = random.integers(0, 3), random.uniform(6, 12)
            cx, cy = random.uniform(r, SIZE - r, 2)
            if any(max(abs(cx - a), abs(cy - b)) < r + w / 2 for a, b, w, _, _ in boxes):
                continue
            dx, dy = x - cx, y - cy
            inside = (np.hypot(dx, dy) < r, np.maximum(abs(dx), abs(dy)) < r, (abs(dy) < r) & (abs(dx) < (dy + r) / 2))
            picture[inside[kind]] = (picture[0, 0] + random.uniform(0.25, 0.75, 3)) % 1  # never that of the background
            boxes.append((cx, cy, 2 * r, 2 * r, float(kind)))
        scenes.append(np.array(boxes))
    return (pictures + random.normal(0, 0.05, pictures.shape)).clip(0, 1).astype("float32"), scenes


def encode(scenes: Boxes) -> np.ndarray:
    """What the network should say, (n, cells, cells, 6): 1 where an object is, its place in the cell, the logarithm of its
    size in cells, its kind."""
    y = np.zeros((len(scenes), CELLS, CELLS, 6), np.float32)
    for grid, boxes in zip(y, scenes, strict=True):
        for cx, cy, w, h, kind in boxes:
            column, row = int(cx / CELL), int(cy / CELL)
            grid[row, column] = 1, cx / CELL - column, cy / CELL - row, np.log(w / CELL), np.log(h / CELL), kind
    return y


def decode(y: np.ndarray, least: float = 0.05) -> tuple[Boxes, list[np.ndarray]]:
    """The boxes in the network's answers (n, cells, cells, 5 + kinds), the surest first, and how sure they are, (boxes,)."""
    scenes, sure = [], []
    for grid in y:
        scores = 1 / (1 + np.exp(-grid[..., 0]))
        rows, columns = np.nonzero(scores > least)
        order = np.argsort(-scores[rows, columns])
        rows, columns = rows[order], columns[order]
        cells = grid[rows, columns]
        middles = (np.stack([columns, rows], axis=1) + cells[:, 1:3]) * CELL
        boxes = np.concatenate(
            [middles, np.exp(cells[:, 3:5]) * CELL, cells[:, 5:].argmax(axis=1)[:, np.newaxis]], axis=1
        )
        kept: list[int] = []
        for k, box in enumerate(boxes):  # non-maximum suppression
            if all(overlap(box, boxes[other]) < 0.4 for other in kept):
                kept.append(k)
        scenes.append(boxes[kept])
        sure.append(scores[rows, columns][kept])
    return scenes, sure


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes."""
    shared = np.minimum(a[:2] + a[2:4] / 2, b[:2] + b[2:4] / 2) - np.maximum(a[:2] - a[2:4] / 2, b[:2] - b[2:4] / 2)
    intersection = np.prod(shared.clip(0))
    return float(intersection / (a[2] * a[3] + b[2] * b[3] - intersection))


def mean_average_precision(scenes: Boxes, found: Boxes, sure: list[np.ndarray], threshold: float = 0.5) -> float:
    """The mean over the kinds of the area under precision by recall (Everingham et al., 2010)."""
    averages = []
    for kind in range(len(KINDS)):
        hits = []  # (how sure, whether right); each true box may be found once
        for true, boxes, scores in zip(scenes, found, sure, strict=True):
            left = [box for box in true if box[4] == kind]
            for box, score in zip(boxes, scores, strict=True):
                if box[4] == kind:
                    overlaps = [overlap(box, other) for other in left] or [0.0]
                    hits.append((score, max(overlaps) >= threshold))
                    if hits[-1][1]:
                        left.pop(overlaps.index(max(overlaps)))
        right = np.array([hit for _, hit in sorted(hits, key=lambda pair: -pair[0])], bool)
        precision = right.cumsum() / np.arange(1, len(right) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        averages.append(precision[right].sum() / sum((true[:, 4] == kind).sum() for true in scenes))
    return float(np.mean(averages))


def loss(y_true: np.ndarray, y_pred: np.ndarray) -> object:
    """Whether there is an object, from all cells; place, size and kind, from those with one."""
    here = y_true[..., 0]
    there = ops.binary_crossentropy(here, y_pred[..., 0], from_logits=True)
    place = ops.sum(ops.square(y_true[..., 1:5] - y_pred[..., 1:5]), axis=-1)
    kind = ops.sparse_categorical_crossentropy(y_true[..., 5], y_pred[..., 5:], from_logits=True)
    return ops.sum(there * 2 + here * (5 * place + kind), axis=(1, 2))


def build() -> models.Sequential:
    """Down to 8×8 cells, each of which sees far around."""
    network = models.Sequential([layers.Input((SIZE, SIZE, 3))])
    for filters in (12, 24, 48):
        network.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
        network.add(layers.BatchNormalization(momentum=0.9))
        network.add(layers.ReLU())
        network.add(layers.MaxPooling2D(2))
    for _ in range(2):
        network.add(layers.Conv2D(48, 3, padding="same", activation="relu"))
    network.add(layers.Conv2D(5 + len(KINDS), 1))
    return network


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns mAP@0.5."""
    options = start("object_detection", arguments, "Find shapes and their boxes.", epochs=20, samples=1500)
    x, scenes = generate(options.samples, options.random)
    x_test, scenes_test = generate(200, options.random)

    model = build()
    model.summary()
    steps = options.epochs * -(-len(x) // 8)
    model.compile(optimizers.Adam(optimizers.schedules.CosineDecay(3e-3, steps)), loss)
    model.fit(x, encode(scenes), batch_size=8, epochs=options.epochs)

    found, sure = decode(model.predict(x_test, verbose=0))
    score = mean_average_precision(scenes_test, found, sure)
    print(f"mAP@0.5: {score:.4f}")

    zoom = 4  # so that letters are small beside the objects

    def drawn(scenes: Boxes) -> dict[str, Boxes]:
        return {"boxes": [zoom * boxes[:, :4] for boxes in scenes[:9]], "labels": [boxes[:, 4] for boxes in scenes[:9]]}

    certain = [boxes[scores > 0.5] for boxes, scores in zip(found, sure, strict=True)]
    path = options.output / "object-detection.png"
    visualization.plot_bounding_box_gallery(
        x_test[:9].repeat(zoom, 1).repeat(zoom, 2), "center_xywh", drawn(scenes_test), drawn(certain), (0, 1),
        prediction_mapping=dict(enumerate(KINDS)), font_scale=1.5, text_thickness=1, legend=True, dpi=128, path=path,
    )  # fmt: skip
    print(f"Written: {path}")
    return score


if __name__ == "__main__":
    main()
