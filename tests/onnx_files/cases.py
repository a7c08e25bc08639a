"""Layers to export: name -> (function that makes the output from symbolic inputs, shapes of their samples)."""

import numpy as np

from cycnn import layers as L
from cycnn import ops


def _activations():
    plain = (
        "relu relu6 sigmoid tanh elu selu celu gelu silu softplus softsign exponential hard_sigmoid hard_silu hard_tanh "
        "log_sigmoid mish leaky_relu soft_shrink hard_shrink squareplus sparse_plus sparse_sigmoid tanh_shrink linear softmax "
        "log_softmax"
    )
    cases = {f"activation {name}": (L.Activation(name), [(4, 5, 3)]) for name in plain.split()}
    cases["approximate gelu"] = (lambda x: ops.gelu(x, approximate=True), [(7,)])
    for slope, top, threshold in ((0.1, None, 0.0), (0.0, 0.7, 0.0), (0.2, 0.9, 0.3), (0.0, None, 0.4)):
        layer = L.ReLU(max_value=top, negative_slope=slope, threshold=threshold)
        cases[f"relu {slope} {top} {threshold}"] = (layer, [(4, 5)])
    return {
        **cases,
        "LeakyReLU": (L.LeakyReLU(0.3), [(6,)]),
        "ELU": (L.ELU(0.7), [(6,)]),
        "Softmax over rows": (L.Softmax(axis=1), [(5, 4, 3)]),
        "Softmax of a feature map": (lambda x: L.Softmax()(L.Conv2D(4, 3)(x)), [(5, 4, 3)]),
        "PReLU": (L.PReLU("uniform"), [(4, 5, 3)]),
        "PReLU for each channel": (lambda x: L.PReLU("uniform", shared_axes=[1, 2])(L.Conv2D(4, 3)(x)), [(5, 4, 3)]),
        "PReLU for each column": (L.PReLU("uniform", shared_axes=[1, 3]), [(5, 4, 3)]),
    }


def _convolutions():
    cases = {}
    for padding in ("valid", "same"):
        for strides, dilation in ((1, 1), (2, 1), (3, 1), (1, 2), (1, 3), ((1, 2), 1)):
            name = f"{padding} {strides} {dilation}"
            settings = {"strides": strides, "dilation_rate": dilation, "padding": padding}
            cases[f"Conv2D {name}"] = (L.Conv2D(4, (3, 2), **settings), [(9, 8, 3)])
            if isinstance(strides, int):
                cases[f"DepthwiseConv2D {name}"] = (
                    L.DepthwiseConv2D(3, depth_multiplier=2, **settings), [(10, 9, 3)]
                )  # fmt: skip
                cases[f"Conv3D {name}"] = (L.Conv3D(2, (2, 3, 2), **settings), [(7, 8, 7, 2)])
                cases[f"Conv1D {name}"] = (L.Conv1D(4, 4, **settings), [(13, 3)])
                cases[f"SeparableConv2D {name}"] = (L.SeparableConv2D(4, 3, **settings), [(9, 10, 3)])
                cases[f"Conv2DTranspose {name}"] = (L.Conv2DTranspose(4, (3, 2), **settings), [(5, 4, 3)])
                cases[f"Conv1DTranspose {name}"] = (L.Conv1DTranspose(3, 2, **settings), [(5, 2)])
        cases[f"SeparableConv1D {padding}"] = (L.SeparableConv1D(4, 3, padding=padding), [(9, 3)])
        cases[f"DepthwiseConv1D {padding}"] = (L.DepthwiseConv1D(3, 2, padding=padding), [(9, 3)])
        cases[f"Conv3DTranspose {padding}"] = (L.Conv3DTranspose(3, 3, strides=2, padding=padding), [(3, 4, 2, 2)])
    return {
        **cases,
        "Conv2D with groups": (L.Conv2D(6, 3, groups=3, activation="relu"), [(7, 6, 9)]),
        "Conv2D without bias": (L.Conv2D(6, 3, use_bias=False), [(7, 6, 2)]),
        "Conv1D causal": (L.Conv1D(4, 3, padding="causal", dilation_rate=2), [(9, 3)]),
        "Conv1D causal with strides": (L.Conv1D(4, 3, padding="causal", strides=2), [(9, 3)]),
        "Conv2DTranspose with output padding": (L.Conv2DTranspose(3, 3, 2, "same", output_padding=1), [(4, 5, 2)]),
        "Conv2DTranspose without": (L.Conv2DTranspose(3, 3, 2, "same", output_padding=0), [(4, 5, 2)]),
        "Conv2DTranspose valid with output padding": (
            L.Conv2DTranspose(3, 2, 3, "valid", output_padding=2),
            [(4, 5, 2)],
        ),
        "Conv2D channels first": (L.Conv2D(4, 3, 2, "same", data_format="channels_first"), [(3, 7, 8)]),
        "Conv2DTranspose channels first": (L.Conv2DTranspose(4, 3, 2, data_format="channels_first"), [(3, 4, 5)]),
    }


def _poolings():
    cases = {}
    for padding in ("valid", "same"):
        for size, strides in ((2, None), (3, 2), (3, 1), ((2, 3), (3, 2))):
            for layer in (L.MaxPooling2D, L.AveragePooling2D, L.SumPooling2D, L.L2Pooling2D):
                cases[f"{layer.__name__} {padding} {size} {strides}"] = (layer(size, strides, padding), [(8, 7, 3)])
        for layer in (L.MaxPooling1D, L.AveragePooling1D):
            cases[f"{layer.__name__} {padding}"] = (layer(3, 2, padding), [(8, 3)])
        for layer in (L.MaxPooling3D, L.AveragePooling3D):
            cases[f"{layer.__name__} {padding}"] = (layer((2, 3, 2), 2, padding), [(5, 6, 7, 2)])
        cases[f"MaxUnpooling2D {padding}"] = (
            lambda x, padding=padding: L.MaxUnpooling2D(3, 2, padding)([L.MaxPooling2D(3, 2, padding)(x), x]), [(8, 7, 3)]
        )  # fmt: skip
    for axes, sample in ((1, (8, 3)), (2, (7, 8, 3)), (3, (5, 6, 4, 2))):
        for kind in ("Average", "Max"):
            adaptive = getattr(L, f"Adaptive{kind}Pooling{axes}D")
            cases[f"{adaptive.__name__}"] = (adaptive(3), [sample])
            whole = getattr(L, f"Global{kind}Pooling{axes}D")
            cases[f"{whole.__name__}"] = (whole(), [sample])
            cases[f"{whole.__name__} keepdims"] = (whole(keepdims=True), [sample])
    return {
        **cases,
        "AveragePooling2D channels first": (L.AveragePooling2D(3, 2, "same", "channels_first"), [(3, 8, 7)]),
        "GlobalMaxPooling2D channels first": (L.GlobalMaxPooling2D("channels_first", keepdims=True), [(3, 8, 7)]),
        "AdaptiveAveragePooling2D even": (L.AdaptiveAveragePooling2D((4, 2)), [(8, 6, 3)]),
    }


def _normalizations():
    mean, variance = np.arange(3.0), np.arange(3.0) + 0.5
    return {
        "BatchNormalization": (L.BatchNormalization(), [(5, 4, 3)]),
        "BatchNormalization of vectors": (L.BatchNormalization(), [(5,)]),
        "BatchNormalization of sequences": (L.BatchNormalization(scale=False), [(5, 4)]),
        "BatchNormalization of volumes": (L.BatchNormalization(center=False), [(3, 4, 2, 3)]),
        "BatchNormalization channels first": (L.BatchNormalization(axis=1, epsilon=0.1), [(3, 5, 4)]),
        "LayerNormalization": (L.LayerNormalization(), [(5, 4, 3)]),
        "LayerNormalization over two axes": (L.LayerNormalization(axis=[1, 3]), [(5, 4, 3)]),
        "LayerNormalization of channels first": (L.LayerNormalization(axis=1, center=False), [(5, 4, 3)]),
        "LayerNormalization without scale": (L.LayerNormalization(scale=False), [(6,)]),
        "RMSNormalization": (L.RMSNormalization(), [(5, 4)]),
        "UnitNormalization": (L.UnitNormalization(), [(5, 4)]),
        "UnitNormalization over rows": (L.UnitNormalization(axis=1), [(5, 4, 3)]),
        "GroupNormalization": (L.GroupNormalization(2), [(5, 4, 6)]),
        "GroupNormalization by instance": (L.GroupNormalization(-1, center=False), [(5, 4, 3)]),
        "GroupNormalization of vectors": (L.GroupNormalization(2), [(6,)]),
        "GroupNormalization channels first": (L.GroupNormalization(3, axis=1), [(6, 4, 3)]),
        "LocalResponseNormalization": (L.LocalResponseNormalization(3, alpha=0.3), [(5, 4, 6)]),
        "LocalResponseNormalization of sequences": (L.LocalResponseNormalization(5, alpha=0.3), [(5, 7)]),
        "Normalization": (L.Normalization(mean=mean, variance=variance), [(5, 4, 3)]),
        "Normalization of rows": (L.Normalization(axis=1, mean=mean, variance=variance), [(3, 4, 2)]),
        "Normalization inverted": (L.Normalization(mean=mean, variance=variance, invert=True), [(5, 3)]),
        "SpectralNormalization": (L.SpectralNormalization(L.Conv2D(3, 3)), [(5, 4, 3)]),
        "Rescaling": (L.Rescaling(1 / 3, -1), [(5, 4, 3)]),
    }


def _shapes():
    return {
        "Flatten of a feature map": (lambda x: L.Flatten()(L.Conv2D(4, 3)(x)), [(5, 6, 3)]),
        "Flatten channels first": (L.Flatten("channels_first"), [(3, 4, 5)]),
        "Reshape": (L.Reshape((6, -1)), [(4, 3, 2)]),
        "Reshape to a pixel": (lambda x: L.Conv2D(3, 1)(L.Reshape((1, 1, 6))(x)), [(6,)]),
        "Permute": (L.Permute((3, 1, 2)), [(4, 3, 2)]),
        "RepeatVector": (L.RepeatVector(3), [(5,)]),
        "ZeroPadding1D": (L.ZeroPadding1D((1, 2)), [(5, 3)]),
        "ZeroPadding2D": (L.ZeroPadding2D(((1, 2), (0, 3))), [(5, 4, 3)]),
        "ZeroPadding3D": (L.ZeroPadding3D(1), [(3, 2, 4, 2)]),
        "ZeroPadding2D before a pooling": (
            lambda x: L.MaxPooling2D(3, 2)(
                L.ZeroPadding2D(1)(L.Lambda(lambda y: -ops.abs(y) - 1.0)(L.Conv2D(2, 3)(x)))
            ),
            [(8, 8, 3)],
        ),
        "ZeroPadding2D before a convolution": (
            lambda x: L.Conv2D(2, 3, 2, "same")(L.ZeroPadding2D(((2, 1), (0, 3)))(x)),
            [(8, 8, 3)],
        ),
        "ZeroPadding2D channels first": (L.ZeroPadding2D((1, 2), "channels_first"), [(3, 4, 5)]),
        "Cropping1D": (L.Cropping1D((1, 2)), [(6, 3)]),
        "Cropping2D": (L.Cropping2D(((1, 2), (0, 1))), [(6, 4, 3)]),
        "Cropping3D": (L.Cropping3D(1), [(3, 4, 5, 2)]),
        "CenterCrop": (L.CenterCrop(3, 4), [(6, 7, 3)]),
        "CroppingLike": (lambda x, like: L.CroppingLike()([x, like]), [(6, 7, 3), (4, 4, 2)]),
        "UpSampling1D": (L.UpSampling1D(3), [(4, 2)]),
        "UpSampling2D": (L.UpSampling2D((2, 3)), [(4, 3, 2)]),
        "UpSampling2D bilinear": (L.UpSampling2D((2, 3), interpolation="bilinear"), [(4, 3, 2)]),
        "UpSampling2D channels first": (L.UpSampling2D(2, "channels_first", "bilinear"), [(2, 4, 3)]),
        "UpSampling3D": (L.UpSampling3D(2), [(3, 2, 4, 2)]),
        "Resizing larger": (L.Resizing(9, 11), [(5, 4, 3)]),
        "Resizing smaller": (L.Resizing(4, 3), [(9, 10, 3)]),
        "Resizing to the nearest": (L.Resizing(7, 3, "nearest"), [(5, 8, 3)]),
        "Resizing cropped": (L.Resizing(6, 6, crop_to_aspect_ratio=True), [(5, 9, 3)]),
        "Resizing padded": (L.Resizing(6, 6, pad_to_aspect_ratio=True, fill_value=2.0), [(5, 9, 3)]),
        "Resizing of rows alone": (L.Resizing(5, 9), [(5, 4, 3)]),
        "ResizingLike": (lambda x, like: L.ResizingLike()([x, like]), [(3, 4, 3), (6, 5, 2)]),
    }


def _merging():
    cases = {}
    for layer in (L.Add, L.Subtract, L.Multiply, L.Maximum, L.Minimum, L.Average):
        count = 2 if layer is L.Subtract else 3
        cases[layer.__name__] = (lambda *xs, layer=layer: layer()(list(xs)), [(5, 4, 3)] * count)
        cases[f"{layer.__name__} broadcast"] = (
            lambda *xs, layer=layer: layer()(list(xs)), [(5, 4, 3), (4, 1), (1, 1, 3)][:count]
        )  # fmt: skip
    return {
        **cases,
        "Multiply of a feature map by its channels": (
            lambda x: L.Multiply()([L.Conv2D(3, 3)(x), L.Reshape((1, 1, 3))(L.GlobalAveragePooling2D()(x))]), [(5, 4, 3)]
        ),
        "Concatenate": (lambda *xs: L.Concatenate()(list(xs)), [(5, 4, 3), (5, 4, 2)]),
        "Concatenate rows": (lambda *xs: L.Concatenate(axis=1)(list(xs)), [(5, 4, 3), (2, 4, 3)]),
        "Concatenate of feature maps": (lambda x: L.Concatenate()([x, L.Conv2D(2, 3, padding="same")(x), x]), [(5, 4, 3)]),
        "Dot": (lambda *xs: L.Dot(axes=(2, 1))(list(xs)), [(4, 3), (3, 5)]),
        "Dot of vectors": (lambda *xs: L.Dot(axes=1, normalize=True)(list(xs)), [(4,), (4,)]),
    }  # fmt: skip


def _core():
    return {
        "Dense": (L.Dense(4, activation="tanh"), [(5,)]),
        "Dense without bias": (L.Dense(4, use_bias=False), [(5,)]),
        "Dense of a feature map": (lambda x: L.Dense(4)(L.Conv2D(2, 3)(x)), [(5, 4, 3)]),
        "Embedding": (L.Embedding(9, 4), [("int32", 7)]),
        "EinsumDense": (L.EinsumDense("abc,cd->abd", (None, 6), bias_axes="d"), [(5, 4)]),
        "EinsumDense heads": (L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), [(5, 4)]),
        "EinsumDense back": (L.EinsumDense("abcd,cde->abe", (None, 6), bias_axes="e"), [(5, 2, 3)]),
        "EinsumDense odd": (L.EinsumDense("abc,bd->adc", (6, None), bias_axes="d"), [(5, 4)]),
        "EinsumDense ellipsis": (L.EinsumDense("...x,xy->...y", 4), [(5, 3)]),
        "TimeDistributed": (L.TimeDistributed(L.Conv2D(2, 3)), [(3, 5, 4, 2)]),
        "TimeDistributed Dense": (L.TimeDistributed(L.Dense(3)), [(4, 5)]),
        "Identity": (L.Identity(), [(4,)]),
        "Dropout": (L.Dropout(0.5), [(4,)]),
        "SpatialDropout2D": (L.SpatialDropout2D(0.5), [(4, 3, 2)]),
        "GaussianNoise": (L.GaussianNoise(0.5), [(4,)]),
        "GaussianDropout": (L.GaussianDropout(0.5), [(4,)]),
        "AlphaDropout": (L.AlphaDropout(0.5), [(4,)]),
        "ActivityRegularization": (L.ActivityRegularization(0.5), [(4,)]),
        "RandomFlip": (L.RandomFlip(), [(4, 5, 3)]),
        "RandomCrop": (L.RandomCrop(3, 4), [(4, 5, 3)]),
        "Masking": (L.Masking(), [(4, 3)]),
    }


class Attention(L.Layer):
    """Softmax attention and a gate, written with `ops`."""

    def build(self, input_shape):
        self.q, self.k = (self.add_weight((input_shape[-1], 4), name=name) for name in "qk")
        self.scale = self.add_weight((), "ones", name="scale")

    def call(self, x):
        scores = ops.einsum("nik,njk->nij", ops.matmul(x, self.q), ops.matmul(x, self.k)) * ops.exp(self.scale) / 2.0
        weights = ops.softmax(scores, axis=-1)
        y = ops.matmul(weights, x)
        gate = ops.where(ops.mean(y, axis=-1, keepdims=True) > 0, 1.0, 0.5)
        return ops.concatenate([y * gate, ops.flip(x, axis=1)[:, :, :2]], axis=-1)


def _functions():
    c = np.linspace(0.3, 1.2, 12, dtype=np.float32).reshape(4, 3)
    given = {
        "arithmetic": lambda x: (x + c) * c - x / c + 2.0 - x**2,
        "comparisons": lambda x: (
            ops.where(x > c, x, -c) + ops.cast(ops.logical_and(x < 1, ops.not_equal(x, 0)), "float32")
        ),
        "maximum": lambda x: ops.maximum(x, c) - ops.minimum(0.1, x),
        "functions": lambda x: (
            ops.sqrt(ops.abs(x)) + ops.log(ops.square(x) + 1) + ops.sin(x) + ops.erf(x) + ops.sign(x)
        ),
        "more functions": lambda x: (
            ops.rsqrt(x * x + 1.0) + ops.log1p(ops.exp(x)) + ops.floor(x * 3.0) + ops.round(x * 2.0)
        ),
        "clip": lambda x: ops.clip(x, -0.3, 0.4),
        "mod": lambda x: ops.mod(x, 0.3) + ops.floor_divide(x, 0.7),
        "sum": lambda x: ops.sum(x, axis=1),
        "sum over channels": lambda x: ops.sum(x, axis=-1, keepdims=True),
        "max": lambda x: ops.max(x, axis=2) - ops.min(x, axis=-1),
        "variance": lambda x: ops.var(x, axis=1) + ops.std(x, axis=1),
        "logsumexp": lambda x: ops.logsumexp(x, axis=-1),
        "argmax": lambda x: ops.cast(ops.argmax(x, axis=-1), "float32"),
        "cumsum": lambda x: ops.cumsum(x, axis=1),
        "any": lambda x: ops.cast(ops.any(x > 0.5, axis=1), "float32"),
        "slices": lambda x: x[:, 1:3, ::2] + x[:, -2:, :1],
        "places": lambda x: x[:, -1] + x[:, 0],
        "new axes": lambda x: x[:, None, :, :2] + ops.expand_dims(x[:, :, 1:], 1),
        "stack": lambda x: ops.stack([x, x * 2.0], axis=-1),
        "tile": lambda x: ops.tile(x, (1, 2, 1)),
        "repeat": lambda x: ops.repeat(x, 2, axis=-1),
        "take": lambda x: ops.take(x, [2, 0, 0], axis=1),
        "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3.0),
        "reflect": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)), mode="reflect"),
        "transpose": lambda x: ops.transpose(x, (0, 2, 1)) @ x,
        "tensordot": lambda x: ops.tensordot(x, c, axes=([1], [0])),
        "normalize": lambda x: ops.normalize(x, axis=-1),
        "one_hot": lambda x: ops.one_hot(ops.cast(ops.argmax(x, axis=-1), "int32"), 3),
        "glu": lambda x: ops.glu(ops.concatenate([x, x], axis=-1)),
        "conv by a constant": lambda x: ops.conv(x, np.ones((2, 3, 2), np.float32) * 0.3, padding="same"),
        "max_pool": lambda x: ops.max_pool(x, 2, 1, padding="same"),
        "average_pool": lambda x: ops.average_pool(x, 3, 2, padding="same"),
    }
    return {
        **{f"ops {name}": (L.Lambda(function), [(4, 3)]) for name, function in given.items()},
        "layer of ops": (Attention(), [(5, 3)]),
        "ops of feature maps": (
            lambda x: (lambda y: y * ops.sigmoid(ops.mean(y, axis=(1, 2), keepdims=True)) + ops.abs(y) ** 1.5)(
                L.Conv2D(4, 3)(x)
            ),
            [(6, 5, 2)],
        ),
        "resize": (lambda x: ops.image.resize(x, (7, 9)), [(5, 4, 3)]),
        "grayscale": (lambda x: ops.image.rgb_to_grayscale(x), [(5, 4, 3)]),
    }


CASES = {
    **_activations(), **_convolutions(), **_poolings(), **_normalizations(), **_shapes(), **_merging(), **_core(),
    **_functions(),
}  # fmt: skip
