"""Direct convolution of (n, h, w, c) maps with (kh, kw, c / groups, f) kernels: forward and both gradients.

Nothing is unrolled into columns: the tiles of `tile.pxd` read the map where it lies. Three ways lead to a tile, by
shape alone: *flat* (1x1, stride 1: all pixels are one long run), *rows* (a run is an output row), and *panel* (maps
narrower than half a tile: pixels of several rows and samples are first copied side by side, DEPTH terms at a time).
The input gradient has two: *rows*, where each column of taps adds to the part of a row that it saw, and, for narrow
maps, *taps*, where a tile of neighbouring pixels of dy goes to wherever one tap looked.

Zero padding is not the kernels' business: x comes padded (`layout.pad`), so no loop forward has an edge. Kernels come
packed, [group][block of LANES filters][kh][kw][c][lanes], by `pack` (forward) and `pack_transposed` (input gradient).
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport activate
from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.tile cimport (
    DEPTH, HALF, LANES, PIXELS, STAGE, Pixels, Terms, blocks_of, lanes_of, load_bias, outer_block, padded, stage,
    aligned, sum_block, sum_run, sum_tile,
)

cdef struct Geometry:
    Py_ssize_t h, w, c               # x, zero padding included
    Py_ssize_t oh, ow, f             # y
    Py_ssize_t kh, kw, sh, sw, dh, dw, groups
    Py_ssize_t cg, fg                # channels and filters of a group
    bint merged                      # the kernel's columns and channels are neighbours in x: one long tap a row


cdef inline Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
                               Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh,
                               Py_ssize_t dw, Py_ssize_t groups) noexcept nogil:
    return Geometry(h, w, c, oh, ow, f, kh, kw, sh, sw, dh, dw, groups, c // groups, f // groups,
                    groups == 1 and (dw == 1 or kw == 1))


cdef inline bint _narrow(Py_ssize_t ow) noexcept nogil:
    """Whether a row is too short for a tile: then tiles run on over rows and samples."""
    return 2 * ow < PIXELS


def packed_size(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t cg, Py_ssize_t f, Py_ssize_t groups):
    """Floats of a packed kernel of shape (kh, kw, cg, f); for `pack_transposed` with cg and f / groups swapped."""
    return groups * kh * kw * cg * padded(f // groups)


def padded_filters(Py_ssize_t f):
    """Filters of all blocks, missing ones included: the row of a partial kernel gradient that tiles write whole."""
    return padded(f)


def pack_units(Py_ssize_t f, Py_ssize_t groups):
    """Units of work of `pack`: blocks of filters."""
    return groups * blocks_of(f // groups)


def kernel_units(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t cg, Py_ssize_t f, Py_ssize_t dw, Py_ssize_t groups):
    """Units of work of `backward_kernel`: tiles of the gradient."""
    cdef bint merged = groups == 1 and (dw == 1 or kw == 1)
    cdef Py_ssize_t taps = kh if merged else kh * kw
    cdef Py_ssize_t height = kw * cg if merged else cg
    return groups * blocks_of(f // groups) * taps * ((height + PIXELS - 1) // PIXELS)


# ------------------------------------------------------------------------------------------------------ packing

cdef inline void _pack_block(const float* kernel, float* packed, const Geometry* g, Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t blocks = blocks_of(g.fg), group = unit // blocks, block = unit % blocks
    cdef Py_ssize_t terms = g.kh * g.kw * g.cg, k, l
    cdef int lanes = lanes_of(block, g.fg)
    cdef Py_ssize_t valid = min(<Py_ssize_t>lanes, g.fg - block * LANES)
    cdef const float* a = kernel + group * g.fg + block * LANES
    cdef float* b = packed + group * terms * padded(g.fg) + block * terms * LANES
    for k in range(terms):
        for l in range(valid):
            b[k * lanes + l] = a[k * g.f + l]
        for l in range(valid, lanes):
            b[k * lanes + l] = 0


cdef inline void _pack_transposed_block(const float* kernel, float* packed, const Geometry* g,
                                        Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t blocks = blocks_of(g.cg), group = unit // blocks, block = unit % blocks
    cdef Py_ssize_t taps = g.kh * g.kw, k, o, l
    cdef int lanes = lanes_of(block, g.cg)
    cdef Py_ssize_t valid = min(<Py_ssize_t>lanes, g.cg - block * LANES)
    cdef const float* a
    cdef float* b = packed + group * taps * g.fg * padded(g.cg) + block * taps * g.fg * LANES
    for k in range(taps):
        a = kernel + (k * g.cg + block * LANES) * g.f + group * g.fg
        for o in range(g.fg):
            for l in range(valid):
                b[l] = a[l * g.f + o]
            for l in range(valid, lanes):
                b[l] = 0
            b += lanes


def pack(
    const float[:, :, :, ::1] kernel,  # IN   (kh, kw, c / groups, f)
    float[::1] packed,                 # OUT  (packed_size,)
    Py_ssize_t groups, int threads=1,
):
    """Kernel in blocks of filters, [group][block][kh][kw][c][lanes]; missing filters are zeros."""
    cdef Geometry g = _geometry(0, 0, kernel.shape[2] * groups, 0, 0, kernel.shape[3], kernel.shape[0],
                                kernel.shape[1], 1, 1, 1, 1, groups)
    cdef Py_ssize_t unit, units = groups * blocks_of(g.fg)
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for unit in prange(units, nogil=True, schedule="static", num_threads=threads):
        _pack_block(a, b, &g, unit)


cdef inline Geometry _kernel_geometry(const Call* c) noexcept nogil:
    cdef const Py_ssize_t* s = &c.operand[0].shape[0]
    return _geometry(0, 0, s[2] * c.i[0], 0, 0, s[3], s[0], s[1], 1, 1, 1, 1, c.i[0])


cdef void _pack(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _kernel_geometry(c)
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_block(<const float*>t.at[0], <float*>t.at[1], &g, unit)


def pack_transposed(
    const float[:, :, :, ::1] kernel,  # IN   (kh, kw, c / groups, f)
    float[::1] packed,                 # OUT  (packed_size with c / groups and f / groups swapped,)
    Py_ssize_t groups, int threads=1,
):
    """Kernel in blocks of channels, [group][block][kh][kw][f / groups][lanes]; missing channels are zeros."""
    cdef Geometry g = _geometry(0, 0, kernel.shape[2] * groups, 0, 0, kernel.shape[3], kernel.shape[0],
                                kernel.shape[1], 1, 1, 1, 1, groups)
    cdef Py_ssize_t unit, units = groups * blocks_of(g.cg)
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for unit in prange(units, nogil=True, schedule="static", num_threads=threads):
        _pack_transposed_block(a, b, &g, unit)


cdef void _pack_transposed(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _kernel_geometry(c)
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_transposed_block(<const float*>t.at[0], <float*>t.at[1], &g, unit)


# ------------------------------------------------------------------------------------------------------ forward

cdef inline Terms _terms(const Geometry* g, int lanes) noexcept nogil:
    """What a tile of y adds up: kernel rows and columns as taps, channels as neighbours."""
    cdef Terms m
    m.rows = g.kh
    m.xrow = g.dh * g.w * g.c
    m.wrow = g.kw * g.cg * lanes
    m.cols = 1 if g.merged else g.kw
    m.xcol = g.dw * g.c
    m.wcol = g.cg * lanes
    m.depth = g.kw * g.cg if g.merged else g.cg
    m.xstep = g.sw * g.c
    m.ystep = g.f
    return m


cdef inline const float* _pixel(const float* x, const Geometry* g, Py_ssize_t pixel) noexcept nogil:
    """Where the window of an output pixel begins; pixels are counted over samples, rows and columns."""
    cdef Py_ssize_t row = pixel // g.ow
    return x + (((row // g.oh) * g.h + (row % g.oh) * g.sh) * g.w + (pixel % g.ow) * g.sw) * g.c


cdef inline void _panel_tile(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                             Py_ssize_t pixel, int height) noexcept nogil:
    """Pixels that are no run in x: their terms are copied side by side, DEPTH at a time, for all filters at once."""
    cdef float panel[PIXELS * DEPTH]
    cdef float start[LANES]
    cdef const float* source[PIXELS]
    cdef const float* a
    cdef Terms whole = _terms(g, 1), m
    cdef Py_ssize_t group, block, i, j, k, low, depth, terms = g.kh * g.kw * g.cg
    cdef int p, lanes, valid
    m.rows, m.cols, m.ystep = 1, 1, g.f
    m.xrow = m.xcol = m.wrow = m.wcol = 0
    for p in range(height):
        source[p] = _pixel(x, g, pixel + p)
    for group in range(g.groups):
        for i in range(whole.rows):
            for j in range(whole.cols):
                low = 0
                while low < whole.depth:
                    depth = min(whole.depth - low, <Py_ssize_t>DEPTH)
                    for p in range(height):
                        a = source[p] + group * g.cg + i * whole.xrow + j * whole.xcol + low
                        for k in range(depth):
                            panel[p * depth + k] = a[k]
                    m.xstep, m.depth = depth, depth
                    for block in range(blocks_of(g.fg)):
                        lanes = lanes_of(block, g.fg)
                        valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
                        load_bias(bias + group * g.fg + block * LANES if bias != NULL else NULL, valid, start)
                        sum_block(height, lanes, valid, &m, panel,
                                  packed + group * terms * padded(g.fg) + block * terms * LANES
                                  + ((i * g.kw + j) * g.cg + low) * lanes,
                                  start, i + j + low > 0, False, y + group * g.fg + block * LANES)
                    low += depth


cdef inline void _forward_rows(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                               int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Output rows [first, last), counted over samples."""
    cdef Py_ssize_t terms = g.kh * g.kw * g.cg, group, block, row, pixel, pixels = (last - first) * g.ow
    cdef Py_ssize_t tiles = (pixels + PIXELS - 1) // PIXELS, t, low, high
    cdef bint flat = g.kh == 1 and g.kw == 1 and g.sh == 1 and g.sw == 1
    cdef bint may_spill = g.groups == 1
    cdef float start[LANES]
    cdef const float* w
    cdef const float* a
    cdef float* b
    cdef Terms m
    cdef int lanes, valid
    if _narrow(g.ow) and not flat:
        for t in range(tiles):
            low = pixels * t // tiles
            high = pixels * (t + 1) // tiles
            pixel = first * g.ow + low
            _panel_tile(x, packed, bias, y + pixel * g.f, g, pixel, <int>(high - low))
            if activation:
                activate(activation, y + pixel * g.f, y + pixel * g.f, (high - low) * g.f, 0, 0, 0)
    else:
        # The filters' block is the outer loop: its weights stay near while all rows pass. The last block comes first,
        # so a tile may spill over its missing filters into the next pixel: what it spoils there is written later.
        # Only in the last row of all is there no later; and with groups, the neighbour is the same pixel's next group.
        for group in range(g.groups - 1, -1, -1):
            for block in range(blocks_of(g.fg) - 1, -1, -1):
                lanes = lanes_of(block, g.fg)
                valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
                load_bias(bias + group * g.fg + block * LANES if bias != NULL else NULL, valid, start)
                w = packed + group * terms * padded(g.fg) + block * terms * LANES
                m = _terms(g, lanes)
                a = x + group * g.cg
                b = y + group * g.fg + block * LANES
                if flat:
                    low = pixels - min(pixels, (LANES + g.f - 1) // g.f)
                    sum_run(low, lanes, valid, &m, a + first * g.ow * g.c, w, start, False, may_spill,
                            b + first * g.ow * g.f)
                    sum_run(pixels - low, lanes, valid, &m, a + (first * g.ow + low) * g.c, w, start, False, False,
                            b + (first * g.ow + low) * g.f)
                else:
                    for row in range(first, last):
                        sum_run(g.ow, lanes, valid, &m, _pixel(a, g, row * g.ow), w, start, False,
                                may_spill and (last - 1 - row) * g.ow * g.f >= LANES, b + row * g.ow * g.f)
                        if activation and group == 0 and block == 0:  # the row is complete, and still near
                            activate(activation, y + row * g.ow * g.f, y + row * g.ow * g.f, g.ow * g.f, 0, 0, 0)
        if activation and flat:
            activate(activation, y + first * g.ow * g.f, y + first * g.ow * g.f, pixels * g.f, 0, 0, 0)


def forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[::1] packed,           # IN   by `pack`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups,
    int activation, int threads=1,
):
    """y = activation(bias + x * kernel), a cross-correlation as in every network library: the kernel is not flipped."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], y.shape[3],
                                kh, kw, sh, sw, dh, dw, groups)
    # A unit is a row; a thread takes a fixed share of them, since a block of weights serves neighbouring rows.
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, &g, activation, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* y = &c.operand[3].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], y[0], y[1], y[2],
                                c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5], c.i[6])
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g,
                  <int>c.i[7], t.first, t.last)


# ----------------------------------------------------------------------------------------------- input gradient

cdef inline Py_ssize_t _gcd(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    while b:
        a, b = b, a % b
    return a


cdef struct Taps:
    # The taps of one axis that reach a given input position: kernel index first, first + step, ... (count of them),
    # seen from output positions place, place - move, ...
    Py_ssize_t first, step, count, place, move


cdef inline Taps _taps(Py_ssize_t position, Py_ssize_t size, Py_ssize_t stride, Py_ssize_t dilation) noexcept nogil:
    """k with position = o * stride + k * dilation for a whole o, which may lie outside the output."""
    cdef Py_ssize_t common = _gcd(stride, dilation)
    cdef Taps t
    t.step, t.move, t.first, t.count = stride // common, dilation // common, 0, 0
    if position % common:
        return t
    while t.first < size and (position - t.first * dilation) % stride:
        t.first += 1
    if t.first >= size or t.first >= t.step:
        return t
    t.count = (size - t.first + t.step - 1) // t.step
    t.place = (position - t.first * dilation) // stride  # exact, so negative places are right as well
    return t


cdef inline void _clear(float* y, Py_ssize_t ystep, int valid, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Zero the first `valid` columns of the pixels [first, last)."""
    cdef Py_ssize_t p
    for p in range(first, last):
        memset(y + p * ystep, 0, valid * sizeof(float))


cdef inline void _input_run(const float* dy, const float* w, const Geometry* g, Terms* m, const Taps* cols, int lanes,
                            int valid, const float* zero, Py_ssize_t first, Py_ssize_t pixels,
                            float* dx) noexcept nogil:
    """A run of pixels whose taps are the same. One column of taps after the other adds to those pixels for which it
    looks into dy, so no product with a zero outside is ever made. dx has room for all `lanes` columns of a pixel."""
    cdef Py_ssize_t t, low, high, place
    cdef bint begun = False
    for t in range(cols.count if m.rows else 0):
        place = cols.place - t * cols.move + first      # of dy, where the run's first pixel looks
        low, high = min(max(-place, 0), pixels), min(g.ow - place, pixels)
        if low >= high:
            continue
        if not begun:
            _clear(dx, m.ystep, valid, 0, low)
            _clear(dx, m.ystep, valid, high, pixels)
        sum_run(high - low, lanes, lanes, m, dy + (place + low) * g.f,
                w + (cols.first + t * cols.step) * g.fg * lanes, zero, begun, False, dx + low * m.ystep)
        begun = True
    if not begun:
        _clear(dx, m.ystep, valid, 0, pixels)


cdef inline void _input_row(const float* dy, const float* packed, float* dx, const Geometry* g, Py_ssize_t top,
                            Py_ssize_t left, Py_ssize_t group, Py_ssize_t block, Py_ssize_t unit) noexcept nogil:
    """One row of dx, one block of its channels. Columns of one remainder modulo the stride share their taps."""
    cdef float staged[STAGE]
    cdef float zero[LANES]
    cdef Py_ssize_t n = unit // g.h, terms = g.kh * g.kw * g.fg, phase, skip, pixels, first, count, p
    cdef int lanes = lanes_of(block, g.cg)
    cdef int valid = <int>min(<Py_ssize_t>lanes, g.cg - block * LANES)
    cdef bint direct = valid == lanes                   # else full tiles go to `staged`, and what is valid from there
    cdef Taps rows = _taps(unit % g.h + top, g.kh, g.sh, g.dh), cols
    cdef const float* a
    cdef const float* w = packed + group * terms * padded(g.cg) + block * terms * LANES
    cdef float* out
    cdef Terms m
    load_bias(NULL, 0, zero)
    if rows.count > 0 and rows.place >= g.oh:  # taps that would look below the last output row
        skip = min(rows.count, (rows.place - g.oh) // rows.move + 1)
        rows.first += skip * rows.step
        rows.place -= skip * rows.move
        rows.count -= skip
    if rows.count > 0 and rows.place < 0:
        rows.count = 0
    m.rows = min(rows.count, rows.place // rows.move + 1) if rows.count > 0 else 0
    m.xrow, m.wrow = -rows.move * g.ow * g.f, rows.step * g.kw * g.fg * lanes
    m.cols, m.xcol, m.wcol = 1, 0, 0
    m.depth, m.xstep = g.fg, g.f
    m.ystep = g.sw * g.c if direct else lanes
    a = dy + (n * g.oh + rows.place) * g.ow * g.f + group * g.fg if m.rows else dy
    w += rows.first * g.kw * g.fg * lanes if m.rows else 0
    for phase in range(min(g.sw, g.w)):
        cols = _taps(phase + left, g.kw, g.sw, g.dw)
        pixels = (g.w - phase + g.sw - 1) // g.sw
        out = dx + (unit * g.w + phase) * g.c + group * g.cg + block * LANES
        first = 0
        while first < pixels:
            count = pixels if direct else min(pixels - first, <Py_ssize_t>(STAGE // LANES))
            _input_run(a, w, g, &m, &cols, lanes, valid, zero, first, count, out if direct else staged)
            if not direct:
                for p in range(count):
                    memcpy(out + (first + p) * g.sw * g.c, staged + p * lanes, valid * sizeof(float))
            first += count


cdef inline void _input_tile(const float* dy, const float* w, float* dx, const Geometry* g, Py_ssize_t top,
                             Py_ssize_t left, Py_ssize_t i, Py_ssize_t j, Py_ssize_t pixel, int height, int lanes,
                             int valid) noexcept nogil:
    """What tap (i, j) of `height` neighbouring pixels of dy, from `pixel` on, adds to the pixels of dx it looked at."""
    cdef float sums[PIXELS * LANES]
    cdef float* at[PIXELS]
    cdef Py_ssize_t row, column, n, oh, ow
    cdef Terms m
    cdef int p, l
    m.rows, m.xrow, m.wrow, m.cols, m.xcol, m.wcol = 1, 0, 0, 1, 0, 0
    m.depth, m.xstep, m.ystep = g.fg, g.f, lanes
    ow = pixel % g.ow
    oh = pixel // g.ow % g.oh
    n = pixel // (g.ow * g.oh)
    for p in range(height):
        row, column = oh * g.sh + i * g.dh - top, ow * g.sw + j * g.dw - left
        at[p] = dx + ((n * g.h + row) * g.w + column) * g.c if 0 <= row < g.h and 0 <= column < g.w else NULL
        for l in range(lanes):
            sums[p * lanes + l] = at[p][l] if at[p] != NULL and l < valid else <float>0
        ow += 1
        if ow == g.ow:
            ow, oh = 0, oh + 1
        if oh == g.oh:
            oh, n = 0, n + 1
    sum_tile(height, lanes, &m, dy + pixel * g.f, w, sums, lanes, sums, lanes)
    for p in range(height):
        if at[p] != NULL:
            for l in range(valid):
                at[p][l] = sums[p * lanes + l]


cdef inline void _input_samples(const float* dy, const float* packed, float* dx, const Geometry* g, Py_ssize_t top,
                                Py_ssize_t left, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """The samples [first, last) of narrow maps, one tap after the other."""
    cdef Py_ssize_t pixels = (last - first) * g.oh * g.ow, tiles = (pixels + PIXELS - 1) // PIXELS
    cdef Py_ssize_t terms = g.kh * g.kw * g.fg, group, block, tap, t, low, high
    cdef int lanes, valid
    cdef const float* w
    dy += first * g.oh * g.ow * g.f
    dx += first * g.h * g.w * g.c
    memset(dx, 0, (last - first) * g.h * g.w * g.c * sizeof(float))
    for group in range(g.groups):
        for block in range(blocks_of(g.cg)):
            lanes = lanes_of(block, g.cg)
            valid = <int>min(<Py_ssize_t>lanes, g.cg - block * LANES)
            w = packed + group * terms * padded(g.cg) + block * terms * LANES
            for tap in range(g.kh * g.kw):
                for t in range(tiles):
                    low, high = pixels * t // tiles, pixels * (t + 1) // tiles
                    _input_tile(dy + group * g.fg, w + tap * g.fg * lanes, dx + group * g.cg + block * LANES, g, top,
                                left, tap // g.kw, tap % g.kw, low, <int>(high - low), lanes, valid)


cdef inline void _input_units(const float* dy, const float* packed, float* dx, const Geometry* g, Py_ssize_t top,
                              Py_ssize_t left, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Units [first, last): rows of dx, or samples of narrow maps."""
    cdef Py_ssize_t group, block, unit
    if _narrow(g.ow):
        _input_samples(dy, packed, dx, g, top, left, first, last)
        return
    for group in range(g.groups):
        for block in range(blocks_of(g.cg)):
            for unit in range(first, last):
                _input_row(dy, packed, dx, g, top, left, group, block, unit)


def input_units(Py_ssize_t h, Py_ssize_t ow):
    """Units of work of `backward_input` for each sample."""
    return 1 if _narrow(ow) else h


def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    const float[::1] packed,           # IN   by `pack_transposed`
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c), without zero padding
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw,
    Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups, int threads=1,
):
    """Gradient with respect to x. `top` and `left` are the zero rows and columns that x had before it."""
    cdef Geometry g = _geometry(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2], dy.shape[3],
                                kh, kw, sh, sw, dh, dw, groups)
    cdef Py_ssize_t share, shares = max(1, threads), units = dx.shape[0] * input_units(g.h, g.ow)
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef float* out = &dx[0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _input_units(a, w, out, &g, top, left, units * share // shares, units * (share + 1) // shares)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* dy = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dx = &c.operand[2].shape[0]
    cdef Geometry g = _geometry(dx[0], dx[1], dx[2], dy[0], dy[1], dy[2],
                                c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5], c.i[8])
    _input_units(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], &g, c.i[6], c.i[7], t.first, t.last)


# ---------------------------------------------------------------------------------------------- kernel gradient

cdef inline void _kernel_tiles(const float* x, const float* dy, float* dkernel, Py_ssize_t columns, const Geometry* g,
                               Py_ssize_t samples, bint fresh, bint slack, Py_ssize_t first,
                               Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of dkernel, over all samples. Pixels pass in blocks that stay in cache.

    A tile's rows are neighbours in x (channels, or kernel columns and channels), its columns are filters; `columns` lie
    between two rows of dkernel. Where filters of a block are missing, a vector of dy runs over into the next pixel:
    what it brings in is computed in vain. At the very end of dy that needs `slack`, a few readable floats behind it;
    without, everything is staged.
    """
    cdef float room_for_staged[STAGE + HALF]
    cdef float* staged = aligned(room_for_staged)
    cdef Py_ssize_t blocks = blocks_of(g.fg)
    cdef Py_ssize_t taps = g.kh if g.merged else g.kh * g.kw
    cdef Py_ssize_t height = g.kw * g.cg if g.merged else g.cg
    cdef Py_ssize_t tiles = (height + PIXELS - 1) // PIXELS
    cdef Py_ssize_t sample_floats = g.h * g.w * g.c + g.oh * g.ow * g.f, row_floats = sample_floats // g.oh + 1
    # Floats of a block of x and dy: 24 KiB for the first-level cache, if those are 128 pixels that make up for loading
    # and storing the tile's sums; else 256 KiB for the second-level cache.
    cdef Py_ssize_t room_for = 6144 if 128 * (g.c + g.f) <= 6144 else 65536
    cdef Py_ssize_t n_block = max(<Py_ssize_t>1, room_for // sample_floats)
    cdef Py_ssize_t row_block = g.oh if n_block > 1 else min(g.oh, max(<Py_ssize_t>1, room_for // row_floats))
    cdef Py_ssize_t col_block = g.ow
    cdef Py_ssize_t n, row, col, unit, group, block, tap, tile, low, high, key, staged_key
    cdef const float* a
    cdef const float* b
    cdef int lanes, valid
    # dy goes through an aligned copy where that pays: vectors that straddle cache lines slow a tile down by a quarter.
    cdef bint ragged = lanes_of(blocks - 1, g.fg) != (g.fg - 1) % LANES + 1
    cdef bint staging = ragged and not slack or g.f % HALF != 0 and taps * tiles >= 4
    cdef bint room = g.groups == 1 and columns >= padded(g.fg)                # dkernel has the missing filters
    cdef Pixels m, s
    if staging:
        col_block = min(g.ow, <Py_ssize_t>(STAGE // LANES))
        row_block = min(row_block, max(<Py_ssize_t>1, STAGE // LANES // g.ow))
        n_block = max(<Py_ssize_t>1, min(n_block, STAGE // LANES // (g.oh * g.ow))) if row_block == g.oh else 1
    m.xsample, m.ysample = g.h * g.w * g.c, g.oh * g.ow * g.f
    m.xrow, m.yrow = g.sh * g.w * g.c, g.ow * g.f
    m.xcol, m.ycol = g.sw * g.c, g.f
    n = 0
    while n < samples:
        m.samples = min(n_block, samples - n)
        row = 0
        while row < g.oh:
            m.rows = min(row_block, g.oh - row)
            col = 0
            while col < g.ow:
                m.cols = min(col_block, g.ow - col)
                staged_key = -1
                for unit in range(first, last):
                    key = unit // (taps * tiles)
                    group, block = key // blocks, key % blocks
                    tap, tile = unit // tiles % taps, unit % tiles
                    low, high = height * tile // tiles, height * (tile + 1) // tiles
                    lanes = lanes_of(block, g.fg)
                    valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
                    a = x + ((n * g.h + row * g.sh) * g.w + col * g.sw) * g.c + group * g.cg + low
                    if g.merged:
                        a += tap * g.dh * g.w * g.c
                    else:
                        a += (tap // g.kw * g.dh * g.w + tap % g.kw * g.dw) * g.c
                    b = dy + ((n * g.oh + row) * g.ow + col) * g.f + group * g.fg + block * LANES
                    s = m
                    if staging and lanes > 1:
                        s.ycol, s.yrow, s.ysample = lanes, lanes * m.cols, lanes * m.cols * m.rows
                        if key != staged_key:
                            stage(&m, b, lanes, valid, staged)
                            staged_key = key
                        b = staged
                    outer_block(<int>(high - low), lanes, lanes if room else valid, &s, a, b, fresh,
                                dkernel + (tap * height + low) * columns + group * g.fg + block * LANES, columns)
                fresh = False
                col += m.cols
            row += m.rows
        n += m.samples


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    float[:, :, :, ::1] dkernel,       # OUT  (kh, kw, c / groups, f)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups, int threads=1,
):
    """Gradient with respect to the kernel, summed over samples and pixels in order. Threads share its tiles."""
    cdef Geometry g = _geometry(x.shape[1], x.shape[2], x.shape[3], dy.shape[1], dy.shape[2], dy.shape[3],
                                dkernel.shape[0], dkernel.shape[1], sh, sw, dh, dw, groups)
    cdef Py_ssize_t share, shares = max(1, threads), n = x.shape[0]
    cdef Py_ssize_t units = kernel_units(g.kh, g.kw, g.cg, g.f, dw, groups)
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _kernel_tiles(a, b, d, g.f, &g, n, True, False, units * share // shares, units * (share + 1) // shares)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* x = &c.operand[0].shape[0]
    cdef const Py_ssize_t* dy = &c.operand[1].shape[0]
    cdef const Py_ssize_t* k = &c.operand[2].shape[0]
    cdef Geometry g = _geometry(x[0], x[1], x[2], dy[0], dy[1], dy[2],
                                k[0], k[1], c.i[0], c.i[1], c.i[2], c.i[3], c.i[4])
    # The result may have columns for the missing filters too. A plan's buffers have slack behind them.
    _kernel_tiles(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], k[3], &g, t.samples, t.fresh, True,
                  t.first, t.last)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pack": (capsule(_pack), "rw"),
    "pack_transposed": (capsule(_pack_transposed), "rw"),
    "forward": (capsule(_forward), "rrrw"),
    "backward_input": (capsule(_backward_input), "rrw"),
    "backward_kernel": (capsule(_backward_kernel), "rrw"),
}
CONSTANTS = {
    "LANES": LANES, "PIXELS": PIXELS, "packed_size": packed_size, "pack_units": pack_units,
    "kernel_units": kernel_units, "input_units": input_units, "padded": padded_filters,
}
