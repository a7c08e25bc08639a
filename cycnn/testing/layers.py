"""Output and gradients of single layers."""

import numpy as np

from cycnn import config
from cycnn.core.spec import TensorSpec
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.engine.function import Source
from cycnn.engine.graph import Graph, SymbolicTensor
from cycnn.engine.plan import Plan


class _Seed:
    """An objective whose gradient with respect to the output is given: that of sum(y * r)."""

    differentiates = True

    def __init__(self, source):
        self.source = source

    def absorbs(self, node, k):
        return False

    def emit(self, emit, plan, xs, ys):
        dy = Buffer.new("dy", SAMPLE, ys[0].shape)
        self.source.feed("dy")(emit, dy)
        return [dy]


def layer_gradients(layer, x, r, training=True, state=(0, 0)):
    """The output of a layer, and the gradients of `sum(y * r)`.

    Args:
        layer: a layer; it is built if it is not yet.
        x: array (n, ...).
        r: array of the output's shape.
        training: the training flag.
        state: seed and step of random layers.

    Returns:
        `(y, dx, [gradient of each trainable weight])`, float32 arrays.
    """
    x, r = np.asarray(x, np.float32), np.asarray(r, np.float32)
    tensor = SymbolicTensor(TensorSpec((None, *x.shape[1:])))
    graph = Graph([tensor], [layer(tensor)])
    weights = layer.trainable_weights
    source, seed = Source(x), Source(r)
    gradients = [np.zeros(v.shape, np.float32) for v in weights]

    def update(emit, found):
        for k, variable in enumerate(weights):
            if variable in found:
                gradient = found[variable]
                total = emit.external(f"gradient {k}", (gradient.size,))
                emit.whole(_add(), gradient.view(gradient.size), total, units=emit.blocks(gradient.size))

    plan = Plan(
        graph,
        len(x),
        training=training,
        objective=_Seed(seed),
        gradients=weights,
        input_gradients=True,
        update=update,
        feeds=[source.feed("input 0")],
    )
    y, dx = np.empty(r.shape, np.float32), np.zeros(x.shape, np.float32)
    rows = np.arange(len(x), dtype=np.int64)
    source.bind(plan, "input 0", rows)
    seed.bind(plan, "dy", rows)
    plan.bind("output 0", y)
    plan.bind("d input 0", dx)
    plan.bind("step", np.array(state, np.uint64))
    for k, gradient in enumerate(gradients):
        plan.bind(f"gradient {k}", gradient)
    plan.run(len(x), config.get_num_threads())
    return y, dx, gradients


def _add():
    from cycnn import kernels

    return kernels.update.add


def check_layer(make, x, *, training=True, gradients=True, smooth=True):
    """Assert what every layer must do.

    - the output's shape is what `compute_output_shape` says;
    - a layer made from the config is the same layer: with the same weights it gives the same numbers;
    - a sample's output does not depend on which batch it is in (unless `training` is True for batch statistics);
    - results are bitwise the same for 1, 2 and 3 threads;
    - gradients are those of finite differences.

    Args:
        make: function that returns a new layer.
        x: array (n, ...) with n > 2.
        training: the training flag of the gradients.
        gradients: whether to compare gradients.
        smooth: whether the layer is differentiable near `x`, so that finite differences mean something.

    Raises:
        AssertionError: it does not.
    """
    x = np.asarray(x, np.float32)
    layer = make()
    y = layer(x)
    assert y.dtype == np.float32, f"the output's dtype is {y.dtype}"
    shape = layer.compute_output_shape((None, *x.shape[1:]))
    assert shape == (None, *y.shape[1:]), f"compute_output_shape says {shape}, the output has {y.shape}"
    assert len(y) == len(x)

    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config(), "a config changes on its way through from_config"
    twin(x)
    twin.set_weights(layer.get_weights())
    assert np.array_equal(twin(x), y, equal_nan=True), "the layer of the config computes something else"
    assert np.array_equal(layer(x[:1]), y[:1], equal_nan=True), "a sample's output depends on its batch"
    assert np.array_equal(layer(x[1:]), y[1:], equal_nan=True), "a sample's output depends on its place in the batch"

    r = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)
    before = config.get_num_threads()
    weights = layer.get_weights()
    results = []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            layer.set_weights(weights)
            y, dx, dw = layer_gradients(layer, x, r, training)
            results.append([y, dx, *dw, *layer.get_weights()])
    finally:
        config.set_num_threads(before)
        layer.set_weights(weights)
    for threads, result in zip((2, 3), results[1:], strict=True):
        for a, b in zip(results[0], result, strict=True):
            assert np.array_equal(a, b, equal_nan=True), f"{threads} threads give other numbers than one"
    if gradients and smooth:
        _check_gradients(layer, x, r, training, weights, results[0])


def _check_gradients(layer, x, r, training, weights, found):
    """Directional finite differences: the derivative along a random direction, in every argument."""
    trainable = layer.trainable_weights
    count = len(trainable)

    def value(at_x, at_weights):
        for variable, w in zip(trainable, at_weights, strict=True):
            variable.assign(w)
        y = layer_gradients(layer, at_x, r, training)[0]
        return float((y.astype(np.float64) * r).sum())

    rng = np.random.default_rng(1)
    start = [v.numpy() for v in trainable]
    gradients = [found[1], *found[2 : 2 + count]]
    for k, gradient in enumerate(gradients):
        if gradient.size == 0:
            continue
        direction = rng.standard_normal(gradient.shape)
        direction /= max(np.abs(direction).max(), 1e-9)
        step = 1e-2
        ends = []
        for sign in (1, -1):
            at_x, at_weights = x, list(start)
            if k == 0:
                at_x = (x + sign * step * direction).astype(np.float32)
            else:
                at_weights[k - 1] = (start[k - 1] + sign * step * direction).astype(np.float32)
            ends.append(value(at_x, at_weights))
        layer.set_weights(weights)
        numeric = (ends[0] - ends[1]) / (2 * step)
        analytic = float((gradient.astype(np.float64) * direction).sum())
        scale = float(np.abs(gradient * direction).sum()) + 1e-3
        name = "x" if k == 0 else trainable[k - 1].name
        assert abs(numeric - analytic) <= 2e-2 * scale, (
            f"the gradient with respect to {name} is {analytic:.6g} along a direction, "
            f"finite differences give {numeric:.6g}"
        )
