"""Make the pictures of the documentation, in `docs/pictures`: a network learns to tell drawn shapes, and is looked at.

    python docs/make_pictures.py        about half a minute; needs matplotlib and Pillow

The shapes are drawn here, from one seed, so nothing is downloaded and the pictures come out alike everywhere.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cycnn import config, layers, models, utils, visualization

PICTURES = Path(__file__).parent / "pictures"
SIZE, NAMES = 32, ["circle", "square", "triangle", "cross"]


def draw(kind, random):
    """A shape of a random colour at a random place on a ground that is not plain; and the box around it."""
    ramp = np.linspace(0, 1, SIZE)[:, None, None] * random.uniform(-90, 90, 3)
    ground = np.clip(random.uniform(60, 160, 3) + ramp + random.normal(0, 18, (SIZE, SIZE, 3)), 0, 255)
    picture = Image.fromarray(ground.astype(np.uint8))
    r = int(random.integers(5, 9))
    x, y = (int(k) for k in random.integers(r + 1, SIZE - r - 1, 2))
    colour = tuple(int(k) for k in random.choice([random.integers(190, 256, 3), random.integers(0, 40, 3)]))
    pen = ImageDraw.Draw(picture)
    if kind == 0:
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif kind == 1:
        pen.rectangle((x - r, y - r, x + r, y + r), fill=colour)
    elif kind == 2:
        pen.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=colour)
    else:
        pen.line((x - r, y, x + r, y), fill=colour, width=4)
        pen.line((x, y - r, x, y + r), fill=colour, width=4)
    return np.asarray(picture), (x - r, y - r, x + r, y + r)


def shapes(count, seed):
    """Pictures (count, 32, 32, 3) from 0 to 1, their classes and boxes."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, len(NAMES), count)
    drawn = [draw(kind, random) for kind in kinds]
    return np.stack([picture for picture, _ in drawn]) / np.float32(255), kinds, np.array([box for _, box in drawn])


def network():
    """Three blocks, the last two with a short cut."""
    x = entry = layers.Input((SIZE, SIZE, 3), name="picture")
    for k, filters in enumerate((16, 32, 64)):
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{k}")(x)
        y = layers.ReLU(name=f"relu{k}")(layers.BatchNormalization(momentum=0.9, name=f"norm{k}")(y))
        if k:
            y = layers.Add(name=f"add{k}")([y, layers.Conv2D(filters, 1, name=f"short{k}")(x)])
        x = layers.MaxPooling2D(name=f"pool{k}")(y) if k < 2 else y
    x = layers.Dropout(0.2, name="dropout")(layers.GlobalAveragePooling2D(name="means")(x))
    return models.Model(entry, layers.Dense(len(NAMES), activation="softmax", name="classes")(x), name="shapes")


def main():
    """Train, look, save."""
    config.set_num_threads(2)
    utils.set_random_seed(1)
    x, y, _ = shapes(3000, seed=1)
    x_test, y_test, boxes = shapes(400, seed=2)
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=8, batch_size=64, validation_data=(x_test, y_test), verbose=2)
    p = model.predict(x_test, verbose=0)

    visualization.plot_history(history, ["loss", "accuracy"], path=PICTURES / "history.png")
    visualization.plot_confusion_matrix(y_test, p, NAMES, path=PICTURES / "confusion.png")
    wrong = visualization.wrong_predictions(y_test, p)[:4]
    some = [*range(12 - len(wrong)), *wrong]
    visualization.plot_images(
        x_test[some], y_test[some], p[some], NAMES, columns=6, scale=1.2, path=PICTURES / "predictions.png"
    )

    one_each = [int(np.flatnonzero((y_test == k) & (p.argmax(axis=1) == k))[0]) for k in range(len(NAMES))]
    pictures = x_test[one_each]
    maps = {
        "saliency": visualization.smooth_grad(model, pictures, seed=0),
        "integrated gradients": visualization.integrated_gradients(model, pictures, baseline=pictures.mean(axis=(0, 1, 2))
                                                                   * np.ones((SIZE, SIZE, 1), np.float32)),
        "Grad-CAM": visualization.grad_cam(model, pictures),
        "occlusion": visualization.occlusion(model, pictures, size=8, stride=2, value=pictures.mean(axis=(0, 1, 2))),
    }  # fmt: skip
    rows = [np.uint8(pictures * 255), *(visualization.overlay(pictures, heat, alpha=0.75) for heat in maps.values())]
    cells = [row[k] for k in range(len(pictures)) for row in rows]
    titles = [title for name in NAMES for title in (name, *maps)]
    visualization.plot_images(cells, titles, columns=len(rows), scale=1.3, path=PICTURES / "heat_maps.png")

    visualization.plot_feature_maps(model, pictures[2], "relu0", columns=8, path=PICTURES / "feature_maps.png")
    liked = visualization.activation_maximization(model, "conv2", list(range(5)), seed=0)
    dream = visualization.deep_dream(model, pictures[3], {"relu1": 1.0, "relu2": 1.0}, steps=8, step_size=0.01)
    visualization.plot_images(
        [*liked, pictures[3], dream], [*(f"filter {k}" for k in range(5)), "a cross", "its dream"],
        columns=7, scale=1.1, path=PICTURES / "liked.png",
    )  # fmt: skip

    large = np.kron(np.uint8(pictures * 255), np.ones((1, 3, 3, 1), np.uint8))
    found = {"boxes": 3 * boxes[one_each][:, None] + 1.0, "labels": y_test[one_each][:, None]}
    visualization.plot_bounding_box_gallery(
        large, "xyxy", found, class_mapping=NAMES, rows=1, text_thickness=1, dpi=72, path=PICTURES / "boxes.png"
    )
    utils.plot_model(model, PICTURES / "model.svg", show_shapes=True, show_layer_names=True)

    for path in PICTURES.glob("*.png"):  # 96 colours are enough, and a third of the bytes
        with Image.open(path) as image:
            small = image.convert("RGB").quantize(96, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
