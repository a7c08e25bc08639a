# Register tiles: where the multiplications of convolutions and matrix products happen.
#
# A tile is a block of sums that stays in vector registers while its terms stream by: PIXELS rows of LANES columns
# (14 x 32 on AVX-512, 6 x 16 on AVX2: the sums, one row of weights and one broadcast value fill the register file. On
# the baseline 3 x 16: there a broadcast takes the units that add, and so few of them make a tile a tenth faster than
# 6 x 8). The arrays `acc[PIXELS][LANES]` become those registers when every trip count is a constant after inlining, so
# each height from 1 to PIXELS has its own copy of the code: a map of 26 pixels is two tiles of 13, not 14 + 12, and
# one of 9 wastes nothing. Any height from 5 on (3 on the baseline) runs near the FMA peak.
#
# A single last column (65 filters are 32 + 32 + 1) is no tile: `_sum_column` and `_outer_column` put the terms, or the
# rows, side by side instead. As a tile it would cost as much as HALF columns.
#
# This text is included by the modules that use it, so that `sum_tile` and `outer_tile` are functions of theirs, called
# and compiled once with all their copies; what is `inline` is always inlined (CYTHON_INLINE in setup.py): whether GCC
# makes a copy for each height must not be a matter of its moods.
#
# Two tiles:
#   sum_tile    y[p, l] = init[p, l] + sum_k x[p, k] * w[k, l]      forward, input gradient, dense
#   outer_tile  d[p, l] += sum_s x[s, p] * y[s, l]                  weight gradients; s runs over pixels

from libc.string cimport memcpy, memset

from cycnn.kernels.cache cimport prefetch, prefetch_far

cdef extern from *:
    enum: LANES "CYCNN_LANES"        # output channels of a full tile
    enum: HALF "CYCNN_HALF"          # of a narrow one, for the last few channels
    enum: PIXELS "CYCNN_PIXELS"
    enum: SQUARE "(CYCNN_HALF * CYCNN_HALF)"

cdef enum:
    DEPTH = 320                      # terms of a panel: 14 x 320 floats stay in the first-level cache
    STAGE = 8192                     # floats of a staging buffer on the stack
    AHEAD = 8                        # rows of a kernel that are fetched before they are packed
    FETCHED = 65536                  # weights from which on the next block's are fetched meanwhile


cdef inline Py_ssize_t tiles_of(Py_ssize_t pixels) noexcept nogil:
    """Tiles of a run."""
    return (pixels + PIXELS - 1) // PIXELS


cdef inline Py_ssize_t blocks_of(Py_ssize_t channels) noexcept nogil:
    """Tiles side by side that cover `channels` columns."""
    return (channels + LANES - 1) // LANES


cdef inline int lanes_of(Py_ssize_t block, Py_ssize_t channels) noexcept nogil:
    """Columns of a block: all full but the last, which may be narrow, or a single column."""
    cdef Py_ssize_t left = channels - block * LANES
    return 1 if left == 1 else HALF if left <= HALF else LANES


cdef inline Py_ssize_t padded(Py_ssize_t channels) noexcept nogil:
    """Columns of all blocks together."""
    cdef Py_ssize_t last = blocks_of(channels) - 1
    return last * LANES + lanes_of(last, channels)


cdef inline void prefetch_tile(const float* y, Py_ssize_t ystep) noexcept nogil:
    """Fetch the lines of a tile that is written soon; what lies there may belong to nobody.

    Its rows are far apart, so the processor does not foresee them; a tile of few terms would wait for every line.
    """
    cdef int p
    for p in range(PIXELS):
        prefetch(y + p * ystep)
        if LANES > 16:
            prefetch(y + p * ystep + 16)


# ------------------------------------------------------------------------------------------------------ packing

cdef inline void _shuffle(const float* a, float* b) noexcept nogil:
    """One half of a square's numbers among those of the other half."""
    cdef int k
    for k in range(SQUARE // 2):
        b[2 * k] = a[k]
        b[2 * k + 1] = a[SQUARE // 2 + k]


cdef Py_ssize_t _turn_squares(const float* a, float* b, Py_ssize_t terms, Py_ssize_t lstep, int lanes) noexcept nogil:
    """Transpose what whole squares hold, each line of a read once and for good; returns how many terms that is.

    A shuffle turns the bits of a number's place, those of its row before those of its column, by one: as many as a row
    has bits exchange row and column. It permutes whole vectors, where a plain transpose moves number by number."""
    cdef float square[SQUARE]
    cdef float turned[SQUARE]
    cdef const float* done = &turned[0] if HALF == 16 else &square[0]
    cdef Py_ssize_t k, group
    cdef int i, l
    for group in range(lanes // HALF):
        for k in range(terms // HALF):
            for l in range(HALF):
                for i in range(HALF):
                    turned[l * HALF + i] = a[(group * HALF + l) * lstep + k * HALF + i]
            _shuffle(turned, square)
            _shuffle(square, turned)
            _shuffle(turned, square)
            if HALF == 16:
                _shuffle(square, turned)
            for i in range(HALF):
                for l in range(HALF):
                    b[(k * HALF + i) * lanes + group * HALF + l] = done[i * HALF + l]
    return terms - terms % HALF


cdef void pack_terms(const float* a, float* b, Py_ssize_t terms, Py_ssize_t kstep, Py_ssize_t lstep, int lanes,
                     int valid) noexcept nogil:
    """Terms of a block of columns; term k of column l lies at a[k * kstep + l * lstep], and one of the steps is 1."""
    cdef Py_ssize_t k, first = 0
    cdef int l
    if lanes == 1 and kstep == 1:
        memcpy(b, a, terms * sizeof(float))
        return
    if lstep != 1 and lanes > 1 and valid == lanes:
        first = _turn_squares(a, b, terms, lstep, lanes)
    for k in range(first, terms):
        if lstep == 1 and valid == LANES:
            prefetch(a + (k + AHEAD) * kstep)
            prefetch(a + (k + AHEAD) * kstep + LANES - 1)
            for l in range(LANES):
                b[k * lanes + l] = a[k * kstep + l]
        else:
            for l in range(valid):
                b[k * lanes + l] = a[k * kstep + l * lstep]
        for l in range(valid, lanes):
            b[k * lanes + l] = 0


# ----------------------------------------------------------------------------------------------------- sum_tile

cdef struct Terms:
    # Which x and w meet: x moves by xrow / xcol and w by wrow / wcol from tap to tap; `depth` neighbours per tap.
    Py_ssize_t rows, xrow, wrow
    Py_ssize_t cols, xcol, wcol
    Py_ssize_t depth
    Py_ssize_t xstep                 # floats from one row of the tile to the next, in x
    Py_ssize_t ystep                 # likewise in y
    const float* next                # weights that are fetched meanwhile, nextstep floats for each term; 0: none
    Py_ssize_t nextstep
    const float* below               # where the next tile is written, if that is fetched meanwhile; NULL: it was before


cdef inline Terms one_tap(Py_ssize_t depth, Py_ssize_t xstep, Py_ssize_t ystep) noexcept nogil:
    """The terms of a matrix product; nothing is fetched meanwhile."""
    return Terms(1, 0, 0, 1, 0, 0, depth, xstep, ystep, NULL, 0, NULL)


cdef inline void fetch_meanwhile(Terms* m, const float* next, Py_ssize_t lanes, Py_ssize_t tiles) noexcept nogil:
    """Let each of so many tiles fetch its share of the block of weights that comes `next`: few tiles do not make up for
    waiting for memory, and in the innermost loop fetching is free. (ResNet50, one image: a seventh of all its time.)"""
    m.next, m.nextstep = next, (lanes + tiles - 1) // tiles


cdef inline void _add_term(const int height, const int lanes, const float** base, Py_ssize_t xstep, Py_ssize_t k,
                           const float* b, float (*acc)[LANES]) noexcept nogil:
    """acc[p, l] += x[p, k] * b[l]; three rows of x from each base."""
    cdef int p, l
    for p in range(height):
        for l in range(lanes):
            acc[p][l] += base[p // 3][(p % 3) * xstep + k] * b[l]


cdef inline void _sum_tile(const int height, const int lanes, const Terms* g, const float* x, const float* w,
                           const float* init, Py_ssize_t initstep, float* y, Py_ssize_t ystep) noexcept nogil:
    cdef float acc[PIXELS][LANES]
    cdef Py_ssize_t xstep = g.xstep, depth = g.depth, rows = g.rows, cols = g.cols, i = 0, j, k
    cdef const float* a
    cdef const float* b
    cdef const float* base[5]
    cdef const float* ahead = g.next
    cdef const float* below = g.below
    cdef const float* end = below
    cdef Py_ssize_t step = g.nextstep, belowstep = g.ystep
    cdef int p, l
    if below != NULL:
        end += PIXELS * belowstep
    for p in range(height):
        for l in range(lanes):
            acc[p][l] = init[p * initstep + l]
    # No loop without a turn: else the sums are kept in memory, too, and pass through it before and after the loops (a
    # twentieth of a tile of 64 terms, a seventh of one of 27). Four terms a turn, since instructions count: where the
    # other half of a core is busy, and in the cloud it mostly is, a tile takes as long as they take to be issued, not
    # to be multiplied (1x1 convolutions: 1.05 to 1.1 times as fast). The tail is the same code, left early: a loop of
    # its own for the last terms would have no turn at times.
    while True:
        j = 0
        while True:
            a = x + i * g.xrow + j * g.xcol
            b = w + i * g.wrow + j * g.wcol
            base[0] = a
            for p in range(1, 5):
                base[p] = base[p - 1] + 3 * xstep
            k = 0
            while True:
                if step:
                    for p in range(4):
                        prefetch_far(ahead + p * step)
                    ahead += 4 * step
                if below < end:
                    for p in range(4):
                        prefetch(below + p * belowstep)
                        if lanes > 16:
                            prefetch(below + p * belowstep + 16)
                    below += 4 * belowstep
                _add_term(height, lanes, base, xstep, k, b, acc)
                if k + 1 >= depth:
                    break
                _add_term(height, lanes, base, xstep, k + 1, b + lanes, acc)
                if k + 2 >= depth:
                    break
                _add_term(height, lanes, base, xstep, k + 2, b + 2 * lanes, acc)
                if k + 3 >= depth:
                    break
                _add_term(height, lanes, base, xstep, k + 3, b + 3 * lanes, acc)
                b += 4 * lanes
                k += 4
                if k >= depth:
                    break
            j += 1
            if j >= cols:
                break
        i += 1
        if i >= rows:
            break
    for p in range(height):
        for l in range(lanes):
            y[p * ystep + l] = acc[p][l]


cdef inline float _total(float* acc) noexcept nogil:
    """The sum of LANES numbers, halves onto halves; they are overwritten."""
    cdef int l
    if LANES >= 32:
        for l in range(16):
            acc[l] += acc[l + 16]
    for l in range(8):
        acc[l] += acc[l + 8]
    for l in range(4):
        acc[l] += acc[l + 4]
    return (acc[0] + acc[1]) + (acc[2] + acc[3])


cdef inline void _sum_column(const int pixels, const Terms* g, const float* x, const float* w, const float* init,
                             Py_ssize_t initstep, float* y, Py_ssize_t ystep) noexcept nogil:
    """A few rows of a tile with one column: sums of LANES terms side by side, joined at the end."""
    cdef float acc[4][LANES]
    cdef Py_ssize_t i, j, _, rest = g.depth % LANES
    cdef const float* a
    cdef const float* b
    cdef int p, l
    for p in range(pixels):
        for l in range(LANES):
            acc[p][l] = 0
    for i in range(g.rows):
        for j in range(g.cols):
            a = x + i * g.xrow + j * g.xcol
            b = w + i * g.wrow + j * g.wcol
            for _ in range(g.depth // LANES):
                for p in range(pixels):
                    for l in range(LANES):
                        acc[p][l] += a[p * g.xstep + l] * b[l]
                a += LANES
                b += LANES
            if rest:
                for p in range(pixels):
                    for l in range(LANES):
                        acc[p][l] += a[p * g.xstep + l] * b[l] if l < rest else <float>0
    for p in range(pixels):
        y[p * ystep] = init[p * initstep] + _total(acc[p])


cdef inline void sum_column(int height, const Terms* g, const float* x, const float* w, const float* init,
                            Py_ssize_t initstep, float* y, Py_ssize_t ystep) noexcept nogil:
    """`_sum_column` for any height."""
    cdef int p = 0
    while p + 4 <= height:
        _sum_column(4, g, x + p * g.xstep, w, init + p * initstep, initstep, y + p * ystep, ystep)
        p += 4
    while p < height:
        _sum_column(1, g, x + p * g.xstep, w, init + p * initstep, initstep, y + p * ystep, ystep)
        p += 1


cdef void sum_tile(int height, int lanes, const Terms* g, const float* x, const float* w, const float* init,
                   Py_ssize_t initstep, float* y, Py_ssize_t ystep) noexcept nogil:
    """The copy of `_sum_tile` for this height and width. Heights above PIXELS fold away at compile time."""
    if lanes == 1: sum_column(height, g, x, w, init, initstep, y, ystep)
    elif lanes == LANES:
        if PIXELS >= 14 and height == 14: _sum_tile(14, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 13 and height == 13: _sum_tile(13, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 12 and height == 12: _sum_tile(12, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 11 and height == 11: _sum_tile(11, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 10 and height == 10: _sum_tile(10, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 9 and height == 9: _sum_tile(9, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 8 and height == 8: _sum_tile(8, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 7 and height == 7: _sum_tile(7, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 6 and height == 6: _sum_tile(6, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 5 and height == 5: _sum_tile(5, LANES, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 4 and height == 4: _sum_tile(4, LANES, g, x, w, init, initstep, y, ystep)
        elif height == 3: _sum_tile(3, LANES, g, x, w, init, initstep, y, ystep)
        elif height == 2: _sum_tile(2, LANES, g, x, w, init, initstep, y, ystep)
        else: _sum_tile(1, LANES, g, x, w, init, initstep, y, ystep)
    else:
        if PIXELS >= 14 and height == 14: _sum_tile(14, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 13 and height == 13: _sum_tile(13, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 12 and height == 12: _sum_tile(12, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 11 and height == 11: _sum_tile(11, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 10 and height == 10: _sum_tile(10, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 9 and height == 9: _sum_tile(9, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 8 and height == 8: _sum_tile(8, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 7 and height == 7: _sum_tile(7, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 6 and height == 6: _sum_tile(6, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 5 and height == 5: _sum_tile(5, HALF, g, x, w, init, initstep, y, ystep)
        elif PIXELS >= 4 and height == 4: _sum_tile(4, HALF, g, x, w, init, initstep, y, ystep)
        elif height == 3: _sum_tile(3, HALF, g, x, w, init, initstep, y, ystep)
        elif height == 2: _sum_tile(2, HALF, g, x, w, init, initstep, y, ystep)
        else: _sum_tile(1, HALF, g, x, w, init, initstep, y, ystep)


cdef inline void sum_block(int height, int lanes, int valid, const Terms* g, const float* x, const float* w,
                           const float* bias, bint onto, bint spill, float* y) noexcept nogil:
    """One tile whose last columns may not exist: `valid` of `lanes`.

    The sums start from `bias` (LANES values), or from what y holds already (`onto`). With `spill` the tile may write
    all its lanes, over the beginning of the pixels that follow, because the caller writes those later. Else only the
    valid columns are touched.
    """
    cdef float out[PIXELS * LANES]
    cdef int p, l
    cdef const float* init = bias
    cdef Py_ssize_t initstep = 0, ystep = g.ystep
    cdef float* target = y
    cdef bint direct = valid == lanes or spill
    if not direct:  # an `if` on the column inside the tile would cost its registers: go through a full tile
        target, ystep = out, lanes
    if onto:
        init, initstep = target, ystep
        if not direct:
            for p in range(height):
                for l in range(lanes):
                    out[p * lanes + l] = y[p * g.ystep + l] if l < valid else <float>0
    sum_tile(height, lanes, g, x, w, init, initstep, target, ystep)
    if not direct:
        for p in range(height):
            for l in range(valid):
                y[p * g.ystep + l] = out[p * lanes + l]


cdef inline void sum_run(Py_ssize_t pixels, int lanes, int valid, Terms* g, const float* x, const float* w,
                         const float* bias, bint onto, bint spill, float* y) noexcept nogil:
    """A run of pixels, in tiles as even as can be, from left to right."""
    cdef Py_ssize_t tiles = tiles_of(pixels), t, low, high
    # Lines of four rows in a turn, instead of all at once: a core waits for 16 lines at a time (1.05 to 1.2 times as
    # fast from 24 to 64 channels).
    cdef bint meanwhile = 4 * g.rows * g.cols * ((g.depth + 3) // 4) >= PIXELS
    for t in range(tiles):
        low = pixels * t // tiles
        high = pixels * (t + 1) // tiles
        g.below = y + high * g.ystep if meanwhile else NULL
        if not meanwhile:
            prefetch_tile(y + high * g.ystep, g.ystep)
        sum_block(<int>(high - low), lanes, valid, g, x + low * g.xstep, w, bias, onto, spill, y + low * g.ystep)
        g.next += g.nextstep * g.rows * g.cols * g.depth
    g.below = NULL


cdef inline void load_bias(const float* bias, int valid, float* padded_bias) noexcept nogil:
    """LANES start values of a block: the bias, or zeros where there is none."""
    cdef int l
    for l in range(LANES):
        padded_bias[l] = 0
    if bias != NULL:
        for l in range(valid):
            padded_bias[l] = bias[l]


# --------------------------------------------------------------------------------------------------- outer_tile

cdef struct Pixels:
    # The pixels that an outer product sums over: samples x rows x columns, and how x and y move along each.
    Py_ssize_t samples, xsample, ysample
    Py_ssize_t rows, xrow, yrow
    Py_ssize_t cols, xcol, ycol
    const float* below               # what is written next, belowstep floats from row to row, and fetched meanwhile;
    Py_ssize_t belowstep             # NULL: nothing is, for so few pixels


cdef inline void _add_pixel(const int height, const int lanes, const float* x, const float* y,
                            float (*acc)[LANES]) noexcept nogil:
    """acc[p, l] += x[p] * y[l]."""
    cdef int p, l
    for p in range(height):
        for l in range(lanes):
            acc[p][l] += x[p] * y[l]


cdef inline void _outer_tile(const int height, const int lanes, const Pixels* g, const float* x, const float* y,
                             bint fresh, float* d, Py_ssize_t dstep) noexcept nogil:
    cdef float acc[PIXELS][LANES]
    cdef Py_ssize_t n = 0, i, j, xcol = g.xcol, ycol = g.ycol, cols = g.cols, rows = g.rows, samples = g.samples
    cdef const float* a
    cdef const float* b
    cdef int p, l
    cdef const float* below = g.below
    cdef Py_ssize_t belowstep = g.belowstep
    # One way to begin, no loop without a turn, four pixels a turn, and lines fetched one by one, as above.
    cdef float zero[LANES]
    cdef const float* start = &zero[0] if fresh else d
    cdef Py_ssize_t startstep = 0 if fresh else dstep
    memset(zero, 0, sizeof(zero))
    for p in range(height):
        for l in range(lanes):
            acc[p][l] = start[p * startstep + l]
    while True:
        i = 0
        while True:
            a = x + n * g.xsample + i * g.xrow
            b = y + n * g.ysample + i * g.yrow
            j = 0
            while True:
                if below != NULL and j < PIXELS:
                    for p in range(4):
                        prefetch(below + p * belowstep)
                        if lanes > 16:
                            prefetch(below + p * belowstep + 16)
                    below += 4 * belowstep
                _add_pixel(height, lanes, a, b, acc)
                if j + 1 >= cols:
                    break
                _add_pixel(height, lanes, a + xcol, b + ycol, acc)
                if j + 2 >= cols:
                    break
                _add_pixel(height, lanes, a + 2 * xcol, b + 2 * ycol, acc)
                if j + 3 >= cols:
                    break
                _add_pixel(height, lanes, a + 3 * xcol, b + 3 * ycol, acc)
                a += 4 * xcol
                b += 4 * ycol
                j += 4
                if j >= cols:
                    break
            below = NULL
            i += 1
            if i >= rows:
                break
        n += 1
        if n >= samples:
            break
    for p in range(height):
        for l in range(lanes):
            d[p * dstep + l] = acc[p][l]


cdef inline void _add_column(int height, const float* a, float b, float* acc) noexcept nogil:
    """acc[p] += a[p] * b for the rows of a tile, side by side (HALF is at least PIXELS)."""
    cdef int p
    for p in range(HALF):
        acc[p] += (a[p] if p < height else <float>0) * b


cdef inline void _outer_column(int height, const Pixels* g, const float* x, const float* y, bint fresh, float* d,
                               Py_ssize_t dstep) noexcept nogil:
    """A tile with one column: its rows side by side, four pixels at a time."""
    cdef float first[HALF]
    cdef float second[HALF]
    cdef float third[HALF]
    cdef float fourth[HALF]
    cdef Py_ssize_t n, i, j
    cdef const float* a
    cdef const float* b
    cdef int p
    for p in range(HALF):
        first[p] = second[p] = third[p] = fourth[p] = 0
    for n in range(g.samples):
        for i in range(g.rows):
            a = x + n * g.xsample + i * g.xrow
            b = y + n * g.ysample + i * g.yrow
            j = 0
            while j + 4 <= g.cols:
                _add_column(height, a, b[0], first)
                _add_column(height, a + g.xcol, b[g.ycol], second)
                _add_column(height, a + 2 * g.xcol, b[2 * g.ycol], third)
                _add_column(height, a + 3 * g.xcol, b[3 * g.ycol], fourth)
                a += 4 * g.xcol
                b += 4 * g.ycol
                j += 4
            while j < g.cols:
                _add_column(height, a, b[0], first)
                a += g.xcol
                b += g.ycol
                j += 1
    for p in range(HALF):
        first[p] = (first[p] + second[p]) + (third[p] + fourth[p])
    for p in range(height):
        d[p * dstep] = first[p] if fresh else d[p * dstep] + first[p]


cdef void outer_tile(int height, int lanes, const Pixels* g, const float* x, const float* y, bint fresh,
                     float* d, Py_ssize_t dstep) noexcept nogil:
    """The copy of `_outer_tile` for this height and width."""
    if lanes == 1: _outer_column(height, g, x, y, fresh, d, dstep)
    elif lanes == LANES:
        if PIXELS >= 14 and height == 14: _outer_tile(14, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 13 and height == 13: _outer_tile(13, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 12 and height == 12: _outer_tile(12, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 11 and height == 11: _outer_tile(11, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 10 and height == 10: _outer_tile(10, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 9 and height == 9: _outer_tile(9, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 8 and height == 8: _outer_tile(8, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 7 and height == 7: _outer_tile(7, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 6 and height == 6: _outer_tile(6, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 5 and height == 5: _outer_tile(5, LANES, g, x, y, fresh, d, dstep)
        elif PIXELS >= 4 and height == 4: _outer_tile(4, LANES, g, x, y, fresh, d, dstep)
        elif height == 3: _outer_tile(3, LANES, g, x, y, fresh, d, dstep)
        elif height == 2: _outer_tile(2, LANES, g, x, y, fresh, d, dstep)
        else: _outer_tile(1, LANES, g, x, y, fresh, d, dstep)
    else:
        if PIXELS >= 14 and height == 14: _outer_tile(14, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 13 and height == 13: _outer_tile(13, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 12 and height == 12: _outer_tile(12, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 11 and height == 11: _outer_tile(11, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 10 and height == 10: _outer_tile(10, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 9 and height == 9: _outer_tile(9, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 8 and height == 8: _outer_tile(8, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 7 and height == 7: _outer_tile(7, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 6 and height == 6: _outer_tile(6, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 5 and height == 5: _outer_tile(5, HALF, g, x, y, fresh, d, dstep)
        elif PIXELS >= 4 and height == 4: _outer_tile(4, HALF, g, x, y, fresh, d, dstep)
        elif height == 3: _outer_tile(3, HALF, g, x, y, fresh, d, dstep)
        elif height == 2: _outer_tile(2, HALF, g, x, y, fresh, d, dstep)
        else: _outer_tile(1, HALF, g, x, y, fresh, d, dstep)


cdef inline void outer_block(int height, int lanes, int valid, const Pixels* g, const float* x, const float* y,
                             bint fresh, float* d, Py_ssize_t dstep) noexcept nogil:
    """One tile of a gradient whose last columns may not exist: y can be read there (whatever it holds), d is left."""
    cdef float out[PIXELS * LANES]
    cdef int p, l
    cdef bint whole = valid == lanes
    if not whole and not fresh:
        for p in range(height):
            for l in range(lanes):
                out[p * lanes + l] = d[p * dstep + l] if l < valid else <float>0
    outer_tile(height, lanes, g, x, y, fresh, d if whole else out, dstep if whole else lanes)
    if not whole:
        for p in range(height):
            for l in range(valid):
                d[p * dstep + l] = out[p * lanes + l]


cdef inline float* aligned(float* room) noexcept nogil:
    """The first place in `room` at which a vector of HALF floats lies in one cache line."""
    cdef size_t line = HALF * sizeof(float)
    return room + (line - <size_t>room % line) % line // sizeof(float)  # not out of an integer: that may alias anything


cdef inline void stage(const Pixels* g, const float* y, int lanes, int valid, float* staged) noexcept nogil:
    """Copy a block's columns of all pixels side by side, missing columns as zeros: (samples, rows, cols, lanes)."""
    cdef Py_ssize_t n, i, j
    cdef int l
    cdef const float* b
    for n in range(g.samples):
        for i in range(g.rows):
            b = y + n * g.ysample + i * g.yrow
            for j in range(g.cols):
                if valid == LANES:
                    for l in range(LANES):
                        staged[l] = b[j * g.ycol + l]
                else:
                    for l in range(valid):
                        staged[l] = b[j * g.ycol + l]
                    for l in range(valid, lanes):
                        staged[l] = 0
                staged += lanes
