"""Gradients of a convolution with max-pooling behind it, from the pixels that won their windows alone.

Of a window's pixels one takes the gradient, and the others' is zero: with windows of 2x2 a quarter of the products
of `conv.backward_kernel` and `conv.backward_input` counts. So nothing is spread over a map here. For each filter the
winners of a band of windows become a list, of (where the winner's patch of x lies, dy); winners whose dy is zero, as
relu leaves many, are left out. Then

    backward_kernel   dkernel[filter] += dy * patch of x       sums in registers, patches streaming by
    backward_input    patch of dx += dy * kernel[filter]       weights in registers, patches read and written

A patch is kh rows of kw * c neighbours, in vectors of HALF floats; a body holds up to VECTORS of them, in as many rows
as it can. The sums of `backward_input` go through a band of dx with a rounded number of channels, so that a patch
is read again in the vectors it was written in; rows that no later window sees are copied to dx.

Kernels and their gradients have the layout (f, kh, kw, c) here, one filter after the other. What a winner with dy = 0
sees is not multiplied: an infinity there does not become a NaN.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memmove, memset

from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.maths cimport Word

cdef extern from *:
    enum: LANES "CYCNN_LANES"
    enum: HALF "CYCNN_HALF"
    enum: VECTORS "(CYCNN_HALF == 16 ? 24 : 12)"   # of HALF floats that registers hold; the baseline's, half of them

cdef enum:
    FILTERS = 8                      # lists that are made at a time
    LENGTH = 192                     # windows of a list, at most
    TOGETHER = 4                     # of them side by side
    WINDOW = 64                      # pixels of a window, at most

cdef struct Geometry:
    Py_ssize_t h, w, c               # x, zero padding included
    Py_ssize_t oh, ow, f             # y, behind the pooling
    Py_ssize_t kh, kw, sh, sw, dh, dw
    Py_ssize_t ph, pw                # the pooling's window and stride
    Py_ssize_t pixel, row            # floats from one pixel, one row to the next, of where patches lie
    int shift[WINDOW]                # floats from a window's first pixel's patch to each pixel's

cdef struct Winner:
    int at                           # floats from the band's first patch
    Word value                       # dy

cdef struct Winners:
    int count
    Winner winner[LENGTH]

cdef struct Patch:
    Py_ssize_t rows, row, wrow       # how many; floats from one to the next, among the patches and in the kernel
    Py_ssize_t cols, col, wcol
    Py_ssize_t depth                 # neighbours


cdef Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
                        Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh,
                        Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw, Py_ssize_t pixel,
                        Py_ssize_t row) noexcept nogil:
    cdef Geometry g
    cdef Py_ssize_t i, j
    g.h, g.w, g.c, g.oh, g.ow, g.f = h, w, c, oh, ow, f
    g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.ph, g.pw = kh, kw, sh, sw, dh, dw, ph, pw
    g.pixel, g.row = pixel, row
    for i in range(ph):
        for j in range(pw):
            g.shift[i * pw + j] = <int>(i * sh * row + j * sw * pixel)
    return g


cdef inline Patch _patch(const Geometry* g) noexcept nogil:
    cdef bint merged = g.dw == 1 or g.kw == 1           # columns and channels are neighbours
    return Patch(g.kh, g.dh * g.row, g.kw * g.pixel,
                 1 if merged else g.kw, g.dw * g.pixel, g.pixel,
                 g.kw * g.pixel if merged else g.pixel)


cdef inline Py_ssize_t _rounded(Py_ssize_t c) noexcept nogil:
    """Floats of a pixel of the band: whole vectors."""
    return (c + HALF - 1) // HALF * HALF


cdef inline Py_ssize_t _rows_of(Py_ssize_t oh, Py_ssize_t ow) noexcept nogil:
    """Rows of windows in a band."""
    return min(oh, max(<Py_ssize_t>1, LENGTH // ow))


cdef inline float* _aligned(float* room) noexcept nogil:
    cdef size_t line = HALF * sizeof(float)
    return room + (line - <size_t>room % line) % line // sizeof(float)


def fits(Py_ssize_t ph, Py_ssize_t pw):
    """Whether a pooling's window is small enough for these kernels."""
    return ph * pw <= WINDOW


def cycles(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t c, bint rounded):
    """About how many cycles a winner costs on AVX-512: what `backward_kernel` takes, or `backward_input` (`rounded`).

    One read and one multiply-add for each vector, and for `backward_input` a write; and what a list's element costs.
    """
    cdef Py_ssize_t channels = (c + 15) // 16 * 16 if rounded else c
    return kh * ((kw * channels + 15) // 16) * (1.1 if rounded else 1) + 10


# --------------------------------------------------------------------------------------------------- the lists

cdef inline int _places(const Geometry* g, Py_ssize_t rows, Py_ssize_t windows, int* places) noexcept nogil:
    """How far from a band's first window each window's patch of its first pixel lies; returns their number."""
    cdef Py_ssize_t i, j
    cdef int count = 0
    for i in range(rows):
        for j in range(windows):
            places[count] = <int>(i * g.ph * g.sh * g.row + j * g.pw * g.sw * g.pixel)
            count += 1
    return count


cdef inline void _list_few(const int filters, const Word* dy, const int* argmax, Py_ssize_t step, const int* shift,
                           const int* places, int windows, Winners* lists) noexcept nogil:
    """Lists side by side, each with its count in a register."""
    cdef size_t n[TOGETHER]
    cdef int k, p, place
    for p in range(filters):
        n[p] = 0
    for k in range(windows):
        place = places[k]
        for p in range(filters):
            lists[p].winner[n[p]].at = place + shift[argmax[p]]
            lists[p].winner[n[p]].value.i = dy[p].i
            n[p] += <unsigned int>dy[p].i << 1 != 0     # neither 0 nor -0: comparing floats takes longer
        dy += step
        argmax += step
    for p in range(filters):
        lists[p].count = <int>n[p]


cdef void _list(const float* dy, const int* argmax, const Geometry* g, const int* places, int windows, int filters,
                Winners* lists) noexcept nogil:
    """The winners of neighbouring windows, for a few neighbouring filters; the windows' lines stay in the first-level
    cache."""
    cdef const Word* a = <const Word*>dy
    cdef int p = 0
    while p + TOGETHER <= filters:
        _list_few(TOGETHER, a + p, argmax + p, g.f, g.shift, places, windows, lists + p)
        p += TOGETHER
    while p < filters:
        _list_few(1, a + p, argmax + p, g.f, g.shift, places, windows, lists + p)
        p += 1


# ------------------------------------------------------------------------------------------------- the bodies
#
# One copy for each number of rows and vectors, as in tile.pxi.

cdef inline void _sum(const int rows, const int vectors, const Winners* winners, const float* x, Py_ssize_t row,
                      float* d, Py_ssize_t drow) noexcept nogil:
    """d += sum of dy * patch."""
    cdef float acc[VECTORS][HALF]
    cdef const float* a
    cdef float v
    cdef int e = 0, count = winners.count, r, k, l
    for r in range(rows):
        for k in range(vectors):
            for l in range(HALF):
                acc[r * vectors + k][l] = d[r * drow + k * HALF + l]
    while True:                                         # a loop without a turn would keep the sums in memory, too
        a = x + winners.winner[e].at
        v = winners.winner[e].value.f
        for r in range(rows):
            for k in range(vectors):
                for l in range(HALF):
                    acc[r * vectors + k][l] += v * a[k * HALF + l]
            a += row
        e += 1
        if e >= count:
            break
    for r in range(rows):
        for k in range(vectors):
            for l in range(HALF):
                d[r * drow + k * HALF + l] = acc[r * vectors + k][l]


cdef inline void _add(const int rows, const int vectors, const Winners* winners, float* dx, Py_ssize_t row,
                      const float* w, Py_ssize_t wrow) noexcept nogil:
    """patch += dy * w."""
    cdef float weights[VECTORS][HALF]
    cdef float* a
    cdef float v
    cdef int e, r, k, l
    for r in range(rows):
        for k in range(vectors):
            for l in range(HALF):
                weights[r * vectors + k][l] = w[r * wrow + k * HALF + l]
    for e in range(winners.count):
        a = dx + winners.winner[e].at
        v = winners.winner[e].value.f
        for r in range(rows):
            for k in range(vectors):
                for l in range(HALF):
                    a[k * HALF + l] += v * weights[r * vectors + k][l]
            a += row


cdef inline void _body(const int rows, const int vectors, bint sums, const Winners* winners, float* x, Py_ssize_t row,
                       float* w, Py_ssize_t wrow) noexcept nogil:
    if rows * vectors <= VECTORS:
        if sums:
            _sum(rows, vectors, winners, x, row, w, wrow)
        else:
            _add(rows, vectors, winners, x, row, w, wrow)


cdef inline void _bodies(const int rows, int vectors, bint sums, const Winners* winners, float* x, Py_ssize_t row,
                         float* w, Py_ssize_t wrow) noexcept nogil:
    if vectors == 1: _body(rows, 1, sums, winners, x, row, w, wrow)
    elif vectors == 2: _body(rows, 2, sums, winners, x, row, w, wrow)
    elif vectors == 3: _body(rows, 3, sums, winners, x, row, w, wrow)
    elif vectors == 4: _body(rows, 4, sums, winners, x, row, w, wrow)
    elif vectors == 5: _body(rows, 5, sums, winners, x, row, w, wrow)
    elif vectors == 6: _body(rows, 6, sums, winners, x, row, w, wrow)
    elif vectors == 7: _body(rows, 7, sums, winners, x, row, w, wrow)
    elif vectors == 8: _body(rows, 8, sums, winners, x, row, w, wrow)


cdef void _piece(int rows, int vectors, bint sums, const Winners* winners, float* x, Py_ssize_t row, float* w,
                 Py_ssize_t wrow) noexcept nogil:
    """`_sum` or `_add` for so many rows and vectors of a patch."""
    if rows == 5: _bodies(5, vectors, sums, winners, x, row, w, wrow)
    elif rows == 3: _bodies(3, vectors, sums, winners, x, row, w, wrow)
    else: _bodies(1, vectors, sums, winners, x, row, w, wrow)


cdef inline void _ragged_sum(int rows, int vectors, const Winners* winners, float* x, Py_ssize_t row, float* d,
                             Py_ssize_t drow, Py_ssize_t valid) noexcept nogil:
    """`_sum` of rows that end inside a vector: a condition there would cost it its registers. x can be read behind."""
    cdef float sums[VECTORS * HALF]
    cdef Py_ssize_t l
    cdef int r
    for r in range(rows):
        for l in range(vectors * HALF):
            sums[r * vectors * HALF + l] = d[r * drow + l] if l < valid else <float>0
    _piece(rows, vectors, True, winners, x, row, sums, vectors * HALF)
    for r in range(rows):
        for l in range(valid):
            d[r * drow + l] = sums[r * vectors * HALF + l]


cdef inline void _patches(const Patch* m, bint sums, const Winners* winners, float* x, float* w) noexcept nogil:
    """Whole patches: with `sums` from x to w, else from w to x."""
    cdef Py_ssize_t i = 0, j, vectors = (m.depth + HALF - 1) // HALF, most, pieces, piece, low, high
    cdef float* a
    cdef float* b
    cdef int rows
    if winners.count == 0:
        return
    while i < m.rows:
        rows = 5 if m.rows - i == 5 and VECTORS >= 10 else 3 if m.rows - i >= 3 else 1
        most = min(8, VECTORS // 5 if rows == 5 else VECTORS // 3 if rows == 3 else VECTORS)
        pieces = 1 if vectors <= most else (vectors + most - 1) // most     # a division takes as long as a winner
        for j in range(m.cols):
            high = 0
            for piece in range(pieces):
                low = high
                high = vectors if piece + 1 == pieces else vectors * (piece + 1) // pieces
                a = x + i * m.row + j * m.col + low * HALF
                b = w + i * m.wrow + j * m.wcol + low * HALF
                if sums and high * HALF > m.depth:
                    _ragged_sum(rows, <int>(high - low), winners, a, m.row, b, m.wrow, m.depth - low * HALF)
                else:
                    _piece(rows, <int>(high - low), sums, winners, a, m.row, b, m.wrow)
        i += rows


# --------------------------------------------------------------------------------------------- kernel gradient

cdef inline Py_ssize_t _pixel(Py_ssize_t c) noexcept nogil:
    """Floats of a pixel of the patches: whole vectors, where that adds at most a quarter."""
    cdef Py_ssize_t wide = _rounded(c)
    return wide if 4 * wide <= 5 * c else c


def pixel(Py_ssize_t c):
    """Floats from pixel to pixel in the gradient that `backward_kernel` gives."""
    return _pixel(c)


cdef inline Py_ssize_t _reach(Py_ssize_t outputs, Py_ssize_t size, Py_ssize_t stride,
                              Py_ssize_t dilation) noexcept nogil:
    """Rows, or columns, of x that so many outputs in a row see."""
    return (outputs - 1) * stride + (size - 1) * dilation + 1


def kernel_workspace_size(Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t kh, Py_ssize_t sh,
                          Py_ssize_t dh, Py_ssize_t ph):
    """Floats that a thread of `backward_kernel` needs: a band of x, where a pixel is no whole number of vectors. It is
    copied where pixels are rounded, and at the end of x, behind which the last patch must not be read."""
    return 0 if c % HALF == 0 else _reach(_rows_of(oh, ow) * ph, kh, sh, dh) * w * _pixel(c) + 2 * HALF


cdef inline void _stage(const float* x, float* staged, Py_ssize_t pixels, Py_ssize_t c, Py_ssize_t wide) noexcept nogil:
    """Pixels of c floats to pixels of `wide`; what is behind c is zero, and so is a vector behind the last pixel."""
    cdef Py_ssize_t j, k
    if wide == c:
        memcpy(staged, x, pixels * c * sizeof(float))
    else:
        for j in range(pixels):
            for k in range(c):
                staged[j * wide + k] = x[j * c + k]
            for k in range(c, wide):
                staged[j * wide + k] = 0
    memset(staged + pixels * wide, 0, HALF * sizeof(float))


cdef void _kernel_filters(const float* x, const float* dy, const int* argmax, float* dkernel,
                          float* workspace, const Geometry* g, Py_ssize_t samples, bint fresh,
                          Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Filters [first, last) of dkernel, over all samples."""
    cdef Winners lists[FILTERS]
    cdef Py_ssize_t terms = g.kh * g.kw * g.pixel, most = _rows_of(g.oh, g.ow), pieces = (g.ow + LENGTH - 1) // LENGTH
    cdef Py_ssize_t n, row, rows, piece, low, high, at, filter
    cdef Patch m = _patch(g)
    cdef const float* band
    cdef const float* a
    cdef const float* end = x + samples * g.h * g.w * g.c
    cdef float* staged = _aligned(workspace)
    cdef int places[LENGTH]
    cdef Py_ssize_t pixels
    cdef int filters, p, windows
    if fresh:
        memset(dkernel + first * terms, 0, (last - first) * terms * sizeof(float))
    for n in range(samples):
        row = 0
        while row < g.oh:
            rows = min(most, g.oh - row)
            band = x + (n * g.h + row * g.ph * g.sh) * g.w * g.c
            pixels = _reach(rows * g.ph, g.kh, g.sh, g.dh) * g.w
            if g.pixel > g.c or (g.c % HALF and end - band < pixels * g.c + HALF):
                _stage(band, staged, pixels, g.c, g.pixel)
                band = staged
            for piece in range(pieces):
                low, high = g.ow * piece // pieces, g.ow * (piece + 1) // pieces
                a = band + low * g.pw * g.sw * g.pixel
                at = ((n * g.oh + row) * g.ow + low) * g.f
                windows = _places(g, rows, high - low, places)  # rows are whole where there are several: all neighbours
                filter = first
                while filter < last:
                    filters = <int>min(<Py_ssize_t>FILTERS, last - filter)
                    _list(dy + at + filter, argmax + at + filter, g, places, windows, filters, lists)
                    for p in range(filters):
                        _patches(&m, True, &lists[p], <float*>a, dkernel + (filter + p) * terms)
                    filter += filters
            row += rows


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f), behind the pooling
    const int[:, :, :, ::1] argmax,    # IN   (n, oh, ow, f), offset of the winner inside its window
    float[:, :, :, ::1] dkernel,       # OUT  (f, kh, kw, pixel(c))
    float[:, ::1] workspace,           # WORK (threads, kernel_workspace_size(...))
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw, int threads=1,
):
    """Gradient with respect to the kernel, filter by filter. Windows of ph x pw lie side by side. Units: filters."""
    cdef Py_ssize_t h = x.shape[1], w = x.shape[2], c = x.shape[3], n = x.shape[0], f = dy.shape[3]
    cdef Geometry g = _geometry(h, w, c, dy.shape[1], dy.shape[2], f, dkernel.shape[1], dkernel.shape[2],
                                sh, sw, dh, dw, ph, pw, _pixel(c), w * _pixel(c))
    cdef Py_ssize_t share, shares = max(1, threads), each = workspace.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef const int* index = &argmax[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0, 0]
    cdef float* work = &workspace[0, 0] if each else NULL
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _kernel_filters(a, b, index, d, work + share * each, &g, n, True, f * share // shares,
                        f * (share + 1) // shares)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dy = &c.operand[1].shape[0]
    cdef const Py_ssize_t* k = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], dy[0], dy[1], dy[2], k[1], k[2], c.i[0], c.i[1], c.i[2], c.i[3],
                                c.i[4], c.i[5], _pixel(x[2]), x[1] * _pixel(x[2]))
    _kernel_filters(<const float*>t.at[0], <const float*>t.at[1], <const int*>t.at[2], <float*>t.at[3],
                    <float*>t.at[4], &g, t.samples, t.fresh, t.first, t.last)


cdef void _reduce_filter(const float* partial, Py_ssize_t stride, Py_ssize_t groups, float* dkernel,
                         Py_ssize_t taps, Py_ssize_t wide, Py_ssize_t c, Py_ssize_t f,
                         Py_ssize_t filter) noexcept nogil:
    """One filter: each group's share of it lies side by side."""
    cdef float total[HALF]
    cdef const float* a = partial + filter * taps * wide
    cdef float* d = dkernel + filter
    cdef const float* b
    cdef Py_ssize_t tap, first, _
    cdef int valid, l
    for tap in range(taps):
        first = 0
        while first < c:
            valid = <int>min(<Py_ssize_t>HALF, c - first)
            b = a + tap * wide + first
            for l in range(valid):
                total[l] = b[l]
            for _ in range(1, groups):
                b += stride
                for l in range(valid):
                    total[l] += b[l]
            for l in range(valid):
                d[0] = total[l]
                d += f
            first += HALF


def reduce(
    const float[:, :, :, ::1] partial,  # IN   (groups, f, kh * kw, pixel(c)), at least one group
    float[:, :, ::1] dkernel,           # OUT  (kh * kw, c, f)
    int threads=1,
):
    """The sum of the groups' partial gradients, in the order of the groups, as weights lie. Units: filters."""
    cdef Py_ssize_t filter, taps = dkernel.shape[0], c = dkernel.shape[1], f = dkernel.shape[2], wide = partial.shape[3]
    cdef const float* a = &partial[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0]
    for filter in prange(f, nogil=True, schedule="static", num_threads=threads):
        _reduce_filter(a, f * taps * wide, partial.shape[0], d, taps, wide, c, f, filter)


cdef void _reduce(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* d = &c.operand[1].shape[0]
    cdef Py_ssize_t filter, stride = c.operand[0].per_group // <Py_ssize_t>sizeof(float)
    for filter in range(t.first, t.last):
        _reduce_filter(<const float*>t.at[0], stride, t.groups if stride else 1, <float*>t.at[1], d[0],
                       c.operand[0].shape[2], d[1], d[2], filter)


# ---------------------------------------------------------------------------------------------- input gradient

def packed_size(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t c, Py_ssize_t f):
    """Floats of a packed (kh, kw, c, f) kernel."""
    return f * kh * kw * _rounded(c)


cdef void _pack_filter(const float* kernel, float* packed, Py_ssize_t taps, Py_ssize_t c, Py_ssize_t f,
                       Py_ssize_t filter) noexcept nogil:
    cdef Py_ssize_t tap, k, wide = _rounded(c)
    packed += filter * taps * wide
    for tap in range(taps):
        for k in range(c):
            packed[tap * wide + k] = kernel[(tap * c + k) * f + filter]
        for k in range(c, wide):
            packed[tap * wide + k] = 0


def pack(
    const float[:, :, :, ::1] kernel,  # IN   (kh, kw, c, f)
    float[::1] packed,                 # OUT  (packed_size(kh, kw, c, f),)
    int threads=1,
):
    """The kernel as (f, kh, kw, c), with zeros up to a rounded number of channels. Units: filters."""
    cdef Py_ssize_t taps = kernel.shape[0] * kernel.shape[1], c = kernel.shape[2], f = kernel.shape[3], filter
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for filter in prange(f, nogil=True, schedule="static", num_threads=threads):
        _pack_filter(a, b, taps, c, f, filter)


cdef void _pack(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[0].shape[0]
    cdef Py_ssize_t filter
    for filter in range(t.first, t.last):
        _pack_filter(<const float*>t.at[0], <float*>t.at[1], k[0] * k[1], k[2], k[3], filter)


def workspace_size(Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t c, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh,
                   Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph, Py_ssize_t pw):
    """Floats that a thread of `backward_input` needs: a band of dx."""
    return _reach(_rows_of(oh, ow) * ph, kh, sh, dh) * _reach(ow * pw, kw, sw, dw) * _rounded(c) + HALF


cdef inline void _copy_row(const float* band, float* dx, Py_ssize_t pixel, Py_ssize_t columns, Py_ssize_t w,
                           Py_ssize_t c, Py_ssize_t left) noexcept nogil:
    """A row of dx from a row of the band, whose first `left` pixels are padding; what the band lacks is zero."""
    cdef Py_ssize_t j, k, there = max(<Py_ssize_t>0, min(w, columns - left))
    for j in range(there):
        for k in range(c):
            dx[j * c + k] = band[(left + j) * pixel + k]
    memset(dx + there * c, 0, (w - there) * c * sizeof(float))


cdef void _input_sample(const float* dy, const int* argmax, const float* packed, float* dx, float* band,
                        const Geometry* g, Py_ssize_t h, Py_ssize_t w, Py_ssize_t top,
                        Py_ssize_t left) noexcept nogil:
    """dx of one sample, (h, w, c)."""
    cdef Winners lists[FILTERS]
    cdef Py_ssize_t most = _rows_of(g.oh, g.ow), pieces = (g.ow + LENGTH - 1) // LENGTH
    cdef Py_ssize_t rows, row = 0, piece, low, high, filter, i, done, height = _reach(most * g.ph, g.kh, g.sh, g.dh)
    cdef Py_ssize_t terms = g.kh * g.kw * g.pixel, begin = -top, columns = g.row // g.pixel, stay
    cdef Patch m = _patch(g)
    cdef int places[LENGTH]
    cdef int filters, p, windows
    memset(band, 0, height * g.row * sizeof(float))
    while row < g.oh:
        rows = min(most, g.oh - row)
        for piece in range(pieces):
            low, high = g.ow * piece // pieces, g.ow * (piece + 1) // pieces
            windows = _places(g, rows, high - low, places)
            filter = 0
            while filter < g.f:
                filters = <int>min(<Py_ssize_t>FILTERS, g.f - filter)
                i = (row * g.ow + low) * g.f + filter
                _list(dy + i, argmax + i, g, places, windows, filters, lists)
                for p in range(filters):
                    _patches(&m, False, &lists[p], band + low * g.pw * g.sw * g.pixel,
                             <float*>packed + (filter + p) * terms)
                filter += filters
        row += rows
        # Rows of the band before the next band's first are final; after the last band, all are.
        done = rows * g.ph * g.sh if row < g.oh else max(height, h - begin)
        for i in range(done):
            if 0 <= begin + i < h:
                _copy_row(band + i * g.row, dx + (begin + i) * w * g.c, g.pixel, columns if i < height else 0, w, g.c,
                          left)
        stay = max(<Py_ssize_t>0, height - done)
        memmove(band, band + (height - stay) * g.row, stay * g.row * sizeof(float))
        memset(band + stay * g.row, 0, (height - stay) * g.row * sizeof(float))
        begin += done


def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f), behind the pooling
    const int[:, :, :, ::1] argmax,    # IN   (n, oh, ow, f), offset of the winner inside its window
    const float[::1] packed,           # IN   by `pack`
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c), without zero padding
    float[:, ::1] workspace,           # WORK (threads, workspace_size(...))
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t ph,
    Py_ssize_t pw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Gradient with respect to x. `top` and `left` are the zero rows and columns that x had before it. Units: 1."""
    cdef Py_ssize_t oh = dy.shape[1], ow = dy.shape[2], f = dy.shape[3], h = dx.shape[1], w = dx.shape[2]
    cdef Py_ssize_t c = dx.shape[3], share, shares = max(1, threads), n = dy.shape[0], k, each = workspace.shape[1]
    cdef Py_ssize_t wide = _rounded(c), size = oh * ow * f
    cdef Geometry g = _geometry(0, 0, c, oh, ow, f, kh, kw, sh, sw, dh, dw, ph, pw, wide,
                                _reach(ow * pw, kw, sw, dw) * wide)
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef const int* index = &argmax[0, 0, 0, 0]
    cdef const float* b = &packed[0]
    cdef float* d = &dx[0, 0, 0, 0]
    cdef float* work = &workspace[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        for k in range(n * share // shares, n * (share + 1) // shares):
            _input_sample(a + k * size, index + k * size, b, d + k * h * w * c, _aligned(work + share * each), &g,
                          h, w, top, left)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* dy = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dx = &c.operand[3].shape[0]
    cdef Py_ssize_t wide = _rounded(dx[2]), size = dy[0] * dy[1] * dy[2], k
    cdef Geometry g = _geometry(0, 0, dx[2], dy[0], dy[1], dy[2], c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5],
                                c.i[6], c.i[7], wide, _reach(dy[1] * c.i[7], c.i[1], c.i[3], c.i[5]) * wide)
    for k in range(t.first, t.last):
        _input_sample(<const float*>t.at[0] + k * size, <const int*>t.at[1] + k * size, <const float*>t.at[2],
                      <float*>t.at[3] + k * dx[0] * dx[1] * dx[2], _aligned(<float*>t.at[4]), &g, dx[0], dx[1],
                      c.i[8], c.i[9])


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "backward_kernel": (capsule(_backward_kernel), "rrrww"),
    "reduce": (capsule(_reduce), "rw"),
    "pack": (capsule(_pack), "rw"),
    "backward_input": (capsule(_backward_input), "rrrww"),
}
CONSTANTS = {"fits": fits, "cycles": cycles, "pixel": pixel, "packed_size": packed_size,
             "kernel_workspace_size": kernel_workspace_size, "workspace_size": workspace_size}
