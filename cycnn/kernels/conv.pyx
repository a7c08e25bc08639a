"""Direct convolution of (n, h, w, c) maps with (kh, kw, c / groups, f) kernels: forward and both gradients.

Volumes (n, d, h, w, c) go the same ways (`..._3d`): a map is a volume of one plane, a row adds up the kernel's planes
one after the other. A sequence (n, w, c) is a map of one row.

Nothing is unrolled into columns: the tiles of `tile.pxi` read the map where it lies. Three ways lead to a tile, by
shape alone: *flat* (1x1, stride 1: all pixels are one long run), *rows* (a run is an output row), and *panel* (maps
narrower than half a tile: pixels of several rows and samples are first copied side by side, DEPTH terms at a time).
The input gradient has three: *rows*, where each column of taps adds to the part of a row that it saw; for narrow maps,
*taps*, where a tile of neighbouring pixels of dy goes to wherever one tap looked; and, of few channels, *spread*,
where the lanes are taps and channels, and the sums of a pixel of dy are added to all that its window saw. That of a
flat one is `forward` with the transposed kernel. The kernel gradient reads both maps where they lie, or, of many
channels, copies of them.

Zero padding is not the kernels' business: x comes padded (`layout.pad`), so no loop forward has an edge. Kernels come
packed, [group][block of LANES filters][kh][kw][c][lanes], by `pack` (forward) and `pack_transposed` (input gradient);
those of volumes as kernels of kd * kh rows. A transposed convolution is the input gradient with a bias and an
activation: `forward_transposed`.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport activate
from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.taps cimport Taps, taps_of, within

include "tile.pxi"

cdef enum:
    BAND = 16                        # rows of a volume that share a slab of weights; twice as many change nothing
    WEIGHTS = 262144                 # so many are read again for every NEAR pixels: they stay in the second-level cache
    NEAR = 4 * PIXELS                # pixels of all blocks of filters at a time
    PANEL = 8 * PIXELS               # pixels of a panel
    RUN = 200                        # pixels of a kernel gradient's panels: a tile's rows and columns are 38 KiB
    FORESEEN = 128                   # channels and filters up to which it fetches the next pixels by itself
    CHUNK = 16                       # tiles whose rows are copied at a time
    WIDE = 4                         # blocks of filters from which on panels of a kernel gradient pay

cdef extern from *:
    # They pay from so many floats from pixel to pixel on, too: the smaller a tile, the more often a line is read
    # (baseline and AVX2, 192 -> 64 at 14 x 14: 1.1 times as fast).
    enum: FAR "(CYCNN_LANES < 32 ? 192 : 512)"
    enum: ROWS "(CYCNN_PIXELS < 6 ? 4 : CYCNN_HALF)"      # floats of a panel for a tile's rows: whole vectors

cdef struct Geometry:
    Py_ssize_t h, w, c               # x, zero padding included
    Py_ssize_t oh, ow, f             # y
    Py_ssize_t kh, kw, sh, sw, dh, dw, groups
    Py_ssize_t cg, fg                # channels and filters of a group
    bint merged                      # the kernel's columns and channels are neighbours in x: one long tap a row
    Py_ssize_t d, od, kd, sd, dd     # planes; 1 each of a map


cdef Geometry _geometry(Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t oh, Py_ssize_t ow, Py_ssize_t f,
                        Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh,
                        Py_ssize_t dw, Py_ssize_t groups) noexcept nogil:
    return Geometry(h, w, c, oh, ow, f, kh, kw, sh, sw, dh, dw, groups, c // groups, f // groups,
                    groups == 1 and (dw == 1 or kw == 1), 1, 1, 1, 1, 1)


cdef Geometry _of_maps(const Py_ssize_t* x, const Py_ssize_t* y, const Py_ssize_t* i,
                       Py_ssize_t groups) noexcept nogil:
    """From (h, w, c), (oh, ow, f) and kh, kw, sh, sw, dh, dw."""
    return _geometry(x[0], x[1], x[2], y[0], y[1], y[2], i[0], i[1], i[2], i[3], i[4], i[5], groups)


cdef Geometry _of_volumes(const Py_ssize_t* x, const Py_ssize_t* y, const Py_ssize_t* i,
                          Py_ssize_t groups) noexcept nogil:
    """From (d, h, w, c), (od, oh, ow, f) and kd, kh, kw, sd, sh, sw, dd, dh, dw."""
    cdef Geometry g = _geometry(x[1], x[2], x[3], y[1], y[2], y[3], i[1], i[2], i[4], i[5], i[7], i[8], groups)
    g.d, g.od, g.kd, g.sd, g.dd = x[0], y[0], i[0], i[3], i[6]
    return g


cdef inline bint _narrow(Py_ssize_t ow) noexcept nogil:
    """Whether a row is too short for a tile: then tiles run on over rows and samples."""
    return 2 * ow < PIXELS


cdef inline bint _spread(Py_ssize_t taps, Py_ssize_t cg, Py_ssize_t groups) noexcept nogil:
    """Whether a block of channels would be half empty: then the lanes of an input gradient are taps and channels."""
    return groups == 1 and taps > 1 and 2 * cg <= HALF and taps * cg <= STAGE // PIXELS


def packed_size(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t cg, Py_ssize_t f, Py_ssize_t groups):
    """Floats of a kernel of shape (kh, kw, cg, f) from `pack`."""
    return groups * kh * kw * cg * padded(f // groups)


def padded_filters(Py_ssize_t f):
    """Filters of all blocks, missing ones included: the row of a partial kernel gradient that tiles write whole."""
    return padded(f)


def transposed_size(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t cg, Py_ssize_t f, Py_ssize_t groups):
    """Floats of a kernel of shape (kh, kw, cg, f) from `pack_transposed`."""
    cdef Py_ssize_t taps = kh * kw
    return f * (padded(taps * cg) if _spread(taps, cg, groups) else taps * padded(cg))


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

cdef void _pack_block(const float* kernel, float* packed, const Geometry* g, Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t blocks = blocks_of(g.fg), group = unit // blocks, block = unit % blocks
    cdef Py_ssize_t terms = g.kh * g.kw * g.cg
    cdef int lanes = lanes_of(block, g.fg), valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
    pack_terms(kernel + group * g.fg + block * LANES, packed + group * terms * padded(g.fg) + block * terms * LANES,
               terms, g.f, 1, lanes, valid)


cdef void _pack_channels(const float* kernel, float* packed, const Geometry* g, Py_ssize_t unit) noexcept nogil:
    cdef Py_ssize_t blocks = blocks_of(g.cg), group = unit // blocks, block = unit % blocks
    cdef Py_ssize_t taps = g.kh * g.kw, k
    cdef int lanes = lanes_of(block, g.cg), valid = <int>min(<Py_ssize_t>lanes, g.cg - block * LANES)
    packed += group * taps * g.fg * padded(g.cg) + block * taps * g.fg * LANES
    for k in range(taps):
        pack_terms(kernel + (k * g.cg + block * LANES) * g.f + group * g.fg, packed + k * g.fg * lanes, g.fg, 1, g.f,
                   lanes, valid)


cdef void _pack_transposed_block(const float* kernel, float* packed, const Geometry* g,
                                 Py_ssize_t unit) noexcept nogil:
    cdef Geometry one
    if _spread(g.kh * g.kw, g.cg, g.groups):            # as a 1x1 kernel of all taps' channels
        one = g[0]
        one.kh, one.kw, one.cg = 1, 1, g.kh * g.kw * g.cg
        for unit in range(blocks_of(one.cg)):
            _pack_channels(kernel, packed, &one, unit)
    else:
        _pack_channels(kernel, packed, g, unit)


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
    float[::1] packed,                 # OUT  (transposed_size,)
    Py_ssize_t groups, int threads=1,
):
    """Kernel in blocks of channels, [group][block][kh][kw][f / groups][lanes]; missing channels are zeros.
    Of few channels, in blocks of taps and channels, [block of kh x kw x c][f][lanes]."""
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
    m.nextstep = 0
    m.below = NULL
    return m


cdef inline const float* _pixel(const float* x, const Geometry* g, Py_ssize_t pixel) noexcept nogil:
    """Where the window of an output pixel begins; pixels are counted over samples, planes, rows and columns."""
    cdef Py_ssize_t row = pixel // g.ow, plane = row // g.oh
    plane = plane // g.od * g.d + plane % g.od * g.sd
    return x + ((plane * g.h + (row % g.oh) * g.sh) * g.w + (pixel % g.ow) * g.sw) * g.c


cdef void _activate(int kind, float* y, Py_ssize_t size) noexcept nogil:
    """In place; one copy of all activations for the loops below."""
    activate(kind, y, y, size, 0, 0, 0)


cdef inline void _panel_run(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                            Py_ssize_t pixel, Py_ssize_t pixels) noexcept nogil:
    """Pixels that are no run in x, PANEL at most: their terms are copied side by side, DEPTH at a time, for all filters
    at once."""
    cdef float panel[PANEL * DEPTH]
    cdef float start[LANES]
    cdef const float* source[PANEL]
    cdef const float* a
    cdef Terms whole = _terms(g, 1), m = one_tap(0, 0, g.f)
    cdef Py_ssize_t group, block, i, j, k, p, low, depth, rows = g.kd * g.kh, terms = rows * g.kw * g.cg
    cdef int lanes, valid
    for p in range(pixels):
        source[p] = _pixel(x, g, pixel + p)
    for group in range(g.groups):
        for i in range(rows):
            for j in range(whole.cols):
                low = 0
                while low < whole.depth:
                    depth = min(whole.depth - low, <Py_ssize_t>DEPTH)
                    for p in range(pixels):
                        a = source[p] + i // g.kh * g.dd * g.h * g.w * g.c + i % g.kh * whole.xrow + j * whole.xcol
                        a += group * g.cg + low
                        for k in range(depth):
                            panel[p * depth + k] = a[k]
                    m.xstep, m.depth = depth, depth
                    for block in range(blocks_of(g.fg)):
                        lanes = lanes_of(block, g.fg)
                        valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
                        load_bias(bias + group * g.fg + block * LANES if bias != NULL else NULL, valid, start)
                        sum_run(pixels, lanes, valid, &m, panel,
                                packed + group * terms * padded(g.fg) + block * terms * LANES
                                + ((i * g.kw + j) * g.cg + low) * lanes,
                                start, i + j + low > 0, False, y + pixel * g.f + group * g.fg + block * LANES)
                    low += depth


cdef inline void _flat_run(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                           Py_ssize_t pixel, Py_ssize_t pixels, Py_ssize_t behind) noexcept nogil:
    """1x1, stride 1: `pixels` from `pixel` on are one run; so many `behind` them are written later.

    The last block comes first, so a tile may spill over its missing filters into the next pixel.
    """
    cdef Py_ssize_t group, block, low, no_room = max(<Py_ssize_t>0, min(pixels, (LANES + g.f - 1) // g.f - behind))
    cdef float start[LANES]
    cdef const float* w
    cdef const float* a
    cdef float* b
    cdef Terms m
    cdef int lanes, valid
    for group in range(g.groups - 1, -1, -1):
        for block in range(blocks_of(g.fg) - 1, -1, -1):
            lanes = lanes_of(block, g.fg)
            valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
            load_bias(bias + group * g.fg + block * LANES if bias != NULL else NULL, valid, start)
            w = packed + group * g.cg * padded(g.fg) + block * g.cg * LANES
            m = _terms(g, lanes)
            a = x + pixel * g.c + group * g.cg
            b = y + pixel * g.f + group * g.fg + block * LANES
            low = pixels if valid == lanes else pixels - no_room
            if block and g.cg * g.fg >= FETCHED:
                fetch_meanwhile(&m, w - g.cg * LANES, LANES, tiles_of(pixels))
            sum_run(low, lanes, valid, &m, a, w, start, False, g.groups == 1, b)
            sum_run(pixels - low, lanes, valid, &m, a + low * g.c, w, start, False, False, b + low * g.f)


cdef inline void _blocks_of_rows(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                                 int activation, Py_ssize_t first, Py_ssize_t last, Py_ssize_t end) noexcept nogil:
    """Output rows [first, last), block after block of filters. Rows behind them, up to `end`, are written later.

    The last block comes first, so a tile may spill over its missing filters into the next pixel: what it spoils there
    is written later. Only in the last row of all is there no later; and with groups, the neighbour is the same pixel's
    next group; and what the kernel's next plane adds to must not be spoilt.
    """
    cdef Py_ssize_t terms = g.kd * g.kh * g.kw * g.cg, group, block, slab, row, low, high
    # Volumes: a slab of weights, one row of the kernel or, of few channels, one plane of it, stays in the first-level
    # cache while a band of rows passes.
    cdef Py_ssize_t slab_rows = g.kh if g.kd == 1 or g.kw * g.cg < 64 else 1, slabs = g.kd * g.kh // slab_rows, tap
    cdef Py_ssize_t band = BAND if g.kd > 1 else 1
    cdef bint may_spill = g.groups == 1 and g.kd == 1
    cdef float start[LANES]
    cdef const float* w
    cdef const float* a
    cdef float* b
    cdef Terms m
    cdef int lanes, valid
    for group in range(g.groups - 1, -1, -1):
        for block in range(blocks_of(g.fg) - 1, -1, -1):
            lanes = lanes_of(block, g.fg)
            valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
            load_bias(bias + group * g.fg + block * LANES if bias != NULL else NULL, valid, start)
            w = packed + group * terms * padded(g.fg) + block * terms * LANES
            m = _terms(g, lanes)
            m.rows = slab_rows
            if block and slabs == 1 and terms * g.fg >= FETCHED:
                fetch_meanwhile(&m, w - terms * LANES, LANES, (last - first) * tiles_of(g.ow))
            a = x + group * g.cg
            b = y + group * g.fg + block * LANES
            low = first
            while low < last:
                high = min(last, low + band)
                for slab in range(slabs):
                    tap = slab * slab_rows
                    for row in range(low, high):
                        sum_run(g.ow, lanes, valid, &m, _pixel(a, g, row * g.ow)
                                + (tap // g.kh * g.dd * g.h + tap % g.kh * g.dh) * g.w * g.c,
                                w + tap * g.kw * g.cg * lanes, start, slab > 0,
                                may_spill and (end - 1 - row) * g.ow * g.f >= LANES, b + row * g.ow * g.f)
                if activation and group == 0 and block == 0:  # the rows are complete, and still near
                    _activate(activation, y + low * g.ow * g.f, (high - low) * g.ow * g.f)
                low = high


# Not inline, here and below: all doors share one copy of the tiles.

cdef void _forward_rows(const float* x, const float* packed, const float* bias, float* y, const Geometry* g,
                        int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Output rows [first, last), counted over samples and planes.

    All blocks of filters take so many pixels at a time as leave x and y near; more of them, where the weights come from
    afar each time.
    """
    cdef Py_ssize_t terms = g.kd * g.kh * g.kw * g.cg, pixel = first * g.ow, end = last * g.ow, high
    cdef Py_ssize_t step = NEAR if terms * g.f <= WEIGHTS else 8 * NEAR
    cdef bint flat = (g.kd == 1 and g.kh == 1 and g.kw == 1 and g.sd == 1 and g.sh == 1 and g.sw == 1
                      and g.od == g.d and g.oh == g.h and g.ow == g.w)  # of a narrowed map a row is not all of x's
    if not flat and _narrow(g.ow):
        while pixel < end:
            high = min(end, pixel + PANEL)
            _panel_run(x, packed, bias, y, g, pixel, high - pixel)
            if activation:
                _activate(activation, y + pixel * g.f, (high - pixel) * g.f)
            pixel = high
    elif flat:
        while pixel < end:
            high = min(end, pixel + step)
            _flat_run(x, packed, bias, y, g, pixel, high - pixel, end - high)
            if activation:
                _activate(activation, y + pixel * g.f, (high - pixel) * g.f)
            pixel = high
    else:
        step = max(<Py_ssize_t>1, step // g.ow) if g.kd == 1 else last - first
        while first < last:
            high = min(last, first + step)
            _blocks_of_rows(x, packed, bias, y, g, activation, first, high, last)
            first = high


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


def forward_3d(
    const float[:, :, :, :, ::1] x,    # IN   (n, d, h, w, c), zero padding included
    const float[::1] packed,           # IN   by `pack`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, :, ::1] y,          # OUT  (n, od, oh, ow, f)
    Py_ssize_t kd, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sd, Py_ssize_t sh, Py_ssize_t sw,
    Py_ssize_t dd, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups, int activation, int threads=1,
):
    """`forward` of volumes."""
    cdef Py_ssize_t[9] window = [kd, kh, kw, sd, sh, sw, dd, dh, dw]
    cdef Geometry g = _of_volumes(&x.shape[1], &y.shape[1], window, groups)
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1] * y.shape[2]
    cdef const float* a = &x[0, 0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, &g, activation, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_maps(c.operand[0].shape, c.operand[3].shape, c.i, c.i[6])
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g,
                  <int>c.i[7], t.first, t.last)


cdef void _forward_3d(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_volumes(c.operand[0].shape, c.operand[3].shape, c.i, c.i[9])
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g,
                  <int>c.i[10], t.first, t.last)


# ----------------------------------------------------------------------------------------------- input gradient

cdef inline void _fill(float* y, Py_ssize_t ystep, int valid, const float* start, Py_ssize_t first,
                       Py_ssize_t last) noexcept nogil:
    """`start` in the first `valid` columns of the pixels [first, last)."""
    cdef Py_ssize_t p
    for p in range(first, last):
        memcpy(y + p * ystep, start, valid * sizeof(float))


cdef inline bint _input_run(const float* dy, const float* w, const Geometry* g, Terms* m, const Taps* cols, int lanes,
                            int valid, const float* start, Py_ssize_t first, Py_ssize_t pixels, bint begun,
                            float* dx) noexcept nogil:
    """A run of pixels whose taps are the same. One column of taps after the other adds to those pixels for which it
    looks into dy, so no product with a zero outside is ever made. dx has room for all `lanes` columns of a pixel.
    Whether there is something to add to: `begun`, and then the answer."""
    cdef Py_ssize_t t, low, high, place
    for t in range(cols.count if m.rows else 0):
        place = cols.place - t * cols.move + first      # of dy, where the run's first pixel looks
        low, high = min(max(-place, 0), pixels), min(g.ow - place, pixels)
        if low >= high:
            continue
        if not begun:
            _fill(dx, m.ystep, valid, start, 0, low)
            _fill(dx, m.ystep, valid, start, high, pixels)
        sum_run(high - low, lanes, lanes, m, dy + (place + low) * g.f,
                w + (cols.first + t * cols.step) * g.fg * lanes, start, begun, False, dx + low * m.ystep)
        begun = True
    return begun


cdef inline void _input_row(const float* dy, const float* packed, const float* bias, float* dx, const Geometry* g,
                            Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, Py_ssize_t group, Py_ssize_t block,
                            Py_ssize_t unit) noexcept nogil:
    """One row of dx, one block of its channels. Columns of one remainder modulo the stride share their taps."""
    cdef float staged[STAGE]
    cdef float start[LANES]
    cdef Py_ssize_t terms = g.kd * g.kh * g.kw * g.fg, image = g.oh * g.ow * g.f, phase, pixels, first, count, p, t
    cdef int lanes = lanes_of(block, g.cg)
    cdef int valid = <int>min(<Py_ssize_t>lanes, g.cg - block * LANES)
    cdef bint direct = valid == lanes                   # else full tiles go to `staged`, and what is valid from there
    cdef Taps planes = within(taps_of(unit // g.h % g.d + front, g.kd, g.sd, g.dd), g.od)
    cdef Taps rows = within(taps_of(unit % g.h + top, g.kh, g.sh, g.dh), g.oh), cols
    cdef const float* a
    cdef const float* w = packed + group * terms * padded(g.cg) + block * terms * LANES
    cdef float* out
    cdef float* target
    cdef bint begun
    cdef Terms m
    load_bias(bias + group * g.cg + block * LANES if bias != NULL else NULL, valid, start)
    if planes.count == 0 or rows.count == 0:
        planes.count = rows.count = 0
        if bias == NULL:                                # the whole row at once
            if group == 0 and block == 0:
                memset(dx + unit * g.w * g.c, 0, g.w * g.c * sizeof(float))
            return
    m.rows = rows.count
    m.xrow, m.wrow = -rows.move * g.ow * g.f, rows.step * g.kw * g.fg * lanes
    m.cols, m.xcol, m.wcol, m.nextstep = 1, 0, 0, 0
    m.below = NULL
    m.depth, m.xstep = g.fg, g.f
    m.ystep = g.sw * g.c if direct else lanes
    a = dy + unit // g.h // g.d * g.od * image + group * g.fg
    if m.rows:
        a += planes.place * image + rows.place * g.ow * g.f
        w += (planes.first * g.kh + rows.first) * g.kw * g.fg * lanes
    for phase in range(min(g.sw, g.w)):
        cols = taps_of(phase + left, g.kw, g.sw, g.dw)
        pixels = (g.w - phase + g.sw - 1) // g.sw
        out = dx + (unit * g.w + phase) * g.c + group * g.cg + block * LANES
        first = 0
        while first < pixels:
            count = min(pixels - first, <Py_ssize_t>(STAGE // LANES))   # of a long row, so many while they are in cache
            target, begun = out + first * m.ystep if direct else staged, False
            for t in range(planes.count):
                begun = _input_run(a - t * planes.move * image, w + t * planes.step * g.kh * g.kw * g.fg * lanes, g,
                                   &m, &cols, lanes, valid, start, first, count, begun, target)
            if not begun:
                _fill(target, m.ystep, valid, start, 0, count)
            if not direct:
                for p in range(count):
                    memcpy(out + (first + p) * g.sw * g.c, staged + p * lanes, valid * sizeof(float))
            first += count


cdef struct Cursor:
    Py_ssize_t sample, plane, row, column    # of a pixel of y


cdef inline void _input_tile(const float* dy, const float* w, float* dx, const Geometry* g, Py_ssize_t front,
                             Py_ssize_t top, Py_ssize_t left, Cursor* c, int height, int lanes,
                             int valid) noexcept nogil:
    """What a tap of `height` neighbouring pixels of dy adds to the pixels of dx it looked at; `front`, `top` and `left`
    are where it looks from the first pixel of all. The cursor stands on the first of them and moves on."""
    cdef float sums[PIXELS * LANES]
    cdef float* at[PIXELS]
    cdef Py_ssize_t plane, row, column
    cdef Terms m = one_tap(g.fg, g.f, lanes)
    cdef int p, l
    for p in range(height):
        plane, row, column = front + c.plane * g.sd, top + c.row * g.sh, left + c.column * g.sw
        at[p] = NULL
        if 0 <= plane < g.d and 0 <= row < g.h and 0 <= column < g.w:
            at[p] = dx + (((c.sample * g.d + plane) * g.h + row) * g.w + column) * g.c
        if at[p] != NULL and valid == LANES:
            for l in range(LANES):
                sums[p * LANES + l] = at[p][l]
        else:
            for l in range(lanes):
                sums[p * lanes + l] = at[p][l] if at[p] != NULL and l < valid else <float>0
        c.column += 1
        if c.column == g.ow:
            c.column, c.row = 0, c.row + 1
        if c.row == g.oh:
            c.row, c.plane = 0, c.plane + 1
        if c.plane == g.od:
            c.plane, c.sample = 0, c.sample + 1
    sum_tile(height, lanes, &m, dy, w, sums, lanes, sums, lanes)
    for p in range(height):
        if at[p] != NULL and valid == LANES:
            for l in range(LANES):
                at[p][l] = sums[p * LANES + l]
        elif at[p] != NULL:
            for l in range(valid):
                at[p][l] = sums[p * lanes + l]


cdef inline void _input_samples(const float* dy, const float* packed, const float* bias, float* dx, const Geometry* g,
                                Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, Py_ssize_t samples) noexcept nogil:
    """Samples of narrow maps, one tap after the other."""
    cdef Py_ssize_t pixels = samples * g.od * g.oh * g.ow, tiles = (pixels + PIXELS - 1) // PIXELS
    cdef Py_ssize_t taps = g.kd * g.kh * g.kw, terms = taps * g.fg, group, block, tap, t, low, high
    cdef Py_ssize_t pixel, size = samples * g.d * g.h * g.w
    cdef int lanes, valid
    cdef const float* w
    cdef Cursor cursor
    if bias == NULL:
        memset(dx, 0, size * g.c * sizeof(float))
    else:
        for pixel in range(size):
            memcpy(dx + pixel * g.c, bias, g.c * sizeof(float))
    for group in range(g.groups):
        for block in range(blocks_of(g.cg)):
            lanes = lanes_of(block, g.cg)
            valid = <int>min(<Py_ssize_t>lanes, g.cg - block * LANES)
            w = packed + group * terms * padded(g.cg) + block * terms * LANES
            for tap in range(taps):
                cursor = Cursor(0, 0, 0, 0)
                for t in range(tiles):
                    low, high = pixels * t // tiles, pixels * (t + 1) // tiles
                    _input_tile(dy + low * g.f + group * g.fg, w + tap * g.fg * lanes,
                                dx + group * g.cg + block * LANES, g, tap // (g.kh * g.kw) * g.dd - front,
                                tap // g.kw % g.kh * g.dh - top, tap % g.kw * g.dw - left, &cursor, <int>(high - low),
                                lanes, valid)


cdef inline Py_ssize_t _reached(const Geometry* g, Py_ssize_t front, Py_ssize_t top, Py_ssize_t row,
                                Py_ssize_t tap) noexcept nogil:
    """The row of dx at which a row of the kernel looked from a row of dy, both counted over samples and planes.
    -1: outside."""
    cdef Py_ssize_t image = row // g.oh, h = row % g.oh * g.sh + tap % g.kh * g.dh - top
    cdef Py_ssize_t d = image % g.od * g.sd + tap // g.kh * g.dd - front
    return (image // g.od * g.d + d) * g.h + h if 0 <= d < g.d and 0 <= h < g.h else -1


cdef inline bint _reaches(const Geometry* g, Py_ssize_t front, Py_ssize_t top, Py_ssize_t row, Py_ssize_t first,
                          Py_ssize_t last) noexcept nogil:
    """Whether a row of dy adds to rows [first, last) of dx."""
    cdef Py_ssize_t tap
    for tap in range(g.kd * g.kh):
        if first <= _reached(g, front, top, row, tap) < last:
            return True
    return False


cdef inline void _add_vector(const float* sums, float* dx, int valid) noexcept nogil:
    """dx += sums where there are such; the lanes behind them are written as they were."""
    cdef float out[HALF]
    cdef float more
    cdef int l
    for l in range(HALF):
        more = sums[l]
        out[l] = dx[l] + (more if l < valid else <float>0)
    for l in range(HALF):
        dx[l] = out[l]


cdef inline void _add_row(const float* sums, Py_ssize_t step, float* dx, const Geometry* g, Py_ssize_t left,
                          Py_ssize_t first, Py_ssize_t pixels) noexcept nogil:
    """What one row of the kernel makes of `pixels` of a row of dy, from `first` on, is added to a row of dx.

    Neighbours overlap in dx, and a load waits for the store that it overlaps. So pixels come in turns, those of one
    turn as far apart as their vectors are long.
    """
    cdef Py_ssize_t span = g.kw * g.c if g.merged else g.c, length = (span + HALF - 1) // HALF * HALF
    cdef Py_ssize_t turns = (length + g.sw * g.c - 1) // (g.sw * g.c), j, turn, p, at, l
    cdef const float* a
    for j in range(1 if g.merged else g.kw):
        for turn in range(turns):
            p = turn
            while p < pixels:
                a = sums + p * step + j * span
                at = ((first + p) * g.sw + j * g.dw - left) * g.c
                if 0 <= at <= g.w * g.c - length:
                    l = 0
                    while l < span:
                        _add_vector(a + l, dx + at + l, <int>(span - l))
                        l += HALF
                else:
                    for l in range(max(<Py_ssize_t>0, -at), min(span, g.w * g.c - at)):
                        dx[at + l] += a[l]
                p += turns


cdef void _spread_rows(const float* dy, const float* packed, const float* bias, float* dx, const Geometry* g,
                       Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, Py_ssize_t first,
                       Py_ssize_t last) noexcept nogil:
    """Rows [first, last) of one sample of dx, of few channels: dy with the kernel as a matrix of taps and channels, as
    many pixels at a time as leave the sums in the first-level cache, then spread over dx.

    Every number is summed over the rows of dy in order, wherever the rows of dx are divided.
    """
    cdef float room[STAGE + HALF]
    cdef float* sums = aligned(room)
    cdef float start[LANES]
    cdef Py_ssize_t width = g.kd * g.kh * g.kw * g.cg, step = padded(width), most = STAGE // step
    cdef Py_ssize_t parts = (g.ow + most - 1) // most, line = g.w * g.c, image = g.od * g.oh
    cdef Py_ssize_t row = first // (g.d * g.h) * image, end = row + image, part, low, high, rows, r, tap, block, to
    cdef int lanes
    cdef Terms m = one_tap(g.f, g.f, step)
    if bias == NULL:
        memset(dx + first * line, 0, (last - first) * line * sizeof(float))
    else:
        _fill(dx + first * line, g.c, <int>g.c, bias, 0, (last - first) * g.w)
    load_bias(NULL, 0, start)
    while row < end:
        rows = 0
        while row + rows < end and rows < max(<Py_ssize_t>1, most // g.ow):
            if not _reaches(g, front, top, row + rows, first, last):
                break
            rows += 1
        for part in range(parts if rows else 0):        # of a long row; else all of some rows
            low, high = g.ow * part // parts, g.ow * (part + 1) // parts
            for block in range(blocks_of(width)):
                lanes = lanes_of(block, width)
                sum_run((rows - 1) * g.ow + high - low, lanes, lanes, &m, dy + (row * g.ow + low) * g.f,
                        packed + block * LANES * g.f, start, False, False, sums + block * LANES)
            for r in range(rows):
                for tap in range(g.kd * g.kh):
                    to = _reached(g, front, top, row + r, tap)
                    if first <= to < last:
                        _add_row(sums + r * g.ow * step + tap * g.kw * g.c, step, dx + to * line, g, left, low,
                                 high - low)
        row += max(<Py_ssize_t>1, rows)


cdef void _input_units(const float* dy, const float* packed, const float* bias, float* dx, const Geometry* g,
                       Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, int activation, Py_ssize_t first,
                       Py_ssize_t last) noexcept nogil:
    """Units [first, last): rows of dx, or samples of narrow maps."""
    cdef Py_ssize_t group, block, unit, row = g.w * g.c, sample = g.d * g.h * row, step
    cdef Geometry back
    if g.kd * g.kh * g.kw * g.sd * g.sh * g.sw == 1 and g.od == g.d and g.oh == g.h and g.ow == g.w:
        # 1x1: dy with the transposed kernel
        back = g[0]
        back.c, back.cg, back.f, back.fg = g.f, g.fg, g.c, g.cg
        if _narrow(g.ow):
            first, last = first * g.d * g.h, last * g.d * g.h
        _forward_rows(dy, packed, bias, dx, &back, activation, first, last)
        return
    if _spread(g.kd * g.kh * g.kw, g.cg, g.groups):
        step = g.d * g.h
        if _narrow(g.ow):
            first, last = first * step, last * step
        while first < last:
            unit = min(last, (first // step + 1) * step)
            _spread_rows(dy, packed, bias, dx, g, front, top, left, first, unit)
            if activation:
                _activate(activation, dx + first * row, (unit - first) * row)
            first = unit
        return
    if _narrow(g.ow):
        dx += first * sample
        _input_samples(dy + first * g.od * g.oh * g.ow * g.f, packed, bias, dx, g, front, top, left, last - first)
        if activation:
            _activate(activation, dx, (last - first) * sample)
        return
    step = ((2 if g.kd * g.kh * g.kw * g.fg * g.c <= WEIGHTS else 16) * NEAR + g.w - 1) // g.w
    while first < last:
        for group in range(g.groups):
            for block in range(blocks_of(g.cg)):
                for unit in range(first, min(last, first + step)):
                    _input_row(dy, packed, bias, dx, g, front, top, left, group, block, unit)
                    if activation and group == g.groups - 1 and block == blocks_of(g.cg) - 1:  # the row is complete
                        _activate(activation, dx + unit * row, row)
        first += step


def input_units(Py_ssize_t h, Py_ssize_t ow):
    """Units of work of `backward_input` and `forward_transposed` for each sample; h of volumes: their d * h."""
    return 1 if _narrow(ow) else h


cdef void _input_shares(const float* dy, const float* packed, const float* bias, float* dx, const Geometry* g,
                        Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, int activation, Py_ssize_t n,
                        int threads) noexcept nogil:
    """All n samples, for a Python door: a fixed share for each thread."""
    cdef Py_ssize_t share, shares = max(1, threads), units = n * (1 if _narrow(g.ow) else g.d * g.h)
    for share in prange(shares, schedule="static", num_threads=threads):
        _input_units(dy, packed, bias, dx, g, front, top, left, activation, units * share // shares,
                     units * (share + 1) // shares)


def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    const float[::1] packed,           # IN   by `pack_transposed`
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c), without zero padding
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw,
    Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups, int threads=1,
):
    """Gradient with respect to x. `top` and `left` are the zero rows and columns that x had before it."""
    cdef Py_ssize_t[6] window = [kh, kw, sh, sw, dh, dw]
    cdef Geometry g = _of_maps(&dx.shape[1], &dy.shape[1], window, groups)
    cdef const float* a = &dy[0, 0, 0, 0]
    with nogil:
        _input_shares(a, &packed[0], NULL, &dx[0, 0, 0, 0], &g, 0, top, left, 0, dx.shape[0], threads)


def backward_input_3d(
    const float[:, :, :, :, ::1] dy,   # IN   (n, od, oh, ow, f)
    const float[::1] packed,           # IN   by `pack_transposed`
    float[:, :, :, :, ::1] dx,         # OUT  (n, d, h, w, c), without zero padding
    Py_ssize_t kd, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sd, Py_ssize_t sh, Py_ssize_t sw,
    Py_ssize_t dd, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups,
    int threads=1,
):
    """`backward_input` of volumes; `front`: the zero planes that x had before it."""
    cdef Py_ssize_t[9] window = [kd, kh, kw, sd, sh, sw, dd, dh, dw]
    cdef Geometry g = _of_volumes(&dx.shape[1], &dy.shape[1], window, groups)
    cdef const float* a = &dy[0, 0, 0, 0, 0]
    with nogil:
        _input_shares(a, &packed[0], NULL, &dx[0, 0, 0, 0, 0], &g, front, top, left, 0, dx.shape[0], threads)


def forward_transposed(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[::1] packed,           # IN   a kernel (kh, kw, f / groups, c) by `pack_transposed`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw,
    Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups, int activation, int threads=1,
):
    """Transposed convolution: y = activation(bias + the input gradient, for dy = x, of a convolution of a map like y).
    `top` and `left` rows and columns of the whole result are cut off; behind it, where no window looks, is bias."""
    cdef Py_ssize_t[6] window = [kh, kw, sh, sw, dh, dw]
    cdef Geometry g = _of_maps(&y.shape[1], &x.shape[1], window, groups)
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    with nogil:
        _input_shares(a, &packed[0], b, &y[0, 0, 0, 0], &g, 0, top, left, activation, y.shape[0], threads)


def forward_transposed_3d(
    const float[:, :, :, :, ::1] x,    # IN   (n, d, h, w, c)
    const float[::1] packed,           # IN   a kernel (kd * kh, kw, f / groups, c) by `pack_transposed`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, :, ::1] y,          # OUT  (n, od, oh, ow, f)
    Py_ssize_t kd, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sd, Py_ssize_t sh, Py_ssize_t sw,
    Py_ssize_t dd, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t front, Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups,
    int activation, int threads=1,
):
    """`forward_transposed` of volumes."""
    cdef Py_ssize_t[9] window = [kd, kh, kw, sd, sh, sw, dd, dh, dw]
    cdef Geometry g = _of_volumes(&y.shape[1], &x.shape[1], window, groups)
    cdef const float* a = &x[0, 0, 0, 0, 0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    with nogil:
        _input_shares(a, &packed[0], b, &y[0, 0, 0, 0, 0], &g, front, top, left, activation, y.shape[0], threads)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_maps(c.operand[2].shape, c.operand[0].shape, c.i, c.i[8])
    _input_units(<const float*>t.at[0], <const float*>t.at[1], NULL, <float*>t.at[2], &g, 0, c.i[6], c.i[7], 0,
                 t.first, t.last)


cdef void _backward_input_3d(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_volumes(c.operand[2].shape, c.operand[0].shape, c.i, c.i[12])
    _input_units(<const float*>t.at[0], <const float*>t.at[1], NULL, <float*>t.at[2], &g, c.i[9], c.i[10], c.i[11], 0,
                 t.first, t.last)


cdef void _forward_transposed(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_maps(c.operand[3].shape, c.operand[0].shape, c.i, c.i[8])
    _input_units(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g, 0, c.i[6],
                 c.i[7], <int>c.i[9], t.first, t.last)


cdef void _forward_transposed_3d(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _of_volumes(c.operand[3].shape, c.operand[0].shape, c.i, c.i[12])
    _input_units(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g, c.i[9],
                 c.i[10], c.i[11], <int>c.i[13], t.first, t.last)


# ---------------------------------------------------------------------------------------------- kernel gradient

cdef inline Py_ssize_t _even(Py_ssize_t size, Py_ssize_t most) noexcept nogil:
    """The largest of as few even parts as can be, none above `most` if that is possible."""
    cdef Py_ssize_t parts = (size + max(<Py_ssize_t>1, most) - 1) // max(<Py_ssize_t>1, most)
    return (size + parts - 1) // parts


cdef inline void _fetch(const float* a, Py_ssize_t span, Py_ssize_t share, Py_ssize_t shares) noexcept nogil:
    """One of the shares of `span` floats, into the second-level cache."""
    cdef Py_ssize_t at = span * share // shares
    while at < span * (share + 1) // shares:
        prefetch_far(a + at)
        at += 16


cdef inline void _fetch_next(const float* x, const float* y, const Pixels* m, const Geometry* g, Py_ssize_t share,
                             Py_ssize_t shares) noexcept nogil:
    """A share of the block of pixels that follows `m`. A tile reads a few channels of each pixel: lines so far apart
    that the processor does not foresee them. Not where strides skip pixels, which would be fetched in vain, nor where
    pixels are so near one another that it does (a tenth to a fifth for 96 -> 24 and 32 -> 16 channels, 1x1)."""
    cdef Py_ssize_t xspan = m.samples * m.xsample, yspan = m.samples * m.ysample
    if g.kh < g.sh or g.kw < g.sw or g.c + g.f <= FORESEEN:
        return
    if m.cols < g.ow:
        xspan, yspan = m.cols * m.xcol, m.cols * m.ycol
    elif m.rows < g.oh:
        xspan, yspan = m.rows * m.xrow, m.rows * m.yrow
    _fetch(x + xspan, xspan, share, shares)
    _fetch(y + yspan, yspan, share, shares)


cdef inline void _join_rows(Pixels* m) noexcept nogil:
    """Rows that follow one another in both maps are one long row: a tile's innermost loop begins once."""
    if m.xrow == m.cols * m.xcol and m.yrow == m.cols * m.ycol:
        m.cols *= m.rows
        m.rows = 1
        if m.xsample == m.cols * m.xcol and m.ysample == m.cols * m.ycol:
            m.cols *= m.samples
            m.samples = 1


cdef void _kernel_tiles(const float* x, const float* dy, float* dkernel, Py_ssize_t columns, const Geometry* g,
                        Py_ssize_t images, bint fresh, bint slack, Py_ssize_t first,
                        Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of dkernel, over images: maps, or the planes of a volume. Pixels pass in blocks that stay in
    cache.

    A tile's rows are neighbours in x (channels, or kernel columns and channels), its columns are filters; `columns` lie
    between two rows of dkernel. Where filters of a block are missing, a vector of dy runs over into the next pixel:
    what it brings in is computed in vain. At the very end of dy that needs `slack`, a few readable floats behind it;
    without, everything is staged.
    """
    cdef float room_for_staged[STAGE + HALF]
    cdef float* staged = aligned(room_for_staged)
    cdef Py_ssize_t blocks = blocks_of(g.fg)
    cdef Py_ssize_t kw = 1 if g.merged else g.kw, taps = g.kd * g.kh * kw
    cdef Py_ssize_t height = g.kw * g.cg if g.merged else g.cg
    cdef Py_ssize_t tiles = (height + PIXELS - 1) // PIXELS
    cdef Py_ssize_t plane = g.h * g.w * g.c
    cdef Py_ssize_t image_floats = plane + g.oh * g.ow * g.f, row_floats = image_floats // g.oh + 1
    # Floats of a block of x and dy: 64 KiB, near the first-level cache, if those are 48 pixels that make up for loading
    # and storing the tile's sums; else 256 KiB for the second-level cache.
    cdef Py_ssize_t room_for = 16384 if 48 * (g.c + g.f) <= 16384 else 65536
    cdef Py_ssize_t n_block = max(<Py_ssize_t>1, room_for // image_floats)
    cdef Py_ssize_t row_block = g.oh if n_block > 1 else _even(g.oh, room_for // row_floats)
    cdef Py_ssize_t col_block = g.ow
    cdef Py_ssize_t n, row, col, unit, group, block, tap, tile, low, high, key, staged_key
    cdef const float* a
    cdef const float* b
    cdef float* d
    cdef int lanes, valid
    # dy goes through an aligned copy where that pays: vectors that straddle cache lines slow a tile down by a quarter.
    cdef bint ragged = lanes_of(blocks - 1, g.fg) != (g.fg - 1) % LANES + 1
    cdef bint staging = ragged and not slack or g.f % HALF != 0 and taps * tiles >= 4
    cdef bint room = g.groups == 1 and columns >= padded(g.fg)                # dkernel has the missing filters
    cdef Pixels m, s
    if row_block == 1:
        col_block = _even(g.ow, max(<Py_ssize_t>128, room_for * g.ow // row_floats))
    if staging:
        col_block = min(col_block, <Py_ssize_t>(STAGE // LANES))
        row_block = min(row_block, max(<Py_ssize_t>1, STAGE // LANES // g.ow))
        n_block = max(<Py_ssize_t>1, min(n_block, STAGE // LANES // (g.oh * g.ow))) if row_block == g.oh else 1
    m.xsample, m.ysample = g.sd * plane, g.oh * g.ow * g.f
    m.xrow, m.yrow = g.sh * g.w * g.c, g.ow * g.f
    m.xcol, m.ycol = g.sw * g.c, g.f
    m.below, m.belowstep = NULL, 0
    n = 0
    while n < images:
        m.samples = min(n_block, images - n)
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
                    a = x + n * m.xsample + (row * g.sh * g.w + col * g.sw) * g.c
                    b = dy + ((n * g.oh + row) * g.ow + col) * g.f
                    _fetch_next(a, b, &m, g, unit - first, last - first)
                    a += group * g.cg + low
                    a += tap // (g.kh * kw) * g.dd * plane + (tap // kw % g.kh * g.dh * g.w + tap % kw * g.dw) * g.c
                    b += group * g.fg + block * LANES
                    s = m
                    if staging and lanes > 1:
                        s.ycol, s.yrow, s.ysample = lanes, lanes * m.cols, lanes * m.cols * m.rows
                        if key != staged_key:
                            stage(&m, b, lanes, valid, staged)
                            staged_key = key
                        b = staged
                    _join_rows(&s)
                    d = dkernel + (tap * height + low) * columns + group * g.fg + block * LANES
                    s.below, s.belowstep = d + (high - low) * columns if s.cols >= PIXELS else NULL, columns
                    outer_block(<int>(high - low), lanes, lanes if room else valid, &s, a, b, fresh, d, columns)
                fresh = False
                col += m.cols
            row += m.rows
        n += m.samples


cdef inline bint _panels(const Geometry* g) noexcept nogil:
    """Whether x and dy are copied for the kernel's gradient: maps of many channels or filters."""
    return g.d == 1 and blocks_of(g.fg) >= WIDE and max(g.sw * g.c, g.f) >= FAR


cdef void _pack_tiles(const float* x, Py_ssize_t channels, const Pixels* m, const Py_ssize_t* place, const int* height,
                      Py_ssize_t tiles, float* packed) noexcept nogil:
    """The rows of some tiles, [tile][pixel][ROWS]: `height` neighbours in x from `place` on, and whatever is behind
    them, if a pixel follows that has so many channels."""
    cdef Py_ssize_t t, n, i, j, pixels = m.samples * m.rows * m.cols
    cdef const float* a
    cdef float* to
    cdef int p, rows
    cdef bint alone
    for n in range(m.samples):
        for i in range(m.rows):
            for j in range(m.cols):
                alone = channels < ROWS or n == m.samples - 1 and i == m.rows - 1 and j == m.cols - 1
                for t in range(tiles):
                    a = x + n * m.xsample + i * m.xrow + j * m.xcol + place[t]
                    prefetch(a + m.xcol)
                    to = packed + t * pixels * ROWS
                    rows = height[t]
                    if alone:
                        for p in range(rows):
                            to[p] = a[p]
                        continue
                    for p in range(ROWS):
                        to[p] = a[p]
                packed += ROWS


cdef void _stage_blocks(const float* y, const Pixels* m, Py_ssize_t channels, Py_ssize_t first, Py_ssize_t last,
                        float* staged) noexcept nogil:
    """Blocks [first, last) of all pixels, [block][pixel][lanes]: `stage` in the order in which y lies in memory."""
    cdef Py_ssize_t n, i, j, _, pixels = m.samples * m.rows * m.cols
    cdef int l, lanes = lanes_of(last - 1, channels), valid = <int>min(<Py_ssize_t>lanes, channels - (last - 1) * LANES)
    cdef const float* b
    cdef float* to
    cdef float* narrow = staged + (last - 1 - first) * pixels * LANES
    for n in range(m.samples):
        for i in range(m.rows):
            for j in range(m.cols):
                b = y + n * m.ysample + i * m.yrow + j * m.ycol + first * LANES
                to = staged
                for _ in range(first, last - 1):
                    for l in range(LANES):
                        to[l] = b[l]
                    b += LANES
                    to += pixels * LANES
                for l in range(lanes):
                    narrow[l] = b[l] if l < valid else <float>0
                staged += LANES
                narrow += lanes


cdef inline void _panel_units(const float* x, const float* dy, float* dkernel, float* workspace, Py_ssize_t columns,
                              const Geometry* g, Py_ssize_t first, Py_ssize_t last, const Pixels* m,
                              bint fresh) noexcept nogil:
    """Tiles [first, last) of dkernel over the pixels `m`. The rows of x are copied CHUNK tiles at a time, and what they
    meet of dy where it is not there yet: once, if these are all tiles."""
    cdef float* packed = aligned(workspace)
    cdef float* staged = packed + CHUNK * RUN * ROWS
    cdef Py_ssize_t blocks = blocks_of(g.fg), kw = 1 if g.merged else g.kw, taps = g.kh * kw
    cdef Py_ssize_t height = g.kw * g.cg if g.merged else g.cg, tiles = (height + PIXELS - 1) // PIXELS
    cdef Py_ssize_t all_tiles = taps * tiles
    cdef Py_ssize_t group, block, chunk, unit, tile, tap, low, t, width, here, end
    cdef Py_ssize_t chunks = (all_tiles + CHUNK - 1) // CHUNK, most = (all_tiles + chunks - 1) // chunks
    cdef Py_ssize_t begin = -1, staged_group = -1, first_block = 0, last_block = 0
    cdef Py_ssize_t[CHUNK] place, row
    cdef int[CHUNK] heights
    cdef int lanes, valid
    cdef float* d
    cdef Pixels s
    s.samples, s.rows, s.cols = 1, 1, m.samples * m.rows * m.cols
    s.xsample = s.ysample = s.xrow = s.yrow = 0
    s.xcol = ROWS
    s.belowstep = columns
    for unit in range(first, last):
        group, here = unit // (blocks * all_tiles), unit % (blocks * all_tiles)
        chunk, here = here // (blocks * most), here % (blocks * most)
        width = min(most, all_tiles - chunk * most)
        block, here = here // width, here % width
        if begin != unit - block * width - here:        # another chunk
            begin = unit - block * width - here
            for t in range(width):
                tap, tile = (chunk * most + t) // tiles, (chunk * most + t) % tiles
                low = height * tile // tiles
                row[t] = tap * height + low
                heights[t] = <int>(height * (tile + 1) // tiles - low)
                place[t] = group * g.cg + low + (tap // kw * g.dh * g.w + tap % kw * g.dw) * g.c
            _pack_tiles(x, g.c, m, place, heights, width, packed)
            end = (min(last - begin, blocks * width) + width - 1) // width
            if staged_group != group or block < first_block or end > last_block:
                staged_group, first_block, last_block = group, block, end
                _stage_blocks(dy + group * g.fg, m, g.fg, first_block, last_block, staged)
        lanes = lanes_of(block, g.fg)
        valid = <int>min(<Py_ssize_t>lanes, g.fg - block * LANES)
        s.ycol = lanes
        d = dkernel + row[here] * columns + group * g.fg + block * LANES
        s.below = d + heights[here] * columns if s.cols >= PIXELS else NULL
        if g.groups == 1 and columns >= padded(g.fg):   # dkernel has the missing filters
            valid = lanes
        outer_block(heights[here], lanes, valid, &s, packed + here * s.cols * ROWS,
                    staged + (block - first_block) * s.cols * LANES, fresh, d, columns)


cdef inline void _kernel_panels(const float* x, const float* dy, float* dkernel, float* workspace, Py_ssize_t columns,
                                const Geometry* g, Py_ssize_t images, bint fresh, Py_ssize_t first,
                                Py_ssize_t last) noexcept nogil:
    """`_kernel_tiles` for many channels or filters: RUN pixels of x and dy at a time are copied side by side.

    Where they lie, each pixel is in another page, and all are in the same few sets of the cache.
    """
    cdef Py_ssize_t n = 0, row, col, n_block = max(<Py_ssize_t>1, RUN // (g.oh * g.ow))
    cdef Py_ssize_t row_block = _even(g.oh, RUN // g.ow), col_block = _even(g.ow, RUN)
    cdef Pixels m
    m.xsample, m.ysample = g.h * g.w * g.c, g.oh * g.ow * g.f
    m.xrow, m.yrow = g.sh * g.w * g.c, g.ow * g.f
    m.xcol, m.ycol = g.sw * g.c, g.f
    m.below, m.belowstep = NULL, 0
    while n < images:
        m.samples = min(n_block, images - n)
        row = 0
        while row < g.oh:
            m.rows = min(row_block, g.oh - row)
            col = 0
            while col < g.ow:
                m.cols = min(col_block, g.ow - col)
                _panel_units(x + n * m.xsample + (row * g.sh * g.w + col * g.sw) * g.c,
                             dy + ((n * g.oh + row) * g.ow + col) * g.f, dkernel, workspace, columns, g, first, last,
                             &m, fresh)
                fresh = False
                col += m.cols
            row += m.rows
        n += m.samples


def kernel_workspace(Py_ssize_t c, Py_ssize_t f, Py_ssize_t sw, Py_ssize_t groups):
    """Floats that a thread of `backward_kernel` needs."""
    cdef Geometry g = _geometry(0, 0, c, 0, 0, f, 1, 1, 1, sw, 1, 1, groups)
    return RUN * (CHUNK * ROWS + padded(g.fg)) + HALF if _panels(&g) else 1


cdef void _kernel_units(const float* x, const float* dy, float* dkernel, float* workspace, Py_ssize_t columns,
                        const Geometry* g, Py_ssize_t samples, bint fresh, bint slack, Py_ssize_t first,
                        Py_ssize_t last) noexcept nogil:
    """Tiles [first, last) of dkernel, over samples: maps follow one another, volumes come one by one."""
    cdef Py_ssize_t n
    if _panels(g):
        _kernel_panels(x, dy, dkernel, workspace, columns, g, samples, fresh, first, last)
    elif g.d == 1 and g.sd == 1:
        _kernel_tiles(x, dy, dkernel, columns, g, samples, fresh, slack, first, last)
    else:
        for n in range(samples):
            _kernel_tiles(x + n * g.d * g.h * g.w * g.c, dy + n * g.od * g.oh * g.ow * g.f, dkernel, columns, g, g.od,
                          fresh and n == 0, slack or n < samples - 1, first, last)


cdef void _kernel_shares(const float* x, const float* dy, float* dkernel, float* workspace, const Geometry* g,
                         Py_ssize_t each, Py_ssize_t n, Py_ssize_t units, int threads) noexcept nogil:
    """All n samples, for a Python door: threads share the tiles, `each` has so many floats of workspace."""
    cdef Py_ssize_t share, shares = max(1, threads)
    for share in prange(shares, schedule="static", num_threads=threads):
        _kernel_units(x, dy, dkernel, workspace + share * each, g.f, g, n, True, False, units * share // shares,
                      units * (share + 1) // shares)


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c), zero padding included
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    float[:, :, :, ::1] dkernel,       # OUT  (kh, kw, c / groups, f)
    float[:, ::1] workspace,           # WORK (threads, kernel_workspace)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups, int threads=1,
):
    """Gradient with respect to the kernel, summed over samples and pixels in order. Threads share its tiles."""
    cdef Py_ssize_t[6] window = [dkernel.shape[0], dkernel.shape[1], sh, sw, dh, dw]
    cdef Geometry g = _of_maps(&x.shape[1], &dy.shape[1], window, groups)
    cdef Py_ssize_t units = kernel_units(g.kh, g.kw, g.cg, g.f, dw, groups)
    cdef const float* a = &x[0, 0, 0, 0]
    with nogil:
        _kernel_shares(a, &dy[0, 0, 0, 0], &dkernel[0, 0, 0, 0], &workspace[0, 0], &g, workspace.shape[1],
                       x.shape[0], units, threads)


def backward_kernel_3d(
    const float[:, :, :, :, ::1] x,    # IN   (n, d, h, w, c), zero padding included
    const float[:, :, :, :, ::1] dy,   # IN   (n, od, oh, ow, f)
    float[:, :, :, :, ::1] dkernel,    # OUT  (kd, kh, kw, c / groups, f)
    float[:, ::1] workspace,           # WORK (threads, kernel_workspace)
    Py_ssize_t sd, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dd, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t groups,
    int threads=1,
):
    """`backward_kernel` of volumes."""
    cdef Py_ssize_t[9] window = [dkernel.shape[0], dkernel.shape[1], dkernel.shape[2], sd, sh, sw, dd, dh, dw]
    cdef Geometry g = _of_volumes(&x.shape[1], &dy.shape[1], window, groups)
    cdef Py_ssize_t units = kernel_units(g.kd * g.kh, g.kw, g.cg, g.f, dw, groups)
    cdef const float* a = &x[0, 0, 0, 0, 0]
    with nogil:
        _kernel_shares(a, &dy[0, 0, 0, 0, 0], &dkernel[0, 0, 0, 0, 0], &workspace[0, 0], &g,
                       workspace.shape[1], x.shape[0], units, threads)


# The result may have columns for the missing filters too. A plan's buffers have slack behind them.

cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[2].shape[0]
    cdef Py_ssize_t[6] window = [k[0], k[1], c.i[0], c.i[1], c.i[2], c.i[3]]
    cdef Geometry g = _of_maps(c.operand[0].shape, c.operand[1].shape, window, c.i[4])
    _kernel_units(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], <float*>t.at[3], k[3], &g, t.samples,
                  t.fresh, True, t.first, t.last)


cdef void _backward_kernel_3d(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* k = &c.operand[2].shape[0]
    cdef Py_ssize_t[9] window = [k[0], k[1], k[2], c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5]]
    cdef Geometry g = _of_volumes(c.operand[0].shape, c.operand[1].shape, window, c.i[6])
    _kernel_units(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], <float*>t.at[3], k[4], &g, t.samples,
                  t.fresh, True, t.first, t.last)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pack": (capsule(_pack), "rw"),
    "pack_transposed": (capsule(_pack_transposed), "rw"),
    "forward": (capsule(_forward), "rrrw"),
    "forward_3d": (capsule(_forward_3d), "rrrw"),
    "forward_transposed": (capsule(_forward_transposed), "rrrw"),
    "forward_transposed_3d": (capsule(_forward_transposed_3d), "rrrw"),
    "backward_input": (capsule(_backward_input), "rrw"),
    "backward_input_3d": (capsule(_backward_input_3d), "rrw"),
    "backward_kernel": (capsule(_backward_kernel), "rrww"),
    "backward_kernel_3d": (capsule(_backward_kernel_3d), "rrww"),
}
CONSTANTS = {
    "LANES": LANES, "PIXELS": PIXELS, "packed_size": packed_size, "transposed_size": transposed_size,
    "pack_units": pack_units, "kernel_units": kernel_units, "input_units": input_units, "padded": padded_filters,
    "kernel_workspace": kernel_workspace,
}
