"""What augmentation does to pictures: resampling through affine maps, light and colour, erased rectangles.

Each of these follows from numbers u (n, k) between 0 and 1, which somebody else drew for each picture: the kernels
themselves are functions. `column` says from which of a picture's numbers on a kernel reads; a number between `lower`
and `upper` is lower + (upper - lower) u. A unit of work is one sample, in `warp` one row of the output.
"""

from cython.parallel cimport prange
from libc.math cimport ceilf, cosf, fabsf, floorf, rintf, sinf, sqrtf
from libc.string cimport memcpy, memset

from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.maths cimport HALF_F, ONE, TWO
from cycnn.kernels.random cimport STRETCH, normals, stretch, u32

cdef enum:
    NUMBERS = 6                      # of an affine map

cdef enum:                           # what lies beyond a picture's edge: k k | a b c d | ...
    CONSTANT                         # k k | k k: the same number everywhere
    NEAREST                          # d d: the pixel at the edge
    REFLECT                          # d c: the picture in a mirror on the edge
    MIRROR                           # c b: the picture in a mirror on the last pixels
    WRAP                             # a b: the picture again

cdef enum:                           # what a map does
    FLIP
    ROTATE
    SCALE
    SHIFT
    SHEAR
    CROP

cdef struct Frame:                   # of two pictures
    Py_ssize_t h, w, c, oh, ow

cdef struct Taps:                    # for a stretch of pixels, along one axis
    int low[STRETCH]                 # the two neighbours
    int high[STRETCH]
    float low_share[STRETCH]         # and what each gives; nothing where it lies outside and is filled
    float high_share[STRETCH]


cdef inline float _between(float lower, float upper, float u) noexcept nogil:
    return lower + (upper - lower) * u


# ----------------------------------------------------------------------------------------------------------- maps

cdef void _map(const float* u, float* affine, int kind, float h, float w, float a, float b, float c,
               float d) noexcept nogil:
    cdef float turn = 6.2831853, zero = 0, sine, cosine, s
    cdef float y = (h - ONE) * HALF_F, x = (w - ONE) * HALF_F   # the middle: pixels are points, the first at 0
    affine[0], affine[1], affine[2] = ONE, zero, zero
    affine[3], affine[4], affine[5] = zero, ONE, zero
    if kind == FLIP:                 # a, b: how likely left and right change places, and above and below
        if u[0] < a:
            affine[0], affine[2] = -ONE, w - ONE
        if u[1] < b:
            affine[4], affine[5] = -ONE, h - ONE
    elif kind == ROTATE:             # between a and b turns, against the clock
        s = turn * _between(a, b, u[0])
        sine, cosine = sinf(s), cosf(s)
        affine[0], affine[1], affine[2] = cosine, -sine, x - x * cosine + y * sine
        affine[3], affine[4], affine[5] = sine, cosine, y - x * sine - y * cosine
    elif kind == SCALE:              # an axis of y by a to b, of x by c to d, or by y's number where c is infinite
        s = _between(a, b, u[0])
        affine[4], affine[5] = s, y * (ONE - s)
        s = s if c - c != 0 else _between(c, d, u[1])
        affine[0], affine[2] = s, x * (ONE - s)
    elif kind == SHIFT:              # down by a to b heights, to the right by c to d widths
        affine[5] = -h * _between(a, b, u[0])
        affine[2] = -w * _between(c, d, u[1])
    elif kind == SHEAR:              # x by a to b of y, y by c to d of x, both with one sign
        s = ONE if u[2] < HALF_F else -ONE
        affine[1], affine[3] = s * _between(a, b, u[0]), s * _between(c, d, u[1])
    else:                            # CROP, to a rows and b columns: all places are equally likely
        affine[5] = floorf(u[0] * (h - a + ONE))
        affine[2] = floorf(u[1] * (w - b + ONE))


def draw_map(
    const float[:, ::1] u,             # IN   (n, k)
    float[:, ::1] affine,              # OUT  (n, 6)
    int kind, int column, int h, int w, float a, float b, float c, float d, int threads=1,
):
    """For each picture (h, w) a map of a kind of `MAPS`, from output to input, as `warp` takes it. The code says what
    a, b, c, d are for each kind."""
    cdef Py_ssize_t n
    for n in prange(u.shape[0], nogil=True, schedule="static", num_threads=threads):
        _map(&u[n, column], &affine[n, 0], kind, h, w, a, b, c, d)


cdef void _draw_map(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, k = c.operand[0].shape[0]
    for n in range(t.first, t.last):
        _map(<const float*>t.at[0] + n * k + c.i[1], <float*>t.at[1] + n * NUMBERS, <int>c.i[0], <float>c.i[2],
             <float>c.i[3], <float>c.f[0], <float>c.f[1], <float>c.f[2], <float>c.f[3])


# ----------------------------------------------------------------------------------------------------------- warp
#
# With a map (a, b, c, d, e, f), the pixel in row i and column j of the output is the input at row d j + e i + f and
# column a j + b i + c. Bilinear: with floor and fraction along both axes, y = sum of the four neighbours, weighted.
# Places and indices are floats until the end: whole ones are exact up to 2^24.

cdef inline void _fold(const float* place, int* index, Py_ssize_t count, Py_ssize_t length, int mode) noexcept nogil:
    """Whole places along an axis, beyond its ends too, as indices of pixels. NaN becomes 0."""
    cdef float last = <float>(length - 1), size = <float>length, zero = 0, period, p
    cdef Py_ssize_t k
    period = size if mode == WRAP else TWO * size if mode == REFLECT else TWO * last
    period = period if period > ONE else ONE
    if mode == CONSTANT or mode == NEAREST:
        for k in range(count):
            p = place[k]
            p = p if p > zero else zero
            index[k] = <int>(p if p < last else last)
        return
    for k in range(count):
        p = place[k] - period * floorf(place[k] / period)
        p = p + period if p < zero else p            # the quotient was rounded
        p = p - period if p >= period else p
        if mode == REFLECT:
            p = p if p < size else period - ONE - p
        if mode == MIRROR:
            p = p if p < size else period - p
        p = p if p > zero else zero
        index[k] = <int>(p if p < last else last)


cdef inline void _taps(Taps* taps, const float* place, Py_ssize_t count, Py_ssize_t length, int mode,
                       bint bilinear) noexcept nogil:
    cdef float low[STRETCH]
    cdef float high[STRETCH]
    cdef float last = <float>(length - 1), zero = 0, share
    cdef Py_ssize_t k
    for k in range(count):
        low[k] = floorf(place[k]) if bilinear else rintf(place[k])
        high[k] = low[k] + ONE
        share = place[k] - low[k] if bilinear else zero
        taps.low_share[k], taps.high_share[k] = ONE - share, share
    _fold(low, taps.low, count, length, mode)
    _fold(high, taps.high, count, length, mode)
    if mode == CONSTANT:
        for k in range(count):
            taps.low_share[k] = taps.low_share[k] if low[k] >= zero and low[k] <= last else zero
            taps.high_share[k] = taps.high_share[k] if high[k] >= zero and high[k] <= last else zero


cdef inline void _places(const float* affine, float* x, float* y, Py_ssize_t i, Py_ssize_t j,
                         Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k
    cdef float across = affine[0], down = affine[3], x0 = affine[1] * <float>i, y0 = affine[4] * <float>i
    for k in range(count):
        x[k] = across * <float>(j + k) + x0 + affine[2]
        y[k] = down * <float>(j + k) + y0 + affine[5]


cdef inline void _blend(const float* x, float* y, const Taps* rows, const Taps* columns, Py_ssize_t count, Py_ssize_t w,
                        Py_ssize_t c, bint bilinear, float fill) noexcept nogil:
    cdef Py_ssize_t k, l, row, other
    cdef float a, b, p, q, rest
    for k in range(count):
        row, other = rows.low[k] * w, rows.high[k] * w
        a, b, p, q = rows.low_share[k], rows.high_share[k], columns.low_share[k], columns.high_share[k]
        rest = fill * (ONE - (a + b) * (p + q))
        if bilinear:
            for l in range(c):
                y[l] = (a * (p * x[(row + columns.low[k]) * c + l] + q * x[(row + columns.high[k]) * c + l])
                        + b * (p * x[(other + columns.low[k]) * c + l] + q * x[(other + columns.high[k]) * c + l])
                        + rest)
        else:
            for l in range(c):
                y[l] = x[(row + columns.low[k]) * c + l] if a * p > 0 else fill
        y += c


cdef void _warp_row(const float* x, const float* affine, float* y, const Frame* f, Py_ssize_t i, int mode,
                    bint bilinear, float fill) noexcept nogil:
    cdef Taps rows, columns
    cdef float across[STRETCH]
    cdef float down[STRETCH]
    cdef Py_ssize_t j = 0, count
    while j < f.ow:
        count = min(f.ow - j, <Py_ssize_t>STRETCH)
        _places(affine, across, down, i, j, count)
        _taps(&rows, down, count, f.h, mode, bilinear)
        _taps(&columns, across, count, f.w, mode, bilinear)
        if f.c == 3:                 # a constant: the loop over channels is unrolled
            _blend(x, y + j * 3, &rows, &columns, count, f.w, 3, bilinear, fill)
        else:
            _blend(x, y + j * f.c, &rows, &columns, count, f.w, f.c, bilinear, fill)
        j += STRETCH


cdef void _warp_sample_backward(const float* dy, const float* affine, float* dx, const Frame* f, int mode,
                                bint bilinear) noexcept nogil:
    cdef Taps rows, columns
    cdef float across[STRETCH]
    cdef float down[STRETCH]
    cdef Py_ssize_t i, j, k, l, count, c = f.c, row, other
    cdef float a, b, p, q
    memset(dx, 0, f.h * f.w * c * sizeof(float))
    for i in range(f.oh):
        j = 0
        while j < f.ow:
            count = min(f.ow - j, <Py_ssize_t>STRETCH)
            _places(affine, across, down, i, j, count)
            _taps(&rows, down, count, f.h, mode, bilinear)
            _taps(&columns, across, count, f.w, mode, bilinear)
            for k in range(count):
                row, other = rows.low[k] * f.w, rows.high[k] * f.w
                a, b, p, q = rows.low_share[k], rows.high_share[k], columns.low_share[k], columns.high_share[k]
                for l in range(c):
                    dx[(row + columns.low[k]) * c + l] += a * p * dy[l]
                    dx[(row + columns.high[k]) * c + l] += a * q * dy[l]
                    dx[(other + columns.low[k]) * c + l] += b * p * dy[l]
                    dx[(other + columns.high[k]) * c + l] += b * q * dy[l]
                dy += c
            j += STRETCH


def warp(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, ::1] affine,        # IN   (n, 6)
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    int mode, bint bilinear, float fill, int threads=1,
):
    """Each picture through its affine map, from places of the output to places of the input; `mode` is one of `MODES`,
    for places outside. Mixtures of four pixels, or the nearest one: of two equally near, the even."""
    cdef Frame f = Frame(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2])
    cdef Py_ssize_t row, n, size = f.h * f.w * f.c, line = f.ow * f.c
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for row in prange(y.shape[0] * f.oh, nogil=True, schedule="static", num_threads=threads):
        n = row // f.oh
        _warp_row(a + n * size, &affine[n, 0], b + row * line, &f, row - n * f.oh, mode, bilinear, fill)


def warp_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    const float[:, ::1] affine,        # IN   (n, 6)
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    int mode, bint bilinear, int threads=1,
):
    """The gradient of `warp`: dy in the same shares, in the order of the pixels."""
    cdef Frame f = Frame(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2])
    cdef Py_ssize_t n, size = f.h * f.w * f.c, out = f.oh * f.ow * f.c
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef float* b = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _warp_sample_backward(a + n * out, &affine[n, 0], b + n * size, &f, mode, bilinear)


cdef inline Frame _frame(const Call* c, int inner, int outer) noexcept nogil:
    return Frame(c.operand[inner].shape[0], c.operand[inner].shape[1], c.operand[inner].shape[2],
                 c.operand[outer].shape[0], c.operand[outer].shape[1])


cdef void _warp(const Call* c, const Task* t) noexcept nogil:
    cdef Frame f = _frame(c, 0, 2)
    cdef Py_ssize_t row, n
    for row in range(t.first, t.last):
        n = row // f.oh
        _warp_row(<const float*>t.at[0] + n * f.h * f.w * f.c, <const float*>t.at[1] + n * NUMBERS,
                  <float*>t.at[2] + row * f.ow * f.c, &f, row - n * f.oh, <int>c.i[0], c.i[1] != 0, <float>c.f[0])


cdef void _warp_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Frame f = _frame(c, 2, 0)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _warp_sample_backward(<const float*>t.at[0] + n * f.oh * f.ow * f.c, <const float*>t.at[1] + n * NUMBERS,
                              <float*>t.at[2] + n * f.h * f.w * f.c, &f, <int>c.i[0], c.i[1] != 0)


# ------------------------------------------------------------------------------------------------ light and colour

cdef inline float _clip(float v, float low, float high) noexcept nogil:
    """v within [low, high]; NaN stays."""
    v = low if v < low else v
    return high if v > high else v


cdef void _brighten(const float* x, float* y, Py_ssize_t size, float u, float lower, float upper, float low,
                    float high) noexcept nogil:
    cdef float more = _between(lower, upper, u)
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = _clip(x[i] + more, low, high)


cdef void _stretch_contrast(const float* x, float* y, Py_ssize_t pixels, Py_ssize_t c, float u, float lower,
                            float upper, float low, float high) noexcept nogil:
    cdef float times = _between(lower, upper, u), mean
    cdef double total
    cdef Py_ssize_t i, l
    for l in range(c):
        total = 0
        for i in range(pixels):
            total += x[i * c + l]
        mean = <float>(total / pixels)
        for i in range(pixels):
            y[i * c + l] = _clip((x[i * c + l] - mean) * times + mean, low, high)


cdef void _to_gray(const float* x, float* y, Py_ssize_t pixels, float u, float chance) noexcept nogil:
    cdef float red = 0.2989, green = 0.587, blue = 0.114, gray
    cdef bint applies = u < chance
    cdef Py_ssize_t _
    for _ in range(pixels):
        gray = red * x[0] + green * x[1] + blue * x[2]
        y[0], y[1], y[2] = gray if applies else x[0], gray if applies else x[1], gray if applies else x[2]
        x, y = x + 3, y + 3


cdef void _saturate(const float* x, float* y, Py_ssize_t pixels, float u, float lower, float upper,
                    float low) noexcept nogil:
    # With v the largest of a pixel's numbers, and s = (v - smallest) / (v - low): y = v - (v - x) s' / s.
    cdef float times = _between(lower, upper, u), epsilon = 1e-7, zero = 0, v, span, s, share
    cdef Py_ssize_t _
    times = times / (ONE - times + epsilon)
    for _ in range(pixels):
        v = max(max(x[0], x[1]), x[2])
        span = v - min(min(x[0], x[1]), x[2])
        s = span / (v - low)
        share = _clip(s * times, zero, ONE) / s if v > low and span > zero else zero
        y[0], y[1], y[2] = v - (v - x[0]) * share, v - (v - x[1]) * share, v - (v - x[2]) * share
        x, y = x + 3, y + 3


cdef inline float _channel(float distance, float s, float v) noexcept nogil:
    """v (1 - s + s d), with d a hat function of the distance from the channel's own hue, in sixths of the circle."""
    return v * (ONE - s + s * _clip(distance, 0, 1))


cdef void _turn_hue(const float* x, float* y, Py_ssize_t pixels, const float* u, float lower, float upper,
                    float low, float high) noexcept nogil:
    cdef float turn = (-HALF_F if u[0] > HALF_F else HALF_F) * _between(lower, upper, u[1]) * 6
    cdef float zero = 0, three = 3, four = 4, six = 6, size = high - low, r, g, b, v, span, hue, s
    cdef Py_ssize_t _
    for _ in range(pixels):
        r, g, b = (x[0] - low) / size, (x[1] - low) / size, (x[2] - low) / size
        v = max(max(r, g), b)
        span = v - min(min(r, g), b)
        hue = (g - b if v == r else b - r if v == g else r - g) / span if span > zero else zero
        hue = hue + (zero if v == r or span <= zero else TWO if v == g else four) + turn
        hue = hue - six * floorf(hue / six)
        s = span / v if v > zero else zero
        y[0] = low + size * _clip(_channel(fabsf(hue - three) - ONE, s, v), zero, ONE)
        y[1] = low + size * _clip(_channel(TWO - fabsf(hue - TWO), s, v), zero, ONE)
        y[2] = low + size * _clip(_channel(TWO - fabsf(hue - four), s, v), zero, ONE)
        x, y = x + 3, y + 3


def brightness(
    const float[:, ::1] x,             # IN   (n, size)
    const float[:, ::1] u,             # IN   (n, k)
    float[:, ::1] y,                   # OUT  (n, size)
    int column, float lower, float upper, float low, float high, int threads=1,
):
    """y = x + a number between `lower` and `upper`, within [low, high]."""
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _brighten(&x[n, 0], &y[n, 0], x.shape[1], u[n, column], lower, upper, low, high)


def contrast(
    const float[:, :, ::1] x,          # IN   (n, pixels, c)
    const float[:, ::1] u,             # IN   (n, k)
    float[:, :, ::1] y,                # OUT  (n, pixels, c)
    int column, float lower, float upper, float low, float high, int threads=1,
):
    """y = (x - mean) * factor + mean within [low, high]; each channel of a picture has its mean."""
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _stretch_contrast(&x[n, 0, 0], &y[n, 0, 0], x.shape[1], x.shape[2], u[n, column], lower, upper, low, high)


def grayscale(
    const float[:, :, ::1] x,          # IN   (n, pixels, 3)
    const float[:, ::1] u,             # IN   (n, k)
    float[:, :, ::1] y,                # OUT  (n, pixels, 3)
    int column, float chance, int threads=1,
):
    """y = x, or with a probability of `chance` the luma of ITU-R BT.601 in all three channels."""
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _to_gray(&x[n, 0, 0], &y[n, 0, 0], x.shape[1], u[n, column], chance)


def saturation(
    const float[:, :, ::1] x,          # IN   (n, pixels, 3)
    const float[:, ::1] u,             # IN   (n, k)
    float[:, :, ::1] y,                # OUT  (n, pixels, 3)
    int column, float lower, float upper, float low, int threads=1,
):
    """Saturation (of hue, saturation and value) times f / (1 - f), at most 1; f between the bounds. Black is `low`."""
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _saturate(&x[n, 0, 0], &y[n, 0, 0], x.shape[1], u[n, column], lower, upper, low)


def hue(
    const float[:, :, ::1] x,          # IN   (n, pixels, 3), between low and high
    const float[:, ::1] u,             # IN   (n, k)
    float[:, :, ::1] y,                # OUT  (n, pixels, 3)
    int column, float lower, float upper, float low, float high, int threads=1,
):
    """Hue turned by a share of half the circle between the bounds, in the direction that the first number says."""
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _turn_hue(&x[n, 0, 0], &y[n, 0, 0], x.shape[1], &u[n, column], lower, upper, low, high)


cdef void _brightness(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, size = c.operand[0].shape[0], k = c.operand[1].shape[0]
    for n in range(t.first, t.last):
        _brighten(<const float*>t.at[0] + n * size, <float*>t.at[2] + n * size, size,
                  (<const float*>t.at[1])[n * k + c.i[0]], <float>c.f[0], <float>c.f[1], <float>c.f[2], <float>c.f[3])


cdef void _contrast(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, pixels = c.operand[0].shape[0], channels = c.operand[0].shape[1], k = c.operand[1].shape[0]
    cdef Py_ssize_t size = pixels * channels
    for n in range(t.first, t.last):
        _stretch_contrast(<const float*>t.at[0] + n * size, <float*>t.at[2] + n * size, pixels, channels,
                          (<const float*>t.at[1])[n * k + c.i[0]], <float>c.f[0], <float>c.f[1], <float>c.f[2],
                          <float>c.f[3])


cdef void _grayscale(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, pixels = c.operand[0].shape[0], k = c.operand[1].shape[0]
    for n in range(t.first, t.last):
        _to_gray(<const float*>t.at[0] + n * pixels * 3, <float*>t.at[2] + n * pixels * 3, pixels,
                 (<const float*>t.at[1])[n * k + c.i[0]], <float>c.f[0])


cdef void _saturation(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, pixels = c.operand[0].shape[0], k = c.operand[1].shape[0]
    for n in range(t.first, t.last):
        _saturate(<const float*>t.at[0] + n * pixels * 3, <float*>t.at[2] + n * pixels * 3, pixels,
                  (<const float*>t.at[1])[n * k + c.i[0]], <float>c.f[0], <float>c.f[1], <float>c.f[2])


cdef void _hue(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, pixels = c.operand[0].shape[0], k = c.operand[1].shape[0]
    for n in range(t.first, t.last):
        _turn_hue(<const float*>t.at[0] + n * pixels * 3, <float*>t.at[2] + n * pixels * 3, pixels,
                  <const float*>t.at[1] + n * k + c.i[0], <float>c.f[0], <float>c.f[1], <float>c.f[2], <float>c.f[3])


# ---------------------------------------------------------------------------------------------------------- erase
#
# u: how much of the width, of the height; where the rectangle begins, across and down; how likely it is, whether it is
# drawn; and two words of a key of random numbers for what fills it.

cdef inline void _side(Py_ssize_t* first, Py_ssize_t* last, float length, float u, float place, float lower,
                       float upper) noexcept nogil:
    cdef float size = sqrtf(_between(lower, upper, u)) * length, begin = place * (length - size)
    first[0], last[0] = <Py_ssize_t>ceilf(begin), <Py_ssize_t>ceilf(begin + size)
    last[0] = min(last[0], <Py_ssize_t>length)


cdef void _erase_sample(const float* x, const float* u, float* y, const Frame* f, bint noise, const float* share,
                        const float* scale, const float* fill) noexcept nogil:
    cdef u32 word[STRETCH]
    cdef float z[STRETCH]
    cdef float words = 16777216
    cdef Py_ssize_t i, j, k, left, right, top, bottom, c = f.c, line = f.w * c
    cdef u32 used = 0
    memcpy(y, x, f.h * line * sizeof(float))
    if not u[5] < _between(share[0], share[1], u[4]):
        return
    _side(&left, &right, <float>f.w, u[0], u[2], scale[0], scale[1])
    _side(&top, &bottom, <float>f.h, u[1], u[3], scale[0], scale[1])
    for i in range(top, bottom):
        j = left * c
        while j < right * c:
            if noise:
                stretch(<u32>(u[6] * words), <u32>(u[7] * words), used, 0, 0, word)
                normals(word, z)
                used += STRETCH // 4
            for k in range(min(right * c - j, <Py_ssize_t>STRETCH)):
                y[i * line + j + k] = _clip(z[k] * fill[1], fill[0], fill[1]) if noise else fill[(j + k) % c % 3]
            j += STRETCH


def erase(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, ::1] u,             # IN   (n, 8)
    float[:, :, :, ::1] y,             # OUT  (n, h, w, c)
    bint noise, float chance_low, float chance_high, float scale_low, float scale_high, float a, float b, float d,
    int threads=1,
):
    """y = x, with a rectangle filled: with the numbers a, b, d, one a channel, or with `noise` by random numbers of
    mean 0 and standard deviation b, clipped to [a, b]. Its sides are square roots of a share of the picture's."""
    cdef Frame f = Frame(x.shape[1], x.shape[2], x.shape[3], x.shape[1], x.shape[2])
    cdef float[2] share = [chance_low, chance_high]
    cdef float[2] scale = [scale_low, scale_high]
    cdef float[3] fill = [a, b, d]
    cdef Py_ssize_t n
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _erase_sample(&x[n, 0, 0, 0], &u[n, 0], &y[n, 0, 0, 0], &f, noise, share, scale, fill)


cdef void _erase(const Call* c, const Task* t) noexcept nogil:
    cdef Frame f = _frame(c, 0, 2)
    cdef float[2] share = [<float>c.f[0], <float>c.f[1]]
    cdef float[2] scale = [<float>c.f[2], <float>c.f[3]]
    cdef float[3] fill = [<float>c.f[4], <float>c.f[5], <float>c.f[6]]
    cdef Py_ssize_t n, size = f.h * f.w * f.c
    for n in range(t.first, t.last):
        _erase_sample(<const float*>t.at[0] + n * size, <const float*>t.at[1] + n * c.operand[1].shape[0],
                      <float*>t.at[2] + n * size, &f, c.i[0] != 0, share, scale, fill)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "draw_map": (capsule(_draw_map), "rw"),
    "warp": (capsule(_warp), "rrw"),
    "warp_backward": (capsule(_warp_backward), "rrw"),
    "brightness": (capsule(_brightness), "rrw"),
    "contrast": (capsule(_contrast), "rrw"),
    "grayscale": (capsule(_grayscale), "rrw"),
    "saturation": (capsule(_saturation), "rrw"),
    "hue": (capsule(_hue), "rrw"),
    "erase": (capsule(_erase), "rrw"),
}
CONSTANTS = {
    "MAPS": {"flip": FLIP, "rotate": ROTATE, "scale": SCALE, "shift": SHIFT, "shear": SHEAR, "crop": CROP},
    "MODES": {"constant": CONSTANT, "nearest": NEAREST, "reflect": REFLECT, "mirror": MIRROR, "wrap": WRAP},
}
