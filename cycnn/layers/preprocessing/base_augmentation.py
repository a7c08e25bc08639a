"""What layers that change pictures at random share."""

import numpy as np

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.random import SeedGenerator, generator
from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten
from cycnn.engine.graph import Memory, Operation, SymbolicTensor, per_sample
from cycnn.layers.layer import Layer, as_arrays, global_data_format
from cycnn.layers.regularization.base_noise import key
from cycnn.ops.layout import Transpose

LAST, FIRST = (2, 3, 1), (3, 1, 2)  # orders of axes: channels to the end, and back


class BaseAugmentation(Layer):
    """Changes each picture of a batch in a way of its own while training, and none in inference.

    A leaf says how many numbers it draws for a picture (`draws`, each between 0 and 1) and what follows from them
    (`_augmented`). In a model they follow from (seed, step, place in the model, place in the batch), like all random
    numbers; a layer that is called on arrays draws them itself: its own `seed` gives the same ones in every program.

    Called on arrays, the layer acts unless `training=False`; it takes a batch (n, h, w, c), one picture (h, w, c), or a
    dictionary with `"images"`. Of the dictionary, `"segmentation_masks"` move as the images do, and everything else
    stays.
    """

    exact_ndim = 4
    built_from_start = True
    draws = 1
    moves = False  # whether pixels change their places: then masks do, too

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = None if seed is None else checks.non_negative_int("seed", seed)
        self.data_format = global_data_format(data_format)
        self._seeds = None if seed is None else SeedGenerator(self.seed)

    def __call__(self, x, *args, **kwargs):
        if any(isinstance(leaf, SymbolicTensor) for leaf in flatten(x)):
            if isinstance(x, dict):
                self._refuse_input("arrays in dictionaries, and in models the images alone", checks.short(x))
            return super().__call__(x, *args, **kwargs)
        training = bool(kwargs.get("training", True))
        if isinstance(x, dict):
            return self._on_dictionary(x, training)
        return self._on_arrays(x, training, None)

    def _on_dictionary(self, data, training):
        if "images" not in data or "bounding_boxes" in data:
            self._refuse_input("a dictionary with 'images', and without 'bounding_boxes'", f"keys {list(data)}")
        images = as_arrays(data["images"], "images")
        numbers = self._numbers(1 if images.ndim == 3 else images.shape[0])
        found = {**data, "images": self._on_arrays(images, training, numbers)}
        if self.moves and "segmentation_masks" in data:
            masks = np.asarray(data["segmentation_masks"])
            moved = self._on_arrays(masks, training, numbers, is_mask=True)
            found["segmentation_masks"] = moved.astype(masks.dtype)
        return found

    def _on_arrays(self, x, training, numbers, is_mask=False):
        x = as_arrays(x, f"The input of layer {self.name!r} ({type(self).__name__})")
        if isinstance(x, (list, tuple)):
            self._refuse_input("one array", f"a list of {len(x)}")
        if x.ndim == 3:
            return self._on_arrays(x[None], training, numbers, is_mask)[0]
        self._check_input(x.shape)
        if numbers is None and training:
            numbers = self._numbers(x.shape[0])
        more = {"is_mask": True} if is_mask else {}
        return super().__call__(x, numbers=numbers, training=training, **more)

    def _numbers(self, samples):
        """Numbers for so many pictures; others at each call."""
        return generator(self._seeds).random((samples, self.draws), np.float32)

    def call(self, x, numbers=None, is_mask=False, training=True):
        if not training:
            return self._at_rest(x, is_mask)
        if numbers is None:
            numbers = Uniform(self.draws, self.seed).record(x)
        first = self.data_format == "channels_first"
        x = Transpose(LAST).record(x) if first else x
        y = self._augmented(x, numbers, is_mask)
        return Transpose(FIRST).record(y) if first else y

    def _at_rest(self, x, is_mask):
        """What inference makes of the input."""
        return x

    def _augmented(self, x, numbers, is_mask):
        """What training makes of pictures (n, h, w, c), or of masks, by these numbers (n, draws)."""
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "seed": self.seed, "data_format": self.data_format}


class Uniform(Operation):
    """Numbers between 0 and 1 for each sample of a batch, whatever is in it."""

    def __init__(self, size, seed):
        self.size, self.seed = size, seed

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], self.size)))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.elementwise.random_uniform, y, emit.state, key(emit, self.seed))

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.layout.zero, dx.view(dx.size))


class Resample(Operation):
    """Pictures through affine maps that are drawn for each of them: of pictures (n, h, w, c) and numbers (n, draws).

    Args:
        kind: one of the kernels' `MAPS`; `bounds`: four numbers for it.
        mode: one of the kernels' `MODES`; `fill`: the number for `"constant"`.
        bilinear: whether pixels are mixed.
        size: height and width of the output; None: the input's.
    """

    def __init__(self, kind, bounds, mode="nearest", bilinear=False, fill=0.0, size=None):
        self.kind, self.bounds, self.size = kind, tuple(map(float, bounds)), size
        self.mode, self.bilinear, self.fill = mode, bilinear, float(fill)

    def memory(self, x):
        n, h, w, c = x[0].shape
        return Memory(TensorSpec((n, *(self.size or (h, w)), c)), {"map": per_sample((6,))})

    def flops(self, x):
        return 8 * self.output_spec(x).size

    def forward(self, emit, x, y, work, *, training):
        image, (x, numbers) = kernels.image, x
        emit(image.draw_map, numbers, work["map"], image.MAPS[self.kind], 0, *x.shape[:2], *self.bounds)
        emit(image.warp, x, work["map"], y, image.MODES[self.mode], self.bilinear, self.fill, units=y.shape[0])

    def backward(self, emit, x, y, dy, dx, work):
        image, (dx, dnumbers) = kernels.image, dx
        if dx is not None:
            emit(image.warp_backward, dy, work["map"], dx, image.MODES[self.mode], self.bilinear)
        if dnumbers is not None:
            emit(kernels.layout.zero, dnumbers)


def bounds(name, value, low, high, *, open_low=False, least=None):
    """A factor as a pair `(lower, upper)`: of one number f, (-f, f) within `[low, high]`.

    Args:
        least: the lower bound that one number gives, instead of its negative.
    """
    pair = value if isinstance(value, (list, tuple)) else (value,)
    try:
        found = sorted(checks.number(name, part, low, high, open_low=open_low) for part in pair)
    except ValueError:
        found = []
    if len(pair) > 2 or not found:
        interval = f"{'above' if open_low else 'of at least'} {low} and at most {high}"
        raise checks.refuse(name, f"a number {interval}, or a pair of them", value)
    if len(found) == 1:
        (size,) = map(abs, found)
        return (max(-size, low) if least is None else least), size
    return tuple(found)
