"""What the programs share: their arguments, and handwritten digits to learn from."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cycnn import config, utils
from cycnn.datasets import digits, mnist

try:
    import matplotlib
except ImportError as error:
    raise ImportError('The examples draw with matplotlib: pip install "cycnn[examples]"') from error

matplotlib.use("Agg")  # figures become files: no window is needed

Pair = tuple[np.ndarray, np.ndarray]  # images (n, 28, 28, 1) from 0 to 1, and labels (n,)


def start(
    name: str,
    arguments: Sequence[str] | None,
    description: str,
    *,
    epochs: int | None = None,
    samples: int | None = None,
    **choices: Sequence[str],
) -> argparse.Namespace:
    """Read the arguments, set seed and threads, make the folder for the results.

    Args:
        name: of the program.
        arguments: those of the command line if None.
        description: one sentence for `--help`.
        epochs, samples: defaults of `--epochs` and `--samples`; without a default there is no such argument.
        choices: for each argument more, what it may be; the first is the default.

    Returns:
        The arguments, and `random`, a generator of NumPy that starts from the seed.
    """
    parser = argparse.ArgumentParser(prog=f"python -m cycnn.examples.{name}", description=description)
    if epochs is not None:
        parser.add_argument("--epochs", type=int, default=epochs, help=f"passes over the data (default: {epochs})")
    if samples is not None:
        parser.add_argument("--samples", type=int, default=samples, help=f"to learn from (default: {samples})")
    for choice, values in choices.items():
        parser.add_argument(f"--{choice}", choices=values, default=values[0], help=f"default: {values[0]}")
    parser.add_argument("--threads", type=int, help="threads at most (default: as many as there are CPUs)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same result, on any number of threads")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the results")
    options = parser.parse_args(arguments)
    if options.threads is not None:
        config.set_num_threads(options.threads)
    utils.set_random_seed(options.seed)
    options.random = np.random.default_rng(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    return options


def handwritten(samples: int) -> tuple[str, Pair, Pair]:
    """The name of the data set, so many of its training images, and its test images: MNIST, or scikit-learn's digits.

    The digits come with scikit-learn, so that there is always something to learn. They are easier than MNIST: what is
    reached on them is not comparable.
    """
    try:
        name, ((x, y), (x_test, y_test)) = "MNIST", mnist.load_data()
    except OSError as error:
        print(f"MNIST was not found and could not be downloaded: {error}")
        print("Learning from scikit-learn's digits instead: 1,797 images of 8x8 pixels, enlarged. This is not MNIST.")
        name, ((x, y), (x_test, y_test)) = "digits", digits.load_data()
    x, x_test = (images[..., np.newaxis].astype("float32") / 255 for images in (x[:samples], x_test))
    print(f"{name}: {len(x)} images for training, {len(x_test)} for testing")
    return name, (x, y[:samples]), (x_test, y_test)
