"""What layers share that mix pictures with others of their batch."""

import numpy as np

from cycnn.core import checks
from cycnn.core.random import SeedGenerator, generator
from cycnn.core.structure import flatten
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.layer import Layer, as_arrays, global_data_format


class BaseMixing(Layer):
    """Mixes each picture of a batch, and its label, with another picture of it while training.

    It is called on arrays, as `dataset.map` does it, since labels do not pass through a model: on a dictionary with
    `"images"`, `"labels"` and whatever stays as it is, or on the images alone. It acts unless `training=False`. A leaf
    says how: `_plan` draws what `_mixed` and `_shares` then need.
    """

    built_from_start = True

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = None if seed is None else checks.non_negative_int("seed", seed)
        self.data_format = global_data_format(data_format)
        self._seeds = None if seed is None else SeedGenerator(self.seed)

    def __call__(self, data, *, training=None):
        if any(isinstance(leaf, SymbolicTensor) for leaf in flatten(data)):
            self._refuse_input(
                "arrays: it changes labels too, and so belongs before the model: dataset.map(layer)", checks.short(data)
            )
        parts = data if isinstance(data, dict) else {"images": data}
        if "images" not in parts or not {"bounding_boxes", "segmentation_masks"}.isdisjoint(parts):
            self._refuse_input("a dictionary with 'images', without boxes and masks", f"keys {list(parts)}")
        images = np.asarray(as_arrays(parts["images"], f"The input of layer {self.name!r}"), np.float32)
        if images.ndim not in (3, 4):
            self._refuse_input("a batch of pictures (n, h, w, c), or one picture", f"shape={images.shape}")
        found = {**parts, "images": images}
        if images.ndim == 4 and (training is None or training):
            random = generator(self._seeds)
            other, plan = random.permutation(len(images)), self._plan(random, images.shape)
            found["images"] = self._mixed(images, images[other], plan)
            if "labels" in parts:
                labels = np.asarray(parts["labels"], np.float32)
                share = self._shares(plan, images.shape).reshape(-1, *(1,) * (labels.ndim - 1))
                found["labels"] = share * labels + (1 - share) * labels[other]
        return found if isinstance(data, dict) else found["images"]

    def _plan(self, random, shape):
        """What is drawn for a batch of pictures of this shape."""
        raise NotImplementedError

    def _mixed(self, images, others, plan):
        """The mixtures of two batches."""
        raise NotImplementedError

    def _shares(self, plan, shape):
        """What each picture keeps of itself (n,)."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "seed": self.seed, "data_format": self.data_format}
