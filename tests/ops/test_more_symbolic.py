"""The rest of cycnn.ops inside models: on symbolic tensors they compute what they compute on arrays, and so do gradients."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, ops

VECTOR, MATRIX, MAP = (4,), (3, 3), (6, 5, 2)


def drawn(*shape):
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


KERNEL, WIDE = drawn(3, 2, 2, 4), drawn(2, 2, 3, 2)
LABELS = np.array([[1, 2]] * 5)

# (shape of a sample, function)
CASES = {
    "concatenate": (MAP, lambda x: ops.concatenate([x, ops.relu(x)[:, 1:4], x], axis=1)),
    "concatenate channels": (MAP, lambda x: ops.concatenate([x, ops.relu(x)[..., :1]], axis=-1)),
    "slices": (MAP, lambda x: x[:, 1:-1, :3, 1] * 2),
    "numbers from the end": (MAP, lambda x: x[:, -1, -2:]),
    "mean over space": (MAP, lambda x: ops.mean(x, axis=(1, 2), keepdims=True)),
    "sum over space": (MAP, lambda x: ops.sum(x, axis=(2, 1))),
    "sum of a sample": (MAP, lambda x: ops.sum(x * x, axis=(1, 2, 3))),
    "mean of rows": (MAP, lambda x: ops.mean(x, axis=1)),
    "square": (VECTOR, lambda x: ops.square(x) - 3 * x),
    "split": (MAP, lambda x: ops.multiply(*ops.split(x, 2, axis=-1))),
    "unstack": (MAP, lambda x: ops.unstack(x, axis=1)[2]),
    "arcsinh": (VECTOR, ops.arcsinh),
    "erfinv": (VECTOR, lambda x: ops.erfinv(ops.tanh(x))),
    "hypot": (VECTOR, lambda x: ops.hypot(x, 1.5)),
    "quantile": (MATRIX, lambda x: ops.quantile(x, 0.3, axis=(1, 2))),
    "median of what is there": (VECTOR, lambda x: ops.nanmedian(ops.where(x > 1, np.nan, x), axis=-1)),
    "cdist": (MATRIX, lambda x: ops.cdist(x, ops.flip(x, -1))),
    "hstack": (VECTOR, lambda x: ops.hstack([x, ops.exp(x)])),
    "rearrange": (MAP, lambda x: ops.rearrange(x, "n h w c -> n c (h w)")),
    "rot90": (MAP, lambda x: ops.rot90(x, axes=(1, 2))),
    "diagonal": (MATRIX, lambda x: ops.diagonal(x, axis1=1, axis2=2)),
    "cross": (MATRIX, lambda x: ops.cross(x, x[:, :1])),
    "select": (VECTOR, lambda x: ops.select([x > 1, x > 0], [x, x * x], -1.0)),
    "det": (MATRIX, ops.det),
    "inv": (MATRIX, ops.inv),
    "eigenvalues": (MATRIX, lambda x: ops.eigh(x + ops.transpose(x, (0, 2, 1)))[0]),
    "singular values": (MATRIX, lambda x: ops.svd(x, compute_uv=False)),
    "cholesky": (MATRIX, lambda x: ops.cholesky(ops.matmul(x, ops.transpose(x, (0, 2, 1))) + np.eye(3))),
    "solve": (MATRIX, lambda x: ops.solve(x, x[:, 0])),
    "slogdet": (MATRIX, lambda x: ops.slogdet(x)[1]),
    "matrix norm": (MATRIX, lambda x: ops.norm(x, ord="nuc", axis=(1, 2))),
    "rfft": (VECTOR, lambda x: ops.rfft(x)[1]),
    "stft": ((20,), lambda x: ops.stft(x, 6, 3, 8)[0]),
    "istft": ((20,), lambda x: ops.istft(ops.stft(x, 8, 2, 8), 8, 2, 8)),
    "conv": (MAP, lambda x: ops.conv(x, KERNEL, 2, "same")),
    "conv_transpose": (MAP, lambda x: ops.conv_transpose(x, WIDE, 2, "same")),
    "max_pool": (MAP, lambda x: ops.max_pool(x, 2)),
    "average_pool": (MAP, lambda x: ops.average_pool(x, 3, 2, "same")),
    "adaptive_max_pool": (MAP, lambda x: ops.adaptive_max_pool(x, (4, 2))),
    "channels_first": ((2, 6, 5), lambda x: ops.max_pool(x, 2, data_format="channels_first")),
    "unfold": ((2, 6, 5), lambda x: ops.unfold(x, 2)),
    "space_to_depth": ((4, 6, 2), lambda x: ops.space_to_depth(x, 2)),
    "layer_normalization": (VECTOR, ops.layer_normalization),
    "sparsemax": (VECTOR, ops.sparsemax),
    "ctc_loss": ((6, 3), lambda x: _ctc(x)),
    "fori_loop": (VECTOR, lambda x: ops.fori_loop(0, 3, lambda k, y: y * x + k, x)),
    "while_loop": (VECTOR, lambda x: ops.while_loop(lambda k, y: k < 2, lambda k, y: (k + 1, ops.sin(y)), (0, x))[1]),
    "cond": (VECTOR, lambda x: ops.cond(x.shape[-1] > 3, lambda: ops.sin(x), lambda: x)),
    "map": (MATRIX, lambda x: ops.map(lambda sample: ops.sum(sample * sample, axis=0), x)),
    "vectorized_map": (MATRIX, lambda x: ops.vectorized_map(lambda sample: ops.matmul(sample, sample), x)),
    "associative_scan": (VECTOR, lambda x: ops.associative_scan(ops.multiply, x, axis=1)),
    "resize": (MAP, lambda x: ops.image.resize(x, (4, 7))),
    "bicubic": (MAP, lambda x: ops.image.resize(x, (9, 3), "bicubic", antialias=True)),
    "extract_patches": (MAP, lambda x: ops.image.extract_patches(x, (3, 2))),
    "gaussian_blur": (MAP, ops.image.gaussian_blur),
    "affine_transform": (MAP, lambda x: ops.image.affine_transform(x, [0.9, 0.1, 0.3, -0.2, 1.1, 0.2, 0, 0])),
    "crop_images": (MAP, lambda x: ops.image.crop_images(x, 1, 1, target_height=3, target_width=2)),
    "hsv": ((6, 5, 3), lambda x: ops.image.rgb_to_hsv(ops.sigmoid(x))),
    "ssim": (MAP, lambda x: ops.image.ssim(x, ops.flip(x, 1), filter_size=3)),
}


def _ctc(logits):
    """Of each sample by itself, the labels being constants."""
    return ops.vectorized_map(
        lambda sample: ops.ctc_loss(np.array([[1, 2]]), ops.expand_dims(sample, 0), np.array([2]), np.array([6]))[0],
        logits,
    )


@pytest.mark.parametrize("name", CASES)
def test_models_compute_what_functions_do(name):
    shape, function = CASES[name]
    x = drawn(5, *shape)
    inputs = layers.Input(shape)
    outputs = function(inputs)
    expected = function(x)
    np.testing.assert_allclose(models.Model(inputs, outputs).predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape).astype(np.float32)
    _, (direct,), _ = ops.value_and_gradient(lambda x: ops.sum(function(x) * weights), [x])
    one = models.Model(inputs, outputs)
    with cycnn.GradientTape() as tape:
        tensor = ops.Tensor(x)
        tape.watch(tensor)
        total = ops.sum(one(tensor) * weights)
    found = tape.gradient(total, tensor)
    np.testing.assert_allclose(found, direct, rtol=2e-3, atol=1e-4 * max(1, np.abs(direct).max()))


class Mapped(layers.Layer):
    """A weight that only the function of `map` reads."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), initializer="ones", name="w")

    def call(self, x):
        return ops.map(lambda sample: sample * self.w + 1.0, x)


def test_weights_that_a_mapped_function_reads_are_trained():
    x = drawn(6, 3)
    layer = Mapped()
    inputs = layers.Input((3,))
    model = models.Model(inputs, layer(inputs))
    model.compile(cycnn.optimizers.SGD(1.0), "mse")
    model.train_on_batch(x, np.zeros((6, 3)))
    # mean((w x + 1)²) over 18 numbers: the gradient of w is Σ 2 x (w x + 1) / 18
    np.testing.assert_allclose(layer.w, 1 - (2 * x * (x + 1)).sum(0) / 18, rtol=1e-5)


class Branching(layers.Layer):
    """Decides by its input, which is not known when the model is made."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x),
        lambda x: ops.switch(ops.argmax(ops.sum(x)), [ops.sin, ops.cos], x),
        lambda x: ops.while_loop(lambda y: ops.sum(y) > 0, lambda y: y - 1.0, x),
        lambda x: ops.fori_loop(0, ops.argmax(ops.sum(x)), lambda k, y: y, x),
    ],
)
def test_what_decides_must_be_known(function):
    with pytest.raises(TypeError, match="must be known when a model is made"):
        Branching(function)(layers.Input((3,)))


def test_a_convolution_by_a_weight_is_the_layers_operation():
    """`ops.conv(x, self.kernel)` in a layer runs in the kernels of Conv2D, and trains as it does."""

    class Own(layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight((3, 3, 2, 4), name="kernel")

        def call(self, x):
            return ops.conv(x, self.kernel, strides=2, padding="same")

    x = layers.Input((6, 5, 2))
    models_ = [models.Model(x, layer(x)) for layer in (Own(), layers.Conv2D(4, 3, 2, "same", use_bias=False))]
    models_[1].set_weights(models_[0].get_weights())
    data = drawn(5, 6, 5, 2)
    for model in models_:
        model.compile("sgd", "mse")
        model.train_on_batch(data, np.ones((5, 3, 3, 4)))
    np.testing.assert_array_equal(*(model.get_weights()[0] for model in models_))


@pytest.mark.parametrize("name", ["depthwise_conv", "conv_transpose"])
def test_other_convolutions_by_weights(name):
    class Own(layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight((2, 3, 4, 2) if name == "conv_transpose" else (2, 3, 2, 2), name="kernel")

        def call(self, x):
            return getattr(ops, name)(x, self.kernel, 2, "same")

    x, layer = layers.Input((6, 5, 2)), Own()
    model = models.Model(x, layer(x))
    data = drawn(3, 6, 5, 2)
    expected = getattr(ops, name)(data, layer.kernel.numpy(), 2, "same")
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, rtol=1e-4, atol=1e-5)


class Biased(layers.Layer):
    """A product and a convolution with their biases, and one of them read twice."""

    def build(self, input_shape):
        self.w = self.add_weight((2, 3), name="w")
        self.kernel = self.add_weight((3, 3, 3, 4), name="kernel")
        self.b, self.c, self.d = (self.add_weight((n,), name=name) for n, name in ((3, "b"), (4, "c"), (3, "d")))

    def call(self, x):
        product = ops.matmul(x, self.w)
        y = ops.tanh(product + self.b + self.d) + product
        return ops.conv(y, self.kernel, padding="same") + self.c


def test_biases_join_their_products():
    x, layer = drawn(3, 6, 5, 2), Biased()
    cycnn.testing.check_layer(Biased, x)
    layer(x)
    layer.set_weights([drawn(*w.shape) for w in layer.get_weights()])
    w, kernel, b, c, d = (v.numpy() for v in (layer.w, layer.kernel, layer.b, layer.c, layer.d))
    y = np.tanh(x @ w + b + d) + x @ w
    np.testing.assert_allclose(layer(x), ops.conv(y, kernel, padding="same") + c, rtol=1e-4, atol=1e-5)


class Tied(layers.Layer):
    """One weight on several places: in two products, and by itself."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], input_shape[-1]), name="w")

    def call(self, x):
        y = ops.tanh(ops.matmul(x, self.w))
        return ops.matmul(y, self.w) * ops.mean(self.w)


def test_a_weight_may_be_read_several_times():
    cycnn.testing.check_layer(Tied, drawn(4, 3))
    cycnn.testing.check_layer(Tied, drawn(4, 2, 3))
