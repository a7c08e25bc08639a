"""Output and gradients of single layers."""

import numpy as np

from cycnn import config
from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, map_leaves, pack
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

    def add(self, emit, plan, k, loss, xs):
        """What a layer adds to the loss is no part of sum(y * r)."""
        return [None] * len(xs)

    def emit(self, emit, plan, xs, ys):
        dy = Buffer.new("dy", SAMPLE, ys[0].shape)
        self.source.feed("dy")(emit, dy)
        return [dy]


def layer_gradients(layer, x, r, training=True, state=(0, 0)):
    """The output of a layer, and the gradients of `sum(y * r)`.

    Args:
        layer: a layer; it is built if it is not yet.
        x: array (n, ...), or a list of them for a layer of several inputs.
        r: array of the output's shape.
        training: the training flag.
        state: seed and step of random layers.

    Returns:
        `(y, dx, [gradient of each trainable weight])`, float32 arrays; `dx` is a list where `x` is one.
    """
    r = np.asarray(r, np.float32)
    xs = [np.asarray(array, np.float32) for array in flatten(x)]
    samples = len(xs[0])
    tensors = [SymbolicTensor(TensorSpec((None, *array.shape[1:]))) for array in xs]
    graph = Graph(tensors, [layer(pack(x, tensors))])
    weights = layer.trainable_weights
    sources, seed = [Source(array) for array in xs], Source(r)
    gradients = [np.zeros(v.shape, np.float32) for v in weights]

    def update(emit, found):
        for k, variable in enumerate(weights):
            if variable in found:
                gradient = found[variable]
                total = emit.external(f"gradient {k}", (gradient.size,))
                emit.whole(_add(), gradient.view(gradient.size), total, units=emit.blocks(gradient.size))

    plan = Plan(
        graph,
        samples,
        training=training,
        objective=_Seed(seed),
        gradients=weights,
        input_gradients=True,
        update=update,
        feeds=[source.feed(f"input {k}") for k, source in enumerate(sources)],
    )
    y, dxs = np.empty(r.shape, np.float32), [np.zeros(array.shape, np.float32) for array in xs]
    rows = np.arange(samples, dtype=np.int64)
    for k, (source, dx) in enumerate(zip(sources, dxs, strict=True)):
        source.bind(plan, f"input {k}", rows)
        plan.bind(f"d input {k}", dx)
    seed.bind(plan, "dy", rows)
    plan.bind("output 0", y)
    plan.bind("step", np.array(state, np.uint64))
    for k, gradient in enumerate(gradients):
        plan.bind(f"gradient {k}", gradient)
    plan.run(samples, config.get_num_threads())
    return y, pack(x, dxs), gradients


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
        x: array (n, ...) with n > 2, or a list of them for a layer of several inputs.
        training: the training flag of the gradients.
        gradients: whether to compare gradients.
        smooth: whether the layer is differentiable near `x`, so that finite differences mean something.

    Raises:
        AssertionError: it does not.
    """
    x = map_leaves(lambda array: np.asarray(array, np.float32), x)
    layer = make()
    y = layer(x, training=False)
    assert y.dtype == np.float32, f"the output's dtype is {y.dtype}"
    shape = layer.compute_output_shape(map_leaves(lambda array: (None, *array.shape[1:]), x))
    assert shape == (None, *y.shape[1:]), f"compute_output_shape says {shape}, the output has {y.shape}"
    assert len(y) == len(flatten(x)[0])

    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config(), "a config changes on its way through from_config"
    twin(x, training=False)
    twin.set_weights(layer.get_weights())
    assert np.array_equal(twin(x, training=False), y, equal_nan=True), "the layer of the config computes something else"
    first, others = (map_leaves(lambda array, rows=rows: array[rows], x) for rows in (slice(1), slice(1, None)))
    first, others = layer(first, training=False), layer(others, training=False)
    assert np.array_equal(first, y[:1], equal_nan=True), "a sample's output depends on its batch"
    assert np.array_equal(others, y[1:], equal_nan=True), "a sample's output depends on its place in the batch"

    r = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)
    before = config.get_num_threads()
    weights = layer.get_weights()
    results = []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            layer.set_weights(weights)
            y, dx, dw = layer_gradients(layer, x, r, training)
            results.append([y, *flatten(dx), *dw, *layer.get_weights()])
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
    xs = flatten(x)

    def value(arguments):
        for variable, w in zip(trainable, arguments[len(xs) :], strict=True):
            variable.assign(w)
        y = layer_gradients(layer, pack(x, arguments[: len(xs)]), r, training)[0]
        return float((y.astype(np.float64) * r).sum())

    rng = np.random.default_rng(1)
    start = [*xs, *(v.numpy() for v in trainable)]
    names = [*(f"input {k}" for k in range(len(xs))), *(v.name for v in trainable)]
    for k, gradient in enumerate(found[1 : 1 + len(start)]):
        if gradient.size == 0:
            continue
        direction = rng.standard_normal(gradient.shape)
        direction /= max(np.abs(direction).max(), 1e-9)
        step = 1e-2
        ends = []
        for sign in (1, -1):
            arguments = list(start)
            arguments[k] = (start[k] + sign * step * direction).astype(np.float32)
            ends.append(value(arguments))
        layer.set_weights(weights)
        numeric = (ends[0] - ends[1]) / (2 * step)
        analytic = float((gradient.astype(np.float64) * direction).sum())
        scale = float(np.abs(gradient * direction).sum()) + 1e-3
        assert abs(numeric - analytic) <= 2e-2 * scale, (
            f"the gradient with respect to {names[k]} is {analytic:.6g} along a direction, "
            f"finite differences give {numeric:.6g}"
        )
