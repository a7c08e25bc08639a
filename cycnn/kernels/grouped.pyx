"""Grouped convolution of (n, h, w, c) maps with (kh, kw, c / groups, f) kernels, where a group is narrower than a
vector: forward and both gradients. Depthwise convolution with a multiplier is of this kind: a group has one channel and
a few filters.

The lanes of a vector are BLOCK neighbouring filters, of several groups; each wants its own group's channel of x. So x
is *spread* first, once for all taps of the window, padding included: of a row, the k-th channels of all groups, each as
often as its group has filters. With 2 channels and 4 filters a group, and 8 lanes,

    x       a0 a1 b0 b1                   a pixel's channels of two groups
    spread  a0 a0 a0 a0 b0 b0 b0 b0       k = 0
            a1 a1 a1 a1 b1 b1 b1 b1       k = 1

Then every product is one of whole vectors, as in a depthwise convolution with c / groups kernels a filter. Spread rows
stay in the first-level cache: a strip of columns is walked down, and a ring holds as many rows as a window sees. The
input gradient is the same walk, with channels and filters in each other's place; rows and columns of dx take their taps
by their remainder modulo the stride. The kernel gradient spreads a band of x and multiplies it with all of dy that sees
it.

Kernels come packed, [block of BLOCK filters][kh][kw][c / groups][lanes], by `pack` (forward) and `pack_transposed`
(input gradient: filters and channels swapped).
"""

from cython.parallel cimport prange, threadid
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport activate
from cycnn.kernels.cache cimport prefetch
from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.taps cimport Taps, taps_of

cdef extern from *:
    enum: PIXELS "(CYCNN_PIXELS < 6 ? 6 : CYCNN_PIXELS)"  # of a tile, at most; nothing is broadcast, so it is high
    enum: VECTOR "CYCNN_HALF"        # lanes of conv's narrowest block
    enum: BLOCK "(CYCNN_PIXELS < 6 ? CYCNN_HALF : 16)"      # lanes: one vector of AVX-512, two of the others

cdef enum:
    NEAR = 65536                     # floats of y that stay in the second-level cache until their activation
    RUN = 56                         # pixels of a band whose kernel gradient is added up in registers

cdef struct Geometry:
    Py_ssize_t h, w, c               # x
    Py_ssize_t oh, ow, f             # y
    Py_ssize_t kh, kw, sh, sw, dh, dw
    Py_ssize_t top, left             # rows and columns of zeros before x
    Py_ssize_t cg, fg                # channels and filters of a group


cdef Geometry _geometry(const Py_ssize_t* x, const Py_ssize_t* y, Py_ssize_t kh, Py_ssize_t kw,
                        const Py_ssize_t* i, Py_ssize_t groups) noexcept nogil:
    """From (h, w, c), (oh, ow, f) and sh, sw, dh, dw, top, left."""
    return Geometry(x[0], x[1], x[2], y[0], y[1], y[2], kh, kw, i[0], i[1], i[2], i[3], i[4], i[5],
                    x[2] // groups, y[2] // groups)


cdef inline Py_ssize_t _blocks(Py_ssize_t lanes) noexcept nogil:
    return (lanes + BLOCK - 1) // BLOCK


cdef inline Py_ssize_t _floor(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    """a / b, rounded down, for b > 0."""
    return a // b - (a % b < 0)


# ------------------------------------------------------------------------------------------------------ packing

def packed_size(Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t cg, Py_ssize_t f):
    """Floats of a packed kernel of shape (kh, kw, cg, f); for `pack_transposed`, of (kh, kw, f / groups, c)."""
    return kh * kw * cg * _blocks(f) * BLOCK


def pack_units(Py_ssize_t f):
    """Units of work of `pack`, and for c of `pack_transposed`: blocks."""
    return _blocks(f)


cdef void _pack_block(const float* kernel, float* packed, Py_ssize_t terms, Py_ssize_t f,
                      Py_ssize_t block) noexcept nogil:
    """Lanes of one block of a kernel (terms, f)."""
    cdef Py_ssize_t k, l, first = block * BLOCK, valid = min(<Py_ssize_t>BLOCK, f - first)
    packed += first * terms
    for k in range(terms):
        for l in range(BLOCK):
            packed[k * BLOCK + l] = kernel[k * f + first + l] if l < valid else <float>0


cdef void _pack_transposed_block(const float* kernel, float* packed, Py_ssize_t taps, Py_ssize_t cg,
                                 Py_ssize_t f, Py_ssize_t groups, Py_ssize_t block) noexcept nogil:
    """Likewise of (taps, f / groups, c), made from (taps, c / groups, f)."""
    cdef Py_ssize_t fg = f // groups, first = block * BLOCK, tap, k, l, group, at
    cdef Py_ssize_t valid = min(<Py_ssize_t>BLOCK, cg * groups - first)
    packed += first * taps * fg
    for l in range(BLOCK):
        group, at = (first + l) // cg, (first + l) % cg
        for tap in range(taps):
            for k in range(fg):
                packed[(tap * fg + k) * BLOCK + l] = kernel[(tap * cg + at) * f + group * fg + k] if l < valid else 0


def pack(
    const float[:, :, :, ::1] kernel,  # IN   (kh, kw, c / groups, f)
    float[::1] packed,                 # OUT  (packed_size,)
    int threads=1,
):
    """Kernel in blocks of filters, [block][kh][kw][c / groups][lanes]; missing filters are zeros."""
    cdef Py_ssize_t unit, f = kernel.shape[3], terms = kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for unit in prange(_blocks(f), nogil=True, schedule="static", num_threads=threads):
        _pack_block(a, b, terms, f, unit)


cdef void _pack(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* s = &c.operand[0].shape[0]
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_block(<const float*>t.at[0], <float*>t.at[1], s[0] * s[1] * s[2], s[3], unit)


def pack_transposed(
    const float[:, :, :, ::1] kernel,  # IN   (kh, kw, c / groups, f)
    float[::1] packed,                 # OUT  (packed_size of (kh, kw, f / groups, c),)
    Py_ssize_t groups, int threads=1,
):
    """Kernel in blocks of channels, [block][kh][kw][f / groups][lanes]; missing channels are zeros."""
    cdef Py_ssize_t unit, taps = kernel.shape[0] * kernel.shape[1], cg = kernel.shape[2], f = kernel.shape[3]
    cdef const float* a = &kernel[0, 0, 0, 0]
    cdef float* b = &packed[0]
    for unit in prange(_blocks(cg * groups), nogil=True, schedule="static", num_threads=threads):
        _pack_transposed_block(a, b, taps, cg, f, groups, unit)


cdef void _pack_transposed(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* s = &c.operand[0].shape[0]
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _pack_transposed_block(<const float*>t.at[0], <float*>t.at[1], s[0] * s[1], s[2], s[3], c.i[0], unit)


# -------------------------------------------------------------------------------------------------------- spread

cdef struct Spread:
    # A block of lanes, and the channels of the map read that they want: the k-th of its group, for each of `depth` k.
    Py_ssize_t first, valid          # lanes of the result: [first, first + valid)
    Py_ssize_t depth                 # channels that a group has in the map read
    Py_ssize_t channels              # of the map read
    Py_ssize_t base                  # where the first lane's group begins in it
    Py_ssize_t alike, groups         # lanes of a group, and the groups in the block
    int at[BLOCK]                    # where each lane's group begins, counted from there
    int end[4]                       # behind the last lane of each of the first groups


cdef inline Spread _spread(Py_ssize_t block, Py_ssize_t lanes, Py_ssize_t alike, Py_ssize_t depth,
                           Py_ssize_t channels) noexcept nogil:
    """Of a result of so many lanes, `alike` of them in a group. Lanes behind the last one read what that one does."""
    cdef Spread s
    cdef Py_ssize_t l, group
    s.first, s.depth, s.channels, s.alike = block * BLOCK, depth, channels, alike
    s.valid = min(<Py_ssize_t>BLOCK, lanes - s.first)
    group = s.first // alike
    s.base = group * depth
    s.groups = (s.first + s.valid - 1) // alike - group + 1
    for l in range(BLOCK):
        s.at[l] = <int>(((s.first + min(l, s.valid - 1)) // alike - group) * depth)
    for l in range(4):
        s.end[l] = <int>((group + l + 1) * alike - s.first)
    return s


cdef inline void _spread_few(const int groups, const int known, const Spread* s, const float* x, Py_ssize_t xstep,
                             Py_ssize_t pixels, Py_ssize_t below, float* e, Py_ssize_t step,
                             Py_ssize_t pitch) noexcept nogil:
    """Pixels of up to 2, or 4, groups: each lane chooses among as many numbers. `known`: the depth, or 0."""
    cdef Py_ssize_t depth = known if known else s.depth, last = s.groups - 1, k
    cdef Py_ssize_t second = min(last, <Py_ssize_t>1) * depth, third = min(last, <Py_ssize_t>2) * depth
    cdef Py_ssize_t fourth = last * depth, _
    cdef int l, one = s.end[0], two = s.end[1], three = s.end[2]
    cdef float a, b, c, d
    for _ in range(pixels):
        prefetch(x + below)
        for k in range(depth):
            a, b = x[k], x[second + k]
            if groups == 2:
                for l in range(BLOCK):
                    e[k * pitch + l] = a if l < one else b
            else:
                c, d = x[third + k], x[fourth + k]
                for l in range(BLOCK):
                    e[k * pitch + l] = a if l < one else b if l < two else c if l < three else d
        x += xstep
        e += step


cdef inline void _spread_pairs(const float* x, Py_ssize_t xstep, Py_ssize_t pixels, float* e, Py_ssize_t step,
                               Py_ssize_t pitch) noexcept nogil:
    """Pixels of which each lane wants two neighbours."""
    cdef Py_ssize_t _
    cdef int l
    for _ in range(pixels):
        for l in range(BLOCK):
            e[l] = x[2 * l]
        for l in range(BLOCK):
            e[pitch + l] = x[2 * l + 1]
        x += xstep
        e += step


cdef void _spread_run(const Spread* s, const float* x, Py_ssize_t xstep, Py_ssize_t pixels, Py_ssize_t below, float* e,
                      Py_ssize_t step, Py_ssize_t pitch) noexcept nogil:
    """e[p, k, l] = the k-th channel of lane l's group in pixel p; `step` floats from one pixel to the next in e,
    `pitch` from one k to the next. What lies `below` in x is fetched meanwhile. A depth that is known has no loop,
    whose end would be foretold wrongly."""
    cdef Py_ssize_t k, p
    cdef int l
    x += s.base
    if s.groups <= 2:
        if s.depth == 8: _spread_few(2, 8, s, x, xstep, pixels, below, e, step, pitch)
        else: _spread_few(2, 0, s, x, xstep, pixels, below, e, step, pitch)
    elif s.groups <= 4:
        if s.depth == 4: _spread_few(4, 4, s, x, xstep, pixels, below, e, step, pitch)
        else: _spread_few(4, 0, s, x, xstep, pixels, below, e, step, pitch)
    elif s.alike == 1 and s.depth == 2 and s.valid == BLOCK: _spread_pairs(x, xstep, pixels, e, step, pitch)
    else:
        for p in range(pixels):
            for k in range(s.depth):
                for l in range(BLOCK):
                    e[p * step + k * pitch + l] = x[p * xstep + k + s.at[l]]


# --------------------------------------------------------------------------------------------------------- sides

cdef struct Side:
    # One axis of a walk. Forward, position r of the result sees r * stride - before + t * dilation, t < window, of the
    # map read; backward it sees what forward saw it.
    Py_ssize_t size, count           # positions of the map read, and of the result
    Py_ssize_t window, stride, dilation, before
    bint forward


cdef inline Py_ssize_t _phases(const Side* s) noexcept nogil:
    """Positions of the result, next to each other, whose taps differ."""
    return 1 if s.forward else s.stride


cdef inline Py_ssize_t _advance(const Side* s) noexcept nogil:
    """How much further positions of one phase see, one after the other."""
    return s.stride if s.forward else 1


cdef inline Py_ssize_t _first_seen(const Side* s, Py_ssize_t r) noexcept nogil:
    """No position from r on sees anything before this one, and none before r sees anything behind `_last_seen`."""
    if s.forward:
        return r * s.stride - s.before
    return -_floor((s.window - 1) * s.dilation - s.before - r, s.stride)


cdef inline Py_ssize_t _last_seen(const Side* s, Py_ssize_t r) noexcept nogil:
    if s.forward:
        return r * s.stride - s.before + (s.window - 1) * s.dilation
    return _floor(r + s.before, s.stride)


cdef inline Py_ssize_t _span(const Side* s) noexcept nogil:
    """Positions from the first to the last that one position sees, at most."""
    return (s.window - 1) * s.dilation // (1 if s.forward else s.stride) + 1


cdef inline Taps _taps(const Side* s, Py_ssize_t phase) noexcept nogil:
    """The taps of positions phase, phase + phases, ...: the first of these sees place - t * move."""
    if s.forward:
        return Taps(0, 1, s.window, -s.before, -s.dilation)
    return taps_of(phase + s.before, s.window, s.stride, s.dilation)


# ---------------------------------------------------------------------------------------------------------- walk

cdef struct Walk:
    # Where spread rows lie, ring[slot][k][remainder of the column][column][lanes] with `parts` columns a remainder, the
    # weights that meet them, and the result.
    float* ring
    Py_ssize_t parts, pitch, row     # floats from k to k: pitch, from slot to slot: row
    Py_ssize_t depth
    const float* w                   # packed weights of the block
    Py_ssize_t wrow, wcol            # floats from one row of them, and from one column, to the next
    Py_ssize_t valid, ystep
    float start[BLOCK]


cdef inline void _tile(const int height, const Walk* g, const float** rows, const float** weights, Py_ssize_t high,
                       const Py_ssize_t* cols, Py_ssize_t wide, Py_ssize_t wfirst, Py_ssize_t wstep,
                       float* y) noexcept nogil:
    """y[p, l] = start[l] + sum over rows, columns and k, one each at least, of spread[p, k, l] * w[k, l], for pixels p
    of one phase."""
    cdef float acc[PIXELS][BLOCK]
    cdef Py_ssize_t i = 0, j, k, pitch = g.pitch, depth = g.depth, valid = g.valid
    cdef const float* a
    cdef const float* b
    cdef int p, l
    for p in range(height):
        for l in range(BLOCK):
            acc[p][l] = g.start[l]
    while True:                      # tile.pxi says why no loop is without a turn
        j = 0
        while True:
            a, b = rows[i] + cols[j], weights[i] + wfirst + j * wstep
            k = 0
            while True:
                for p in range(height):
                    for l in range(BLOCK):
                        acc[p][l] += a[p * BLOCK + l] * b[l]
                a += pitch
                b += BLOCK
                k += 1
                if k >= depth:
                    break
            j += 1
            if j >= wide:
                break
        i += 1
        if i >= high:
            break
    if valid == BLOCK:
        for p in range(height):
            for l in range(BLOCK):
                y[p * g.ystep + l] = acc[p][l]
    else:
        for p in range(height):
            for l in range(valid):
                y[p * g.ystep + l] = acc[p][l]


cdef inline void _tall(Py_ssize_t height, const Walk* g, const float** rows, const float** weights, Py_ssize_t high,
                       const Py_ssize_t* cols, Py_ssize_t wide, Py_ssize_t wfirst, Py_ssize_t wstep,
                       float* y) noexcept nogil:
    """The copy of `_tile` for this height. Those above PIXELS fold away at compile time."""
    if PIXELS >= 14 and height == 14: _tile(14, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 13 and height == 13: _tile(13, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 12 and height == 12: _tile(12, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 11 and height == 11: _tile(11, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 10 and height == 10: _tile(10, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 9 and height == 9: _tile(9, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 8 and height == 8: _tile(8, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif PIXELS >= 7 and height == 7: _tile(7, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif height == 6: _tile(6, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif height == 5: _tile(5, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif height == 4: _tile(4, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif height == 3: _tile(3, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    elif height == 2: _tile(2, g, rows, weights, high, cols, wide, wfirst, wstep, y)
    else: _tile(1, g, rows, weights, high, cols, wide, wfirst, wstep, y)


cdef inline Py_ssize_t _parts(const Side* cols) noexcept nogil:
    """Spread columns, of one remainder, that a strip of PIXELS positions of each phase sees."""
    cdef Py_ssize_t seen = (PIXELS - 1) * _advance(cols) + _span(cols) + (0 if cols.forward else 1)
    return (seen + _advance(cols) - 1) // _advance(cols)


cdef inline Py_ssize_t _table(const Side* rows, const Side* cols) noexcept nogil:
    """Floats before the ring: integers and addresses, each as large as two floats, up to a whole line of the cache."""
    return ((_phases(cols) * cols.window + 2 * rows.window) * 2 + 15) // 16 * 16


cdef inline Py_ssize_t _room(const Side* rows, const Side* cols, Py_ssize_t depth) noexcept nogil:
    return _table(rows, cols) + _span(rows) * depth * _advance(cols) * _parts(cols) * BLOCK


cdef void _spread_row(const Spread* s, const float* x, Py_ssize_t low, Py_ssize_t high, Py_ssize_t size,
                      Py_ssize_t advance, Py_ssize_t parts, Py_ssize_t step, Py_ssize_t pitch,
                      float* e) noexcept nogil:
    """The columns [low, high) of a row of x, by their remainder modulo `advance`; zeros where there are none. In e,
    `step` floats from one to the next, `parts` of them to the next remainder, and `pitch` from k to k."""
    cdef Py_ssize_t phase, col, p, k, pixels, before, inside
    for phase in range(advance):
        col = low + phase
        pixels = (high - col + advance - 1) // advance
        before = min(pixels, (-col + advance - 1) // advance) if col < 0 else 0
        inside = max(before, min(pixels, (size - col + advance - 1) // advance)) if col < size else before
        _spread_run(s, x + (col + before * advance) * s.channels, advance * s.channels, inside - before,
                    size * s.channels, e + before * step, step, pitch)
        for p in range(pixels):
            if p < before or p >= inside:
                for k in range(s.depth):
                    memset(e + p * step + k * pitch, 0, BLOCK * sizeof(float))
        e += parts * step


cdef void _walk(const Spread* s, const float* read, const float* packed, const float* bias, float* result,
                const Side* rows, const Side* cols, Py_ssize_t lanes, Py_ssize_t low, Py_ssize_t high,
                float* room) noexcept nogil:
    """Rows [low, high) of one sample's result, one block of lanes: strip by strip."""
    cdef Py_ssize_t phases = _phases(cols), advance = _advance(cols), span = _span(rows), wide = cols.size * s.channels
    cdef Py_ssize_t strips, positions = (cols.count + phases - 1) // phases, strip, begin, end, row, seen, next
    cdef Py_ssize_t phase, t, i, left, right, place, pixels
    cdef float* out
    cdef Py_ssize_t* at = <Py_ssize_t*>room           # [phase][tap]: where the first position of a strip looks
    cdef const float** above = <const float**>(at + phases * cols.window)       # [tap]: the row it sees
    cdef const float** weights = above + rows.window                            # [tap]: its weights
    cdef Walk g
    cdef Taps tap
    g.ring = room + _table(rows, cols)
    g.parts, g.depth, g.valid, g.ystep = _parts(cols), s.depth, s.valid, phases * lanes
    g.pitch = advance * g.parts * BLOCK
    g.row = g.depth * g.pitch
    g.wcol = g.depth * BLOCK
    g.wrow = cols.window * g.wcol
    g.w = packed + s.first * rows.window * cols.window * g.depth
    memset(g.start, 0, sizeof(g.start))
    if bias != NULL:
        memcpy(g.start, bias + s.first, s.valid * sizeof(float))
    for phase in range(phases):
        tap = _taps(cols, phase)
        for t in range(tap.count):
            place = tap.place - t * tap.move - _first_seen(cols, 0)
            at[phase * cols.window + t] = (place % advance * g.parts + place // advance) * BLOCK
    strips = (positions + PIXELS - 1) // PIXELS
    for strip in range(strips):
        begin, end = positions * strip // strips, positions * (strip + 1) // strips
        left = _first_seen(cols, begin * phases)
        right = _last_seen(cols, min(end * phases, cols.count) - 1) + 1
        next = 0
        for row in range(low, high):
            next = max(next, _first_seen(rows, row))
            while next < min(rows.size, _last_seen(rows, row) + 1):
                _spread_row(s, read + next * wide, left, right, cols.size, advance, g.parts, BLOCK, g.pitch,
                            g.ring + next % span * g.row)
                next += 1
            tap = _taps(rows, row % _phases(rows))
            seen = 0
            for i in range(tap.count):
                place = tap.place + row // _phases(rows) * _advance(rows) - i * tap.move
                if 0 <= place < rows.size:
                    above[seen] = g.ring + place % span * g.row
                    weights[seen] = g.w + (tap.first + i * tap.step) * g.wrow
                    seen += 1
            for phase in range(phases):
                tap = _taps(cols, phase)
                pixels = (cols.count - phase + phases - 1) // phases
                pixels = min(end, pixels) - begin
                if pixels > 0:
                    out = result + (row * cols.count + begin * phases + phase) * lanes + s.first
                    for i in range(pixels):
                        prefetch(out + _phases(rows) * cols.count * lanes + i * g.ystep)
                    if seen and tap.count:
                        _tall(pixels, &g, above, weights, seen, at + phase * cols.window, tap.count, tap.first * g.wcol,
                              tap.step * g.wcol, out)
                        continue
                    for i in range(pixels):
                        memcpy(out + i * g.ystep, g.start, g.valid * sizeof(float))


# ------------------------------------------------------------------------------------------------------- forward

cdef inline void _forward_sides(const Geometry* g, Side* rows, Side* cols) noexcept nogil:
    rows[0] = Side(g.h, g.oh, g.kh, g.sh, g.dh, g.top, True)
    cols[0] = Side(g.w, g.ow, g.kw, g.sw, g.dw, g.left, True)


cdef inline void _backward_sides(const Geometry* g, Side* rows, Side* cols) noexcept nogil:
    rows[0] = Side(g.oh, g.h, g.kh, g.sh, g.dh, g.top, False)
    cols[0] = Side(g.ow, g.w, g.kw, g.sw, g.dw, g.left, False)


def forward_room(Py_ssize_t cg, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh,
                 Py_ssize_t dw):
    """Floats of a thread's room in `forward`."""
    cdef Side rows = Side(0, 0, kh, sh, dh, 0, True), cols = Side(0, 0, kw, sw, dw, 0, True)
    return _room(&rows, &cols, cg)


def input_room(Py_ssize_t fg, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw):
    """Floats of a thread's room in `backward_input`."""
    cdef Side rows = Side(0, 0, kh, sh, dh, 0, False), cols = Side(0, 0, kw, sw, dw, 0, False)
    return _room(&rows, &cols, fg)


cdef void _forward_rows(const float* x, const float* packed, const float* bias, float* y, float* room,
                        const Geometry* g, int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Output rows [first, last), counted over samples."""
    cdef Py_ssize_t size = g.ow * g.f, most = max(<Py_ssize_t>1, NEAR // size) if activation else g.oh
    cdef Py_ssize_t row = first, n, low, count, block
    cdef Side rows, cols
    cdef Spread s
    _forward_sides(g, &rows, &cols)
    while row < last:
        n, low = row // g.oh, row % g.oh
        count = min(min(most, g.oh - low), last - row)
        for block in range(_blocks(g.f)):
            s = _spread(block, g.f, g.fg, g.cg, g.c)
            _walk(&s, x + n * g.h * g.w * g.c, packed, bias, y + n * g.oh * size, &rows, &cols, g.f, low, low + count,
                  room)
        if activation:
            activate(activation, y + row * size, y + row * size, count * size, 0, 0, 0)
        row += count


def forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[::1] packed,           # IN   by `pack`
    const float[::1] bias,             # IN   (f,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, f)
    float[:, ::1] room,                # WORK (threads, forward_room)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top,
    Py_ssize_t left, Py_ssize_t groups, int activation, int threads=1,
):
    """y = activation(bias + x * kernel, group by group), as if zeros were around x: `top` rows above it and `left`
    columns before it, and as many behind as windows reach."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&x.shape[1], &y.shape[1], kh, kw, window, groups)
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1], step = room.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    cdef float* work = &room[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, work + threadid() * step, &g, activation, rows * share // shares,
                      rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _geometry(c.operand[0].shape, c.operand[3].shape, c.i[0], c.i[1], c.i + 2, c.i[8])
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3],
                  <float*>t.at[4], &g, <int>c.i[9], t.first, t.last)


# ------------------------------------------------------------------------------------------------ input gradient

cdef void _input_rows(const float* dy, const float* packed, float* dx, float* room, const Geometry* g,
                      Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Rows [first, last) of dx, counted over samples."""
    cdef Py_ssize_t row = first, n, low, count, block
    cdef Side rows, cols
    cdef Spread s
    _backward_sides(g, &rows, &cols)
    while row < last:
        n, low = row // g.h, row % g.h
        count = min(g.h - low, last - row)
        for block in range(_blocks(g.c)):
            s = _spread(block, g.c, g.cg, g.fg, g.f)
            _walk(&s, dy + n * g.oh * g.ow * g.f, packed, NULL, dx + n * g.h * g.w * g.c, &rows, &cols, g.c, low,
                  low + count, room)
        row += count


def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    const float[::1] packed,           # IN   by `pack_transposed`
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    float[:, ::1] room,                # WORK (threads, input_room)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top,
    Py_ssize_t left, Py_ssize_t groups, int threads=1,
):
    """Gradient with respect to x. Arguments as of `forward`."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&dx.shape[1], &dy.shape[1], kh, kw, window, groups)
    cdef Py_ssize_t share, shares = max(1, threads), rows = dx.shape[0] * dx.shape[1], step = room.shape[1]
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef const float* w = &packed[0]
    cdef float* out = &dx[0, 0, 0, 0]
    cdef float* work = &room[0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _input_rows(a, w, out, work + threadid() * step, &g, rows * share // shares, rows * (share + 1) // shares)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _geometry(c.operand[2].shape, c.operand[0].shape, c.i[0], c.i[1], c.i + 2, c.i[8])
    _input_rows(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], <float*>t.at[3], &g, t.first, t.last)


# ----------------------------------------------------------------------------------------------- kernel gradient

cdef struct Pixels:
    # Pixels that a tile of the kernel gradient adds up, and how spread x and dy move along their rows and columns.
    Py_ssize_t rows, xrow, yrow
    Py_ssize_t cols, xcol, ycol


cdef inline void _kernel_tile(const int height, const Pixels* g, const float* x, const float* dy, float* d,
                              Py_ssize_t f, Py_ssize_t valid) noexcept nogil:
    """d[k, l] += sum over pixels of spread x[k, l] * dy[l], for `height` neighbouring k."""
    cdef float acc[PIXELS][BLOCK]
    cdef Py_ssize_t row = 0, col, xcol = g.xcol, ycol = g.ycol
    cdef const float* a
    cdef const float* b
    cdef int k, l
    for k in range(height):
        for l in range(BLOCK):
            acc[k][l] = 0
    while True:
        a, b = x + row * g.xrow, dy + row * g.yrow
        col = 0
        while True:
            for k in range(height):
                for l in range(BLOCK):
                    acc[k][l] += a[k * BLOCK + l] * b[l]
            a += xcol
            b += ycol
            col += 1
            if col >= g.cols:
                break
        row += 1
        if row >= g.rows:
            break
    for k in range(height):
        for l in range(valid):
            d[k * f + l] += acc[k][l]


cdef inline void _kernel_tall(Py_ssize_t height, const Pixels* g, const float* x, const float* dy, float* d,
                              Py_ssize_t f, Py_ssize_t valid) noexcept nogil:
    """The copy of `_kernel_tile` for this height."""
    if PIXELS >= 14 and height == 14: _kernel_tile(14, g, x, dy, d, f, valid)
    elif PIXELS >= 13 and height == 13: _kernel_tile(13, g, x, dy, d, f, valid)
    elif PIXELS >= 12 and height == 12: _kernel_tile(12, g, x, dy, d, f, valid)
    elif PIXELS >= 11 and height == 11: _kernel_tile(11, g, x, dy, d, f, valid)
    elif PIXELS >= 10 and height == 10: _kernel_tile(10, g, x, dy, d, f, valid)
    elif PIXELS >= 9 and height == 9: _kernel_tile(9, g, x, dy, d, f, valid)
    elif PIXELS >= 8 and height == 8: _kernel_tile(8, g, x, dy, d, f, valid)
    elif PIXELS >= 7 and height == 7: _kernel_tile(7, g, x, dy, d, f, valid)
    elif height == 6: _kernel_tile(6, g, x, dy, d, f, valid)
    elif height == 5: _kernel_tile(5, g, x, dy, d, f, valid)
    elif height == 4: _kernel_tile(4, g, x, dy, d, f, valid)
    elif height == 3: _kernel_tile(3, g, x, dy, d, f, valid)
    elif height == 2: _kernel_tile(2, g, x, dy, d, f, valid)
    else: _kernel_tile(1, g, x, dy, d, f, valid)


cdef inline void _kernel_terms(Py_ssize_t terms, const Pixels* g, const float* x, const float* dy, float* d,
                               Py_ssize_t f, Py_ssize_t valid) noexcept nogil:
    """Any number of neighbouring k, in tiles as even as can be."""
    cdef Py_ssize_t tiles = (terms + PIXELS - 1) // PIXELS, t, low
    for t in range(tiles):
        low = terms * t // tiles
        _kernel_tall(terms * (t + 1) // tiles - low, g, x + low * BLOCK, dy, d + low * f, f, valid)


def kernel_units(Py_ssize_t f):
    """Units of work of `backward_kernel`: blocks of filters."""
    return _blocks(f)


def kernel_room(Py_ssize_t cg, Py_ssize_t kw, Py_ssize_t sw, Py_ssize_t dw):
    """Floats of a thread's room in `backward_kernel`: a band of spread x, and of dy where lanes are missing."""
    return RUN * ((sw + (kw - 1) * dw) * cg + 1) * BLOCK


cdef void _kernel_band(const float* e, const float* dy, float* d, float* lanes, const Geometry* g, const Spread* s,
                       Py_ssize_t low, Py_ssize_t high, Py_ssize_t begin, Py_ssize_t end,
                       Py_ssize_t erow) noexcept nogil:
    """What the spread rows [low, high) of x give, which the output columns [begin, end) see."""
    cdef Py_ssize_t i, j, top, bottom, row, p, l, edge
    cdef const float* x
    cdef const float* a
    cdef Pixels m
    m.cols, m.xcol = end - begin, g.sw * g.cg * BLOCK
    m.xrow = g.sh * erow
    for i in range(g.kh):
        edge = g.top - i * g.dh
        top = max(<Py_ssize_t>0, -_floor(-low - edge, g.sh))
        bottom = min(g.oh, _floor(high - 1 + edge, g.sh) + 1)
        if top >= bottom:
            continue
        m.rows, m.yrow, m.ycol = bottom - top, g.ow * g.f, g.f
        a = dy + (top * g.ow + begin) * g.f + s.first
        if s.valid < BLOCK:
            for row in range(m.rows):
                for p in range(m.cols):
                    for l in range(BLOCK):
                        lanes[(row * m.cols + p) * BLOCK + l] = a[row * m.yrow + p * m.ycol + l] if l < s.valid else 0
            a, m.yrow, m.ycol = lanes, m.cols * BLOCK, BLOCK
        x = e + (top * g.sh - edge - low) * erow
        if g.dw == 1:
            _kernel_terms(g.kw * g.cg, &m, x, a, d + i * g.kw * g.cg * g.f, g.f, s.valid)
            continue
        for j in range(g.kw):
            _kernel_terms(g.cg, &m, x + j * g.dw * g.cg * BLOCK, a, d + (i * g.kw + j) * g.cg * g.f, g.f, s.valid)


cdef void _kernel_block(const float* x, const float* dy, float* dkernel, float* room, const Geometry* g,
                        Py_ssize_t samples, bint fresh, Py_ssize_t block) noexcept nogil:
    """One block of filters: over samples, strips of at most RUN output columns, and bands of rows of x."""
    cdef Spread s = _spread(block, g.f, g.fg, g.cg, g.c)
    cdef Py_ssize_t n, k, strip, strips = (g.ow + RUN - 1) // RUN, begin, end, left, right, low, high, row, erow, band
    cdef float* e = room + RUN * BLOCK
    cdef float* d = dkernel + s.first
    if fresh:
        for k in range(g.kh * g.kw * g.cg):
            memset(d + k * g.f, 0, s.valid * sizeof(float))
    for n in range(samples):
        for strip in range(strips):
            begin, end = g.ow * strip // strips, g.ow * (strip + 1) // strips
            left, right = begin * g.sw - g.left, (end - 1) * g.sw - g.left + (g.kw - 1) * g.dw + 1
            erow = (right - left) * g.cg * BLOCK
            band = RUN // (end - begin)
            low = 0
            while low < g.h:
                high = min(g.h, low + band)
                for row in range(low, high):
                    _spread_row(&s, x + (n * g.h + row) * g.w * g.c, left, right, g.w, 1, 0, g.cg * BLOCK, BLOCK,
                                e + (row - low) * erow)
                _kernel_band(e, dy + n * g.oh * g.ow * g.f, d, room, g, &s, low, high, begin, end, erow)
                low = high


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, f)
    float[:, :, :, ::1] dkernel,       # OUT  (kh, kw, c / groups, f)
    float[:, ::1] room,                # WORK (threads, kernel_room)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top, Py_ssize_t left, Py_ssize_t groups,
    int threads=1,
):
    """Gradient with respect to the kernel, summed over samples and pixels in order. Threads share its filters."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&x.shape[1], &dy.shape[1], dkernel.shape[0], dkernel.shape[1], window, groups)
    cdef Py_ssize_t unit, n = x.shape[0], step = room.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0, 0]
    cdef float* work = &room[0, 0]
    for unit in prange(_blocks(g.f), nogil=True, schedule="static", num_threads=threads):
        _kernel_block(a, b, d, work + threadid() * step, &g, n, True, unit)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef const Py_ssize_t* s = &c.operand[2].shape[0]
    cdef Geometry g = _geometry(c.operand[0].shape, c.operand[1].shape, s[0], s[1], c.i, c.i[6])
    cdef Py_ssize_t unit
    for unit in range(t.first, t.last):
        _kernel_block(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], <float*>t.at[3], &g, t.samples,
                      t.fresh, unit)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pack": (capsule(_pack), "rw"),
    "pack_transposed": (capsule(_pack_transposed), "rw"),
    "forward": (capsule(_forward), "rrrww"),
    "backward_input": (capsule(_backward_input), "rrww"),
    "backward_kernel": (capsule(_backward_kernel), "rrww"),
}
CONSTANTS = {
    "VECTOR": VECTOR, "packed_size": packed_size, "pack_units": pack_units, "kernel_units": kernel_units,
    "forward_room": forward_room, "input_room": input_room, "kernel_room": kernel_room,
}
