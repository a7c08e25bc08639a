"""A convolution with max-pooling behind it, band by band: what the pooling reads never leaves the first-level cache.

For convolutions whose packed kernel is small (a network's first layers) and windows that touch but do not overlap.
A band is the rows of one row of windows, or a piece of them where maps are wide: the convolution writes it to a stack
buffer, the pooling reads it from there. The kernel gradient does it the other way round: it spreads a band of dy over
the pixels that won, and multiplies it with x at once. Results are those of `conv` and `pool` one after the other.

A unit of work is a row of windows in `forward` and `forward_winograd`, a tile of the gradient in `backward_kernel`.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.string cimport memmove, memset

from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.maths cimport HALF_F, TWO

include "tile.pxi"

cdef struct Geometry:
    Py_ssize_t h, w, c               # x, zero padding included
    Py_ssize_t oh, ow, f             # y, behind the pooling
    Py_ssize_t kh, kw, sh, sw, dh, dw
    Py_ssize_t ph, pw                # the pooling's window and stride
    Py_ssize_t pixel                 # floats from pixel to pixel of a band
    bint merged                      # the kernel's columns and channels are neighbours in x: one long tap a row


cdef Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
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
        best[l] = band[l]
        where[l] = 0
    for i in range(ph):
        for j in range(pw):
            at = <int>(i * pw + j)
            if at == 0:
                continue
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
                _pool_window(band + k, row, g.pixel, 2, 2, least, HALF, y + k,
                             argmax + k if argmax != NULL else NULL)
            elif g.ph == 2 and g.pw == 2:
                _pool_window(band + k, row, g.pixel, 2, 2, least, valid, y + k,
                             argmax + k if argmax != NULL else NULL)
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
    m.xcol, m.nextstep = g.dw * g.c, 0
    m.below = NULL
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


# A few filters leave most of a vector empty: of 10 filters on 16 lanes, 6 are nothing. Then windows lie along the
# lanes instead. The rows of x that a row of windows sees are kept as planes, [row][channel][phase][width]: plane
# `phase` has the columns phase, phase + pw, ... of x. So the j-th columns of LANES windows, or what a tap of the kernel
# sees from there, are neighbours; a tile is up to PIXELS filters x LANES windows. A pixel's sum has the order of those
# above.

cdef enum:
    WINDOW = 9                       # pixels of a window, at most
    TERMS = 64                       # of a row of the kernel, at most
    LEAST_TERMS = 16                 # of a sum: below, turning x and y around costs too much


cdef inline Py_ssize_t _height(const Geometry* g) noexcept nogil:
    """Rows of x that a row of windows sees."""
    return (g.ph - 1) * g.sh + (g.kh - 1) * g.dh + 1


cdef inline Py_ssize_t _halo(const Geometry* g) noexcept nogil:
    """Floats of a plane behind those of the last window's first column."""
    return (g.pw - 1 + (g.kw - 1) * g.dw) // g.pw


cdef inline Py_ssize_t _tiles(const Geometry* g) noexcept nogil:
    """Tiles side by side for which the planes fit their buffer."""
    return max(<Py_ssize_t>0, (STAGE // (_height(g) * g.c * g.pw) - _halo(g)) // LANES)


cdef inline bint _by_windows(const Geometry* g) noexcept nogil:
    """Whether that is faster: fewer products, by more than turning x and y around costs."""
    cdef Py_ssize_t tiles = (g.ow + LANES - 1) // LANES
    if g.sw > 1 or g.ph * g.pw > WINDOW or g.kw * g.c > TERMS or g.kh * g.kw * g.c < LEAST_TERMS or _tiles(g) < 1:
        return False
    return 5 * g.f * tiles * LANES < 4 * padded(g.f) * g.ow


cdef inline void _plane_row(const float* x, Py_ssize_t columns, const Geometry* g, float* planes,
                            Py_ssize_t width) noexcept nogil:
    """A row of x, of which `columns` are wanted, as planes; zeros behind them."""
    cdef Py_ssize_t k, phase, j, count, step = g.pw * g.c
    cdef const float* a
    for k in range(g.c):
        for phase in range(g.pw):
            count = (columns - phase + g.pw - 1) // g.pw
            a = x + phase * g.c + k
            for j in range(count):
                planes[j] = a[0]
                a += step
            for j in range(count, width):
                planes[j] = 0
            planes += width


cdef inline void _window_tile(const int filters, const float* planes, const int* at, Py_ssize_t terms, Py_ssize_t rows,
                              Py_ssize_t row, const float* w, int lanes, const float* start, float* y) noexcept nogil:
    """y[p, l] = start[p] + sum of w[p] * planes[l]: filters x LANES windows, of each one pixel.

    A sum has `rows` times `terms` terms; those of a row lie at `at`, and are `lanes` apart in w.
    """
    cdef float acc[PIXELS][LANES]
    cdef Py_ssize_t i = 0, k
    cdef const float* b
    cdef int p, l
    for p in range(filters):
        for l in range(LANES):
            acc[p][l] = start[p]
    while True:                      # tile.pxi says why no loop is without a turn
        k = 0
        while True:
            b = planes + at[k]
            for p in range(filters):
                for l in range(LANES):
                    acc[p][l] += w[p] * b[l]
            w += lanes
            k += 1
            if k >= terms:
                break
        planes += row
        i += 1
        if i >= rows:
            break
    for p in range(filters):
        for l in range(LANES):
            y[p * LANES + l] = acc[p][l]


cdef void _window_tiles(int filters, const float* x, const int* at, Py_ssize_t terms, Py_ssize_t rows, Py_ssize_t row,
                        const float* w, int lanes, const float* start, float* y) noexcept nogil:
    """The copy of `_window_tile` for so many filters."""
    if PIXELS >= 14 and filters == 14: _window_tile(14, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 13 and filters == 13: _window_tile(13, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 12 and filters == 12: _window_tile(12, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 11 and filters == 11: _window_tile(11, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 10 and filters == 10: _window_tile(10, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 9 and filters == 9: _window_tile(9, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 8 and filters == 8: _window_tile(8, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 7 and filters == 7: _window_tile(7, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 6 and filters == 6: _window_tile(6, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 5 and filters == 5: _window_tile(5, x, at, terms, rows, row, w, lanes, start, y)
    elif PIXELS >= 4 and filters == 4: _window_tile(4, x, at, terms, rows, row, w, lanes, start, y)
    elif filters == 3: _window_tile(3, x, at, terms, rows, row, w, lanes, start, y)
    elif filters == 2: _window_tile(2, x, at, terms, rows, row, w, lanes, start, y)
    else: _window_tile(1, x, at, terms, rows, row, w, lanes, start, y)


cdef inline void _pool_windows(const float* sums, int pixels, Py_ssize_t step, float least, float* best,
                               int* where) noexcept nogil:
    """LANES windows of one filter; `step` floats lie between their pixels."""
    cdef float v, old
    cdef bint wins
    cdef int l, at
    for l in range(LANES):
        best[l] = sums[l]
        where[l] = 0
    for at in range(1, pixels):
        for l in range(LANES):
            v, old = sums[at * step + l], best[l]
            wins = (not v <= old) & (old == old)
            best[l] = v if wins else old
            where[l] = at if wins else where[l]
    for l in range(LANES):
        v = best[l]
        best[l] = least if v < least else v


cdef inline void _forward_tile(const float* planes, const int* at, Py_ssize_t line, const float* packed,
                               const float* bias, float* y, int* argmax, const Geometry* g, float least,
                               int valid) noexcept nogil:
    """LANES windows of all filters, of which `valid` exist; `line` floats lie from one row of x to the next."""
    cdef float room[WINDOW * PIXELS * LANES + LANES]
    cdef float start[PIXELS]
    cdef float best[LANES]
    cdef int where[LANES]
    cdef float* sums = aligned(room)
    cdef float* to
    cdef int* index
    cdef Py_ssize_t terms = g.kh * g.kw * g.c, block, row, column, first
    cdef int lanes, count, parts, part, low, filters, p, l
    for block in range(blocks_of(g.f)):
        lanes = lanes_of(block, g.f)
        count = <int>min(<Py_ssize_t>lanes, g.f - block * LANES)
        parts = (count + PIXELS - 1) // PIXELS
        for part in range(parts):
            low = count * part // parts
            filters = count * (part + 1) // parts - low
            first = block * LANES + low
            for p in range(filters):
                start[p] = bias[first + p] if bias != NULL else <float>0
            for row in range(g.ph):
                for column in range(g.pw):
                    _window_tiles(filters, planes + row * g.sh * line, at + column * g.kw * g.c, g.kw * g.c, g.kh,
                                  g.dh * line, packed + block * terms * LANES + low, lanes, start,
                                  sums + (row * g.pw + column) * filters * LANES)
            for p in range(filters):
                _pool_windows(sums + p * LANES, <int>(g.ph * g.pw), filters * LANES, least, best, where)
                to = y + first + p
                for l in range(valid):
                    to[0] = best[l]
                    to += g.f
                if argmax != NULL:
                    index = argmax + first + p
                    for l in range(valid):
                        index[0] = where[l]
                        index += g.f


cdef inline void _forward_by_windows(const float* x, const float* packed, const float* bias, float* y, int* argmax,
                                     const Geometry* g, float least, Py_ssize_t first,
                                     Py_ssize_t last) noexcept nogil:
    """Rows [first, last) of windows, counted through all samples. Planes that the next row sees, too, are kept."""
    cdef float room[STAGE + LANES]
    cdef float* planes = aligned(room)
    cdef Py_ssize_t height = _height(g), step = g.ph * g.sh, tiles = (g.ow + LANES - 1) // LANES
    cdef Py_ssize_t pieces = (tiles + _tiles(g) - 1) // _tiles(g), piece, low, high, columns
    cdef Py_ssize_t unit, width, size, kept, row, column, place, start, j, k
    cdef int at[WINDOW * TERMS]
    cdef const float* a
    for piece in range(pieces):
        low, high = tiles * piece // pieces * LANES, min(g.ow, tiles * (piece + 1) // pieces * LANES)
        columns = (high - low) * g.pw + (g.kw - 1) * g.dw
        width = (high - low + LANES - 1) // LANES * LANES + _halo(g)
        size = g.c * g.pw * width
        for column in range(g.pw):
            for j in range(g.kw):
                place = column + j * g.dw
                for k in range(g.c):
                    at[(column * g.kw + j) * g.c + k] = <int>((k * g.pw + place % g.pw) * width + place // g.pw)
        for unit in range(first, last):
            row = unit % g.oh
            kept = height - step if unit > first and row > 0 and step < height else 0
            if kept:
                memmove(planes, planes + step * size, kept * size * sizeof(float))
            a = x + (((unit // g.oh) * g.h + row * step) * g.w + low * g.pw) * g.c
            while kept < height:
                _plane_row(a + kept * g.w * g.c, columns, g, planes + kept * size, width)
                kept += 1
            start = low
            while start < high:
                place = (unit * g.ow + start) * g.f
                _forward_tile(planes + start - low, at, size, packed, bias, y + place,
                              argmax + place if argmax != NULL else NULL, g, least,
                              <int>min(<Py_ssize_t>LANES, high - start))
                start += LANES


cdef void _forward_rows(const float* x, const float* packed, const float* bias, float* y, int* argmax,
                        const Geometry* g, float least, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    cdef Py_ssize_t row
    if _by_windows(g):
        _forward_by_windows(x, packed, bias, y, argmax, g, least, first, last)
    else:
        for row in range(first, last):
            _forward_row(x, packed, bias, y, argmax, g, least, row)


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
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1]
    cdef float least = 0 if relu else -INFINITY
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    cdef int* index = &argmax[0, 0, 0, 0] if argmax is not None else NULL
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, index, &g, least, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* y = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], y[0], y[1], y[2],
                                c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5], c.i[6], c.i[7])
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], <int*>t.at[4],
                  &g, 0 if c.i[8] else -INFINITY, t.first, t.last)


# ------------------------------------------------------------------------------------ forward, fewer products
#
# Winograd's algorithm along rows, F(4, 5) (see `winograd`, which does it along both axes): four pixels of a row of the
# map take 8 products with each row and channel of a kernel five columns wide, where the direct way takes 20. Eight
# neighbours in a row of x, as the coefficients of a polynomial, become its values at the points 0, 1, -1, 2, -2, 1/2,
# -1/2 and infinity; so does the kernel's row; products of values, added up over rows and channels, become four pixels.
#
# Windows of 2x2 lie along the lanes, as above: a tile is two windows wide, a register holds TILES tiles, and both rows
# of the windows are made at once, from the same weights. The rows of x that a row of windows sees are kept as values,
# [point][channel][tile], in a ring: what the next row of windows sees, too, stays where it is.

cdef extern from *:
    enum: TILES "CYCNN_HALF"
    enum: SHARE "CYCNN_PIXELS"       # filters whose sums registers hold, for both rows
    float EIGHTH "0.125f"
    float QUARTER "0.25f"
    float FIVE_QUARTERS "1.25f"
    float FIVE_HALVES "2.5f"
    float FOUR "4.0f"
    float SEVENTEEN_QUARTERS "4.25f"
    float FIVE "5.0f"
    float TWENTY_ONE_QUARTERS "5.25f"
    float EIGHT "8.0f"

cdef enum:
    COLUMNS = 5                      # of the kernel
    POINTS = 8
    PLANE = 1024                     # tiles of a row and all its channels, at most: STAGE / POINTS


cdef inline Py_ssize_t _ring_tiles(const Geometry* g) noexcept nogil:
    """Registers of tiles side by side for which the ring fits its buffer."""
    return STAGE // (_height(g) * POINTS * g.c * TILES)


def winograd_gain(Py_ssize_t ow, Py_ssize_t c, Py_ssize_t f, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw,
                  Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw):
    """About how many times as fast as `forward` `forward_winograd` is; 0: it does not fit.

    Cycles of a row of windows: a product takes one for LANES pixels. What stands beside the products (pooling, turning
    x and y around) was measured on AVX-512.
    """
    cdef Geometry g = _geometry(0, 0, c, 1, ow, f, kh, kw, sh, sw, dh, dw, ph, pw)
    cdef Py_ssize_t tiles = (ow + LANES - 1) // LANES, direct, terms = kh * c
    if (kw, sw, dw, ph, pw) != (COLUMNS, 1, 1, 2, 2) or terms > TERMS or _ring_tiles(&g) < 1:
        return 0
    direct = 4 * ow * COLUMNS * terms * padded(f) // LANES
    if _by_windows(&g):
        direct = tiles * f * (4 * COLUMNS * terms + 60)
    return <double>direct / (tiles * (f * (POINTS * terms + 60) + 2 * sh * c * 30))


cdef inline void _points_line(const float* d, Py_ssize_t step, float* v, Py_ssize_t vstep) noexcept nogil:
    """TILES tiles at the points. A tile's columns are d[0], d[step] ... d[3 step], then the next tile's."""
    cdef float out[POINTS][TILES]
    cdef float d0, d1, d2, d3, d4, d5, d6, d7, even, odd
    cdef int k, l
    for l in range(TILES):
        d0, d1, d2, d3 = d[l], d[step + l], d[2 * step + l], d[3 * step + l]
        d4, d5, d6, d7 = d[l + 1], d[step + l + 1], d[2 * step + l + 1], d[3 * step + l + 1]
        out[0][l] = d0 - d6 + TWENTY_ONE_QUARTERS * (d4 - d2)
        even, odd = d2 + d6 - SEVENTEEN_QUARTERS * d4, d1 + d5 - SEVENTEEN_QUARTERS * d3
        out[1][l], out[2][l] = even + odd, even - odd
        even, odd = QUARTER * d2 + d6 - FIVE_QUARTERS * d4, HALF_F * d1 + TWO * d5 - FIVE_HALVES * d3
        out[3][l], out[4][l] = even + odd, even - odd
        even, odd = FOUR * d2 + d6 - FIVE * d4, TWO * d1 + HALF_F * d5 - FIVE_HALVES * d3
        out[5][l], out[6][l] = even + odd, even - odd
        out[7][l] = d7 - d1 + TWENTY_ONE_QUARTERS * (d3 - d5)
    for k in range(POINTS):
        for l in range(TILES):
            v[k * vstep + l] = out[k][l]


cdef inline void _points_row(const float* x, Py_ssize_t columns, const Geometry* g, float* line, float* planes,
                             float* v, Py_ssize_t width) noexcept nogil:
    """A row of x, of which `columns` are wanted, at the points; zeros behind them."""
    cdef Py_ssize_t k, j, step = width + TILES
    cdef const float* a
    cdef float* b = line + 4 * step
    cdef float* d = b + 4 * step
    if g.c == 3:
        for j in range(columns):
            line[j], b[j], d[j] = x[3 * j], x[3 * j + 1], x[3 * j + 2]
    else:
        for j in range(columns):
            for k in range(g.c):
                line[4 * k * step + j] = x[j * g.c + k]
    for k in range(g.c):
        a, b, d = line + 4 * k * step, planes + step, planes + 2 * step
        memset(<float*>a + columns, 0, (4 * width + 4 - columns) * sizeof(float))
        for j in range(width + 1):
            planes[j], b[j], d[j], d[j + step] = a[4 * j], a[4 * j + 1], a[4 * j + 2], a[4 * j + 3]
        j = 0
        while j < width:
            _points_line(planes + j, step, v + j, g.c * width)
            j += TILES
        v += width


cdef inline void _points_tile(const int filters, const float** above, const float** below, Py_ssize_t terms,
                              Py_ssize_t at, Py_ssize_t step, const float* w, float* sums) noexcept nogil:
    """sums[point, p] = sum of w[p] * values, of both rows of windows: POINTS x filters x 2 TILES."""
    cdef float first[SHARE][TILES]
    cdef float second[SHARE][TILES]
    cdef Py_ssize_t _, k
    cdef const float* a
    cdef const float* b
    cdef int p, l
    for _ in range(POINTS):
        for p in range(filters):
            for l in range(TILES):
                first[p][l] = second[p][l] = 0
        for k in range(terms):
            a, b = above[k] + at, below[k] + at
            for p in range(filters):
                for l in range(TILES):
                    first[p][l] += w[p] * a[l]
                for l in range(TILES):
                    second[p][l] += w[p] * b[l]
            w += filters
        for p in range(filters):
            for l in range(TILES):
                sums[2 * p * TILES + l] = first[p][l]
            for l in range(TILES):
                sums[(2 * p + 1) * TILES + l] = second[p][l]
        at += step
        sums += 2 * filters * TILES


cdef void _points_tiles(int filters, const float** above, const float** below, Py_ssize_t terms, Py_ssize_t at,
                        Py_ssize_t step, const float* w, float* sums) noexcept nogil:
    """The copy of `_points_tile` for so many filters."""
    if SHARE >= 14 and filters == 14: _points_tile(14, above, below, terms, at, step, w, sums)
    elif SHARE >= 13 and filters == 13: _points_tile(13, above, below, terms, at, step, w, sums)
    elif SHARE >= 12 and filters == 12: _points_tile(12, above, below, terms, at, step, w, sums)
    elif SHARE >= 11 and filters == 11: _points_tile(11, above, below, terms, at, step, w, sums)
    elif SHARE >= 10 and filters == 10: _points_tile(10, above, below, terms, at, step, w, sums)
    elif SHARE >= 9 and filters == 9: _points_tile(9, above, below, terms, at, step, w, sums)
    elif SHARE >= 8 and filters == 8: _points_tile(8, above, below, terms, at, step, w, sums)
    elif SHARE >= 7 and filters == 7: _points_tile(7, above, below, terms, at, step, w, sums)
    elif SHARE >= 6 and filters == 6: _points_tile(6, above, below, terms, at, step, w, sums)
    elif SHARE >= 5 and filters == 5: _points_tile(5, above, below, terms, at, step, w, sums)
    elif SHARE >= 4 and filters == 4: _points_tile(4, above, below, terms, at, step, w, sums)
    elif filters == 3: _points_tile(3, above, below, terms, at, step, w, sums)
    elif filters == 2: _points_tile(2, above, below, terms, at, step, w, sums)
    else: _points_tile(1, above, below, terms, at, step, w, sums)


cdef inline void _largest(const float* first, const float* second, float bias, float least, float* best,
                          int* where) noexcept nogil:
    """Of TILES windows: the largest of both rows' two pixels. The first maximum wins a tie, and the first NaN wins."""
    cdef float most[TILES]
    cdef int place[TILES]
    cdef float v, old
    cdef bint wins
    cdef int at, l
    for l in range(TILES):
        most[l] = first[l]
        place[l] = 0
    for at in range(1, 4):
        for l in range(TILES):
            v, old = (second if at % 2 else first)[at // 2 * TILES + l], most[l]
            wins = (not v <= old) & (old == old)
            most[l] = v if wins else old
            place[l] = at if wins else place[l]
    for l in range(TILES):
        v = most[l] + bias
        best[l] = least if v < least else v
    for l in range(TILES):
        where[l] = place[l]


cdef inline void _pool_points(const float* sums, Py_ssize_t step, float bias, float least, float* best,
                              int* where) noexcept nogil:
    """Windows of one filter, those of even columns and those of odd ones, from the sums at the points."""
    cdef float y[4][2 * TILES]
    cdef float m0, m7, s1, s2, s3, d1, d2, d3
    cdef const float* m = sums
    cdef int l
    for l in range(2 * TILES):
        m0, m7 = m[l], m[7 * step + l]
        s1, d1 = m[step + l] + m[2 * step + l], m[step + l] - m[2 * step + l]
        s2, d2 = m[3 * step + l] + m[4 * step + l], m[3 * step + l] - m[4 * step + l]
        s3, d3 = m[5 * step + l] + m[6 * step + l], m[5 * step + l] - m[6 * step + l]
        y[0][l] = m0 + s1 + s2 + s3
        y[1][l] = d1 + TWO * d2 + HALF_F * d3
        y[2][l] = s1 + FOUR * s2 + QUARTER * s3
        y[3][l] = d1 + EIGHT * d2 + EIGHTH * d3 + m7
    _largest(y[0], y[1], bias, least, best, where)
    _largest(y[2], y[3], bias, least, best + TILES, where + TILES)


cdef inline void _place(const int filters, const float* best, const int* where, Py_ssize_t windows, Py_ssize_t f,
                        float* y, int* argmax) noexcept nogil:
    """Windows of some filters, side by side in `best` and `where`, to where they belong."""
    cdef Py_ssize_t k, at
    cdef int p
    for k in range(windows):
        at = k % 2 * TILES + k // 2
        for p in range(filters):
            y[k * f + p] = best[2 * p * TILES + at]
    if argmax != NULL:
        for k in range(windows):
            at = k % 2 * TILES + k // 2
            for p in range(filters):
                argmax[k * f + p] = where[2 * p * TILES + at]


cdef void _places(int filters, const float* best, const int* where, Py_ssize_t windows, Py_ssize_t f, float* y,
                  int* argmax) noexcept nogil:
    """The copy of `_place` for so many filters."""
    if SHARE >= 14 and filters == 14: _place(14, best, where, windows, f, y, argmax)
    elif SHARE >= 13 and filters == 13: _place(13, best, where, windows, f, y, argmax)
    elif SHARE >= 12 and filters == 12: _place(12, best, where, windows, f, y, argmax)
    elif SHARE >= 11 and filters == 11: _place(11, best, where, windows, f, y, argmax)
    elif SHARE >= 10 and filters == 10: _place(10, best, where, windows, f, y, argmax)
    elif SHARE >= 9 and filters == 9: _place(9, best, where, windows, f, y, argmax)
    elif SHARE >= 8 and filters == 8: _place(8, best, where, windows, f, y, argmax)
    elif SHARE >= 7 and filters == 7: _place(7, best, where, windows, f, y, argmax)
    elif SHARE >= 6 and filters == 6: _place(6, best, where, windows, f, y, argmax)
    elif SHARE >= 5 and filters == 5: _place(5, best, where, windows, f, y, argmax)
    elif SHARE >= 4 and filters == 4: _place(4, best, where, windows, f, y, argmax)
    elif filters == 3: _place(3, best, where, windows, f, y, argmax)
    elif filters == 2: _place(2, best, where, windows, f, y, argmax)
    else: _place(1, best, where, windows, f, y, argmax)


cdef void _forward_winograd_rows(const float* x, const float* packed, const float* bias, float* y, int* argmax,
                                 const Geometry* g, float least, Py_ssize_t first,
                                 Py_ssize_t last) noexcept nogil:
    """Rows [first, last) of windows, counted through all samples."""
    cdef float ring_room[STAGE + TILES]
    cdef float sums_room[POINTS * SHARE * 2 * TILES + TILES]
    cdef float line[4 * (PLANE + TILES)]
    cdef float planes[4 * (PLANE + TILES)]
    cdef float best[SHARE * 2 * TILES]
    cdef int where[SHARE * 2 * TILES]
    cdef const float* above[TERMS]
    cdef const float* below[TERMS]
    cdef float* ring = aligned(ring_room)
    cdef float* sums = aligned(sums_room)
    cdef Py_ssize_t height = _height(g), step = g.ph * g.sh, terms = g.kh * g.c, most = _ring_tiles(g)
    cdef Py_ssize_t tiles = (g.ow + 2 * TILES - 1) // (2 * TILES), pieces = (tiles + most - 1) // most, piece, low, high
    cdef Py_ssize_t columns, width, size, unit, row, top, i, k, start, count
    cdef int parts = <int>((g.f + SHARE - 1) // SHARE), part, bottom, filters, p
    cdef const float* a
    cdef const float* w
    for piece in range(pieces):
        low, high = tiles * piece // pieces, tiles * (piece + 1) // pieces
        width = (high - low) * TILES
        size = POINTS * g.c * width
        columns = 2 * min(g.ow, high * 2 * TILES) - 4 * low * TILES + COLUMNS - 1
        for unit in range(first, last):
            row = unit % g.oh
            top = row * step
            a = x + ((unit // g.oh) * g.h * g.w + low * 4 * TILES) * g.c
            for i in range(top if unit == first or row == 0 else max(top, top - step + height), top + height):
                _points_row(a + i * g.w * g.c, columns, g, line, planes, ring + i % height * size, width)
            for k in range(terms):
                i = top + k // g.c * g.dh
                above[k] = ring + i % height * size + k % g.c * width
                below[k] = ring + (i + g.sh) % height * size + k % g.c * width
            for i in range(low, high):
                start, count = 2 * TILES * i, min(<Py_ssize_t>(2 * TILES), g.ow - 2 * TILES * i)
                start = (unit * g.ow + start) * g.f
                w = packed
                for part in range(parts):
                    bottom = <int>(g.f * part // parts)
                    filters = <int>(g.f * (part + 1) // parts) - bottom
                    _points_tiles(filters, above, below, terms, (i - low) * TILES, g.c * width, w, sums)
                    w += POINTS * terms * filters
                    for p in range(filters):
                        _pool_points(sums + p * 2 * TILES, filters * 2 * TILES,
                                     bias[bottom + p] if bias != NULL else <float>0, least, best + p * 2 * TILES,
                                     where + p * 2 * TILES)
                    _places(filters, best, where, count, g.f, y + start + bottom,
                            argmax + start + bottom if argmax != NULL else NULL)


def forward_winograd(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[::1] packed,           # IN   by `pack_winograd`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    int[:, :, :, ::1] argmax,          # OUT  (n, oh, ow, f), offset inside the window; None: not wanted
    Py_ssize_t kh, Py_ssize_t sh, Py_ssize_t dh, bint relu, int threads=1,
):
    """`forward` for kernels five columns wide, horizontal stride 1 and windows of 2x2, within rounding.

    A NaN or an infinity in x makes NaN of all windows of the tiles that read it.
    """
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], y.shape[3],
                                kh, COLUMNS, sh, 1, dh, 1, 2, 2)
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1]
    cdef float least = 0 if relu else -INFINITY
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    cdef int* index = &argmax[0, 0, 0, 0] if argmax is not None else NULL
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_winograd_rows(a, w, b, out, index, &g, least, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward_winograd(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* y = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], y[0], y[1], y[2], c.i[0], COLUMNS, c.i[1], 1, c.i[2], 1, 2, 2)
    _forward_winograd_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                           <int*>t.at[4], &g, 0 if c.i[3] else -INFINITY, t.first, t.last)


def winograd_size(Py_ssize_t kh, Py_ssize_t c, Py_ssize_t f):
    """Floats of a (kh, 5, c, f) kernel at the points."""
    return POINTS * kh * c * f


cdef void _pack_points(const float* kernel, float* packed, Py_ssize_t terms, Py_ssize_t c, Py_ssize_t f,
                       Py_ssize_t term) noexcept nogil:
    """One row and channel of the kernel, all filters."""
    cdef Py_ssize_t parts = (f + SHARE - 1) // SHARE, part, low, filters, p, tap = c * f, step
    cdef const float* a = kernel + (term // c * COLUMNS * c + term % c) * f
    cdef float* u
    cdef double g0, g1, g2, g3, g4, even, odd
    for part in range(parts):
        low = f * part // parts
        filters = f * (part + 1) // parts - low
        step = terms * filters
        for p in range(filters):
            u = packed + POINTS * terms * low + term * filters + p
            g0, g1, g2, g3, g4 = a[p], a[tap + p], a[2 * tap + p], a[3 * tap + p], a[4 * tap + p]
            u[0], u[7 * step] = <float>g0, <float>g4
            even, odd = (g0 + g2 + g4) * -2 / 9, (g1 + g3) * -2 / 9
            u[step], u[2 * step] = <float>(even + odd), <float>(even - odd)
            even, odd = (g0 + 4 * g2 + 16 * g4) / 90, (2 * g1 + 8 * g3) / 90
            u[3 * step], u[4 * step] = <float>(even + odd), <float>(even - odd)
            even, odd = (16 * g0 + 4 * g2 + g4) * 2 / 45, (8 * g1 + 2 * g3) * 2 / 45
            u[5 * step], u[6 * step] = <float>(even + odd), <float>(even - odd)
        a += filters


def pack_winograd(
    const float[:, :, :, ::1] kernel,  # IN   (kh, 5, c, f)
    float[::1] packed,                 # OUT  (winograd_size(kh, c, f),)
    int threads=1,
):
    """The kernel's rows at the points, [share of the filters][point][row][channel][filter]. Units: rows x channels."""
    cdef Py_ssize_t terms = kernel.shape[0] * kernel.shape[2], c = kernel.shape[2], f = kernel.shape[3], term
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for term in prange(terms, nogil=True, schedule="static", num_threads=threads):
        _pack_points(a, b, terms, c, f, term)


cdef void _pack_winograd(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[0].shape[0]
    cdef Py_ssize_t term
    for term in range(t.first, t.last):
        _pack_points(<const float*>t.at[0], <float*>t.at[1], k[0] * k[2], k[2], k[3], term)


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


cdef void _kernel_tiles(const float* x, const float* dy, const int* argmax, float* dkernel, Py_ssize_t columns,
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
    m.below, m.belowstep = NULL, 0
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
    "forward_winograd": (capsule(_forward_winograd), "rrrww"),
    "pack_winograd": (capsule(_pack_winograd), "rw"),
    "backward_kernel": (capsule(_backward_kernel), "rrrw"),
}
CONSTANTS = {"fits": fits, "kernel_units": kernel_units, "winograd_gain": winograd_gain, "winograd_size": winograd_size}
