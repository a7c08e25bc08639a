"""GradientTape: gradients with TensorFlow's words, of whatever is computed in its `with` block."""

import warnings
from contextlib import contextmanager

import numpy as np

from cycnn.core import checks
from cycnn.core.array import Array
from cycnn.core.structure import flatten, pack
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import tape
from cycnn.ops.tape import Tensor

NONE, ZERO = "none", "zero"


class UnconnectedGradients:
    """What a gradient is where the target does not depend on the source."""

    NONE = NONE
    ZERO = ZERO


class GradientTape(tape.Tape):
    """Records what is computed in its `with` block, and gives the gradients.

    Layers, models, losses and the functions of `cycnn.ops` are recorded as soon as they read a trainable `Variable` or
    something that is watched; what they return is then an `ops.Tensor`. Of a layer or model, the call is one run of a
    plan forward, and its part of the gradient one run backward. Arithmetic on a plain array is NumPy's and leaves no
    record: use the functions of `cycnn.ops`, an `ops.Tensor` or a `Variable`.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables are watched when they are read.

    Example:

    ```python
    with cycnn.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = loss_fn(y, y_pred)
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply_gradients(zip(gradients, model.trainable_weights))
    ```
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        super().__init__()
        self.repeats = bool(persistent)
        self._watches_accessed = bool(watch_accessed_variables)
        self._variables = {}  # id → variable that was read before the steps were forgotten
        self._used = False

    def watch(self, tensor):
        """Record what is computed from a tensor from now on.

        Args:
            tensor: array, `ops.Tensor`, `Variable`, or a structure of them.

        Raises:
            ValueError: it is none of these, or holds integers.
        """
        for leaf in flatten(tensor):
            if isinstance(leaf, (int, float)) or not isinstance(leaf, (np.ndarray, Tensor, Variable)):
                raise ValueError(
                    f"`watch` must be given arrays, tensors or variables. Received: tensor={checks.short(tensor)}."
                )
            if not tape.is_float(leaf):
                raise ValueError(
                    "`watch` must be given floating point numbers; integers have no gradient. "
                    f"Received: an array of dtype {leaf.dtype}."
                )
            self._watch(leaf)

    def watches(self, value):
        """Whether something is watched, or was computed from what is."""
        if id(value) in self._watched:
            return True
        return self._watches_accessed and isinstance(value, Variable) and value.trainable

    def watched_variables(self):
        """The variables that were read and watched so far, as a tuple."""
        read = (x for _, inputs, _ in self._steps for x in inputs if isinstance(x, Variable) and self.watches(x))
        return tuple({**self._variables, **{id(x): x for x in read}}.values())

    @contextmanager
    def stop_recording(self):
        """Record nothing within this scope."""
        with tape.without(self):
            yield

    def reset(self):
        """Forget everything: what was recorded, and what is watched."""
        self._steps, self._watched, self._variables, self._used = [], {}, {}, False

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=NONE):
        """The gradients of a target.

        Args:
            target: tensor, or a structure of tensors, which are added up; of a tensor with several numbers, their sum.
            sources: arrays, tensors and variables that were watched, in any structure.
            output_gradients: arrays like `target`, to use instead of ones.
            unconnected_gradients: `"none"` or `"zero"`: what stands where the target does not depend on a source.

        Returns:
            Arrays, in the structure of `sources`.

        Raises:
            RuntimeError: it was called before, and the tape is not persistent.
            ValueError: sources that cannot have gradients.
        """
        if self._used and not self.repeats:
            raise RuntimeError(
                "A tape gives gradients once, unless it is made with `persistent=True`. Received: a second call of `gradient`."
            )
        checks.one_of("unconnected_gradients", unconnected_gradients, (NONE, ZERO))
        leaves = flatten(sources)
        for leaf in leaves:
            if isinstance(leaf, SymbolicTensor):
                raise ValueError(
                    "A tape differentiates values: call the model on data. `cycnn.gradients` takes symbolic tensors. "
                    f"Received: the source {leaf!r}."
                )
            if not isinstance(leaf, (np.ndarray, Tensor, Variable)):
                raise checks.refuse("sources", "arrays, tensors and variables", sources)
        self._used = True
        targets = flatten(target)
        seeds = [None] * len(targets) if output_gradients is None else flatten(output_gradients)
        pairs = [(t, seed) for t, seed in zip(targets, seeds, strict=True) if isinstance(t, (Tensor, Variable))]
        with tape.without(self):
            found = super().gradient([t for t, _ in pairs], leaves, [seed for _, seed in pairs])
        self._warn_of_unread(leaves)
        if not self.repeats:
            self._variables = {id(x): x for x in self.watched_variables()}
            self._steps = []
        given = []
        for x, dx in zip(leaves, found, strict=True):
            if dx is None and unconnected_gradients == ZERO:
                dx = np.zeros(x.shape, x.dtype)
            elif dx is not None and not (_is_owned(dx) and not any(dx is other for other in given)):
                dx = np.array(dx)
            given.append(dx)
        return pack(sources, [None if dx is None else dx.view(Array) for dx in given])

    def _warn_of_unread(self, sources):
        """Warn of arrays that were watched in vain."""
        read = {id(x) for _, inputs, _ in self._steps for x in inputs}
        if any(isinstance(x, np.ndarray) and id(x) in self._watched and id(x) not in read for x in sources):
            warnings.warn(
                "Nothing that was recorded reads the watched array. Arithmetic on a plain array is NumPy's, which leaves no "
                "record: use the functions of `cycnn.ops`, or watch `ops.Tensor(array)` and compute with that.",
                stacklevel=3,
            )


def _is_owned(array):
    """Whether nobody else sees an array's memory."""
    return isinstance(array, np.ndarray) and array.flags.owndata and array.flags.writeable
