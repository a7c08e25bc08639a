"""remat and RematScope: what is computed again in the backward pass, rather than kept."""

import functools

from cycnn.core import checks

_MODES = ("full", "activations", "larger_than", "list_of_layers")


def remat(f):
    """A function that asks for its results to be computed again in the backward pass, for less memory.

    Here it asks for nothing: a plan decides by itself what it keeps, and computes normalized maps again anyway (see
    `engine/recompute.py`). Results and gradients are those of `f`.

    Args:
        f: function, layer or model.
    """
    if not callable(f):
        raise checks.refuse("f", "a function", f)

    @functools.wraps(f, updated=())
    def call(*args, **kwargs):
        return f(*args, **kwargs)

    return call


class RematScope:
    """A scope whose layers ask for what `remat` asks for: results are the same within and without.

    Args:
        mode: `"full"`, `"activations"`, `"larger_than"`, `"list_of_layers"` or None.
        output_size_threshold: for `"larger_than"`, the number of elements.
        layer_names: for `"list_of_layers"`, a list of names.

    Raises:
        ValueError: another mode.
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        self.mode = None if mode is None else checks.one_of("mode", mode, _MODES)
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass
