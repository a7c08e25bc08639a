"""From pixels to convolutions, step by step: every number is computed by hand and by a layer, and both are compared.

    python -m cycnn.examples.from_scratch

    case 1    one weight for all pixels                        a dense layer would see a flat row of numbers
    case 2    two neighbours at a time                         the picture loses a column
    case 3    zeros around the picture                         it keeps its size, and its border counts as the rest
    case 4    several pairs of weights                         one answer each, side by side: channels
    case 5    weights with rows and columns                    the convolution of networks

Then a whole 6×6 picture, strides, pooling, the sizes that come out; and last, weights that are not chosen but learned: a
layer sees pictures with the edges that a filter found in them, and finds that filter.

Bar: by hand and by layer differ by at most 1e-5 of the largest number, and the learned weights by at most 0.01.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.examples.common import start

Sides = tuple[int, int]  # zeros above and below, and at the left and the right

FOUR = np.array([  # ink on paper: the digit 4
    [0, 0, 9, 0],
    [0, 9, 9, 0],
    [9, 0, 9, 0],
    [9, 9, 9, 9],
    [0, 0, 9, 0],
])  # fmt: skip
PICTURE = np.array([
    [18, 54, 51, 239, 244, 188],
    [55, 121, 75, 78, 95, 88],
    [35, 24, 204, 113, 109, 221],
    [3, 154, 104, 235, 25, 130],
    [15, 253, 225, 159, 78, 233],
    [68, 85, 180, 214, 245, 0],
])  # fmt: skip
CROSS = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
EDGES = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])  # Sobel's filter for vertical edges


def by_hand(picture: np.ndarray, weights: np.ndarray, stride: int = 1, padding: Sides = (0, 0)) -> np.ndarray:
    """Σ picture(stride i + a, stride j + b) weights(a, b), for each place (i, j) where the weights fit."""
    picture = np.pad(picture, [(side, side) for side in padding])
    height, width = ((n - k) // stride + 1 for n, k in zip(picture.shape, weights.shape, strict=True))
    answers = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            window = picture[i * stride : i * stride + weights.shape[0], j * stride : j * stride + weights.shape[1]]
            answers[i, j] = np.sum(window * weights)
    return answers


def by_layer(picture: np.ndarray, *weights: np.ndarray, stride: int = 1, padding: Sides = (0, 0)) -> np.ndarray:
    """The same for several weights, (h, w, filters): a picture in a batch of one, with one channel."""
    convolution = layers.Conv2D(len(weights), weights[0].shape, strides=stride, use_bias=False)
    model = models.Sequential([layers.Input((*picture.shape, 1)), layers.ZeroPadding2D(padding), convolution])
    convolution.set_weights([np.stack(weights, axis=-1)[:, :, np.newaxis]])
    answers: np.ndarray = model.predict(picture[np.newaxis, ..., np.newaxis], verbose=0)[0]
    return answers


def show(title: str, picture: np.ndarray, *weights: Any, stride: int = 1, padding: Sides = (0, 0)) -> float:
    """Print what each of these weights makes of a picture; returns how far hand and layer are apart."""
    kernels = [np.array(kernel, float) for kernel in weights]
    answers = by_layer(picture, *kernels, stride=stride, padding=padding)
    apart = 0.0
    for k, kernel in enumerate(kernels):
        expected = by_hand(picture, kernel, stride, padding)
        apart = max(apart, float(abs(answers[..., k] - expected).max() / abs(expected).max()))
        print(f"\n{title}: {' x '.join(map(str, picture.shape))} with {kernel.tolist()} gives "
              f"{' x '.join(map(str, expected.shape))}")  # fmt: skip
        print(np.array2string(expected, suppress_small=True, precision=1))
    return apart


def learn(kernel: np.ndarray, epochs: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weights that a layer finds from pictures and what `kernel` makes of them; a picture, and what they make of it."""
    pictures = random.normal(size=(256, 12, 12, 1)).astype("float32")
    wanted = np.stack([by_hand(picture[..., 0], kernel) for picture in pictures])[..., np.newaxis]
    model = models.Sequential([layers.Input((12, 12, 1)), layers.Conv2D(1, 3)])
    model.compile(optimizers.Adam(0.05), loss="mse")
    model.fit(pictures, wanted, epochs=epochs, batch_size=32, verbose=0)
    return model.layers[0].get_weights()[0][:, :, 0, 0], pictures[0], model.predict(pictures[:1], verbose=0)[0]


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the largest difference between learned and true weights."""
    options = start("from_scratch", arguments, "From pixels to convolutions.", epochs=20)

    apart = [
        show("Case 1, one weight", FOUR, [[0.3]]),
        show("Case 2, two neighbours", FOUR, [[1, 0.3]]),
        show("Case 3, zeros around", FOUR, [[1, 0.3]], padding=(0, 1)),
        show("Case 4, two pairs of weights", FOUR, [[1, 0.3]], [[0.1, 5]]),
        show("Case 5, rows and columns", FOUR, [[1, 0.3], [0.3, 1]]),
        show("A larger picture", PICTURE, CROSS),
        show("Two steps at a time", PICTURE, CROSS, stride=2),
        show("Same size", PICTURE, CROSS, padding=(1, 1)),
    ]
    print(f"\nBy hand and by layer: at most {max(apart):.1e} apart")
    if max(apart) > 1e-5:
        raise ArithmeticError(f"Loops and layers must agree to 1e-5. Received: a difference of {max(apart):.1e}.")

    pooling = models.Sequential([layers.Input((6, 6, 1)), layers.MaxPooling2D(2)])
    print("\nThe largest of each 2 x 2:\n", pooling.predict(PICTURE[np.newaxis, ..., np.newaxis], verbose=0)[0, ..., 0])

    print("\nSizes, (W - F + 2 P) / S + 1, of a 32 x 32 x 3 picture and 10 filters:")
    for size, stride, padding in ((5, 1, "valid"), (3, 1, "valid"), (3, 1, "same"), (3, 2, "valid")):
        layer = layers.Conv2D(10, size, strides=stride, padding=padding)
        print(f"  {size} x {size} x 3, stride {stride}, {padding}: {layer.compute_output_shape((1, 32, 32, 3))[1:]}")

    found, picture, answers = learn(EDGES, options.epochs, options.random)
    error = float(abs(found - EDGES).max())
    print(f"\nLearned from examples, at most {error:.4f} from Sobel's filter:\n{found.round(3)}")

    path = options.output / "from-scratch.png"
    pictures = [FOUR, by_hand(FOUR, np.array([[1, 0.3]])), by_hand(FOUR, np.array([[1, 0.3], [0.3, 1]])),
                PICTURE, by_hand(PICTURE, CROSS), found, picture[..., 0], answers[..., 0]]  # fmt: skip
    titles = ["picture", "case 2", "case 5", "6x6", "with a cross", "learned", "picture", "its answers"]
    visualization.plot_images([(p - p.min()) / np.ptp(p) for p in pictures], titles, columns=4, path=path)
    print(f"Written: {path}")
    return error


if __name__ == "__main__":
    main()
