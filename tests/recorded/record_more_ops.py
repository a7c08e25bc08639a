"""Record what more functions of keras.ops return, and the gradients that PyTorch finds. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_more_ops.py
    KERAS_BACKEND=tensorflow python record_more_ops.py
    KERAS_BACKEND=jax python record_more_ops.py

As `record_ops.py`, whose arrays and ways it shares, into more_ops.json.gz: PyTorch first; then TensorFlow and JAX add what
it lacks, or does otherwise than Keras documents.
"""

import sys

import keras
import numpy as np
import record_ops
from answers import load, save
from record_ops import programs

RNG = np.random.default_rng(15)


def drawn(*shape):
    """Numbers with few digits, signed, no two alike."""
    return (np.round(RNG.normal(0, 1, shape) * 256) / 256 + np.arange(np.prod(shape)).reshape(shape) / 2**14).tolist()


def positive(matrix):
    """x xᵀ + 1."""
    x = np.array(matrix)
    return (x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])).tolist()


ARRAYS = {
    "x1": drawn(2, 7, 3),
    "x2": drawn(1, 5, 6, 2),
    "x3": drawn(1, 4, 4, 3, 2),
    "x4": drawn(1, 4, 4, 4),
    "f1": drawn(3, 3, 4),
    "f2": drawn(3, 2, 2, 3),
    "f3": drawn(2, 3, 2, 2, 2),
    "g2": drawn(2, 3, 2, 4),
    "d2": drawn(3, 2, 2, 2),
    "d1": drawn(3, 3, 2),
    "p2": drawn(1, 1, 4, 3),
    "t1": drawn(3, 2, 3),
    "t2": drawn(3, 2, 4, 2),
    "t3": drawn(2, 2, 3, 3, 2),
    "q3": drawn(3, 3),
    "q5": drawn(5, 3),
    "q4": drawn(2, 3, 3),
    "spd": positive(drawn(2, 3, 3)),
    "w3": drawn(2, 3),
    "u3": drawn(2, 3, 2),
    "n2": [[1.5, float("nan"), -2.0, 0.25], [float("nan"), 0.5, 3.0, -1.0], [2.5, -0.75, float("nan"), float("nan")]],
    "row": drawn(9),
    "signal": drawn(18),
    "re": drawn(4, 6),
    "im": drawn(4, 6),
    "ids": [0, 2, -1, 0, 2],
    "seg": drawn(5, 2),
    "place": [[0, 1], [2, 0], [0, 1]],
    "new": drawn(3),
    "lab": [[1, 2, 2, 3], [3, 1, 0, 0], [2, 0, 0, 0]],
    "log": drawn(3, 9, 4),
    "count": [4, 2, 1],
    "steps": [9, 5, 7],
    "two": drawn(2, 3, 4, 1),
    "img": np.abs(drawn(1, 5, 4, 3)).clip(0, 1).tolist(),
    "im2": np.abs(drawn(1, 5, 4, 3)).clip(0, 1).tolist(),
    "pix": RNG.integers(0, 256, (1, 3, 4, 2)).tolist(),
    "chan": drawn(1, 3, 4, 6),
    "coord": (np.abs(drawn(2, 7)) * 2.3 - 0.7).tolist(),
    "aff": [[0.875, 0.25, -0.5, -0.125, 1.125, 0.375, 0.0, 0.0], [1.0, 0.0, 1.25, 0.0, 1.0, -0.75, 0.0, 0.0]],
    "four": [[[0.07, 0.13], [2.91, 0.31], [0.43, 3.81], [2.73, 3.47]]],
    "to": [[[0.375, 0.25], [2.75, 0.125], [0.125, 3.75], [3.25, 3.875]]],
}
TYPES = dict.fromkeys(("ids", "place", "lab", "count", "steps"), "int32") | {"pix": "uint8"}

CASES = """
ops.arcsin(p)|ops.arccos(p)|ops.arcsinh(a)|ops.arccosh(p + 1)|ops.arctanh(p)|ops.arcsin(byte // 255)|ops.deg2rad(a)
ops.rad2deg(a)|ops.hypot(a, b)|ops.sinc(a)|ops.cbrt(p)|ops.logaddexp2(a, b)|ops.erfc(a)|ops.erfinv(p)
ops.erfinv(p * 1e-4)|ops.i0(a)|ops.trunc(a)|ops.fabs(a)|ops.fabs(i)|ops.fmod(a, b)|ops.fmod(i, j)|ops.fmax(a, b)
ops.fmin(n2, 1.0)|ops.fmax(n2, 1.0)|ops.nextafter(a, b)|ops.signbit(a)|ops.isposinf(odd)|ops.isneginf(odd)
ops.isin(i, j)|ops.isin(ties, [1.0, 7.0], invert=True)|ops.ldexp(a, j)|ops.bitwise_and(i, j)|ops.bitwise_or(i, j)
ops.bitwise_xor(i, byte)|ops.bitwise_not(i)|ops.bitwise_invert(j)|ops.bitwise_left_shift(i, 2)|ops.left_shift(j, k[0])
ops.bitwise_right_shift(i, 1)|ops.right_shift(i, 2)|ops.gcd(i, j)|ops.lcm(i, j)|ops.bartlett(7)|ops.blackman(6)
ops.hamming(7)|ops.hanning(5)|ops.kaiser(6, 4.0)

ops.quantile(a, 0.3)|ops.quantile(a, [0.25, 0.5], axis=1)|ops.quantile(t, 0.4, axis=1, keepdims=True)
ops.quantile(m, [0.1, 0.9], axis=0, method='lower')|ops.quantile(m, 0.6, axis=1, method='nearest')
ops.quantile(a, 0.6, method='higher')|ops.quantile(m, [0.3, 0.8], axis=1, keepdims=True, method='midpoint')
ops.percentile(a, 30.0, axis=0)|ops.nanquantile(n2, 0.3, axis=1)|ops.nanpercentile(n2, 70.0)|ops.nanmedian(n2, axis=1)
ops.ptp(a)|ops.ptp(t, axis=1, keepdims=True)|ops.nansum(n2)|ops.nansum(n2, axis=1, keepdims=True)
ops.nanprod(n2, axis=0)|ops.nanmean(n2)|ops.nanmean(n2, axis=1)|ops.nanvar(n2, axis=1)|ops.nanstd(n2)
ops.nanmax(n2, axis=0)|ops.nanmin(n2)|ops.nanmax(odd, axis=1)|ops.nanargmax(n2, axis=1)|ops.nanargmin(n2, axis=0)
ops.nancumsum(n2, axis=1)|ops.nancumprod(n2, axis=0)|ops.corrcoef(m)|ops.correlate(row, v)
ops.correlate(row, v, mode='full')|ops.correlate(row, v, mode='same')|ops.cdist(q5, q3)|ops.trapezoid(a)
ops.trapezoid(t, dx=0.5, axis=1)|ops.trapezoid(a, x=v)|ops.bincount(k)|ops.bincount(k, minlength=5)
ops.bincount([0, 2, 2, 1], weights=[0.5, 1.0, 2.0, 4.0])|ops.digitize(a, [-1.0, 0.0, 1.0])
ops.searchsorted([-1.0, 0.0, 0.625], b)|ops.searchsorted([1, 2, 2, 3], i, side='right')|ops.unique(i)
ops.unique(place, axis=0)
ops.unravel_index([5, 1, 7], (2, 4))[0]|ops.unravel_index([5, 1, 7], (2, 4))[1]|ops.segment_sum(seg, ids)
ops.segment_sum(seg, ids, num_segments=4)|ops.segment_max(seg, ids, num_segments=4)|ops.segment_min(seg, ids)
ops.segment_prod(seg, ids)|ops.allclose(a, a)

ops.vstack([a, b])|ops.vstack([v, v])|ops.hstack([a, u])|ops.hstack([v, v])|ops.dstack([a, b])|ops.dstack([v, v])
ops.vsplit(m, 3)[1]|ops.hsplit(m, 2)[1]|ops.hsplit(v, 3)[0]|ops.dsplit(t, 2)[1]|ops.array_split(m, 3, axis=1)[0]
ops.flipud(m)|ops.fliplr(t)|ops.rot90(a)|ops.rot90(t, k=3, axes=(1, 2))|ops.rearrange(t, 'a b c -> (c a) b')
ops.rearrange(m, 'a (b c) -> b c a', c=2)|ops.diagonal(m)|ops.diagonal(t, 1, 1, 2)|ops.diag(v)|ops.diag(v, k=-1)
ops.diag(m, k=1)|ops.diagflat(a)|ops.kron(a, u)|ops.kron(m, v)|ops.inner(a, b)|ops.inner(t, m)
ops.inner(s, a)|ops.cross(a, b)|ops.cross(q3, q3 * q3, axis=0)|ops.logspace(0.0, 2.0, 4)
ops.logspace(v, v + 1, 3, base=2)|ops.geomspace(1.0, 100.0, 4)|ops.saturate_cast(a * 200, 'uint8')
ops.saturate_cast(i, 'uint8')|ops.select([a > 0, b > 0], [a, b], 7.0)|ops.scatter(place, new, (3, 2))
ops.scatter(k[:, None], a, (4, 3))|ops.scatter_update(q5, place[:2], new[:2])
ops.scatter_update(q5, place, new, 'add')|ops.scatter_update(m, k[:, None], t[0, :2])
ops.slice_update(m, (1, 1), a[:, :2])|ops.depth_to_space(x4, 2)|ops.space_to_depth(x4, 2)|ops.view(a, 'int32')
ops.view_as_real(ops.view_as_complex(u3))

ops.det(q4)|ops.det(q3)|ops.slogdet(q4)[0]|ops.slogdet(q4)[1]|ops.logdet(spd)|ops.inv(q4)|ops.solve(q4, u3)
ops.solve(q4, w3)|ops.solve_triangular(q4, u3, lower=True)|ops.solve_triangular(q4, u3)|ops.pinv(q5)
ops.pinv(ops.transpose(q5))|ops.lstsq(q5, row[:5])|ops.cholesky(spd)|ops.cholesky(spd, upper=True)
ops.cholesky_inverse(ops.cholesky(spd[0]))|ops.cholesky_inverse(ops.triu(q3), upper=True)|ops.abs(ops.qr(q5)[0])
ops.abs(ops.qr(q3)[1])|ops.eigh(spd)[0]|ops.abs(ops.eigh(spd)[1])|ops.svd(q5, compute_uv=False)
ops.abs(ops.svd(q5, full_matrices=False)[0])|ops.abs(ops.svd(q5, full_matrices=False)[2])
ops.svd(q5, full_matrices=False)[1]|ops.lu_factor(q4)[0]|ops.lu_factor(q4)[1]|ops.matrix_rank(q5)
ops.norm(q3, ord='nuc')|ops.norm(q3, ord=2)|ops.norm(q3, ord=-2)|ops.norm(q3, ord=1)|ops.norm(q4, np.inf, axis=(1, 2))
ops.norm(q4, ord='fro', axis=(1, 2), keepdims=True)|ops.norm(q5, ord=-np.inf)|ops.norm(q4, ord=2, axis=(2, 0))

ops.fft((re, im))[0]|ops.fft((re, im))[1]|ops.fft2((re, im))[0]|ops.ifft2((re, im))[1]|ops.rfft(signal)[0]
ops.rfft(signal)[1]|ops.rfft(signal, 15)[1]|ops.rfft(signal, 24)[0]|ops.irfft((re, im))|ops.irfft((re, im), 9)
ops.irfft((re, im), 16)|ops.extract_sequences(signal, 6, 4)|ops.stft(signal, 6, 3, 8)[0]|ops.stft(signal, 6, 3, 8)[1]
ops.stft(signal, 8, 4, 8, window='hamming', center=False)[0]
ops.istft((re, im), 10, 3, 10, window='hamming', length=12)|ops.istft(ops.stft(signal, 8, 2, 8), 8, 2, 8)

ops.conv(x2, f2)|ops.conv(x2, f2, strides=2, padding='same')|ops.conv(x2, f2, padding='same', dilation_rate=2)
ops.conv(x1, f1, strides=2)|ops.conv(x1, f1, padding='same')|ops.conv(x3, f3)|ops.conv(x3, f3, (1, 2, 1), 'same')
ops.conv(x4, g2)|ops.conv(x4, g2, 2, 'same', data_format='channels_first')|ops.depthwise_conv(x2, d2)
ops.depthwise_conv(x2, d2, 2, 'same')|ops.depthwise_conv(x1, d1, padding='same', dilation_rate=2)
ops.separable_conv(x2, d2, p2)|ops.separable_conv(x2, d2, p2, strides=2, padding='same')|ops.conv_transpose(x2, t2)
ops.conv_transpose(x2, t2, 2, 'same')|ops.conv_transpose(x2, t2, strides=(2, 3))|ops.conv_transpose(x1, t1, 2)
ops.conv_transpose(x2, t2, 2, 'same', output_padding=1)|ops.conv_transpose(x3[:, :2, :2], t3, 2)|ops.max_pool(x2, 2)
ops.max_pool(x2, 3, 2, 'same')|ops.max_pool(x1, 2, 1)|ops.max_pool(x3, 2, (1, 2, 1))|ops.average_pool(x2, 2)
ops.average_pool(x1, 3, 2)|ops.average_pool(x3, (2, 3, 2), 1)|ops.average_pool(x4, 2, data_format='channels_first')
ops.adaptive_average_pool(x2, (2, 4))|ops.adaptive_average_pool(x1, 3)|ops.adaptive_max_pool(x2, (3, 4))
ops.adaptive_max_pool(x3, 2)|ops.unfold(x4, 2)|ops.unfold(x4, (2, 3), dilation=(2, 1), padding=1, stride=2)
ops.fold(ops.unfold(x4, 2), 4, 2)|ops.fold(ops.unfold(x4, 3, 1, 1, 2), (4, 4), 3, padding=1, stride=2)

ops.batch_normalization(t, m[0, :3] * m[0, :3], v * v, 1)|ops.batch_normalization(a, v, v * v, -1, v, v + 1.0, 0.01)
ops.layer_normalization(a)|ops.layer_normalization(t, m[0], m[1])|ops.layer_normalization(t, axis=(1, 2), epsilon=0.1)
ops.rms_normalization(a)|ops.rms_normalization(t, m[0], epsilon=0.5)|ops.psnr(a, b, 2.0)|ops.sparsemax(a)
ops.ctc_loss(lab, log, count, steps)|ops.ctc_loss(lab, log, count, steps - 1)
ops.ctc_loss(lab - 1, log, count * 0 + 1, steps, mask_index=3)|ops.ctc_decode(log, steps)[0]
ops.ctc_decode(log, steps)[1]|ops.ctc_decode(log * 2, steps, merge_repeated=False, mask_index=1)[0]
ops.ctc_decode(log, steps, mask_index=None)[0]|ops.ctc_decode(log, steps, 'beam_search', 50, 3)[0]
ops.ctc_decode(log, steps, 'beam_search', 50, 3)[1]
ops.ctc_decode(log * 3, steps, 'beam_search', 4, 2, mask_index=2)[0]

ops.switch(1, [ops.sin, ops.cos], a)|ops.fori_loop(0, 3, lambda k, x: x * x, b)
ops.while_loop(lambda k, x: k < 3, lambda k, x: (k + 1, x * x), (0, b))[1]
ops.scan(lambda c, x: (c * x, c + x), v, m[:, :3])[0]
ops.scan(lambda c, x: (c * x, c + x), v, m[:, :3], reverse=True)[1]|ops.associative_scan(lambda x, y: x * y, m)
ops.associative_scan(lambda x, y: x + y, t, reverse=True, axis=1)|ops.associative_scan(ops.matmul, q4)
ops.map(lambda x: ops.sum(x * x, axis=0), t)|ops.vectorized_map(lambda x: ops.outer(x, x), a)
ops.vectorize(lambda x, y: x * y + 1)(u, a)|ops.vectorize(lambda x, y: ops.sum(x * y), signature='(n),(n)->()')(a, b)

ops.image.extract_patches(x2, (3, 2))|ops.image.extract_patches(x2, 2, strides=1, padding='same')
ops.image.extract_patches_3d(x3, 2)|ops.image.pad_images(img, 1, 2, 0, 3)
ops.image.pad_images(img, 1, 2, target_height=7, target_width=6)|ops.image.crop_images(img, 1, 2, 2, 1)
ops.image.crop_images(img, bottom_cropping=1, left_cropping=2, target_height=3, target_width=2)
ops.image.rgb_to_grayscale(img)|ops.image.rgb_to_grayscale(chan, data_format='channels_first')
ops.image.rgb_to_hsv(img)|ops.image.hsv_to_rgb(img)|ops.image.map_coordinates(q5, coord, 1)
ops.image.map_coordinates(q5, coord, 0, 'nearest')|ops.image.map_coordinates(q5, coord, 1, 'reflect')
ops.image.map_coordinates(q5, coord, 1, 'mirror')|ops.image.map_coordinates(q5, coord, 1, 'wrap')
ops.image.map_coordinates(q5, coord, 1, 'constant', 2.0)|ops.image.gaussian_blur(img, data_format='channels_last')
ops.image.ssim(img, im2, filter_size=4)|ops.image.ssim(img[0], im2[0], 2.0, 3, 0.8, 0.02, 0.05)
ops.image.resize(img, (3, 7))|ops.image.resize(img, (8, 3), 'nearest')
ops.image.resize(img, (7, 7), pad_to_aspect_ratio=True)|ops.image.resize(img, (3, 4), crop_to_aspect_ratio=True)
ops.image.resize(chan, (5, 4), data_format='channels_first')
ops.image.scale_and_translate(img, (1, 4, 7, 3), [1.25, 1.25], [1.5, -0.25], (1, 2), 'linear')
ops.image.scale_and_translate(img, (1, 4, 7, 3), [0.75, 0.75], [1.5, -0.25], (1, 2), 'lanczos3', False)

ops.polar(p, a).real|ops.real(a)|ops.conj(a)|ops.conjugate(a)|ops.angle(a)|ops.isreal(a)|ops.argpartition(v, 1)
ops.jvp(ops.sin, (a,), (b,))[1]|ops.linalg.det(q3)
ops.linalg.jvp(lambda x, y: ops.sum(x * y, axis=1), (a, b), (b, a))[1]
"""

# PyTorch pads averages of `same` with zeros that count, has other cubic weights, and no Lanczos; it changes transforms
# in place; edges are TensorFlow's.
TENSORFLOW_CASES = """
ops.heaviside(ties, other)|ops.histogram(v, bins=4)[0]|ops.histogram(v, bins=4)[1]|ops.histogram(row, 3, (-1.0, 2.0))[0]
ops.cross(a[:, :2], b[:, :2])|ops.vander(v)|ops.vander(v, 4, increasing=True)
ops.cross(a, v)
ops.imag(a)
ops.unique(i, return_counts=True)[1]|ops.unique(ties, return_inverse=True)[1]
ops.average_pool(x2, 3, 2, 'same')|ops.image.resize(img, (3, 3), antialias=True)
ops.image.resize(img, (4, 8), 'lanczos3')|ops.image.resize(img, (4, 3), 'lanczos5', antialias=True)
ops.image.resize(pix, (7, 4))|ops.image.sobel_edges(img)|ops.image.sobel_edges(chan, data_format='channels_first')
ops.image.resize(img, (4, 8), 'bicubic', antialias=True)
"""

# TensorFlow's `wrap` lies beside the edge and its transforms have no gradient; the others' windows begin at an edge, or
# have the wrong size.
JAX_CASES = """
ops.istft((re, im), 8, 3, 10)|ops.image.gaussian_blur(img[0], (5, 3), (0.75, 1.5), 'channels_last')
ops.image.perspective_transform(img, four, to)|ops.image.affine_transform(two, aff)
ops.image.affine_transform(two, aff, 'nearest', 'reflect')|ops.image.affine_transform(two, aff, fill_mode='wrap')
ops.image.resize(img, (9, 4), 'bicubic')
"""

# What is no tensor of ours has no gradient; PyTorch's of `ldexp` takes 2 to a negative power for 0; and an empty segment's
# infinity has none.
WITHOUT_GRADIENTS = (
    "ops.ctc_decode", "ops.histogram", "ops.jvp", "ops.ldexp", "ops.linalg.jvp", "ops.lu_factor", "ops.polar",
    "ops.segment_max(seg, ids, num", "ops.view_as",
)  # fmt: skip


def record_with_jax(program):
    """The value, and the gradients that JAX finds."""
    import jax

    arrays = {
        name: np.array(record_ops.ARRAYS[name], record_ops.TYPES.get(name, "float32"))
        for name in record_ops.names_in(program)
    }
    names = list(arrays)

    def compute(*values):
        return eval(program, {"ops": keras.ops, "np": np, **dict(zip(names, values))})

    y, pull_back = jax.vjp(compute, *arrays.values())
    found = record_ops.plain(y)
    gradients = pull_back(np.cos(np.arange(y.size, dtype="float32")).reshape(y.shape))
    values = {name: np.asarray(gradient).ravel().tolist() for name, gradient in zip(names, gradients)}
    return found | {"gradients": {name: [record_ops.number(x) for x in part] for name, part in values.items()}}


# `compile` and `fit` with the loss, and what old programs call instead.
CTC_PROGRAM = """
inputs = keras.Input((9, 4))
model = keras.Model(inputs, keras.layers.Conv1D(4, 3, padding="same")(inputs))
model.set_weights([np.cos(np.arange(48)).reshape(3, 4, 4), np.zeros(4)])
model.compile(keras.optimizers.SGD(0.1), keras.losses.CTC())
answer = [float(model.train_on_batch(log, lab)) for _ in range(4)]
answer += [float(keras.losses.CTC(reduction)(lab, log)) for reduction in ("sum", "mean")]
answer += np.ravel(keras.losses.ctc(lab, log)).tolist()
"""
K_CASES = """
K.ctc_batch_cost(lab - 1, shares, steps[:, None], count[:, None])|K.ctc_decode(shares, steps)[0][0]
K.ctc_decode(shares, steps)[1]|K.ctc_decode(shares, steps, greedy=False, beam_width=20, top_paths=2)[1]
K.ctc_decode(shares, steps, greedy=False, beam_width=20, top_paths=2)[0][1]
"""


def record_k(program):
    """What Keras 2's backend answers."""
    from keras.src.legacy import backend as K

    names = {name: np.array(ARRAYS[name], TYPES.get(name, "float32")) for name in ("lab", "log", "count", "steps")}
    shares = np.exp(names["log"]) / np.exp(names["log"]).sum(-1, keepdims=True)
    return record_ops.plain(eval(program, {"K": K, "shares": shares, **names}))


def answer(program, record):
    """What was recorded, or None for what this backend cannot do."""
    try:
        found = record(program)
        if program.startswith(WITHOUT_GRADIENTS):
            found.pop("gradients", None)
        return found
    except Exception as error:
        print(f"{program}: {type(error).__name__}: {str(error)[:150]}", file=sys.stderr)
        return None


if __name__ == "__main__":
    record_ops.ARRAYS.update(ARRAYS)
    record_ops.TYPES.update(TYPES)
    record_ops.number = lambda x: x if isinstance(x, (int, bool)) else float(f"{x:.6g}")
    known = load("more_ops", {})
    if keras.backend.backend() == "torch":
        known["about"] = {"keras": keras.__version__, "recorded_with": "tests/recorded/record_more_ops.py"}
        known["arrays"] = {
            name: {"dtype": TYPES.get(name, "float32"), "values": values} for name, values in ARRAYS.items()
        }
        found = {program: answer(program, record_ops.record) for program in programs(CASES)}
        known["ops"] = {program: case for program, case in found.items() if case is not None}
        names = {"keras": keras, "np": np, **{name: np.array(ARRAYS[name]) for name in ("lab", "log")}}
        exec(CTC_PROGRAM, names)
        known["ctc"] = {"program": CTC_PROGRAM, "answer": names["answer"]}
    else:
        cases, record = {
            "tensorflow": (TENSORFLOW_CASES, record_ops.record_with_tensorflow),
            "jax": (JAX_CASES, record_with_jax),
        }[keras.backend.backend()]
        found = {program: answer(program, record) for program in programs(cases)}
        known["ops"].update({program: case for program, case in found.items() if case is not None})
        if keras.backend.backend() == "tensorflow":
            known["K"] = {program: record_k(program) for program in programs(K_CASES)}
    save("more_ops", known)
