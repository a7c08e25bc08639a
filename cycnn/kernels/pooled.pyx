"""A convolution with max-pooling behind it, band by band: what the pooling reads never leaves the first-level cache.

For convolutions whose packed kernel is small (a network's first layers) and windows that touch but do not overlap.
A band is the rows of one row of windows, or a piece of them where maps are wide: the convolution writes it to a stack
buffer, the pooling reads it from there. The kernel gradient does it the other way round: it spreads a band of dy over
the pixels that won, and multiplies it with x at once. Results are those of `conv` and `pool` one after the other.

A unit of work is a row of windows in `forward`, a tile of the gradient in `backward_kernel`.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY

from cycnn.kernels.call cimport Call, Task, capsule

include "tile.pxi"

cdef struct Geometry:
    Py_ssize_t h, w, c               # x, zero padding included
    Py_ssize_t oh, ow, f             # y, behind the pooling
    Py_ssize_t kh, kw, sh, sw, dh, dw
    Py_ssize_t ph, pw                # the pooling's window and stride
    Py_ssize_t pixel                 # floats from pixel to pixel of a band
    bint merged                      # the kernel's columns and channels are neighbours in x: one long tap a row


cdef inline Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
                               Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh,
                               Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw) noexcept nogil:
    return Geometry(h, w, c, oh, ow, f, kh, kw, sh, sw, dh, dw, ph, pw, padded(f), dw == 1 or kw == 1)


def fits(Py_ssize_t terms, Py_ssize_t f, Py_ssize_t ph, Py_ssize_t pw):
    """Whether a kernel of `terms` x f weights and a window of ph x pw are small enough for these kernels."""
    return terms * padded(f) <= 6144 and ph * pw * padded(f) <= STAGE  # 24 KiB, half of a first-level cache


def kernel_units(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t c, Py_ssize_t f, Py_ssize_t dw):
    """Units of work of `backward_kernel`: tiles of the gradient."""
    cdef bint merged = dw == 1 or kw == 1
    cdef Py_ssize_t height = kw * c if merged else c
    return blocks_of(f) * (kh if merged else kh * kw) * ((height + PIXELS - 1) // PIXELS)


cdef inline Py_ssize_t _pieces(const Geometry* g) noexcept nogil:
    """Into how many pieces a row of windows is cut so that each fits the buffer."""
    cdef Py_ssize_t room = STAGE // (g.ph * g.pw * g.pixel)
    return (g.ow + room - 1) // room


# ---------------------------------------------------------------------------------------------------- forward

cdef inline void _pool_window(const float* band, Py_ssize_t row, Py_ssize_t pixel, Py_ssize_t ph, Py_ssize_t pw,
                              float least, int valid, float* y, int* argmax) noexcept nogil:
    """HALF channels of one window, of which `valid` exist. The first maximum wins a tie, and the first NaN wins."""
    cdef float best[HALF]
    cdef int where[HALF]
    cdef float v, old
    cdef bint wins
    cdef int l, at
    cdef Py_ssize_t i, j
    for l in range(HALF):
        best[l] = -INFINITY
        where[l] = 0
    for i in range(ph):
        for j in range(pw):
            at = <int>(i * pw + j)
            for l in range(HALF):
                v, old = band[i * row + j * pixel + l], best[l]
                wins = (not v <= old) & (old == old)
                best[l] = v if wins else old
                where[l] = at if wins else where[l]
    for l in range(HALF):
        v = best[l]
        best[l] = least if v < least else v
    for l in range(HALF):
        if l < valid:
            y[l] = best[l]
    if argmax != NULL:
        for l in range(HALF):
            if l < valid:
                argmax[l] = where[l]


cdef inline void _pool_piece(const float* band, const Geometry* g, Py_ssize_t count, float least, float* y,
                             int* argmax) noexcept nogil:
    """A piece of `count` windows."""
    cdef Py_ssize_t _, k, row = count * g.pw * g.pixel
    cdef int valid
    for _ in range(count):
        k = 0
        while k < g.f:
            valid = <int>min(<Py_ssize_t>HALF, g.f - k)
            if g.ph == 2 and g.pw == 2 and valid == HALF:
                _pool_window(band + k, row, g.pixel, 2, 2, least, HALF, y + k, argmax + k if argmax != NULL else NULL)
            elif g.ph == 2 and g.pw == 2:
                _pool_window(band + k, row, g.pixel, 2, 2, least, valid, y + k, argmax + k if argmax != NULL else NULL)
            else:
                _pool_window(band + k, row, g.pixel, g.ph, g.pw, least, valid, y + k,
                             argmax + k if argmax != NULL else NULL)
            k += HALF
        band += g.pw * g.pixel
        y += g.f
        if argmax != NULL:
            argmax += g.f


cdef inline void _forward_row(const float* x, const float* packed, const float* bias, float* y, int* argmax,
                              const Geometry* g, float least, Py_ssize_t unit) noexcept nogil:
    """Row `unit` of windows, counted through all samples."""
    cdef float room[STAGE + 2 * LANES]
    cdef float start[LANES]
    cdef float* band = aligned(room)
    cdef Py_ssize_t terms = g.kh * g.kw * g.c, pieces = _pieces(g), piece, low, high, columns, row, block
    cdef const float* a
    cdef Terms m
    cdef int lanes, valid
    x += ((unit // g.oh) * g.h + unit % g.oh * g.ph * g.sh) * g.w * g.c
    y += unit * g.ow * g.f
    if argmax != NULL:
        argmax += unit * g.ow * g.f
    m.rows, m.xrow, m.xstep, m.ystep = g.kh, g.dh * g.w * g.c, g.sw * g.c, g.pixel
    m.cols = 1 if g.merged else g.kw
    m.depth = g.kw * g.c if g.merged else g.c
    m.xcol = g.dw * g.c
    for piece in range(pieces):
        low, high = g.ow * piece // pieces, g.ow * (piece + 1) // pieces
        columns = (high - low) * g.pw
        for block in range(blocks_of(g.f)):
            lanes = lanes_of(block, g.f)
            valid = <int>min(<Py_ssize_t>lanes, g.f - block * LANES)
            load_bias(bias + block * LANES if bias != NULL else NULL, valid, start)
            m.wrow, m.wcol = g.kw * g.c * lanes, g.c * lanes
            for row in range(g.ph):
                a = x + (row * g.sh * g.w + low * g.pw * g.sw) * g.c
                sum_run(columns, lanes, lanes, &m, a, packed + block * terms * LANES, start, False, False,
                        band + row * columns * g.pixel + block * LANES)
        _pool_piece(band, g, high - low, least, y + low * g.f, argmax + low * g.f if argmax != NULL else NULL)


def forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[::1] packed,           # IN   by `conv.pack`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    int[:, :, :, ::1] argmax,          # OUT  (n, oh, ow, f), offset inside the window; None: not wanted
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph,
    Py_ssize_t pw, bint relu, int threads=1,
):
    """`conv.forward`, then `pool.max_forward` with ph x pw as window and stride."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], y.shape[3],
                                kh, kw, sh, sw, dh, dw, ph, pw)
    cdef Py_ssize_t row, rows = y.shape[0] * y.shape[1]
    cdef float least = 0 if relu else -INFINITY
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    cdef int* index = &argmax[0, 0, 0, 0] if argmax is not None else NULL
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _forward_row(a, w, b, out, index, &g, least, row)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* y = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], y[0], y[1], y[2],
                                c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5], c.i[6], c.i[7])
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _forward_row(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                     <int*>t.at[4], &g, 0 if c.i[8] else -INFINITY, row)


# --------------------------------------------------------------------------------------------- kernel gradient

cdef inline void _spread_window(const float* dy, const int* argmax, float* band, Py_ssize_t row, Py_ssize_t pixel,
                                Py_ssize_t ph, Py_ssize_t pw, int valid) noexcept nogil:
    """HALF channels of one window of the band, of which `valid` exist: dy where the maximum was, zero elsewhere."""
    cdef float value[HALF]
    cdef int where[HALF]
    cdef float zero = 0, v
    cdef float* to
    cdef Py_ssize_t i, j
    cdef int l, at
    for l in range(HALF):
        value[l] = dy[l] if l < valid else zero
    for l in range(HALF):
        where[l] = argmax[l] if l < valid else 0
    for i in range(ph):
        for j in range(pw):
            at = <int>(i * pw + j)
            to = band + i * row + j * pixel
            for l in range(HALF):
                v = value[l]
                v = v if where[l] == at else zero
                if l < valid:
                    to[l] = v


cdef inline void _spread_piece(const float* dy, const int* argmax, float* band, const Geometry* g,
                               Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t _, k, row = count * g.pw * g.pixel
    cdef int valid
    for _ in range(count):
        k = 0
        while k < g.f:
            valid = <int>min(<Py_ssize_t>HALF, g.f - k)
            if g.ph == 2 and g.pw == 2 and valid == HALF:
                _spread_window(dy + k, argmax + k, band + k, row, g.pixel, 2, 2, HALF)
            elif g.ph == 2 and g.pw == 2:
                _spread_window(dy + k, argmax + k, band + k, row, g.pixel, 2, 2, valid)
            else:
                _spread_window(dy + k, argmax + k, band + k, row, g.pixel, g.ph, g.pw, valid)
            k += HALF
        dy, argmax, band = dy + g.f, argmax + g.f, band + g.pw * g.pixel


cdef inline void _kernel_tiles(const float* x, const float* dy, const int* argmax, float* dkernel, Py_ssize_t columns,
                               const Geometry* g, Py_ssize_t samples, bint fresh, Py_ssize_t first,
                               Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of dkernel, over all samples; `columns` lie between two rows of dkernel."""
    cdef float room[STAGE + 2 * LANES]
    cdef float* band = aligned(room)
    cdef Py_ssize_t taps = g.kh if g.merged else g.kh * g.kw
    cdef Py_ssize_t height = g.kw * g.c if g.merged else g.c
    cdef Py_ssize_t tiles = (height + PIXELS - 1) // PIXELS, pieces = _pieces(g)
    cdef Py_ssize_t n, row, piece, low, high, at, unit, block, tap, tile, bottom, top, l
    cdef const float* a
    cdef const float* b
    cdef bint whole = columns >= padded(g.f)           # dkernel has room for the missing filters
    cdef int lanes, valid
    cdef Pixels m
    for l in range(STAGE + LANES):
        band[l] = 0                                    # missing filters stay zero
    m.samples, m.xsample, m.ysample = min(<Py_ssize_t>1, samples), 0, 0
    m.rows, m.xrow = g.ph, g.sh * g.w * g.c
    m.xcol, m.ycol = g.sw * g.c, g.pixel
    for n in range(samples):
        for row in range(g.oh):
            for piece in range(pieces):
                low, high = g.ow * piece // pieces, g.ow * (piece + 1) // pieces
                at = ((n * g.oh + row) * g.ow + low) * g.f
                _spread_piece(dy + at, argmax + at, band, g, high - low)
                m.cols = (high - low) * g.pw
                m.yrow = m.cols * g.pixel
                a = x + ((n * g.h + row * g.ph * g.sh) * g.w + low * g.pw * g.sw) * g.c
                for unit in range(first, last):
                    block = unit // (taps * tiles)
                    tap, tile = unit // tiles % taps, unit % tiles
                    bottom, top = height * tile // tiles, height * (tile + 1) // tiles
                    lanes = lanes_of(block, g.f)
                    valid = <int>min(<Py_ssize_t>lanes, g.f - block * LANES)
                    b = a + bottom
                    if g.merged:
                        b += tap * g.dh * g.w * g.c
                    else:
                        b += (tap // g.kw * g.dh * g.w + tap % g.kw * g.dw) * g.c
                    outer_block(<int>(top - bottom), lanes, lanes if whole else valid, &m, b, band + block * LANES,
                                fresh, dkernel + (tap * height + bottom) * columns + block * LANES, columns)
                fresh = False


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f), behind relu
    const int[:, :, :, ::1] argmax,    # IN   (n, oh, ow, f), from `forward`
    float[:, :, :, ::1] dkernel,       # OUT  (kh, kw, c, f)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw, int threads=1,
):
    """`pool.max_backward`, then `conv.backward_kernel`. Threads share the gradient's tiles."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], dy.shape[1], dy.shape[2], dy.shape[3],
                                dkernel.shape[0], dkernel.shape[1], sh, sw, dh, dw, ph, pw)
    cdef Py_ssize_t share, shares = max(1, threads), n = x.shape[0]
    cdef Py_ssize_t units = kernel_units(g.kh, g.kw, g.c, g.f, dw)
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef const int* index = &argmax[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _kernel_tiles(a, b, index, d, g.f, &g, n, True, units * share // shares, units * (share + 1) // shares)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dy = &c.operand[1].shape[0]
    cdef const Py_ssize_t* k = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], dy[0], dy[1], dy[2],
                                k[0], k[1], c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5])
    _kernel_tiles(<const float*>t.at[0], <const float*>t.at[1], <const int*>t.at[2], <float*>t.at[3], k[3], &g,
                  t.samples, t.fresh, t.first, t.last)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "forward": (capsule(_forward), "rrrww"),
    "backward_kernel": (capsule(_backward_kernel), "rrrw"),
}
CONSTANTS = {"fits": fits, "kernel_units": kernel_units}
