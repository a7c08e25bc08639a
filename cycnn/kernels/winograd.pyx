"""Winograd's convolution for 3x3 kernels with stride 1: forward and both gradients, with fewer products.

An output tile of m x m pixels (m = 2 to 5) needs (m + 2)^2 products for each pair of channel and filter, where the
direct way takes 9 m^2: 2.25 times fewer for F(2x2, 3x3), 4 times for F(4x4, 3x3). A. Lavin and S. Gray, Fast
algorithms for convolutional neural networks, CVPR 2016:

    Y = A^T [(G g G^T) * (B^T d B)] A          g 3x3 kernel, d input tile of m + 2 rows and columns, * elementwise

B^T d B and G g G^T are the values of polynomials (a tile's rows and columns as coefficients) at m + 1 points and at
infinity; A^T turns the products of values into coefficients again. F2 takes the points 0, 1, -1: sums,
differences and halves, so small integers stay exact. F4 takes 0, +-sqrt(1/2), +-sqrt(2): the paper's 0, +-1, +-2 cost
as many operations, and their results are three to four times less exact (B. Barabasz et al., Error analysis and
improving the accuracy of Winograd convolution for deep neural networks, 2020, on how points matter). F3 and F5 have an
even number of points and do without 0, which makes them one and a half times as exact: F3 takes +-3/8, +-5/4, F5
+-5/16, +-7/8, +-7/4, the best of a search among fractions of a power of two by the errors of random data.

Work goes in blocks of tiles, over rows and samples, small enough for the second-level cache:

    V[point][tile][c] = B^T d B;  for each block of filters: M[point][tile][lanes] = V[point] @ U[point], Y = A^T M A

The products are those of `tile.pxi`. Kernels come packed as U, [block of filters][point][c][lanes], by `pack`
(forward) and `pack_transposed` (input gradient: the same convolution, of dy with the kernel turned around).

Zero padding needs no copy of x: `top` and `left` say how many rows and columns of zeros lie before it, and whatever is
looked for outside x is zero. A NaN or an infinity in x makes NaN of all pixels of the tiles that read it; in the
kernel's gradient it stays in its channel, or its filter.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport RELU, activate
from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.maths cimport HALF_F, TWO

include "tile.pxi"

cdef enum:
    WIDEST = 7                       # tile of x
    POINTS = WIDEST * WIDEST         # at most
    # Sizes of a block, measured on a Sapphire Rapids with 2 MB of second-level cache a core.
    ROOM = 262144                    # floats of V and M together
    LEAST = 32                       # tiles, or the weights pass too often
    MOST = 128

cdef extern from *:
    # F3's and F5's points, each with either sign.
    float A3 "0.375f"
    float B3 "1.25f"
    float A5 "0.3125f"
    float B5 "0.875f"
    float C5 "1.75f"
    float FIVE_HALVES "2.5f"
    float EIGHT "8.0f"
    float ROOT "0.707106781186548f"              # sqrt(1/2), one of F4's points; the other is twice as much
    float HALF_ROOT "0.353553390593274f"
    float TWO_THIRDS "0.666666666666667f"
    float SIXTH "0.166666666666667f"


cdef struct Geometry:
    Py_ssize_t h, w, c               # x; rows and columns behind the last one that an output pixel sees do not count
    Py_ssize_t oh, ow, f             # y
    Py_ssize_t xsample, xrow         # floats from one sample, one row of x to the next
    Py_ssize_t top, left             # zeros before x
    Py_ssize_t down, across          # tiles of a sample
    int m, n                         # tile of y, tile of x
    Py_ssize_t depth                 # floats from one tile of V to the next
    Py_ssize_t most                  # tiles of a block
    Py_ssize_t vplane, mplane        # floats from one point of V, of M to the next


cdef inline Py_ssize_t _depth(Py_ssize_t c) noexcept nogil:
    """Floats of a tile in V: whole vectors, and one more, or rows of 2^k bytes would compete for cache lines."""
    return (c + HALF - 1) // HALF * HALF + HALF


cdef inline Py_ssize_t _most(Py_ssize_t c, int n) noexcept nogil:
    """Tiles of a block: as many as fit into the room. Where far too few do, V leaves the cache in any case, and more
    tiles pass with each reading of the weights."""
    cdef Py_ssize_t fit = ROOM // (n * n * (_depth(c) + LANES))
    return 2 * LEAST if fit < LEAST // 2 else min(max(fit, <Py_ssize_t>LEAST), <Py_ssize_t>MOST)


cdef Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
                        int m, Py_ssize_t top, Py_ssize_t left) noexcept nogil:
    cdef Geometry g
    g.h, g.w, g.c = min(h, oh + 2 - top), min(w, ow + 2 - left), c
    g.oh, g.ow, g.f = oh, ow, f
    g.xsample, g.xrow = h * w * c, w * c
    g.top, g.left = top, left
    g.m, g.n = m, m + 2
    g.down, g.across = (oh + m - 1) // m, (ow + m - 1) // m
    g.depth, g.most = _depth(c), _most(c, m + 2)
    g.vplane, g.mplane = g.most * g.depth + HALF, g.most * LANES + HALF
    return g


cdef inline Py_ssize_t _vectors(Py_ssize_t c) noexcept nogil:
    """Vectors of c channels."""
    return (c + HALF - 1) // HALF


cdef inline Py_ssize_t _uplane(int lanes, Py_ssize_t c) noexcept nogil:
    """Floats from one point of a packed block of filters to the next: whole vectors of one filter's channels; or of the
    filters, and one more vector, or planes of 2^k bytes would compete for cache lines when they are packed."""
    return _vectors(c) * HALF if lanes == 1 else c * lanes + HALF


cdef inline Py_ssize_t _block_size(int lanes, Py_ssize_t c, int n) noexcept nogil:
    """Floats of a packed block of filters."""
    return n * n * _uplane(lanes, c)


def packed_size(Py_ssize_t c, Py_ssize_t f, int tile):
    """Floats of a packed (3, 3, c, f) kernel; for `pack_transposed` with c and f swapped."""
    cdef Py_ssize_t last = blocks_of(f) - 1
    return last * _block_size(LANES, c, tile + 2) + _block_size(lanes_of(last, f), c, tile + 2)


def pack_units(Py_ssize_t c, Py_ssize_t f):
    """Units of work of `pack`: channels of each block of filters; for `pack_transposed` with c and f swapped."""
    return c * blocks_of(f)


def workspace_size(Py_ssize_t c, int tile):
    """Floats that a thread needs for `forward` from c channels, and for `backward_input` from c filters."""
    cdef Geometry g = _geometry(0, 0, c, 0, 0, 0, tile, 0, 0)
    return g.n * g.n * (g.vplane + g.mplane) + HALF


def forward_units(Py_ssize_t oh, Py_ssize_t ow, int tile):
    """Units of work of `forward` for each sample, and of `backward_input` for a dx of (oh, ow): tiles."""
    return ((oh + tile - 1) // tile) * ((ow + tile - 1) // tile)


# --------------------------------------------------------------------------------------------------- transforms
#
# A line function transforms one axis: n values of HALF channels each. The results go through a local array, which
# stays in registers: stored where they belong at once, they would need run-time checks that no two of them overlap.

cdef inline void _copy(const float* a, float* b) noexcept nogil:
    cdef int l
    for l in range(HALF):
        b[l] = a[l]


cdef inline void _copy_lines(const int count, const float (*a)[HALF], float* b, Py_ssize_t step) noexcept nogil:
    cdef int k
    for k in range(count):
        _copy(a[k], b + k * step)


cdef inline void _data_line(const int n, const float* d, Py_ssize_t step, float* v, Py_ssize_t vstep) noexcept nogil:
    """v = B^T d."""
    cdef float out[WIDEST][HALF]
    cdef float d0, d1, d2, d3, d4, d5, d6, even, odd
    cdef int l
    for l in range(HALF):
        d0, d1, d2, d3 = d[l], d[step + l], d[2 * step + l], d[3 * step + l]
        if n == 4:
            out[0][l], out[1][l], out[2][l], out[3][l] = d0 - d2, d1 + d2, d2 - d1, d3 - d1
        elif n == 5:
            d4 = d[4 * step + l]
            even, odd = d2 - B3 * B3 * d0, d3 - B3 * B3 * d1
            out[0][l], out[1][l] = odd + A3 * even, odd - A3 * even
            even, odd = d2 - A3 * A3 * d0, d3 - A3 * A3 * d1
            out[2][l], out[3][l] = odd + B3 * even, odd - B3 * even
            out[4][l] = d4 - (A3 * A3 + B3 * B3) * d2 + A3 * A3 * B3 * B3 * d0
        elif n == 6:
            d4, d5 = d[4 * step + l], d[5 * step + l]
            out[0][l], out[5][l] = d0 - FIVE_HALVES * d2 + d4, d1 - FIVE_HALVES * d3 + d5
            even, odd = d4 - TWO * d2, d3 - TWO * d1
            out[1][l], out[2][l] = even + ROOT * odd, even - ROOT * odd
            even, odd = d4 - HALF_F * d2, TWO * d3 - d1
            out[3][l], out[4][l] = even + ROOT * odd, even - ROOT * odd
        else:
            d4, d5, d6 = d[4 * step + l], d[5 * step + l], d[6 * step + l]
            even = d4 - (B5 * B5 + C5 * C5) * d2 + B5 * B5 * C5 * C5 * d0
            odd = d5 - (B5 * B5 + C5 * C5) * d3 + B5 * B5 * C5 * C5 * d1
            out[0][l], out[1][l] = odd + A5 * even, odd - A5 * even
            even = d4 - (A5 * A5 + C5 * C5) * d2 + A5 * A5 * C5 * C5 * d0
            odd = d5 - (A5 * A5 + C5 * C5) * d3 + A5 * A5 * C5 * C5 * d1
            out[2][l], out[3][l] = odd + B5 * even, odd - B5 * even
            even = d4 - (A5 * A5 + B5 * B5) * d2 + A5 * A5 * B5 * B5 * d0
            odd = d5 - (A5 * A5 + B5 * B5) * d3 + A5 * A5 * B5 * B5 * d1
            out[4][l], out[5][l] = odd + C5 * even, odd - C5 * even
            even = d6 - (A5 * A5 + B5 * B5 + C5 * C5) * d4 - A5 * A5 * B5 * B5 * C5 * C5 * d0
            out[6][l] = even + (A5 * A5 * B5 * B5 + A5 * A5 * C5 * C5 + B5 * B5 * C5 * C5) * d2
    _copy_lines(n, out, v, vstep)


cdef inline void _kernel_line(const int n, const float* g, Py_ssize_t step, float* u, Py_ssize_t ustep) noexcept nogil:
    """u = G g."""
    cdef float out[WIDEST][HALF]
    cdef float g0, g1, g2, even, odd
    cdef float share3 = HALF_F / (A3 * A3 - B3 * B3)
    cdef float share_a = HALF_F / ((A5 * A5 - B5 * B5) * (A5 * A5 - C5 * C5))
    cdef float share_b = HALF_F / ((B5 * B5 - A5 * A5) * (B5 * B5 - C5 * C5))
    cdef float share_c = HALF_F / ((C5 * C5 - A5 * A5) * (C5 * C5 - B5 * B5))
    cdef int l
    for l in range(HALF):
        g0, g1, g2 = g[l], g[step + l], g[2 * step + l]
        out[n - 1][l] = g2
        if n % 2 == 0:
            out[0][l] = g0
        if n == 4:
            out[1][l], out[2][l] = HALF_F * (g0 + g2 + g1), HALF_F * (g0 + g2 - g1)
        elif n == 5:
            even, odd = share3 / A3 * (g0 + A3 * A3 * g2), share3 * g1
            out[0][l], out[1][l] = odd + even, odd - even
            even, odd = share3 / B3 * (g0 + B3 * B3 * g2), share3 * g1
            out[2][l], out[3][l] = -odd - even, even - odd
        elif n == 6:
            even, odd = g0 + HALF_F * g2, ROOT * g1
            out[1][l], out[2][l] = -TWO_THIRDS * (even + odd), -TWO_THIRDS * (even - odd)
            even, odd = g0 + TWO * g2, TWO * odd
            out[3][l], out[4][l] = SIXTH * (even + odd), SIXTH * (even - odd)
        else:
            even, odd = share_a / A5 * (g0 + A5 * A5 * g2), share_a * g1
            out[0][l], out[1][l] = odd + even, odd - even
            even, odd = share_b / B5 * (g0 + B5 * B5 * g2), share_b * g1
            out[2][l], out[3][l] = odd + even, odd - even
            even, odd = share_c / C5 * (g0 + C5 * C5 * g2), share_c * g1
            out[4][l], out[5][l] = odd + even, odd - even
    _copy_lines(n, out, u, ustep)


cdef inline void _output_line(const int n, const bint last, const float* s, Py_ssize_t step, const float* bias,
                              float floor, float* y, Py_ssize_t ystep) noexcept nogil:
    """y = A^T s; along the second axis max(A^T s + bias, floor)."""
    cdef float out[WIDEST - 2][HALF]
    cdef float s0, s1, s2, s3, s4, s5, s6, sum1, sum2, sum3, difference1, difference2, difference3, v
    cdef int k, l
    for l in range(HALF):
        s0, s1, s2, s3 = s[l], s[step + l], s[2 * step + l], s[3 * step + l]
        if n % 2:
            sum1, difference1, sum2, difference2 = s0 + s1, s0 - s1, s2 + s3, s2 - s3
        else:
            sum1, difference1 = s1 + s2, s1 - s2
        if n == 4:
            out[0][l], out[1][l] = s0 + sum1, difference1 + s3
        elif n == 5:
            out[0][l], out[1][l] = sum1 + sum2, A3 * difference1 + B3 * difference2
            out[2][l] = A3 * A3 * sum1 + B3 * B3 * sum2 + s[4 * step + l]
        elif n == 6:
            s4, s5 = s[4 * step + l], s[5 * step + l]
            sum2, difference2 = s3 + s4, s3 - s4
            out[0][l], out[1][l] = s0 + sum1 + sum2, ROOT * (difference1 + TWO * difference2)
            out[2][l] = HALF_F * sum1 + TWO * sum2
            out[3][l] = HALF_ROOT * (difference1 + EIGHT * difference2) + s5
        else:
            s4, s5, s6 = s[4 * step + l], s[5 * step + l], s[6 * step + l]
            sum3, difference3 = s4 + s5, s4 - s5
            out[0][l] = sum1 + sum2 + sum3
            out[1][l] = A5 * difference1 + B5 * difference2 + C5 * difference3
            out[2][l] = A5 * A5 * sum1 + B5 * B5 * sum2 + C5 * C5 * sum3
            out[3][l] = A5 * A5 * A5 * difference1 + B5 * B5 * B5 * difference2 + C5 * C5 * C5 * difference3
            out[4][l] = A5 * A5 * A5 * A5 * sum1 + B5 * B5 * B5 * B5 * sum2 + C5 * C5 * C5 * C5 * sum3 + s6
    if last:
        for k in range(n - 2):
            for l in range(HALF):
                v = out[k][l] + bias[l]
                out[k][l] = floor if v < floor else v
    _copy_lines(n - 2, out, y, ystep)


cdef inline float _vector_total(float* a) noexcept nogil:
    """The sum of HALF numbers, halves onto halves; they are overwritten."""
    cdef int l
    if HALF >= 16:
        for l in range(8):
            a[l] += a[l + 8]
    for l in range(4):
        a[l] += a[l + 4]
    return (a[0] + a[2]) + (a[1] + a[3])


cdef inline void _data_tile(const int n, const float* d, Py_ssize_t row, Py_ssize_t column, float* v,
                            Py_ssize_t plane) noexcept nogil:
    """V = B^T d B of one tile, HALF channels."""
    cdef float half_way[POINTS * HALF]
    cdef int k
    for k in range(n):
        _data_line(n, d + k * column, row, half_way + k * HALF, n * HALF)
    for k in range(n):
        _data_line(n, half_way + k * n * HALF, HALF, v + k * n * plane, plane)


cdef inline void _kernel_tile(const int n, const float* g, float* u, Py_ssize_t plane) noexcept nogil:
    """U = G g G^T of one kernel (3, 3, HALF)."""
    cdef float half_way[3 * WIDEST * HALF]
    cdef int k
    for k in range(3):
        _kernel_line(n, g + k * HALF, 3 * HALF, half_way + k * HALF, 3 * HALF)
    for k in range(n):
        _kernel_line(n, half_way + k * 3 * HALF, HALF, u + k * n * plane, plane)


cdef inline void _output_tile(const int n, const float* s, Py_ssize_t plane, const float* bias, float floor, float* y,
                              Py_ssize_t row, Py_ssize_t column) noexcept nogil:
    """Y = A^T M A of one tile, HALF filters."""
    cdef float half_way[(WIDEST - 2) * WIDEST * HALF]
    cdef float start[HALF]
    cdef int k
    for k in range(HALF):
        start[k] = bias[k]
    for k in range(n):
        _output_line(n, False, s + k * plane, n * plane, start, floor, half_way + k * HALF, n * HALF)
    for k in range(n - 2):
        _output_line(n, True, half_way + k * n * HALF, HALF, start, floor, y + k * row, column)


# ------------------------------------------------------------------------------------------------------ packing

cdef inline void _pack_column(const float* points, float* u, Py_ssize_t c, Py_ssize_t k, int n) noexcept nogil:
    """Channel k of a block of one filter, [point][vector][HALF]: the last HALF channels, zeros where they are among the
    others, and the others, as they lie in V."""
    cdef Py_ssize_t vectors = _vectors(c), others = (vectors - 1) * HALF, last = max(c - HALF, 0), l
    cdef int point
    for point in range(n * n):
        if k == others:
            for l in range(HALF):
                if not others <= last + l < c:
                    u[l] = 0
        u[k - last if k >= others else HALF + k] = points[point * HALF]
        u += vectors * HALF


cdef void _pack_channel(const float* kernel, float* packed, Py_ssize_t c, Py_ssize_t f, int n, bint transposed,
                        Py_ssize_t unit) noexcept nogil:
    """One channel of a block of filters; transposed, one filter of a block of channels, the kernel turned around."""
    cdef float taps[9 * HALF]
    cdef float points[POINTS * HALF]
    cdef Py_ssize_t depth = f if transposed else c, columns = c if transposed else f
    cdef Py_ssize_t block = unit // depth, k = unit % depth, plane, valid, l
    cdef int lanes = lanes_of(block, columns), low = 0, tap, point
    cdef bint single = lanes == 1
    cdef const float* a
    cdef float* u = packed + block * _block_size(LANES, depth, n)
    cdef float* target = points
    plane = HALF
    if not single:
        target, plane = u + k * lanes, _uplane(lanes, depth)
    while low < lanes:
        valid = min(<Py_ssize_t>HALF, max(<Py_ssize_t>0, columns - block * LANES - low))
        for tap in range(9):
            if transposed:
                a = kernel + ((8 - tap) * c + block * LANES + low) * f + k
                for l in range(valid):
                    taps[tap * HALF + l] = a[l * f]
            else:
                memcpy(taps + tap * HALF, kernel + (tap * c + k) * f + block * LANES + low, valid * sizeof(float))
            for l in range(valid, HALF):
                taps[tap * HALF + l] = 0
        if n == 4: _kernel_tile(4, taps, target + low, plane)
        elif n == 5: _kernel_tile(5, taps, target + low, plane)
        elif n == 6: _kernel_tile(6, taps, target + low, plane)
        else: _kernel_tile(7, taps, target + low, plane)
        low += HALF
    if single:
        _pack_column(points, u, depth, k, n)
    elif k == depth - 1:
        for point in range(n * n):
            memset(u + (point + 1) * plane - HALF, 0, HALF * sizeof(float))


def pack(
    const float[:, :, :, ::1] kernel,  # IN   (3, 3, c, f)
    float[::1] packed,                 # OUT  (packed_size(c, f, tile),)
    int tile, int threads=1,
):
    """G g G^T of all kernels, [block of filters][point][c][lanes]; missing filters are zeros. A last block of a single
    filter is a column, whose channels lie side by side."""
    cdef Py_ssize_t c = kernel.shape[2], f = kernel.shape[3], unit, units = pack_units(c, f)
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* u = &packed[0]
    for unit in prange(units, nogil=True, schedule="static", num_threads=threads):
        _pack_channel(a, u, c, f, tile + 2, False, unit)


cdef void _pack(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[0].shape[0]
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_channel(<const float*>t.at[0], <float*>t.at[1], k[2], k[3], <int>c.i[0] + 2, False, unit)


def pack_transposed(
    const float[:, :, :, ::1] kernel,  # IN   (3, 3, c, f)
    float[::1] packed,                 # OUT  (packed_size(f, c, tile),)
    int tile, int threads=1,
):
    """The same for the input gradient: rows and columns reversed, [block of channels][point][f][lanes]."""
    cdef Py_ssize_t c = kernel.shape[2], f = kernel.shape[3], unit, units = pack_units(f, c)
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* u = &packed[0]
    for unit in prange(units, nogil=True, schedule="static", num_threads=threads):
        _pack_channel(a, u, c, f, tile + 2, True, unit)


cdef void _pack_transposed(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[0].shape[0]
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_channel(<const float*>t.at[0], <float*>t.at[1], k[2], k[3], <int>c.i[0] + 2, True, unit)


# ------------------------------------------------------------------------------------------------------ forward

cdef struct Place:
    Py_ssize_t sample, row, column   # of a tile's first pixel


cdef inline void _find(const Geometry* g, Py_ssize_t first, Py_ssize_t last, Place* places) noexcept nogil:
    """Where the tiles [first, last) lie in y."""
    cdef Py_ssize_t sample = first // (g.down * g.across), i = first // g.across % g.down, j = first % g.across, t
    for t in range(last - first):
        places[t] = Place(sample, i * g.m, j * g.m)
        j += 1
        if j == g.across:
            j, i = 0, i + 1
        if i == g.down:
            i, sample = 0, sample + 1


cdef inline void _stage(const float* x, const Geometry* g, Py_ssize_t row, Py_ssize_t column, Py_ssize_t low,
                        float* staged) noexcept nogil:
    """The tile at (row, column), which may lie partly outside, side by side: (n, n, HALF) from channel `low` on."""
    cdef Py_ssize_t i, j, valid = min(<Py_ssize_t>HALF, g.c - low)
    cdef int l
    for i in range(row, row + g.n):
        for j in range(column, column + g.n):
            if 0 <= i < g.h and 0 <= j < g.w and valid == HALF:
                _copy(x + i * g.xrow + j * g.c + low, staged)
            else:
                for l in range(HALF):
                    staged[l] = 0
                if 0 <= i < g.h and 0 <= j < g.w:
                    memcpy(staged, x + i * g.xrow + j * g.c + low, valid * sizeof(float))
            staged += HALF


cdef inline void _data(const float* x, const Geometry* g, const Place* at, float* v) noexcept nogil:
    """V of one tile, all channels. The last vector of channels may overlap the one before."""
    cdef float staged[POINTS * HALF]
    cdef Py_ssize_t row = at.row - g.top, column = at.column - g.left
    cdef Py_ssize_t low = 0, rowstep = g.xrow, columnstep = g.c
    cdef bint inside = row >= 0 and column >= 0 and row + g.n <= g.h and column + g.n <= g.w and g.c >= HALF
    cdef const float* d
    x += at.sample * g.xsample
    if not inside:
        rowstep, columnstep = g.n * HALF, HALF
    while True:
        if inside:
            d = x + row * g.xrow + column * g.c + low
        else:
            _stage(x, g, row, column, low, staged)
            d = staged
        if g.n == 4: _data_tile(4, d, rowstep, columnstep, v + low, g.vplane)
        elif g.n == 5: _data_tile(5, d, rowstep, columnstep, v + low, g.vplane)
        elif g.n == 6: _data_tile(6, d, rowstep, columnstep, v + low, g.vplane)
        else: _data_tile(7, d, rowstep, columnstep, v + low, g.vplane)
        if low + HALF >= g.c:
            return
        low = min(low + HALF, g.c - HALF)


cdef inline void _output(const float* s, const Geometry* g, const Place* at, int valid, const float* bias, float floor,
                         float* y) noexcept nogil:
    """The pixels of one tile that exist, `valid` of HALF filters."""
    cdef float out[(WIDEST - 2) * (WIDEST - 2) * HALF]
    cdef Py_ssize_t rows = min(<Py_ssize_t>g.m, g.oh - at.row), columns = min(<Py_ssize_t>g.m, g.ow - at.column), i, j
    cdef bint direct = rows == g.m and columns == g.m and valid == HALF
    cdef Py_ssize_t rowstep = g.ow * g.f if direct else g.m * HALF, columnstep = g.f if direct else HALF
    cdef float* target
    y += ((at.sample * g.oh + at.row) * g.ow + at.column) * g.f
    target = y if direct else out
    if g.n == 4: _output_tile(4, s, g.mplane, bias, floor, target, rowstep, columnstep)
    elif g.n == 5: _output_tile(5, s, g.mplane, bias, floor, target, rowstep, columnstep)
    elif g.n == 6: _output_tile(6, s, g.mplane, bias, floor, target, rowstep, columnstep)
    else: _output_tile(7, s, g.mplane, bias, floor, target, rowstep, columnstep)
    if not direct:
        for i in range(rows):
            for j in range(columns):
                if valid == HALF:
                    _copy(out + (i * g.m + j) * HALF, y + (i * g.ow + j) * g.f)
                else:
                    memcpy(y + (i * g.ow + j) * g.f, out + (i * g.m + j) * HALF, valid * sizeof(float))


cdef inline void _column(const float* v, const float* u, const Geometry* g, const Place* at, float start, float floor,
                         float* y) noexcept nogil:
    """The pixels of one tile for a block of one filter. The transform is linear, so HALF channels stay side by side
    until there are pixels: those are fewer than points. (65 filters cost 1.13 times as much as 64; as half a block, the
    last one would cost as much as 16: 1.27.)"""
    cdef float m[POINTS * HALF]
    cdef float out[(WIDEST - 2) * (WIDEST - 2) * HALF]
    cdef float sums[HALF]
    cdef float zero[HALF]
    cdef Py_ssize_t rows = min(<Py_ssize_t>g.m, g.oh - at.row), columns = min(<Py_ssize_t>g.m, g.ow - at.column), i, j
    cdef Py_ssize_t others = _vectors(g.c) - 1, last = max(g.c - HALF, 0), k
    cdef float value
    cdef int point, l
    for l in range(HALF):
        zero[l] = 0
    for point in range(g.n * g.n):
        for l in range(HALF):
            sums[l] = v[last + l] * u[l]
        for k in range(others):
            u += HALF
            for l in range(HALF):
                sums[l] += v[k * HALF + l] * u[l]
        _copy(sums, m + point * HALF)
        u += HALF
        v += g.vplane
    if g.n == 4: _output_tile(4, m, HALF, zero, -INFINITY, out, 2 * HALF, HALF)
    elif g.n == 5: _output_tile(5, m, HALF, zero, -INFINITY, out, 3 * HALF, HALF)
    elif g.n == 6: _output_tile(6, m, HALF, zero, -INFINITY, out, 4 * HALF, HALF)
    else: _output_tile(7, m, HALF, zero, -INFINITY, out, 5 * HALF, HALF)
    y += ((at.sample * g.oh + at.row) * g.ow + at.column) * g.f
    for i in range(rows):
        for j in range(columns):
            value = start + _vector_total(out + (i * g.m + j) * HALF)
            y[(i * g.ow + j) * g.f] = floor if value < floor else value


cdef inline void _activate(int activation, const Geometry* g, const Place* at, float* y) noexcept nogil:
    """The activation of one tile's pixels, all filters."""
    cdef Py_ssize_t rows = min(<Py_ssize_t>g.m, g.oh - at.row), columns = min(<Py_ssize_t>g.m, g.ow - at.column), i
    y += ((at.sample * g.oh + at.row) * g.ow + at.column) * g.f
    for i in range(rows):
        activate(activation, y + i * g.ow * g.f, y + i * g.ow * g.f, columns * g.f, 0, 0, 0)


cdef void _forward_tiles(const float* x, const float* packed, const float* bias, float* y, float* workspace,
                         const Geometry* g, int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Tiles [first, last), counted over samples, in blocks as even as can be."""
    cdef Place places[MOST]
    cdef float start[LANES]
    cdef float zero[LANES]
    cdef float floor = <float>0 if activation == RELU else -INFINITY
    cdef float* v = aligned(workspace)
    cdef float* s = v + g.n * g.n * g.vplane
    cdef const float* u
    cdef Py_ssize_t blocks = (last - first + g.most - 1) // g.most, b, low, high, tiles, block, t
    cdef Py_ssize_t size = _block_size(LANES, g.c, g.n), whole = blocks_of(g.f)
    cdef bint single = lanes_of(whole - 1, g.f) == 1
    cdef int lanes, valid, point, l
    cdef Terms m = one_tap(g.c, g.depth, LANES)
    whole -= single
    load_bias(NULL, 0, zero)
    for b in range(blocks):
        low = first + (last - first) * b // blocks
        high = first + (last - first) * (b + 1) // blocks
        tiles = high - low
        _find(g, low, high, places)
        for t in range(tiles):
            _data(x, g, &places[t], v + t * g.depth)
            if single:  # while the tile's V is in the first-level cache
                _column(v + t * g.depth, packed + whole * size, g, &places[t],
                        bias[g.f - 1] if bias != NULL else <float>0, floor, y + g.f - 1)
        for block in range(whole):
            lanes = lanes_of(block, g.f)
            valid = <int>min(<Py_ssize_t>lanes, g.f - block * LANES)
            u = packed + block * size
            for point in range(g.n * g.n):
                if g.c * g.f >= FETCHED // 8:
                    fetch_meanwhile(&m, u + _uplane(lanes, g.c), lanes, tiles_of(tiles))
                sum_run(tiles, lanes, lanes, &m, v + point * g.vplane, u, zero, False, False, s + point * g.mplane)
                u += _uplane(lanes, g.c)
            load_bias(bias + block * LANES if bias != NULL else NULL, valid, start)
            for t in range(tiles):
                l = 0
                while l < valid:
                    _output(s + t * LANES + l, g, &places[t], min(<int>HALF, valid - l), start + l, floor,
                            y + block * LANES + l)
                    l += HALF
        if activation and activation != RELU:
            for t in range(tiles):
                _activate(activation, g, &places[t], y)


def forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), without `top` rows and `left` columns of zeros before it
    const float[::1] packed,           # IN   by `pack` for this tile
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    float[:, ::1] workspace,           # WORK (threads, workspace_size(c, tile))
    int tile, Py_ssize_t top, Py_ssize_t left, int activation, int threads=1,
):
    """y = activation(bias + x * kernel), by tiles of 2x2 to 5x5 pixels."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], y.shape[3], tile, top, left)
    cdef Py_ssize_t share, shares = max(1, threads), tiles = y.shape[0] * g.down * g.across, each = workspace.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* u = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    cdef float* work = &workspace[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_tiles(a, u, b, out, work + share * each, &g, activation, tiles * share // shares,
                       tiles * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* y = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], y[0], y[1], y[2], <int>c.i[0], c.i[1], c.i[2])
    _forward_tiles(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                   <float*>t.at[4], &g, <int>c.i[3], t.first, t.last)


# ----------------------------------------------------------------------------------------------- input gradient

def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    const float[::1] packed,           # IN   by `pack_transposed` for this tile
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c), without zero padding
    float[:, ::1] workspace,           # WORK (threads, workspace_size(f, tile))
    int tile, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Gradient with respect to x. `top` and `left` are the zero rows and columns that x had before it."""
    forward(dy, packed, None, dx, workspace, tile, 2 - top, 2 - left, 0, threads)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* dy = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dx = &c.operand[2].shape[0]
    cdef Geometry g = _geometry(dy[0], dy[1], dy[2], dx[0], dx[1], dx[2], <int>c.i[0], 2 - c.i[1], 2 - c.i[2])
    _forward_tiles(<const float*>t.at[0], <const float*>t.at[1], NULL, <float*>t.at[2], <float*>t.at[3], &g, 0,
                   t.first, t.last)


# ---------------------------------------------------------------------------------------------- kernel gradient
#
# Forward backwards: Y = A^T [U * V] A with U = G g G^T gives dU = (A dY A^T) * V and dg = G^T dU G, with the matrices
# of F3 or F4. Summed over all tiles before the last transform, dU[point] is a matrix product:
#
#     W[point][tile][f] = A dY A^T;  dU[point][c][f] = V[point]^T @ W[point];  dkernel = G^T dU G
#
# It goes by panels of SIDE channels and SIDE filters, whose dU stays in cache while the tiles pass, SHARE of them at a
# time: V, W and dU of a panel are 1.3 MB. A unit of work is a quarter of a panel; quarters of one panel share the
# transforms if one task has them. What is added up, and in which order, does not depend on that.

cdef enum:
    SIDE = 64
    QUARTER = 32                     # channels, and filters, of a unit; a multiple of LANES
    SHARE = 32                       # tiles; 64 are 7 % slower, 128 20 % (2 MB of second-level cache)
    DEEP = SIDE + HALF               # floats from one tile of V, and of W, to the next
    PLANE = SHARE * DEEP + HALF      # from one point to the next
    UPLANE = SIDE * SIDE + HALF      # of dU
    GRADIENT_POINTS = 36             # at most
    KERNEL_WORKSPACE = GRADIENT_POINTS * (2 * PLANE + UPLANE) + HALF  # floats that a thread needs


def kernel_units(Py_ssize_t c, Py_ssize_t f):
    """Units of work of `backward_kernel`: quarters of panels, some of which may be empty."""
    return 4 * ((c + SIDE - 1) // SIDE) * ((f + SIDE - 1) // SIDE)


cdef inline void _gradient_line(const int n, const float* y, Py_ssize_t step, float* w,
                                Py_ssize_t wstep) noexcept nogil:
    """w = A y."""
    cdef float out[6][HALF]
    cdef float y0, y1, y2, y3, even, odd
    cdef int l
    for l in range(HALF):
        y0, y1, y2 = y[l], y[step + l], y[2 * step + l]
        if n == 5:
            even, odd = y0 + A3 * A3 * y2, A3 * y1
            out[0][l], out[1][l] = even + odd, even - odd
            even, odd = y0 + B3 * B3 * y2, B3 * y1
            out[2][l], out[3][l], out[4][l] = even + odd, even - odd, y2
        else:
            y3 = y[3 * step + l]
            even, odd = y0 + HALF_F * y2, ROOT * (y1 + HALF_F * y3)
            out[0][l], out[1][l], out[2][l] = y0, even + odd, even - odd
            even, odd = y0 + TWO * y2, TWO * ROOT * (y1 + TWO * y3)
            out[3][l], out[4][l], out[5][l] = even + odd, even - odd, y3
    _copy_lines(n, out, w, wstep)


cdef inline void _tap_line(const int n, const float* u, Py_ssize_t step, float* g, Py_ssize_t gstep) noexcept nogil:
    """g = G^T u."""
    cdef float out[3][HALF]
    cdef float sum1, sum2, difference1, difference2, share = HALF_F / (A3 * A3 - B3 * B3)
    cdef int l
    for l in range(HALF):
        if n == 5:
            sum1, difference1 = u[l] + u[step + l], u[l] - u[step + l]
            sum2, difference2 = u[2 * step + l] + u[3 * step + l], u[2 * step + l] - u[3 * step + l]
            out[0][l] = share / A3 * difference1 - share / B3 * difference2
            out[1][l] = share * (sum1 - sum2)
            out[2][l] = share * A3 * difference1 - share * B3 * difference2 + u[4 * step + l]
        else:
            sum1, difference1 = u[step + l] + u[2 * step + l], u[step + l] - u[2 * step + l]
            sum2, difference2 = u[3 * step + l] + u[4 * step + l], u[3 * step + l] - u[4 * step + l]
            out[0][l] = u[l] - TWO_THIRDS * sum1 + SIXTH * sum2
            out[1][l] = ROOT * TWO_THIRDS * (HALF_F * difference2 - difference1)
            out[2][l] = HALF_F * TWO_THIRDS * (sum2 - sum1) + u[5 * step + l]
    _copy_lines(3, out, g, gstep)


cdef inline void _gradient_tile(const int n, const float* y, Py_ssize_t row, Py_ssize_t column, float* w,
                                Py_ssize_t plane) noexcept nogil:
    """W = A dY A^T of one tile, HALF filters."""
    cdef float half_way[4 * 6 * HALF]
    cdef int k
    for k in range(n - 2):
        _gradient_line(n, y + k * column, row, half_way + k * HALF, (n - 2) * HALF)
    for k in range(n):
        _gradient_line(n, half_way + k * (n - 2) * HALF, HALF, w + k * n * plane, plane)


cdef inline void _tap_tile(const int n, const float* u, float* g) noexcept nogil:
    """g = G^T dU G of HALF filters: (3, 3, HALF)."""
    cdef float half_way[3 * 6 * HALF]
    cdef int k
    for k in range(n):
        _tap_line(n, u + k * UPLANE, n * UPLANE, half_way + k * HALF, n * HALF)
    for k in range(3):
        _tap_line(n, half_way + k * n * HALF, HALF, g + k * 3 * HALF, HALF)


cdef inline void _stage_gradient(const float* dy, const Geometry* g, const Place* at, Py_ssize_t low,
                                 float* staged) noexcept nogil:
    """dY of a tile, which may lie partly outside, side by side: (m, m, HALF) from filter `low` on."""
    cdef Py_ssize_t i, j, valid = min(<Py_ssize_t>HALF, g.f - low)
    cdef int l
    for i in range(at.row, at.row + g.m):
        for j in range(at.column, at.column + g.m):
            if i < g.oh and j < g.ow and valid == HALF:
                _copy(dy + (i * g.ow + j) * g.f + low, staged)
            else:
                for l in range(HALF):
                    staged[l] = 0
                if i < g.oh and j < g.ow:
                    memcpy(staged, dy + (i * g.ow + j) * g.f + low, valid * sizeof(float))
            staged += HALF


cdef inline void _data_panel(const float* x, const Geometry* g, const Place* at, Py_ssize_t first, Py_ssize_t last,
                             float* v) noexcept nogil:
    """V of one tile, channels [first, last); behind the last one zeros."""
    cdef float staged[POINTS * HALF]
    cdef Py_ssize_t row = at.row - g.top, column = at.column - g.left, low = first
    cdef bint inside = row >= 0 and column >= 0 and row + g.n <= g.h and column + g.n <= g.w
    cdef Py_ssize_t rowstep, columnstep
    cdef const float* d
    x += at.sample * g.xsample
    while low < last:
        if inside and low + HALF <= g.c:
            d, rowstep, columnstep = x + row * g.xrow + column * g.c + low, g.xrow, g.c
        else:
            _stage(x, g, row, column, low, staged)
            d, rowstep, columnstep = staged, g.n * HALF, HALF
        if g.n == 5: _data_tile(5, d, rowstep, columnstep, v, PLANE)
        else: _data_tile(6, d, rowstep, columnstep, v, PLANE)
        low += HALF
        v += HALF


cdef inline void _gradient_panel(const float* dy, const Geometry* g, const Place* at, Py_ssize_t first,
                                 Py_ssize_t last, float* w) noexcept nogil:
    """W of one tile, filters [first, last); behind the last one zeros."""
    cdef float staged[16 * HALF]
    cdef Py_ssize_t low = first, rowstep, columnstep
    cdef bint inside = at.row + g.m <= g.oh and at.column + g.m <= g.ow
    cdef const float* d
    dy += at.sample * g.oh * g.ow * g.f
    while low < last:
        if inside and low + HALF <= g.f:
            d, rowstep, columnstep = dy + (at.row * g.ow + at.column) * g.f + low, g.ow * g.f, g.f
        else:
            _stage_gradient(dy, g, at, low, staged)
            d, rowstep, columnstep = staged, g.m * HALF, HALF
        if g.n == 5: _gradient_tile(5, d, rowstep, columnstep, w, PLANE)
        else: _gradient_tile(6, d, rowstep, columnstep, w, PLANE)
        low += HALF
        w += HALF


cdef inline void _panel_products(const float* v, const float* w, float* u, Py_ssize_t tiles, Py_ssize_t channels,
                                 Py_ssize_t filters, bint fresh) noexcept nogil:
    """dU of one point, onto what is there unless it is `fresh`."""
    cdef Py_ssize_t runs = (channels + PIXELS - 1) // PIXELS, run, low, high, block
    cdef Pixels m
    m.samples = m.rows = 1
    m.xsample = m.ysample = m.xrow = m.yrow = 0
    m.cols, m.xcol, m.ycol = tiles, DEEP, DEEP
    m.below, m.belowstep = NULL, LANES
    for block in range(blocks_of(filters)):
        for run in range(runs):
            low, high = channels * run // runs, channels * (run + 1) // runs
            outer_tile(<int>(high - low), lanes_of(block, filters), &m, v + low, w + block * LANES, fresh,
                       u + (block * SIDE + low) * LANES, LANES)


cdef inline void _panel_taps(const int n, const float* u, float* dkernel, Py_ssize_t columns, Py_ssize_t rows,
                             Py_ssize_t channels, Py_ssize_t filters, bint fresh) noexcept nogil:
    """dkernel of a panel; `rows` are the channels of dkernel, `columns` floats from one to the next."""
    cdef float taps[9 * HALF]
    cdef float* d
    cdef Py_ssize_t row, column, valid, tap, l
    for row in range(channels):
        column = 0
        while column < filters:
            _tap_tile(n, u + (column // LANES * SIDE + row) * LANES + column % LANES, taps)
            valid = min(<Py_ssize_t>HALF, filters - column)
            for tap in range(9):
                d = dkernel + (tap * rows + row) * columns + column
                if valid == HALF and fresh:
                    _copy(taps + tap * HALF, d)
                elif valid == HALF:
                    for l in range(HALF):
                        d[l] += taps[tap * HALF + l]
                else:
                    for l in range(valid):
                        d[l] = taps[tap * HALF + l] if fresh else d[l] + taps[tap * HALF + l]
            column += HALF


cdef void _kernel_panel(const float* x, const float* dy, float* dkernel, Py_ssize_t columns, float* workspace,
                        const Geometry* g, Py_ssize_t tiles, bint fresh, Py_ssize_t c, Py_ssize_t c_end, Py_ssize_t f,
                        Py_ssize_t f_end) noexcept nogil:
    """Channels [c, c_end) and filters [f, f_end) of dkernel, at most SIDE of each, over so many tiles."""
    cdef Place places[SHARE]
    cdef float* v = aligned(workspace)
    cdef float* w = v + GRADIENT_POINTS * PLANE
    cdef float* u = w + GRADIENT_POINTS * PLANE
    cdef Py_ssize_t shares = (tiles + SHARE - 1) // SHARE, share, low, high, t, point
    c_end, f_end = min(c_end, g.c), min(f_end, g.f)
    if c >= c_end or f >= f_end:
        return
    for share in range(shares):
        low, high = tiles * share // shares, tiles * (share + 1) // shares
        _find(g, low, high, places)
        for t in range(high - low):
            _data_panel(x, g, &places[t], c, c_end, v + t * DEEP)
        for t in range(high - low):
            _gradient_panel(dy, g, &places[t], f, f_end, w + t * DEEP)
        for point in range(g.n * g.n):
            _panel_products(v + point * PLANE, w + point * PLANE, u + point * UPLANE, high - low, c_end - c, f_end - f,
                            share == 0)
    dkernel += c * columns + f
    if g.n == 5: _panel_taps(5, u, dkernel, columns, g.c, c_end - c, f_end - f, fresh)
    else: _panel_taps(6, u, dkernel, columns, g.c, c_end - c, f_end - f, fresh)


cdef void _kernel_units(const float* x, const float* dy, float* dkernel, Py_ssize_t columns, float* workspace,
                        const Geometry* g, Py_ssize_t samples, bint fresh, Py_ssize_t first,
                        Py_ssize_t last) noexcept nogil:
    """Units [first, last) over samples: of each panel the whole, a half, or single quarters."""
    cdef Py_ssize_t across = (g.f + SIDE - 1) // SIDE, tiles = samples * g.down * g.across, unit = first, c, f, count
    while unit < last:
        c, f = unit // 4 // across * SIDE, unit // 4 % across * SIDE
        count = 4 if unit % 4 == 0 and unit + 4 <= last else 2 if unit % 2 == 0 and unit + 2 <= last else 1
        f += unit % 4 // 2 * QUARTER
        c += unit % 2 * QUARTER
        _kernel_panel(x, dy, dkernel, columns, workspace, g, tiles, fresh, c, c + (QUARTER if count == 1 else SIDE), f,
                      f + (SIDE if count == 4 else QUARTER))
        unit += count


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), without `top` rows and `left` columns of zeros before it
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    float[:, :, :, ::1] dkernel,       # OUT  (3, 3, c, f)
    float[:, ::1] workspace,           # WORK (threads, KERNEL_WORKSPACE)
    int tile, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Gradient with respect to the kernel, by tiles of 3x3 or 4x4 pixels of dy, summed in order. Threads share its
    parts."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], dy.shape[1], dy.shape[2], dy.shape[3], tile, top,
                                left)
    cdef Py_ssize_t share, shares = max(1, threads), units = kernel_units(g.c, g.f), each = workspace.shape[1]
    cdef Py_ssize_t samples = x.shape[0]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0, 0]
    cdef float* work = &workspace[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _kernel_units(a, b, d, g.f, work + share * each, &g, samples, True, units * share // shares,
                      units * (share + 1) // shares)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dy = &c.operand[1].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], dy[0], dy[1], dy[2], <int>c.i[0], c.i[1], c.i[2])
    _kernel_units(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], c.operand[2].shape[3],
                  <float*>t.at[3], &g, t.samples, t.fresh, t.first, t.last)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pack": (capsule(_pack), "rw"),
    "pack_transposed": (capsule(_pack_transposed), "rw"),
    "forward": (capsule(_forward), "rrrww"),
    "backward_input": (capsule(_backward_input), "rrww"),
    "backward_kernel": (capsule(_backward_kernel), "rrww"),
}
CONSTANTS = {
    "packed_size": packed_size, "pack_units": pack_units, "workspace_size": workspace_size,
    "forward_units": forward_units,
    "kernel_units": kernel_units, "KERNEL_WORKSPACE": KERNEL_WORKSPACE,
}
