"""Records what TensorFlow makes of its own words: those that `import cycnn as tf` offers beside Keras's.

    python tests/recorded/record_tensorflow.py        needs tensorflow; writes tensorflow.json beside this file

Each case is an expression of `tf` and of the arrays below; the test evaluates the same text.
"""

import json
from pathlib import Path

import numpy as np

CASES = """
tf.reduce_sum(x), tf.reduce_sum(x, 1), tf.reduce_sum(x, axis=[0, 2], keepdims=True)
tf.reduce_mean(x, axis=-1), tf.reduce_max(x, 0), tf.reduce_min(x, (1, 2)), tf.reduce_prod(x[0], 1)
tf.reduce_all(x > -9, 0), tf.reduce_any(x > 1.0, axis=1), tf.reduce_logsumexp(x, axis=2)
tf.math.reduce_std(x, 1), tf.math.reduce_variance(x), tf.math.reduce_mean(x)
tf.argmax(x), tf.argmax(x, 2), tf.argmin(x, axis=1), tf.math.argmax(x[0, 0])
tf.concat([x, 2 * x], axis=1), tf.concat([x, x], -1), tf.stack([x[0], x[1]], axis=1), tf.unstack(x, axis=2)
tf.split(x, 2, axis=2), tf.split(x, [1, 3], 2), tf.split(x, 3, 1)
tf.reshape(x, [3, -1]), tf.reshape(x, -1), tf.transpose(x), tf.transpose(x, perm=[1, 0, 2]), tf.squeeze(x[:1], axis=0)
tf.expand_dims(x, 1), tf.gather(x, [2, 0], axis=1), tf.gather(x, 1), tf.boolean_mask(x, x[..., 0] > 0)
tf.reverse(x, axis=[1, 2]), tf.tile(x[0], [1, 2]), tf.repeat(x, 2, axis=0), tf.where(x > 0, x, -1.0)
tf.pad(x[0], [[1, 2], [0, 1]]), tf.pad(x[0], [[1, 1], [2, 0]], "REFLECT"), tf.pad(x[0], [[0, 1], [1, 0]], constant_values=3)
tf.one_hot(labels, 4), tf.one_hot(labels, 4, on_value=2.0, off_value=-1.0), tf.one_hot(labels, 4, axis=0)
tf.sort(x, axis=1), tf.sort(x, direction="DESCENDING"), tf.argsort(x, 0), tf.argsort(x, direction="DESCENDING")
tf.cumsum(x), tf.cumsum(x, axis=2, reverse=True), tf.cumsum(x, 1, exclusive=True)
tf.zeros([2, 3]), tf.ones((2,), tf.int32), tf.fill([2, 2], 7.0), tf.zeros_like(x), tf.ones_like(x[0]), tf.eye(3), tf.eye(2, 3)
tf.range(5), tf.range(2, 9, 3), tf.linspace(0.0, 1.0, 5), tf.constant([1, 2]), tf.constant(3.0, shape=[2, 2]), tf.identity(x)
tf.cast(x, tf.int32), tf.shape(x), tf.rank(x), tf.size(x), tf.convert_to_tensor([1.0, 2.0]), tf.cast(x > 0, tf.float32)
tf.clip_by_value(x, -0.5, 0.5), tf.clip_by_norm(x, 1.0), tf.clip_by_norm(x, 0.5, axes=[2]), tf.add_n([x, x, x])
tf.linalg.global_norm([x, 2 * x]), tf.norm(x), tf.norm(x, axis=1), tf.norm(x, ord=1, axis=2)
tf.clip_by_global_norm([x, 2 * x], 1.5), tf.norm(x, axis=2, keepdims=True)
tf.matmul(x, x, transpose_b=True), tf.matmul(x[0], x[1], transpose_a=True), tf.tensordot(x, x[0], [[2], [1]])
tf.linalg.einsum("bij,bkj->bik", x, x)
tf.maximum(x, 0.0), tf.minimum(x, 0.1), tf.pow(x, 2.0), tf.square(x), tf.sqrt(tf.abs(x)), tf.exp(x), tf.sign(x), tf.round(3 * x)
tf.math.log(tf.abs(x)), tf.math.l2_normalize(x, axis=1), tf.math.l2_normalize(x), tf.math.softplus(x), tf.sigmoid(x), tf.tanh(x)
tf.math.confusion_matrix(labels, [1, 3, 0, 0, 2]), tf.math.confusion_matrix(labels, labels, num_classes=5)
tf.equal(labels, 2), tf.greater(x, 0.0), tf.logical_not(x > 0), tf.logical_and(x > 0, x < 1)
tf.nn.softmax(x), tf.nn.log_softmax(x, axis=1), tf.nn.relu(x), tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, alpha=0.3), tf.nn.elu(x)
tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(x), logits=3 * x), tf.nn.l2_loss(x)
tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(x), logits=2 * x)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels[:3], logits=x[0])
tf.nn.moments(x, axes=[0, 1]), tf.nn.bias_add(x, [1.0, 2.0, 3.0, 4.0])
tf.nn.conv2d(photos, filters, strides=1, padding="SAME"), tf.nn.conv2d(photos, filters, [1, 2, 2, 1], "VALID")
tf.nn.max_pool2d(photos, 2, 2, "VALID"), tf.nn.avg_pool2d(photos, ksize=[3, 3], strides=[2, 2], padding="SAME")
tf.image.resize(photos, (3, 8)), tf.image.resize(photos, [9, 4], method="nearest")
tf.image.resize(photos[0], (4, 4), method="bicubic")
tf.image.flip_left_right(photos), tf.image.flip_up_down(photos[0]), tf.image.rgb_to_grayscale(photos)
tf.image.total_variation(tf.constant(photos)), tf.image.total_variation(tf.constant(photos[0]))
tf.image.psnr(photos, photos * 0.9, max_val=1.0)
""".strip().splitlines()


def arrays():
    """What the expressions compute with."""
    random = np.random.RandomState(3)
    return {
        "x": random.normal(size=(2, 3, 4)).astype("float32"),
        "labels": np.array([1, 3, 0, 2, 2]),
        "photos": random.uniform(size=(2, 5, 6, 3)).astype("float32"),
        "filters": random.normal(size=(3, 3, 3, 2)).astype("float32"),
    }


def plain(value):
    """Numbers in lists; those of floating point types to seven digits."""
    if isinstance(value, (list, tuple)) and any(hasattr(part, "shape") for part in value):
        return [plain(part) for part in value]
    found = np.asarray(value)
    if found.dtype.kind == "f":
        return [list(found.shape), [float(f"{number:.7g}") for number in found.ravel()]]
    return [list(found.shape), found.astype(int).ravel().tolist()]


if __name__ == "__main__":
    import tensorflow as tf

    found = {case: [plain(part) for part in eval(f"[{case}]", {"tf": tf, **arrays()})] for case in CASES}
    path = Path(__file__).with_suffix("").with_name("tensorflow.json")
    path.write_text(json.dumps(found, separators=(",", ":")))
    print(path, path.stat().st_size)
