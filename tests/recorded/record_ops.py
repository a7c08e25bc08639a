"""Record what functions of keras.ops return, and the gradients that PyTorch finds. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_ops.py
    KERAS_BACKEND=tensorflow python record_ops.py

Each case is an expression as a Keras user would type it; the tests evaluate the same text with cycnn in Keras's place.
PyTorch records ops.json.gz: for every case the value, and the gradients of sum(value * w) with respect to the float32 arrays
that the expression names; w is cos(0), cos(1), ... in the value's shape. Then TensorFlow, where Keras still has the
functions of Keras 2's backend, adds the cases of `K`, and those that PyTorch does otherwise than Keras documents.
"""

import sys

import keras
import numpy as np
from answers import load, save

# Multiples of a power of two, signed and in no order. `ties` holds equal numbers, zeros and kinks.
ARRAYS = {
    "a": [[0.75, -1.25, 2.5], [-0.375, 1.625, -2.125]],
    "b": [[-1.5, 0.625, 0.25], [2.25, -0.875, 1.125]],
    "p": [[0.125, 0.625, 0.25], [0.5, 0.875, 0.3125]],
    "v": [1.5, -0.25, 0.625],
    "u": [[0.5], [-1.75]],
    "s": 1.375,
    "m": [[0.5, -1.0, 2.0, 0.25], [1.5, 0.75, -0.5, -2.0], [-1.25, 0.375, 1.0, 0.875]],
    "t": [
        [[0.5, -2.0, 1.25, 3.0], [1.75, 0.125, -0.5, -1.5], [2.25, -0.75, 0.875, 1.0]],
        [[-1.0, 1.5, 0.375, -0.25], [0.625, -1.875, 2.5, 2.0], [-0.125, 1.125, -2.25, 0.75]],
    ],
    "r": [
        [[1.0, -0.5], [0.25, 2.0], [-1.5, 0.75], [0.125, -1.25]],
        [[0.5, 1.5], [-2.0, 0.375], [1.25, -0.75], [3.0, 0.625]],
    ],
    "ties": [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0]],
    "other": [[0.0, 1.0, 1.0], [-1.0, 2.0, -1.0]],
    "one_hot": [[0.0, 1.0, 0.0], [0.25, 0.0, 0.75]],
    "q": [[0.25, 0.5, 0.25], [0.125, 0.25, 0.625]],
    "i": [[3, -1, 4], [1, -5, 9]],
    "j": [[2, 2, -3], [5, 3, 2]],
    "k": [2, 0],
    "yes": [[True, False, True], [False, False, True]],
    "byte": [[200, 3, 7], [255, 0, 9]],
    "long": [[3, -1, 4], [1, -5, 9]],
    "wide": [[0.1, -1.25, 2.5], [-0.375, 1.625, -2.125]],
    "odd": [[float("nan"), 1.0, float("inf")], [-float("inf"), 0.0, -2.0]],
}
TYPES = {"i": "int32", "j": "int32", "k": "int32", "yes": "bool", "byte": "uint8", "long": "int64", "wide": "float64"}

CASES = """
ops.add(a, b)|ops.add(a, v)|ops.add(u, v)|ops.add(a, 2)|ops.add(1.5, s)|ops.add(i, j)|ops.add(i, 1.5)|ops.add(i, a)
ops.add(byte, i)|ops.add(long, a)|ops.add(long, i)|ops.add(wide, a)|ops.add(wide, 1)|ops.add(yes, a)|ops.add(yes, 1)
ops.add(byte, byte)|ops.subtract(a, b)|ops.subtract(1, a)|ops.subtract(t, v[:, None])|ops.subtract(byte, j)
ops.multiply(a, b)|ops.multiply(u, a)|ops.multiply(a, a)|ops.multiply(i, 2)|ops.multiply(s, t)|ops.multiply(yes, i)
ops.divide(a, b)|ops.divide(a, 4)|ops.divide(1.0, p)|ops.divide(i, j)|ops.divide(u, v)|ops.true_divide(a, v)
ops.divide_no_nan(a, ties)|ops.floor_divide(i, j)|ops.floor_divide(a, b)|ops.mod(i, j)|ops.mod(a, b)|ops.mod(a, 0.75)
ops.power(p, b)|ops.power(a, 2)|ops.power(a, 3.0)|ops.power(p, 0.5)|ops.power(i, 2)|ops.power(2.0, a)|ops.power(p, v)
ops.maximum(a, b)|ops.maximum(ties, other)|ops.maximum(a, 0.5)|ops.minimum(a, v)|ops.minimum(ties, other)
ops.maximum(i, j)|ops.minimum(i, 2.5)|ops.negative(a)|ops.negative(i)|ops.reciprocal(a)|ops.abs(a)|ops.abs(ties)
ops.abs(i)|ops.absolute(b)|ops.sign(a)|ops.sign(i)|ops.clip(a, -1.0, 1.0)|ops.clip(ties, -1.0, 0.5)|ops.clip(i, 0, 3)
ops.square(a)|ops.square(i)|ops.square(yes)|ops.sqrt(p)|ops.sqrt(byte)|ops.rsqrt(p)|ops.exp(a)|ops.exp(i)|ops.exp(wide)
ops.exp2(a)|ops.expm1(a)|ops.log(p)|ops.log(byte + 1)|ops.log2(p)|ops.log10(p)|ops.log1p(p)|ops.logaddexp(a, b)
ops.sin(a)|ops.sin(i)|ops.cos(a)|ops.tan(p)|ops.arctan(a)|ops.arctan2(a, b)|ops.sinh(a)|ops.cosh(a)|ops.tanh(a)
ops.erf(a)|ops.floor(a)|ops.floor(i)|ops.ceil(a)|ops.round(a)|ops.round(a * 10, 1)|ops.round([0.5, 1.5, 2.5, -0.5])
ops.round(i)|ops.equal(ties, other)|ops.not_equal(ties, 1)|ops.greater(a, b)|ops.greater_equal(ties, other)
ops.less(a, 0)|ops.less_equal(i, j)|ops.equal(i, a)|ops.isclose(a, a + 1e-7)|ops.logical_and(yes, ties)
ops.logical_or(yes, ties)|ops.logical_xor(yes, ties)|ops.logical_not(ties)|ops.isnan(odd)|ops.isinf(odd)
ops.isfinite(odd)|ops.nan_to_num(odd, posinf=9.0, neginf=-9.0)|ops.where(yes, a, b)|ops.where(yes, a, 0.0)
ops.where(a > b, u, v)|ops.where(yes, i, 1.5)|ops.where(yes, byte, i)

ops.sum(a)|ops.sum(a, axis=1)|ops.sum(t, axis=(0, 2))|ops.sum(t, -1, True)|ops.sum(i)|ops.sum(yes)|ops.sum(byte, 0)
ops.sum(long)|ops.mean(a)|ops.mean(t, axis=[0, 1])|ops.mean(a, -1, keepdims=True)|ops.mean(i)|ops.mean(yes, 0)
ops.max(a)|ops.max(t, axis=1)|ops.max(ties, axis=1)|ops.max(ties)|ops.max(i, 0)|ops.max(a, 1, True)
ops.max(a, initial=7.0)|ops.min(t, axis=(1, 2))|ops.min(ties, 0, keepdims=True)|ops.amax(a, axis=0)|ops.amin(t)
ops.prod(a)|ops.prod(t, axis=2)|ops.prod(ties, axis=0)|ops.prod(i)|ops.prod(a, 1, keepdims=True)|ops.var(a)
ops.var(t, axis=(0, 1))|ops.var(i, 0)|ops.std(a, axis=1, keepdims=True)|ops.std(t)|ops.moments(t, axes=[0, 1])[0]
ops.moments(t, axes=[0, 1])[1]|ops.logsumexp(a)|ops.logsumexp(t, axis=1, keepdims=True)|ops.logsumexp(a * 100, axis=-1)
ops.norm(a)|ops.norm(v)|ops.norm(a, axis=1)|ops.norm(a, ord=1, axis=1)|ops.norm(a, ord=np.inf, axis=0)
ops.norm(a, ord=3, axis=1, keepdims=True)|ops.norm(t, axis=(1, 2))|ops.any(ties, axis=0)|ops.any(yes)
ops.all(yes, axis=0, keepdims=True)|ops.all(i)|ops.count_nonzero(ties)|ops.count_nonzero(ties, axis=1)|ops.argmax(a)
ops.argmax(a, axis=1)|ops.argmax(t, 1, True)|ops.argmin(a, axis=0)|ops.argmin(t)|ops.median(a)|ops.median(m, axis=1)
ops.cumsum(a)|ops.cumsum(t, axis=1)|ops.cumsum(i, axis=0)|ops.cumprod(a, axis=1)|ops.diff(a)|ops.diff(t, axis=1)
ops.diff(m, n=2)|ops.sort(a)|ops.sort(t, axis=1)|ops.argsort(a)|ops.argsort(t, axis=0)|ops.average(a, axis=1)
ops.average(a, axis=1, weights=p)|ops.average(a, axis=1, weights=v)

ops.reshape(a, (3, 2))|ops.reshape(t, (-1, 4))|ops.reshape(a, 6)|ops.ravel(a)|ops.transpose(a)
ops.transpose(t, (2, 0, 1))|ops.transpose(t, axes=[1, 0, -1])|ops.moveaxis(t, 0, 2)|ops.moveaxis(t, (0, 1), (-1, 0))
ops.swapaxes(t, 0, -1)|ops.squeeze(u)|ops.squeeze(u, axis=1)|ops.expand_dims(a, 0)|ops.expand_dims(a, (0, -1))
ops.broadcast_to(v, (2, 3))|ops.broadcast_to(u, (4, 2, 3))|ops.take(a, [2, 0, 2], axis=1)|ops.take(a, [[0, 5], [5, 1]])
ops.take(t, k - 1, axis=0)|ops.take(t, 1, axis=1)|ops.take_along_axis(a, [[2, 0], [1, 1]], axis=1)
ops.take_along_axis(a, [0, 5, 5])|ops.slice(t, (0, 1, 1), (2, 1, 2))|ops.slice(m, [1, 0], [2, 3])
ops.split(m, 2, axis=1)[1]|ops.split(t, [1, 2], axis=1)[2]|ops.unstack(t, axis=1)[2]|ops.concatenate([a, b])
ops.concatenate([a, u, p], axis=1)|ops.concatenate([a, i], axis=-1)|ops.concatenate([a, a * 2], axis=0)
ops.stack([a, b])|ops.stack([a, b, p], axis=-1)|ops.append(a, v)|ops.append(a, u, axis=1)|ops.pad(a, ((1, 0), (2, 1)))
ops.pad(a, ((0, 1), (1, 1)), constant_values=7.0)|ops.pad(m, ((1, 1), (2, 1)), mode='reflect')|ops.tile(a, (2, 1))
ops.tile(v, (2, 2))|ops.tile(a, 2)|ops.repeat(a, 2)|ops.repeat(a, 2, axis=1)|ops.repeat(a, np.array([1, 3]), axis=0)
ops.flip(a)|ops.flip(t, axis=1)|ops.roll(a, 1)|ops.roll(a, 2, axis=1)|ops.triu(m)|ops.tril(m, -1)|ops.trace(m)
ops.trace(t, axis1=1, axis2=2, offset=1)|a[0]|t[:, 1, 1:3]|t[..., 2]|m[[0, 2, 0]]|t[:, None, 0]|a[k - 1]

ops.cast(a, 'int32')|ops.cast(i, 'float32')|ops.cast(a, 'float64')|ops.cast(a, bool)|ops.convert_to_tensor([1, 2])
ops.convert_to_tensor([1.5, 2])|ops.convert_to_tensor(True)|ops.convert_to_tensor(3)
ops.convert_to_tensor([[1]], 'float32')|ops.convert_to_tensor(byte)|ops.convert_to_tensor(wide)|ops.array([0.5])
ops.zeros((2, 3))|ops.zeros(2, 'int32')|ops.ones((2,))|ops.full((2, 2), 7)|ops.full((2,), 1.5, dtype='int32')|ops.eye(3)
ops.eye(2, 3, 1)|ops.identity(2, 'int32')|ops.tri(3, 4, -1)|ops.zeros_like(i)|ops.ones_like(a)
ops.ones_like(a, dtype='int32')|ops.full_like(i, 2)|ops.arange(4)|ops.arange(1, 7, 2)|ops.arange(3.0)
ops.arange(1, 2, 0.25)|ops.arange(3, dtype='float32')|ops.linspace(0, 1, 5)|ops.linspace(1.0, 2.0, 4, endpoint=False)
ops.linspace(v, v + 1, 3)|ops.meshgrid(v, m[0])[1]|ops.copy(a)

ops.matmul(a, m)|ops.matmul(t, r)|ops.matmul(v, m)|ops.matmul(a, v)|ops.matmul(v, v)|ops.matmul(a, r[:, :3])
ops.matmul(t, m[0])|ops.matmul(v, r[:, :3])|ops.matmul(i, ops.transpose(j))|ops.dot(a, m)|ops.dot(v, v)|ops.dot(s, a)
ops.dot(t, m[1])|ops.tensordot(a, b)|ops.tensordot(t, a, axes=([0, 1], [0, 1]))|ops.tensordot(t, a, ([1, 0], [1, 0]))
ops.tensordot(a, m, 1)|ops.tensordot(u, v, 0)|ops.einsum('ij,jk->ik', a, m)|ops.einsum('ij,jk', a, m)
ops.einsum('ijk,ij->k', t, a)|ops.einsum('...k,kj->...j', t, ops.transpose(m))|ops.einsum('ij->j', a)
ops.einsum('ij->', a)|ops.einsum('nij,njk->nik', t, r)|ops.einsum('i,j,k->ijk', v, v, v)|ops.outer(v, a)
ops.vdot(v, m[:, 0])

ops.one_hot(k, 3)|ops.one_hot(k, 3, axis=0, dtype='int32')|ops.one_hot([[1, 2]], 3)|ops.multi_hot([[0, 2], [1, 1]], 3)
ops.top_k(a, 2)[0]|ops.top_k(t, 1)[0]|ops.cast(ops.top_k(a, 2)[1], 'int32')|ops.in_top_k(k, a, 1)|ops.in_top_k(k, a, 2)
ops.normalize(a)|ops.normalize(a, axis=0, order=1)|ops.normalize(t, axis=1, order=3)|ops.relu(a)|ops.relu(ties)
ops.relu6(a * 4)|ops.leaky_relu(a)|ops.leaky_relu(a, 0.5)|ops.sigmoid(a)|ops.elu(a)|ops.elu(a, alpha=0.5)|ops.selu(a)
ops.celu(a, 2.0)|ops.gelu(a)|ops.gelu(a, approximate=False)|ops.silu(a)|ops.swish(a)|ops.softplus(a)|ops.softsign(a)
ops.log_sigmoid(a)|ops.hard_sigmoid(a * 2)|ops.hard_silu(a * 2)|ops.hard_tanh(a)|ops.hard_shrink(a)
ops.soft_shrink(a, 1.0)|ops.tanh_shrink(a)|ops.squareplus(a)|ops.sparse_plus(a)|ops.sparse_sigmoid(a)
ops.threshold(a, 0.5, -1.0)|ops.glu(m)|ops.glu(t, axis=2)|ops.softmax(a)|ops.softmax(t, axis=1)
ops.softmax(a, axis=None)|ops.softmax(t, axis=(1, 2))|ops.log_softmax(a)|ops.log_softmax(t, axis=0)
ops.binary_crossentropy(one_hot, p)|ops.binary_crossentropy(one_hot, a, from_logits=True)
ops.binary_crossentropy(one_hot, ties, True)|ops.binary_crossentropy(one_hot, a * 40, from_logits=True)
ops.categorical_crossentropy(one_hot, p)|ops.categorical_crossentropy(one_hot, a, from_logits=True)
ops.categorical_crossentropy(one_hot, p, axis=0)|ops.sparse_categorical_crossentropy(k, q)
ops.sparse_categorical_crossentropy(k, a, from_logits=True)
ops.sparse_categorical_crossentropy(k[:, None], a, from_logits=True)

(a + 1) * b / 2 - v|2 / p + 3 - (-a)|a ** 2 + 2.0 ** a|abs(a) % 0.75|a @ m|i // 2 + i % 3|1 - a[:, 1:]
ops.sum(a * a * ops.exp(a) + a)|ops.mean(ops.square(a - ops.mean(a, axis=0)) * ops.stop_gradient(a))
ops.sqrt(ops.sum(ops.square(ops.matmul(a, m) - ops.softmax(ops.matmul(b, m))), axis=-1))
"""

# Where Keras with PyTorch does something else than Keras documents: it takes `symmetric` for the edge's value repeated,
# averages over one axis where weights belong to all, and multiplies stacks of matrices where `dot` does not.
TENSORFLOW_CASES = """
ops.pad(m, ((1, 1), (2, 1)), mode='symmetric')|ops.average(a, weights=p)|ops.dot(m, r)|ops.normalize(ties * 0)
"""

K_CASES = """
K.sum(a, axis=-1)|K.mean(t, axis=[1, 2], keepdims=True)|K.max(a, axis=1)|K.min(a)|K.prod(a, axis=0)|K.var(a)
K.std(a, axis=1)|K.square(a)|K.sqrt(a)|K.abs(a)|K.exp(a)|K.log(p)|K.pow(a, 2.0)|K.clip(a, -1.0, 1.0)|K.dot(a, m)
K.dot(t, r)|K.batch_dot(t, r)|K.batch_dot(a, b, axes=1)|K.batch_dot(t, a, axes=1)|K.batch_dot(t, r, axes=(2, 1))
K.batch_dot(t, t, axes=(2, 2))|K.flatten(a)|K.batch_flatten(t)|K.reshape(a, (3, 2))|K.expand_dims(a)|K.expand_dims(a, 1)
K.squeeze(u, 1)|K.concatenate([a, b])|K.concatenate([a, b], axis=0)|K.stack([a, b], axis=1)|K.transpose(a)
K.permute_dimensions(t, (0, 2, 1))|K.cast(a, 'int32')|K.equal(ties, other)|K.not_equal(ties, other)|K.greater(a, b)
K.greater_equal(ties, other)|K.less(a, b)|K.less_equal(ties, other)|K.maximum(a, b)|K.minimum(a, b)|K.round(a)|K.sign(a)
K.sigmoid(a)|K.relu(a)|K.relu(a, alpha=0.25)|K.relu(a, max_value=1.5)|K.relu(a, 0.25, 1.5, 0.5)|K.softmax(a)
K.softmax(t, axis=1)|K.tanh(a)|K.softplus(a)|K.softsign(a)|K.elu(a)|K.hard_sigmoid(a * 2)|K.one_hot(k, 3)
K.any(ties, axis=0)|K.all(ties, axis=1)|K.zeros_like(a)|K.ones_like(a)|K.binary_crossentropy(one_hot, p)
K.binary_crossentropy(one_hot, a, from_logits=True)|K.categorical_crossentropy(one_hot, p)
K.categorical_crossentropy(one_hot, a, True)|K.sparse_categorical_crossentropy(k, q)
K.sparse_categorical_crossentropy(k, a, from_logits=True)|K.sparse_categorical_crossentropy(k, q, ignore_class=0)
K.l2_normalize(a)|K.l2_normalize(a, axis=1)|K.switch(yes, a, b)|K.switch(K.greater(K.sum(a), 0.0), a, b)
K.switch(a > 0.0, t, -t)|K.switch(u > 0.0, a, b)|K.repeat(a, 2)|K.repeat_elements(a, 2, axis=1)|K.tile(a, (2, 1))
K.reverse(a, 1)|K.gather(m, k)|K.cumsum(a, axis=1)|K.in_top_k(a, k, 2)|K.ones((2,))|K.zeros((2, 2))|K.eye(2)
K.get_value(K.variable([[1, 2]]))|K.arange(1, 6, 2)|K.constant([1, 2])|K.constant(0.5, shape=(2,))
"""

# Layers and models whose computation is written with functions. `shape` is that of a sample; weights, inputs and targets
# are drawn from the case's own name; each is trained three steps of SGD.
MODELS = {
    "linear": """
class Linear(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], 3), name="w")
        self.b = self.add_weight(shape=(3,), initializer="zeros", name="b")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

model = keras.Sequential([keras.Input((4,)), Linear(), keras.layers.Dense(2)])
""",
    "squeeze and excite": """
class Excite(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], input_shape[-1]), name="w")

    def call(self, x):
        weight = ops.sigmoid(ops.mean(x, axis=(1, 2)) @ self.w)
        return x * ops.reshape(weight, (-1, 1, 1, 3))

model = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.Conv2D(3, 3), Excite(), keras.layers.Flatten()])
""",
    "operators": """
class Operators(keras.layers.Layer):
    def build(self, input_shape):
        self.a = self.add_weight(shape=(1,), initializer="ones", name="a")
        self.b = self.add_weight(shape=(input_shape[-1],), name="b")

    def call(self, x):
        y = (1.0 - x) * self.a / (abs(x) + 2.0) - x**2 * self.b**2
        return ops.where(x > self.b, y, -y)[:, 1:]

model = keras.Sequential([keras.Input((4,)), Operators(), keras.layers.Dense(2)])
""",
    "maxout": """
class Maxout(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], 6), name="w")

    def call(self, x):
        return ops.max(ops.reshape(ops.matmul(x, self.w), (-1, 2, 3)), axis=-1)

model = keras.Sequential([keras.Input((4,)), Maxout()])
""",
    "parts": """
x = keras.Input((6,))
first, second = ops.split(x, 2, axis=-1)
y = ops.concatenate([first * second, ops.maximum(first, second), ops.stack([first, second], axis=2)[:, :, 0]], axis=1)
model = keras.Model(x, keras.layers.Dense(2)(y))
""",
    "residual": """
x = keras.Input((4, 4, 2))
y = keras.layers.Conv2D(2, 3, padding="same", activation="relu")(x)
y = ops.relu(x + y) * 0.5 - 2.0 * y
y = ops.mean(ops.transpose(y, (0, 3, 1, 2)), axis=(2, 3))
model = keras.Model(x, y)
""",
    "attention": """
class Attention(keras.layers.Layer):
    def build(self, input_shape):
        self.q, self.k, self.v = (self.add_weight(shape=(input_shape[-1], 2), name=name) for name in "qkv")

    def call(self, x):
        q, k, v = ops.matmul(x, self.q), ops.matmul(x, self.k), ops.einsum("nsd,df->nsf", x, self.v)
        return ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))) / np.sqrt(2.0), axis=-1) @ v

model = keras.Sequential([keras.Input((3, 4)), Attention(), keras.layers.Flatten(), keras.layers.Dense(2)])
""",
    "normalized": """
class Normalized(keras.layers.Layer):
    def build(self, input_shape):
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gamma")

    def call(self, x):
        mean, variance = ops.moments(x, axes=(1, 2), keepdims=True)
        return (x - mean) * ops.rsqrt(variance + 1e-3) * self.gamma

model = keras.Sequential([keras.Input((3, 3, 2)), Normalized(), keras.layers.Conv2D(2, 2), keras.layers.Flatten()])
""",
    "softmax over other axes": """
x = keras.Input((3, 4))
y = ops.softmax(x, axis=1) + ops.log_softmax(x) + ops.logsumexp(x, axis=2, keepdims=True)
model = keras.Model(x, keras.layers.Dense(1)(keras.layers.Flatten()(ops.square(y))))
""",
    "sorted": """
x = keras.Input((5,))
values, places = ops.top_k(x, 3)
y = values * ops.cast(places, "float32") + ops.sort(x, axis=-1)[:, :3] + ops.cumsum(x, axis=1)[:, 2:]
model = keras.Model(x, keras.layers.Dense(2)(y))
""",
    "used twice": """
class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.s = self.add_weight(shape=(1,), initializer="ones", name="s")

    def call(self, x):
        return ops.tanh(x * self.s)

x, scale = keras.Input((4,)), Scale()
model = keras.Model(x, keras.layers.Dense(2)(scale(scale(x) + x)))
""",
    "frozen": """
class Fixed(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], 3), name="w", trainable=False)
        self.b = self.add_weight(shape=(3,), name="b")

    def call(self, x):
        return ops.stop_gradient(ops.exp(x @ self.w)) * self.b + ops.clip(x[:, :3], -0.5, 0.5)

model = keras.Sequential([keras.Input((4,)), Fixed(), keras.layers.Dense(2)])
""",
}


def programs(text):
    return [program for line in text.split("\n") if line for program in line.split("|")]


def names_in(program):
    return [name for name in compile(program, "case", "eval").co_names if name in ARRAYS]


def number(x):
    return x if isinstance(x, (int, bool)) else float(f"{x:.8g}")


def plain(value):
    value = np.asarray(value)
    return {
        "dtype": value.dtype.name,
        "shape": list(value.shape),
        "values": [number(x) for x in value.ravel().tolist()],
    }


def record(program):
    """With PyTorch: the value, and the gradients for the float32 arrays."""
    import torch

    arrays = {name: np.array(ARRAYS[name], TYPES.get(name, "float32")) for name in names_in(program)}
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    wanted = [name for name in tensors if name not in TYPES]
    for name in wanted:
        tensors[name].requires_grad_()
    y = eval(program, {"ops": keras.ops, "np": np, **tensors})
    found = plain(y.detach().numpy())
    if y.requires_grad and "floor_divide" not in program:  # PyTorch has no gradient of it
        weights = torch.cos(torch.arange(y.numel(), dtype=y.dtype)).reshape(y.shape)
        gradients = torch.autograd.grad((y * weights).sum(), [tensors[n] for n in wanted], allow_unused=True)
        found["gradients"] = {
            name: [0.0] * arrays[name].size if g is None else [number(x) for x in g.numpy().ravel().tolist()]
            for name, g in zip(wanted, gradients)
        }
    return found


def record_with_tensorflow(program):
    """The same with TensorFlow."""
    import tensorflow as tf
    from keras.src.legacy import backend as K

    tensors = {name: tf.constant(ARRAYS[name], TYPES.get(name, "float32")) for name in names_in(program)}
    wanted = [name for name in tensors if name not in TYPES]
    with tf.GradientTape() as tape:
        tape.watch([tensors[name] for name in wanted])
        y = eval(program, {"K": K, "ops": keras.ops, "np": np, **tensors})
        smooth = tf.is_tensor(y) and y.dtype.is_floating and wanted
        total = tf.reduce_sum(y * np.cos(np.arange(np.size(y))).reshape(y.shape)) if smooth else None
    found = plain(y)
    if smooth:
        gradients = tape.gradient(total, [tensors[name] for name in wanted], unconnected_gradients="zero")
        found["gradients"] = {
            name: [number(x) for x in np.asarray(tf.convert_to_tensor(g)).ravel().tolist()]
            for name, g in zip(wanted, gradients)
        }
    return found


def draw(name, shapes):
    """Arrays of numbers with few digits, from the case's own name."""
    rng = np.random.default_rng(list(name.encode()))
    return [np.round(rng.normal(0, 0.7, shape) * 64) / 64 for shape in shapes]


def record_model(name):
    """Prediction before and after three steps, the losses, and the last weights."""
    names = {"keras": keras, "ops": keras.ops, "np": np}
    exec(MODELS[name], names)
    model = names["model"]
    shapes = [w.shape for w in model.get_weights()]
    x, y, *weights = draw(name, [(5, *model.input_shape[1:]), (5, *model.output_shape[1:]), *shapes])
    model.set_weights(weights)
    model.compile(keras.optimizers.SGD(0.125), "mse")
    before = model.predict(x, verbose=0)
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    return {
        "program": MODELS[name],
        "x": plain(x),
        "y": plain(y),
        "weights": [plain(w) for w in weights],
        "before": plain(before),
        "losses": losses,
        "after": plain(model.predict(x, verbose=0)),
        "trained": [plain(w) for w in model.get_weights()],
    }


if __name__ == "__main__":
    known = load("ops", {})
    if keras.backend.backend() == "torch":
        known["about"] = {"keras": keras.__version__, "recorded_with": "tests/recorded/record_ops.py"}
        known["arrays"] = {
            name: {"dtype": TYPES.get(name, "float32"), "values": values} for name, values in ARRAYS.items()
        }
        known["ops"] = {program: record(program) for program in programs(CASES)}
        known["models"] = {name: record_model(name) for name in MODELS}
    elif keras.backend.backend() == "tensorflow":
        known["ops"].update({program: record_with_tensorflow(program) for program in programs(TENSORFLOW_CASES)})
        known["K"] = {program: record_with_tensorflow(program) for program in programs(K_CASES)}
    else:
        sys.exit("KERAS_BACKEND must be torch or tensorflow.")
    save("ops", known)
