"""Matrix products of dense layers: y = x @ kernel + bias over rows, and the kernel's gradient.

A product is a convolution whose map is one long row of 1x1 windows, so the tiles of `tile.pxi` serve both. Kernels
come packed as [block of LANES outputs][k][lanes]. The gradient with respect to x is `forward` with the kernel from
`pack_transposed`. For few rows and a large kernel, `forward_unpacked` and `backward_input` take it as it is.
"""

from cython.parallel cimport prange

from cycnn.kernels.activation cimport activate
from cycnn.kernels.call cimport Call, Task, capsule

include "tile.pxi"

cdef enum:
    SLAB = 2048                      # terms of a pass: SLAB x LANES weights stay in the second-level cache
    PANEL = 512                      # terms of a pass where they are packed on the stack
    NARROW = 128                     # floats that short rows of dy are added up in, at least


def packed_size(Py_ssize_t k, Py_ssize_t f):
    """Floats of a packed (k, f) kernel; for `pack_transposed` with k and f swapped."""
    return k * padded(f)


def pack_units(Py_ssize_t f):
    """Units of work of `pack`: blocks of columns."""
    return blocks_of(f)


def input_units(Py_ssize_t k):
    """Units of work of `backward_input`: tiles of columns of dx."""
    return (k + PIXELS - 1) // PIXELS


def kernel_units(Py_ssize_t k, Py_ssize_t f):
    """Units of work of `backward_kernel`: tiles of the gradient."""
    return blocks_of(k) if f == 1 else blocks_of(f) * ((k + PIXELS - 1) // PIXELS)


# ------------------------------------------------------------------------------------------------------ packing

cdef void _pack_block(const float* kernel, float* packed, Py_ssize_t terms, Py_ssize_t channels,
                      Py_ssize_t kstep, Py_ssize_t lstep, Py_ssize_t block) noexcept nogil:
    cdef int lanes = lanes_of(block, channels), valid = <int>min(<Py_ssize_t>lanes, channels - block * LANES)
    pack_terms(kernel + block * LANES * lstep, packed + block * terms * LANES, terms, kstep, lstep, lanes, valid)


def pack(
    const float[:, ::1] kernel,        # IN   (k, f)
    float[::1] packed,                 # OUT  (packed_size(k, f),)
    int threads=1,
):
    """Kernel in blocks of columns, [block][k][lanes]; missing columns are zeros."""
    cdef Py_ssize_t block, blocks = blocks_of(kernel.shape[1]), terms = kernel.shape[0], f = kernel.shape[1]
    cdef const float* a = &kernel[0, 0]
    cdef float* b = &packed[0]
    for block in prange(blocks, nogil=True, schedule="static", num_threads=threads):
        _pack_block(a, b, terms, f, f, 1, block)


cdef void _pack(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t k = c.operand[0].shape[0], f = c.operand[0].shape[1], block
    for block in range(t.first, t.last):
        _pack_block(<const float*>t.at[0], <float*>t.at[1], k, f, f, 1, block)


def pack_transposed(
    const float[:, ::1] kernel,        # IN   (k, f)
    float[::1] packed,                 # OUT  (packed_size(f, k),)
    int threads=1,
):
    """The transposed kernel in blocks of its columns, [block][f][lanes]."""
    cdef Py_ssize_t block, blocks = blocks_of(kernel.shape[0]), k = kernel.shape[0], f = kernel.shape[1]
    cdef const float* a = &kernel[0, 0]
    cdef float* b = &packed[0]
    for block in prange(blocks, nogil=True, schedule="static", num_threads=threads):
        _pack_block(a, b, f, k, 1, f, block)


cdef void _pack_transposed(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t k = c.operand[0].shape[0], f = c.operand[0].shape[1], block
    for block in range(t.first, t.last):
        _pack_block(<const float*>t.at[0], <float*>t.at[1], f, k, 1, f, block)


# ------------------------------------------------------------------------------------------------------ forward

cdef inline void _outer_rows(const float* x, const float* w, const float* bias, float* y, Py_ssize_t f,
                             Py_ssize_t rows) noexcept nogil:
    """The product of one term: a tile would be loaded for a single multiplication of each sum."""
    cdef Py_ssize_t r, i
    for r in range(rows):
        if bias != NULL:
            for i in range(f):
                y[r * f + i] = bias[i] + x[r] * w[i]
        else:
            for i in range(f):
                y[r * f + i] = x[r] * w[i]


cdef void _forward_rows(const float* x, const float* packed, const float* bias, float* y, Py_ssize_t k,
                        Py_ssize_t f, int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Rows [first, last). A pass takes SLAB terms of a block of columns through all rows."""
    cdef Py_ssize_t rows = last - first, tiles = (rows + PIXELS - 1) // PIXELS, block, low, t, r, end
    cdef float start[LANES]
    cdef Terms m = one_tap(0, k, f)
    cdef int lanes, valid
    if k == 1:  # whose packed kernel is a vector
        _outer_rows(x + first, packed, bias, y + first * f, f, rows)
    for block in range(blocks_of(f) if k > 1 else 0):
        lanes = lanes_of(block, f)
        valid = <int>min(<Py_ssize_t>lanes, f - block * LANES)
        load_bias(bias + block * LANES if bias != NULL else NULL, valid, start)
        low = 0
        while low < k:
            m.depth = min(<Py_ssize_t>SLAB, k - low)
            for t in range(tiles):
                r, end = rows * t // tiles, rows * (t + 1) // tiles
                sum_block(<int>(end - r), lanes, valid, &m, x + (first + r) * k + low,
                          packed + block * k * LANES + low * lanes, start, low > 0, False,
                          y + (first + r) * f + block * LANES)
            low += m.depth
    if activation:
        activate(activation, y + first * f, y + first * f, rows * f, 0, 0, 0)


def forward(
    const float[:, :, ::1] x,          # IN   (n, rows, k)
    const float[::1] packed,           # IN   by `pack`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, f)
    int activation, int threads=1,
):
    """y = activation(x @ kernel + bias)."""
    cdef Py_ssize_t share, shares = max(1, threads), rows = x.shape[0] * x.shape[1], k = x.shape[2], f = y.shape[2]
    cdef const float* a = &x[0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, k, f, activation, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                  c.operand[0].shape[1], c.operand[3].shape[1], <int>c.i[0], t.first, t.last)


# A packed copy of a large kernel that meets few rows costs more than the product: its weights go to memory and come
# back. Here they are packed a panel at a time, and read from cache.

cdef void _forward_blocks(const float* x, const float* kernel, const float* bias, float* y, Py_ssize_t rows,
                          Py_ssize_t k, Py_ssize_t f, int activation, Py_ssize_t first,
                          Py_ssize_t last) noexcept nogil:
    """Blocks of columns [first, last), for all rows. Blocks side by side follow one another, and so read whole rows of
    the kernel."""
    cdef float packed[PANEL * LANES]
    cdef float start[LANES]
    cdef Py_ssize_t tiles = (rows + PIXELS - 1) // PIXELS, low = 0, block, t, r, end
    cdef Terms m = one_tap(0, k, f)
    cdef int lanes, valid
    while low < k:
        m.depth = min(<Py_ssize_t>PANEL, k - low)
        for block in range(first, last):
            lanes = lanes_of(block, f)
            valid = <int>min(<Py_ssize_t>lanes, f - block * LANES)
            pack_terms(kernel + low * f + block * LANES, packed, m.depth, f, 1, lanes, valid)
            load_bias(bias + block * LANES if bias != NULL else NULL, valid, start)
            for t in range(tiles):
                r, end = rows * t // tiles, rows * (t + 1) // tiles
                sum_block(<int>(end - r), lanes, valid, &m, x + r * k + low, packed, start, low > 0, False,
                          y + r * f + block * LANES)
        low += m.depth
    if activation:
        low, end = first * LANES, min(last * LANES, f)
        for r in range(rows):
            activate(activation, y + r * f + low, y + r * f + low, end - low, 0, 0, 0)


def forward_unpacked(
    const float[:, :, ::1] x,          # IN   (n, rows, k)
    const float[:, ::1] kernel,        # IN   (k, f)
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, f)
    int activation, int threads=1,
):
    """`forward` with a kernel that nobody packed: for few rows of all samples. A unit is a block of columns."""
    cdef Py_ssize_t share, shares = max(1, threads), rows = x.shape[0] * x.shape[1], k = x.shape[2], f = y.shape[2]
    cdef Py_ssize_t blocks = blocks_of(f)
    cdef const float* a = &x[0, 0, 0]
    cdef const float* w = &kernel[0, 0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_blocks(a, w, b, out, rows, k, f, activation, blocks * share // shares,
                        blocks * (share + 1) // shares)


cdef void _forward_unpacked(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    _forward_blocks(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                    t.samples * x[0], x[1], c.operand[3].shape[1], <int>c.i[0], t.first, t.last)


# ---------------------------------------------------------------------------------------------------- gradients

cdef void _input_tiles(const float* dy, const float* kernel, float* dx, Py_ssize_t rows, Py_ssize_t k, Py_ssize_t f,
                       Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of columns of dx, for all rows. Sides are changed: rows of the kernel, which lie as they are
    read, go down the tile, and rows of dy are its columns, packed a panel at a time."""
    cdef float packed[PANEL * LANES]
    cdef float start[LANES]
    cdef float out[PIXELS * LANES]
    cdef Py_ssize_t tiles = (k + PIXELS - 1) // PIXELS, low = 0, block, t, at, end, p
    cdef Terms m = one_tap(0, f, 0)
    cdef int lanes, valid, l
    cdef float* d
    load_bias(NULL, 0, start)
    while low < f:
        m.depth = min(<Py_ssize_t>PANEL, f - low)
        for block in range(blocks_of(rows)):
            lanes = lanes_of(block, rows)
            valid = <int>min(<Py_ssize_t>lanes, rows - block * LANES)
            m.ystep = lanes
            pack_terms(dy + block * LANES * f + low, packed, m.depth, 1, f, lanes, valid)
            for t in range(first, last):
                at, end = k * t // tiles, k * (t + 1) // tiles
                d = dx + block * LANES * k + at
                for l in range(valid if low else 0):
                    for p in range(end - at):
                        out[p * lanes + l] = d[l * k + p]
                sum_block(<int>(end - at), lanes, lanes, &m, kernel + at * f + low, packed, start, low > 0, False, out)
                for l in range(valid):
                    for p in range(end - at):
                        d[l * k + p] = out[p * lanes + l]
        low += m.depth


def backward_input(
    const float[:, :, ::1] dy,         # IN   (n, rows, f)
    const float[:, ::1] kernel,        # IN   (k, f)
    float[:, :, ::1] dx,               # OUT  (n, rows, k)
    int threads=1,
):
    """dx = dy @ kernel.T, with a kernel that nobody packed: for few rows of all samples together."""
    cdef Py_ssize_t share, shares = max(1, threads), rows = dy.shape[0] * dy.shape[1], k = dx.shape[2], f = dy.shape[2]
    cdef Py_ssize_t units = input_units(k)
    cdef const float* a = &dy[0, 0, 0]
    cdef const float* w = &kernel[0, 0]
    cdef float* d = &dx[0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _input_tiles(a, w, d, rows, k, f, units * share // shares, units * (share + 1) // shares)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* dy = &c.operand[0].shape[0]
    _input_tiles(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], t.samples * dy[0],
                 c.operand[2].shape[1], dy[1], t.first, t.last)


cdef void _kernel_tiles(const float* x, const float* dy, float* dkernel, Py_ssize_t rows, Py_ssize_t k,
                        Py_ssize_t f, bint fresh, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of dkernel, over all rows; rows pass in blocks so that x and dy are read from cache. Tiles
    that lie side by side follow one another, so that whole rows of dkernel are filled, a few pages at a time."""
    if f == 1:  # a column lies as a row does: sides are changed, and it has whole vectors
        x, dy, k, f = dy, x, f, k
    cdef float staged[STAGE]
    cdef Py_ssize_t tiles = (k + PIXELS - 1) // PIXELS, blocks = blocks_of(f), row = 0
    cdef Py_ssize_t unit, block, low, high, tile, staged_block
    cdef Py_ssize_t step = STAGE // LANES
    cdef Py_ssize_t tail = (LANES + f - 1) // f if lanes_of(blocks_of(f) - 1, f) != (f - 1) % LANES + 1 else 0
    cdef bint near_end
    cdef int lanes, valid
    cdef const float* b
    cdef float* d
    cdef Pixels m, s
    m.samples, m.rows, m.xcol, m.ycol, m.belowstep = 1, 1, k, f, f
    m.xsample = m.ysample = m.xrow = m.yrow = 0
    while row < rows:
        # Where columns are missing, a vector of dy runs over into the next row; the last rows have none: a pass that
        # reaches them stages its rows.
        m.cols = min(step, rows - row)
        near_end = rows - row - m.cols < tail
        staged_block = -1
        for unit in range(first, last):
            tile, block = unit // blocks, unit % blocks
            low, high = k * tile // tiles, k * (tile + 1) // tiles
            lanes = lanes_of(block, f)
            valid = <int>min(<Py_ssize_t>lanes, f - block * LANES)
            s = m
            b = dy + row * f + block * LANES
            if valid != lanes and near_end:
                if block != staged_block:
                    stage(&m, b, lanes, valid, staged)
                    staged_block = block
                s.ycol, b = lanes, staged
            d = dkernel + low * f + block * LANES
            s.below = NULL if m.cols < PIXELS or k == 1 else d + LANES if block + 1 < blocks else dkernel + high * f
            outer_block(<int>(high - low), lanes, valid, &s, x + row * k + low, b, fresh, d, f)
        fresh = False
        row += m.cols


def backward_kernel(
    const float[:, :, ::1] x,          # IN   (n, rows, k)
    const float[:, :, ::1] dy,         # IN   (n, rows, f)
    float[:, ::1] dkernel,             # OUT  (k, f)
    int threads=1,
):
    """dkernel = x.T @ dy, summed over rows in order. Threads share its tiles."""
    cdef Py_ssize_t share, shares = max(1, threads), rows = x.shape[0] * x.shape[1], k = x.shape[2], f = dy.shape[2]
    cdef Py_ssize_t units = kernel_units(k, f)
    cdef const float* a = &x[0, 0, 0]
    cdef const float* b = &dy[0, 0, 0]
    cdef float* d = &dkernel[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _kernel_tiles(a, b, d, rows, k, f, True, units * share // shares, units * (share + 1) // shares)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    _kernel_tiles(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], t.samples * x[0], x[1],
                  c.operand[1].shape[1], t.fresh, t.first, t.last)


cdef inline void _add_rows(const float* a, Py_ssize_t f, const int width, int valid, float* even, float* odd,
                           Py_ssize_t rows) noexcept nogil:
    """Sums of the even and of the odd rows: two chains of additions that need not wait for one another."""
    cdef Py_ssize_t r
    cdef int l
    for r in range(rows // 2):
        for l in range(width):             # where columns are missing: a masked load, where there are such
            even[l] += a[2 * r * f + l] if valid == width or l < valid else <float>0
        for l in range(width):
            odd[l] += a[(2 * r + 1) * f + l] if valid == width or l < valid else <float>0


cdef void _narrow_bias(const float* dy, float* dbias, Py_ssize_t rows, Py_ssize_t f, bint fresh) noexcept nogil:
    """Sums of fewer columns than a block has: of so many rows side by side as are whole vectors."""
    cdef float sums[NARROW + 16 * LANES]
    cdef float total
    cdef Py_ssize_t together = max(<Py_ssize_t>1, min(rows, 16 * ((NARROW // 16 + f - 1) // f)))
    cdef Py_ssize_t width = together * f, row = 0, i, l
    for i in range(width):
        sums[i] = 0
    while row + together <= rows:
        for i in range(width):
            sums[i] += dy[row * f + i]
        row += together
    for i in range((rows - row) * f):
        sums[i] += dy[row * f + i]
    for l in range(f):
        total = 0
        for i in range(together):
            total += sums[i * f + l]
        dbias[l] = total if fresh else dbias[l] + total


cdef void _bias_block(const float* dy, float* dbias, Py_ssize_t rows, Py_ssize_t f, bint fresh,
                      Py_ssize_t block) noexcept nogil:
    cdef float even[LANES]
    cdef float odd[LANES]
    cdef int l, valid = <int>min(<Py_ssize_t>LANES, f - block * LANES)
    cdef const float* a = dy + block * LANES
    if f < LANES and f % HALF:  # whole vectors have nothing to gain
        _narrow_bias(dy, dbias, rows, f, fresh)
        return
    for l in range(LANES):
        even[l] = odd[l] = 0
    if valid == LANES: _add_rows(a, f, LANES, LANES, even, odd, rows)
    elif valid > HALF: _add_rows(a, f, LANES, valid, even, odd, rows)
    elif valid == HALF: _add_rows(a, f, HALF, HALF, even, odd, rows)
    elif valid > 1: _add_rows(a, f, HALF, valid, even, odd, rows)
    else: _add_rows(a, f, 1, 1, even, odd, rows)
    for l in range(valid):
        if rows % 2:
            even[l] += a[(rows - 1) * f + l]
        even[l] += odd[l]
        dbias[block * LANES + l] = even[l] if fresh else dbias[block * LANES + l] + even[l]


def backward_bias(
    const float[:, :, ::1] dy,         # IN   (n, rows, f)
    float[::1] dbias,                  # OUT  (f,)
    int threads=1,
):
    """Column sums of dy: a few interleaved sums in order of the rows, joined at the end."""
    cdef Py_ssize_t block, rows = dy.shape[0] * dy.shape[1], f = dy.shape[2], blocks = blocks_of(dy.shape[2])
    cdef const float* a = &dy[0, 0, 0]
    cdef float* b = &dbias[0]
    for block in prange(blocks, nogil=True, schedule="static", num_threads=threads):
        _bias_block(a, b, rows, f, True, block)


cdef void _backward_bias(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, f = c.operand[0].shape[1]
    for block in range(t.first, t.last):
        _bias_block(<const float*>t.at[0], <float*>t.at[1], t.samples * c.operand[0].shape[0], f, t.fresh, block)


def bias_units(Py_ssize_t f):
    """Units of work of `backward_bias`: blocks of columns."""
    return blocks_of(f)


# --------------------------------------------------------------------------------------------------------- peak

cdef inline float _fma_loop(Py_ssize_t iterations) noexcept nogil:
    """The most multiply-adds this build can do: a full tile of sums that never leave their registers."""
    cdef float acc[PIXELS][LANES]
    cdef float b[LANES]
    cdef float a = <float>0.999, total = 0
    cdef Py_ssize_t _
    cdef int p, l
    for l in range(LANES):
        b[l] = <float>1e-3 * (l + 1)  # not 0: sums that die away become denormal, and slow
    for p in range(PIXELS):
        for l in range(LANES):
            acc[p][l] = p
    for _ in range(iterations):
        for p in range(PIXELS):
            for l in range(LANES):
                acc[p][l] = acc[p][l] * a + b[l]
    for p in range(PIXELS):
        for l in range(LANES):
            total += acc[p][l]
    return total


def fma_loop(Py_ssize_t iterations, int threads=1):
    """Do `iterations` times a tile of multiply-adds on each thread, and nothing else; returns the FLOPs done.

    What the processor can do at most in this run: benchmarks time it and quote their shares of it.
    """
    cdef int _
    cdef float total = 0
    for _ in prange(threads, nogil=True, schedule="static", num_threads=threads):
        total += _fma_loop(iterations)
    return 2.0 * iterations * PIXELS * LANES * threads + (0.0 if total == total else 1.0)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pack": (capsule(_pack), "rw"),
    "pack_transposed": (capsule(_pack_transposed), "rw"),
    "forward": (capsule(_forward), "rrrw"),
    "forward_unpacked": (capsule(_forward_unpacked), "rrrw"),
    "backward_input": (capsule(_backward_input), "rrw"),
    "backward_kernel": (capsule(_backward_kernel), "rrw"),
    "backward_bias": (capsule(_backward_bias), "rw"),
}
CONSTANTS = {
    "packed_size": packed_size, "pack_units": pack_units, "input_units": input_units, "kernel_units": kernel_units,
    "bias_units": bias_units, "fma_loop": fma_loop,
}
