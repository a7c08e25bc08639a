"""Filters made by hand: what a convolution does, before anything is learned.

    python -m cycnn.examples.handcrafted_filters

A filter is a small matrix that slides over the picture; what comes out is large where the picture looks like it. Here
the numbers in it come from textbooks: two of them (Sobel) find edges. A network finds such numbers by itself.

The picture is drawn, so it is known where its edges are. Bar: an F1 score of the edges found of at least 0.9, under
noise that differs from seed to seed.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, visualization
from cycnn.examples.common import start

BLUR = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
FILTERS = {
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "vertical edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8,  # Sobel
    "horizontal edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]) / 8,
    "spots and lines": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 8,  # Laplace
    "relief": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]) / 2,
}


def draw(random: np.random.Generator, size: int = 96, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """A disc and a box on grey, with noise, (h, w) from 0 to 1; and where their edges are, (h, w) of booleans."""
    y, x = np.mgrid[:size, :size] / size
    shapes = np.full((size, size), 0.5)
    shapes[(x - 0.32) ** 2 + (y - 0.38) ** 2 < 0.22**2] = 0.9
    shapes[(abs(x - 0.72) < 0.17) & (abs(y - 0.66) < 0.24)] = 0.1
    edges = np.zeros((size, size), bool)
    edges[:, 1:] |= shapes[:, 1:] != shapes[:, :-1]
    edges[:, :-1] |= shapes[:, 1:] != shapes[:, :-1]
    edges[1:] |= shapes[1:] != shapes[:-1]
    edges[:-1] |= shapes[1:] != shapes[:-1]
    return shapes + random.normal(0, noise, shapes.shape), edges


def convolve(picture: np.ndarray, *kernels: np.ndarray) -> np.ndarray:
    """The answers of filters (kh, kw) to a picture (h, w): what a layer with these weights and no bias gives, (h, w, n)."""
    layer = layers.Conv2D(len(kernels), kernels[0].shape, padding="same", use_bias=False)
    model = models.Sequential([layers.Input((*picture.shape, 1)), layer])
    layer.set_weights([np.stack(kernels, axis=-1)[:, :, np.newaxis]])  # (kh, kw, channels in, filters)
    answers: np.ndarray = model.predict(picture[np.newaxis, ..., np.newaxis], verbose=0)[0]
    return answers


def find_edges(picture: np.ndarray, threshold: float = 0.092) -> np.ndarray:
    """Canny's first steps: less noise, then where the picture is steep in any direction, (h, w) of booleans."""
    smooth = convolve(picture, BLUR)[..., 0]
    slopes = convolve(smooth, FILTERS["vertical edges"], FILTERS["horizontal edges"])
    steep: np.ndarray = np.linalg.norm(slopes, axis=-1) > threshold
    reach = 3  # of blur and slope together: nearer to the border they see the zeros beyond it
    edges = np.zeros_like(steep)
    edges[reach:-reach, reach:-reach] = steep[reach:-reach, reach:-reach]
    return edges


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the F1 score of the edges."""
    options = start("handcrafted_filters", arguments, "Find edges with filters made by hand.")

    picture, edges = draw(options.random)
    maps = convolve(picture, *FILTERS.values())
    for name, answers in zip(FILTERS, np.moveaxis(maps, -1, 0), strict=True):
        print(f"{name:>16}: answers from {answers.min():.2f} to {answers.max():.2f}")

    found = find_edges(picture)
    f1 = float(2 * (found & edges).sum() / (found.sum() + edges.sum()))
    print(f"Edges: {edges.sum()} pixels, {found.sum()} found, F1 {f1:.3f}")

    path = options.output / "handcrafted-filters.png"
    pictures = [picture.clip(0, 1), *np.moveaxis(maps, -1, 0), found.astype("float32"), edges.astype("float32")]
    visualization.plot_images(pictures, ["picture", *FILTERS, "edges found", "true edges"], columns=3, path=path)
    print(f"Written: {path}")
    return f1


if __name__ == "__main__":
    main()
