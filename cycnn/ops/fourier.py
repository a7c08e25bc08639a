"""Fourier's transform, by `numpy.fft`, and complex numbers.

Tensors hold real numbers, so a transform takes and gives pairs (real, imaginary) of them, and has gradients. Functions of
complex arrays themselves (`real`, `polar`, ...) compute at once and have none; the real part of a tensor is the tensor.
"""

import numpy as np

from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import maths, shaping
from cycnn.ops.dtypes import FLOAT, floating
from cycnn.ops.primitive import composite, constant, primitive, several
from cycnn.ops.symbolic import Expression, Whole
from cycnn.ops.tape import Tensor

# ------------------------------------------------------------------------------------------------------ transforms


def fft(x):
    """The discrete Fourier transform along the last axis.

    Args:
        x: pair (real, imaginary) of arrays.

    Returns:
        A pair (real, imaginary).
    """
    return _transform(*_pair(x), 1, False)


def fft2(x):
    """The discrete Fourier transform along the last two axes. Arguments as in `fft`."""
    return _transform(*_pair(x), 2, False)


def ifft2(x):
    """The inverse of `fft2`. Arguments as in `fft`."""
    return _transform(*_pair(x), 2, True)


def _pair(x):
    if not isinstance(x, (tuple, list)) or len(x) != 2 or shaping.shape(x[0]) != shaping.shape(x[1]):
        raise ValueError(f"`x` must be a pair (real, imaginary) of arrays of one shape. Received: x={x!r}.")
    return x


@several(2, arrays=2)
def _transform(real, imaginary, rank, inverse):
    real, imaginary = floating(real, imaginary)
    forward, backward = (np.fft.ifftn, np.fft.fftn) if inverse else (np.fft.fftn, np.fft.ifftn)
    axes = tuple(range(-rank, 0))
    y = forward(real + 1j * imaginary, axes=axes)

    def pull_back(d):
        """The conjugate transpose of a transform is the other one, scaled the other way."""
        return _parts(backward(d[0] + 1j * d[1], axes=axes, norm="forward"), real.dtype)

    return _parts(y, real.dtype), pull_back


def _parts(z, dtype):
    return z.real.astype(dtype), z.imag.astype(dtype)


@several(2)
def rfft(x, fft_length=None):
    """The discrete Fourier transform of real numbers along the last axis: its first half, which tells the second.

    Args:
        x: array.
        fft_length: x is cut to this length, or filled up with zeros.

    Returns:
        A pair (real, imaginary) of arrays (..., fft_length // 2 + 1).
    """
    (x,) = floating(x)
    count = x.shape[-1] if fft_length is None else int(fft_length)

    def pull_back(d):
        whole = np.zeros((*x.shape[:-1], count), np.complex128)
        whole[..., : count // 2 + 1] = d[0] + 1j * d[1]
        dx = np.zeros(x.shape, x.dtype)
        both = min(count, x.shape[-1])
        dx[..., :both] = np.fft.ifft(whole, norm="forward").real[..., :both]
        return [dx]

    return _parts(np.fft.rfft(x, count), x.dtype), pull_back


def irfft(x, fft_length=None):
    """The inverse of `rfft`.

    Args:
        x: pair (real, imaginary) of arrays (..., n).
        fft_length: length of the result; 2 (n - 1) where it is None.
    """
    real, imaginary = _pair(x)
    return _irfft(real, imaginary, 2 * (shaping.shape(real)[-1] - 1) if fft_length is None else int(fft_length))


@primitive(2)
def _irfft(real, imaginary, count):
    real, imaginary = floating(real, imaginary)
    size, used = real.shape[-1], min(real.shape[-1], count // 2 + 1)
    twice = np.full(used, 2.0)  # all but the first, and the middle one of an even count, occur twice
    twice[0] = 1
    if count % 2 == 0 and used == count // 2 + 1:
        twice[-1] = 1

    def spectrum(d):
        found = np.zeros((*d.shape[:-1], size), np.complex128)
        found[..., :used] = np.fft.rfft(d, norm="forward")[..., :used] * twice
        return found

    y = np.fft.irfft(real + 1j * imaginary, count).astype(real.dtype)
    return y, lambda d: spectrum(d).real, lambda d: spectrum(d).imag


# ----------------------------------------------------------------------------------------------- parts of a signal


@primitive()
def extract_sequences(x, sequence_length, sequence_stride):
    """Windows that slide along the last axis: (..., n) → (..., windows, sequence_length).

    Args:
        x: array.
        sequence_length: length of a window.
        sequence_stride: how far they are apart.
    """
    x = np.asarray(x)
    windows = np.lib.stride_tricks.sliding_window_view(x, sequence_length, -1)[..., ::sequence_stride, :]
    return windows.copy(), lambda d: _added(d, sequence_stride, x.shape[-1])


@primitive()
def _overlapped(x, stride):
    """The sums of windows that lie `stride` apart: what `extract_sequences` does, transposed."""
    x = np.asarray(x)
    count, length = x.shape[-2:]
    windows = lambda d: np.lib.stride_tricks.sliding_window_view(d, length, -1)[..., ::stride, :]  # noqa: E731
    return _added(x, stride, (count - 1) * stride + length), windows


def _added(windows, stride, length):
    y = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for k in range(windows.shape[-2]):
        y[..., k * stride : k * stride + windows.shape[-1]] += windows[..., k, :]
    return y


def _window(window, sequence_length, fft_length):
    """A window amid `fft_length` points."""
    if isinstance(window, str):
        share = {"hann": 0.5, "hamming": 0.54}
        if window not in share:
            raise ValueError(f"`window` must be 'hann', 'hamming', a vector or None. Received: window={window!r}.")
        angles = 2 * np.pi * np.arange(sequence_length) / sequence_length
        window = share[window] - (1 - share[window]) * np.cos(angles)
    window = np.ones(fft_length) if window is None else constant(window, "window").astype(np.float64)
    if window.shape == (fft_length,) != (sequence_length,):
        return window.astype(FLOAT)
    if window.shape != (sequence_length,):
        raise ValueError(f"`window` must have the shape ({sequence_length},). Received: shape {window.shape}.")
    before = (fft_length - sequence_length) // 2
    return np.pad(window, (before, fft_length - sequence_length - before)).astype(FLOAT)


def _lengths(sequence_length, fft_length):
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must be at least `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}."
        )


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The transforms of windows that slide along the last axis: short-time Fourier transform.

    Args:
        x: array (..., n).
        sequence_length: length of a window.
        sequence_stride: how far they are apart.
        fft_length: length of the transforms, at least that of a window.
        window: `"hann"`, `"hamming"`, a vector, or None for ones.
        center: whether x is first extended by half of `fft_length`, mirrored, on both sides.

    Returns:
        A pair (real, imaginary) of arrays (..., windows, fft_length // 2 + 1).
    """
    _lengths(sequence_length, fft_length)
    weights = _window(window, sequence_length, fft_length)
    if center:
        around = [(0, 0)] * (shaping.ndim(x) - 1) + [(fft_length // 2, fft_length // 2)]
        x = shaping.pad(x, around, mode="reflect")
    return rfft(maths.multiply(extract_sequences(x, fft_length, sequence_stride), weights))


@composite
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The signal that has these short-time Fourier transforms, nearest in the sense of least squares: windows are weighted
    once more, added, and divided by the sum of their squares (Griffin and Lim, 1984).

    Args:
        x: pair (real, imaginary) of arrays (..., windows, fft_length // 2 + 1).
        length: the result is cut to this length; as long as it is, less what `center` added, where it is None.
        sequence_length, sequence_stride, fft_length, window, center: as in `stft`.
    """
    _lengths(sequence_length, fft_length)
    weights = _window(window, sequence_length, fft_length)
    windows = maths.multiply(irfft(x, fft_length), weights)
    count = shaping.shape(windows)[-2]
    whole = fft_length + sequence_stride * (count - 1)
    squares = _added(np.tile(weights * weights, (count, 1)), sequence_stride, whole)
    y = maths.divide(_overlapped(windows, sequence_stride), np.where(squares > 1e-10, squares, 1))
    first = fft_length // 2 if center else 0
    last = first + length if length is not None else shaping.shape(y)[-1] - first
    return shaping.get_item(y, (..., slice(first, last)))


# --------------------------------------------------------------------------------------------------- complex arrays


def _is_tensor(x):
    """Whether x stands for real numbers that lead to a gradient."""
    return isinstance(x, (Tensor, SymbolicTensor, Expression, Whole))


def _array(x):
    """An array of any numbers, complex ones too."""
    return x if isinstance(x, np.ndarray | np.generic) and np.iscomplexobj(x) else constant(x, "x")


def real(x):
    """The real part."""
    return x if _is_tensor(x) else np.real(_array(x))


def imag(x):
    """The imaginary part."""
    return shaping.zeros_like(x) if _is_tensor(x) else np.imag(_array(x))


def conjugate(x):
    """The conjugate complex number."""
    return x if _is_tensor(x) else np.conjugate(_array(x))


conj = conjugate


def angle(x):
    """The angle of a complex number, from -π to π."""
    if _is_tensor(x):
        return shaping.cast(maths.where(maths.less(x, 0), np.pi, 0.0), x.dtype)
    x = _array(x)
    found = np.angle(x)
    return found if x.dtype.kind == "c" or x.dtype == np.float64 else found.astype(FLOAT)


def isreal(x):
    """Whether the imaginary part is 0."""
    return shaping.ones_like(x, bool) if _is_tensor(x) else np.isreal(_array(x))


def polar(abs_, angle):
    """Complex numbers from their absolute values and angles."""
    size, angle = floating(_array(abs_), _array(angle))
    return size * np.exp(1j * angle).astype(np.result_type(size, np.complex64))


def view_as_complex(x):
    """Pairs of numbers along the last axis as complex numbers."""
    (x,) = floating(_array(x))
    if x.shape[-1:] != (2,):
        raise ValueError(f"The last axis must have length 2: real and imaginary parts. Received: shape {x.shape}.")
    return x[..., 0] + 1j * x[..., 1]


def view_as_real(x):
    """Complex numbers as pairs of numbers along a new last axis."""
    x = _array(x)
    return np.stack([x.real, x.imag], -1)
