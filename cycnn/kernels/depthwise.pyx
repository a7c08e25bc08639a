"""Depthwise convolution of (n, h, w, c) maps with (kh, kw, c) kernels: forward and both gradients.

Each channel has its own kernel; where it has several, `grouped` takes care. There is little arithmetic for every number
that is moved, so maps are read where they lie, padding included (taps that look outside are left out, no padded copy is
made), and kernels as they are, unpacked.

A tile is up to PIXELS neighbouring pixels of LANES channels; its sums stay in registers while the window's taps pass.
All three kernels cut a map into rectangles whose pixels have the same taps inside: one in the middle, and around it
rows and columns one pixel wide. A rectangle is walked along its rows, or, where it is a column, down:

    corner   row of few taps   corner
    column       middle        column       the right column is one run of pixels, from top to bottom
    corner        row          corner

Channels go in two ways: `WHOLE` blocks of LANES or HALF, of which the last may reach back over the one before it, and
`FEW`, where there are less than HALF.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport activate
from cycnn.kernels.cache cimport prefetch
from cycnn.kernels.call cimport Call, Task, capsule
from cycnn.kernels.taps cimport Taps, taps_of

cdef extern from *:
    # Channels of a block, and pixels of a tile at most. Nothing is broadcast here: low tiles are made high and narrow.
    enum: LANES "(CYCNN_PIXELS < 6 ? CYCNN_HALF : CYCNN_LANES)"
    enum: PIXELS "(CYCNN_PIXELS < 6 ? 6 : CYCNN_PIXELS)"
    enum: HALF "CYCNN_HALF"          # channels of a narrow block

cdef enum:
    WHOLE, FEW
    NEAR = 65536                     # floats of y that stay in the second-level cache until their activation
    # Rows that a block of channels walks down: each sees again what the last one saw. A gradient's are fewer: where a
    # stride spreads what it writes, eight rows do not stay in the first-level cache (a stride of 2: 1.0 to 1.5).
    BAND = 8
    GRADIENT_BAND = 4

cdef struct Geometry:
    Py_ssize_t h, w, oh, ow, c       # x and y
    Py_ssize_t kh, kw
    Py_ssize_t sh, sw, dh, dw
    Py_ssize_t top, left             # rows and columns of zeros before x


cdef Geometry _geometry(const Py_ssize_t* x, const Py_ssize_t* kernel, const Py_ssize_t* y,
                        const Py_ssize_t* i) noexcept nogil:
    """From (h, w, c), (kh, kw, c), (oh, ow, c) and sh, sw, dh, dw, top, left."""
    return Geometry(x[0], x[1], y[0], y[1], x[2], kernel[0], kernel[1], i[0], i[1], i[2], i[3], i[4], i[5])


# ------------------------------------------------------------------------------------------------------ windows

cdef struct Axis:
    # Positions of the result along one axis whose taps lie alike: at, at + stride, ... (count of them). The taps are
    # those of the first; the others see `advance` further each. What is seen has `size` positions.
    Taps taps
    Py_ssize_t at, stride, count, advance, size


cdef inline Axis _forward_axis(Py_ssize_t size, Py_ssize_t outputs, Py_ssize_t window, Py_ssize_t stride,
                               Py_ssize_t dilation, Py_ssize_t before) noexcept nogil:
    cdef Axis a
    a.taps = Taps(0, 1, window, -before, -dilation)
    a.at, a.stride, a.count, a.advance, a.size = 0, 1, outputs, stride, size
    return a


cdef inline Axis _backward_axis(Py_ssize_t size, Py_ssize_t outputs, Py_ssize_t window, Py_ssize_t stride,
                                Py_ssize_t dilation, Py_ssize_t before, Py_ssize_t phase) noexcept nogil:
    """The positions of the input with remainder `phase` modulo the stride."""
    cdef Axis a
    a.taps = taps_of(phase + before, window, stride, dilation)
    a.at, a.stride, a.count, a.advance, a.size = phase, stride, (size - phase + stride - 1) // stride, 1, outputs
    return a


cdef inline Py_ssize_t _alike(const Axis* a, Py_ssize_t place, Py_ssize_t last, Py_ssize_t* low,
                              Py_ssize_t* high) noexcept nogil:
    """The taps [low, high) that look inside from one of the positions, and the first position behind it, at most
    `last`, for which others do."""
    cdef Py_ssize_t first = a.taps.place + place * a.advance, move = a.taps.move, count = a.taps.count
    cdef Py_ssize_t final = first - (count - 1) * move
    if count > 0 and min(first, final) >= 0 and max(first, final) < a.size:
        low[0], high[0] = 0, count
        return min(last, place + (a.size - 1 - max(first, final)) // a.advance + 1)
    if move > 0:
        low[0] = (first - a.size) // move + 1 if first >= a.size else 0
        high[0] = min(count, first // move + 1) if first >= 0 else 0
    else:
        low[0] = (-first - move - 1) // -move if first < 0 else 0
        high[0] = min(count, (a.size - 1 - first) // -move + 1) if first < a.size else 0
    high[0] = max(high[0], low[0])
    return place + 1


# -------------------------------------------------------------------------------------------------------- tiles

cdef struct Lanes:
    # A block of channels.
    int way, lanes, valid
    int known                        # of the first lanes: the block before has them, too
    Py_ssize_t first                 # channel


cdef inline Py_ssize_t _take(Lanes* b, Py_ssize_t first, Py_ssize_t last, Py_ssize_t channels) noexcept nogil:
    """A block of channels from `first` on, up to `last` or less; returns where the next one begins."""
    cdef Py_ssize_t left = last - first
    b.way, b.first, b.known = WHOLE, first, 0
    b.lanes = b.valid = LANES if left >= LANES else HALF
    if left < HALF <= channels:
        b.first, b.known = last - HALF, <int>(HALF - left)
    elif left < HALF:
        b.way, b.valid = FEW, <int>left
    return min(last, first + b.valid)


cdef struct Window:
    # What a tile adds up: rows x cols taps; x and w move by xrow / wrow and xcol / wcol from tap to tap.
    Py_ssize_t rows, xrow, wrow
    Py_ssize_t cols, xcol, wcol
    Py_ssize_t xstep, ystep          # floats from one pixel of the tile to the next


cdef inline void _tile(const int height, const int lanes, const int way, const Lanes* b, const Window* g,
                       const float* x, const float* w, const float* start, float* y) noexcept nogil:
    """y[p, l] = start[l] + sum over taps, one at least, of x[p, l] * w[l] for the pixels p and channels l of a tile."""
    cdef float acc[PIXELS][LANES]
    cdef float weight[LANES]
    cdef float seen[LANES]
    cdef Py_ssize_t taps = g.rows * g.cols, cols = g.cols, xstep = g.xstep, ystep = g.ystep, xcol = g.xcol
    cdef Py_ssize_t wcol = g.wcol, xwrap = g.xrow - (cols - 1) * xcol, wwrap = g.wrow - (cols - 1) * wcol
    cdef Py_ssize_t tap = 0, left = cols
    cdef const float* a = x
    cdef const float* v = w
    cdef const float* base[5]
    cdef int p, l, valid = b.valid
    for p in range(height):
        for l in range(lanes):
            acc[p][l] = start[l]
    # One loop over rows and columns of the window, whose step is no constant: else the compiler keeps a pointer for
    # each pixel, and setting those up takes longer than three taps. Never without a turn: else the sums go through
    # memory.
    while True:
        for p in range(5):
            base[p] = a + 3 * p * xstep
        if way == WHOLE:
            for p in range(height):
                for l in range(lanes):
                    acc[p][l] += base[p // 3][(p % 3) * xstep + l] * v[l]
        else:
            for l in range(lanes):
                weight[l] = v[l] if l < valid else <float>0
            for p in range(height):
                for l in range(lanes):
                    seen[l] = a[p * xstep + l] if l < valid else <float>0
                for l in range(lanes):
                    acc[p][l] += seen[l] * weight[l]
        left -= 1
        a += xcol if left else xwrap
        v += wcol if left else wwrap
        left = left if left else cols
        tap += 1
        if tap >= taps:
            break
    if way == WHOLE:
        for p in range(height):
            for l in range(lanes):
                y[p * ystep + l] = acc[p][l]
    else:
        for p in range(height):
            for l in range(valid):
                y[p * ystep + l] = acc[p][l]


cdef struct Band:
    # Rows of tiles that lie one below the other, and the floats from one to the next in the map read and the result.
    Py_ssize_t rows, x, y
    bint far                         # the result may be in no cache yet


cdef void _run(Py_ssize_t pixels, const Band* band, const Lanes* b, const Window* g, const float* x, const float* w,
               const float* start, float* y) noexcept nogil:
    """Runs of pixels, one below the other, in tiles as even as can be.

    Where a tile below will be written is fetched meanwhile: its pixels are far apart, so the processor does not foresee
    them, and so few terms do not hide the waiting (a tenth to a fifth of 4 x 56 x 56 x 144, forward). Fetching what
    will be read, too, made it slower again.
    """
    cdef Py_ssize_t most = PIXELS if b.way == WHOLE else 4, tiles = (pixels + most - 1) // most, t, low, high, row, p
    cdef const float* a
    cdef float* out
    for t in range(tiles):
        low, high = pixels * t // tiles, pixels * (t + 1) // tiles
        for row in range(band.rows):
            a, out = x + row * band.x + low * g.xstep, y + row * band.y + low * g.ystep
            if band.far and b.way == WHOLE and row + 1 < band.rows:
                for p in range(high - low):
                    prefetch(out + band.y + p * g.ystep)
                    if LANES > 16:
                        prefetch(out + band.y + p * g.ystep + 16)
            if b.way != WHOLE: _narrow(high - low, b, g, a, w, start, out)
            elif b.lanes == LANES: _tall(<int>(high - low), LANES, b, g, a, w, start, out)
            else: _tall(<int>(high - low), HALF, b, g, a, w, start, out)


cdef inline void _narrow(Py_ssize_t pixels, const Lanes* b, const Window* g, const float* x, const float* w,
                         const float* start, float* y) noexcept nogil:
    """Up to four pixels: all at once, or one by one."""
    cdef Py_ssize_t p
    if pixels == 4:
        _tile(4, HALF, FEW, b, g, x, w, start, y)
        return
    for p in range(pixels):
        _tile(1, HALF, FEW, b, g, x + p * g.xstep, w, start, y + p * g.ystep)


cdef inline void _tall(int height, const int lanes, const Lanes* b, const Window* g, const float* x, const float* w,
                       const float* start, float* y) noexcept nogil:
    """The copy of `_tile` for this height. Those above PIXELS fold away at compile time."""
    if PIXELS >= 14 and height == 14: _tile(14, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 13 and height == 13: _tile(13, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 12 and height == 12: _tile(12, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 11 and height == 11: _tile(11, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 10 and height == 10: _tile(10, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 9 and height == 9: _tile(9, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 8 and height == 8: _tile(8, lanes, WHOLE, b, g, x, w, start, y)
    elif PIXELS >= 7 and height == 7: _tile(7, lanes, WHOLE, b, g, x, w, start, y)
    elif height == 6: _tile(6, lanes, WHOLE, b, g, x, w, start, y)
    elif height == 5: _tile(5, lanes, WHOLE, b, g, x, w, start, y)
    elif height == 4: _tile(4, lanes, WHOLE, b, g, x, w, start, y)
    elif height == 3: _tile(3, lanes, WHOLE, b, g, x, w, start, y)
    elif height == 2: _tile(2, lanes, WHOLE, b, g, x, w, start, y)
    else: _tile(1, lanes, WHOLE, b, g, x, w, start, y)


cdef struct Pixels:
    # The pixels of a rectangle, and how x and dy move along its rows and columns.
    Py_ssize_t rows, xrow, yrow
    Py_ssize_t cols, xcol, ycol


cdef struct Maps:
    # How the map that is read, the kernel and the result lie: floats from row to row, and from column to column; and
    # how many rows a block of channels walks down.
    Py_ssize_t xrow, wrow, yrow, channels, band
    bint far                         # the result may be in no cache yet


cdef void _runs(Py_ssize_t pixels, const Band* band, const Maps* g, const Window* m, const float* x, const float* w,
                const float* bias, float* y) noexcept nogil:
    """Runs of pixels, one block of channels after the other: a block of a whole map at a time would jump from page to
    page and find few of its lines in cache (twice slower at 14 x 14 x 512), a block of one row at a time would fetch
    lines of x from the second-level cache for every row of the window (a tenth slower at 56 x 56 x 144)."""
    cdef Py_ssize_t channel = 0, row, p
    cdef float start[LANES]
    cdef Lanes b
    memset(start, 0, sizeof(start))
    while channel < g.channels:
        channel = _take(&b, channel, g.channels, g.channels)
        if bias != NULL:
            memcpy(start, bias + b.first, b.valid * sizeof(float))
        if m.rows * m.cols > 0:
            _run(pixels, band, &b, m, x + b.first, w + b.first, start, y + b.first)
            continue
        for row in range(band.rows):
            for p in range(pixels):
                memcpy(y + b.first + row * band.y + p * m.ystep, start, b.valid * sizeof(float))


cdef void _patch(const float* x, const float* w, const float* bias, float* y, const Maps* g, const Axis* rows,
                 const Axis* cols, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """The positions [first, last) of `rows`, and all of `cols`: rectangle by rectangle."""
    cdef Py_ssize_t row = first, below, col, behind, i, j, high, wide, done
    cdef const float* a
    cdef const float* v
    cdef float* out
    cdef Band band
    cdef Window m
    m.xrow, m.wrow = -rows.taps.move * g.xrow, rows.taps.step * g.wrow
    m.xcol, m.wcol = -cols.taps.move * g.channels, cols.taps.step * g.channels
    while row < last:
        below = _alike(rows, row, last, &i, &high)
        col = 0
        while col < cols.count:
            behind = _alike(cols, col, cols.count, &j, &wide)
            m.rows, m.cols = high - i, wide - j
            out = y + (rows.at + row * rows.stride) * g.yrow + (cols.at + col * cols.stride) * g.channels
            a, v = x, w
            if m.rows > 0 and m.cols > 0:
                a += (rows.taps.place + row * rows.advance - i * rows.taps.move) * g.xrow
                a += (cols.taps.place + col * cols.advance - j * cols.taps.move) * g.channels
                v += (rows.taps.first + i * rows.taps.step) * g.wrow
                v += (cols.taps.first + j * cols.taps.step) * g.channels
            else:
                m.rows = 0           # nothing is looked at
            if behind - col == 1:
                m.xstep, m.ystep = rows.advance * g.xrow, rows.stride * g.yrow
                band = Band(1, 0, 0, False)
                _runs(below - row, &band, g, &m, a, v, bias, out)
            else:
                m.xstep, m.ystep = cols.advance * g.channels, cols.stride * g.channels
                band.x, band.y = rows.advance * g.xrow if m.rows else 0, rows.stride * g.yrow
                band.far = g.far
                done = 0
                while done < below - row:
                    band.rows = min(g.band, below - row - done)
                    _runs(behind - col, &band, g, &m, a + done * band.x, v, bias, out + done * band.y)
                    done += g.band
            col = behind
        row = below


# ------------------------------------------------------------------------------------------------------ forward

cdef void _forward_rows(const float* x, const float* kernel, const float* bias, float* y, const Geometry* g,
                        int activation, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Output rows [first, last), counted over samples."""
    cdef Axis rows = _forward_axis(g.h, g.oh, g.kh, g.sh, g.dh, g.top)
    cdef Axis cols = _forward_axis(g.w, g.ow, g.kw, g.sw, g.dw, g.left)
    cdef Maps maps = Maps(g.w * g.c, g.kw * g.c, g.ow * g.c, g.c, BAND, True)
    cdef Py_ssize_t size = g.ow * g.c, most = max(<Py_ssize_t>1, NEAR // size) if activation else g.oh
    cdef Py_ssize_t row = first, n, low, count
    while row < last:
        n, low = row // g.oh, row % g.oh
        count = min(min(most, g.oh - low), last - row)
        _patch(x + n * g.h * g.w * g.c, kernel, bias, y + n * g.oh * size, &maps, &rows, &cols, low, low + count)
        if activation:
            activate(activation, y + row * size, y + row * size, count * size, 0, 0, 0)
        row += count


def forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, :, ::1] kernel,     # IN   (kh, kw, c)
    const float[::1] bias,             # IN   (c,) or None
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top, Py_ssize_t left, int activation,
    int threads=1,
):
    """y = activation(bias + each channel of x * its own kernel), as if zeros were around x: `top` rows above it and
    `left` columns before it, and as many behind as windows reach."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&x.shape[1], &kernel.shape[0], &y.shape[1], window)
    cdef Py_ssize_t share, shares = max(1, threads), rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* w = &kernel[0, 0, 0]
    cdef const float* b = &bias[0] if bias is not None else NULL
    cdef float* out = &y[0, 0, 0, 0]
    for share in prange(shares, nogil=True, schedule="static", num_threads=threads):
        _forward_rows(a, w, b, out, &g, activation, rows * share // shares, rows * (share + 1) // shares)


cdef void _forward(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _geometry(c.operand[0].shape, c.operand[1].shape, c.operand[3].shape, c.i)
    _forward_rows(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3], &g,
                  <int>c.i[6], t.first, t.last)


# ----------------------------------------------------------------------------------------------- input gradient

cdef void _input_sample(const float* dy, const float* kernel, float* dx, const Geometry* g) noexcept nogil:
    """One sample. Rows, and columns, of one remainder modulo the stride share their taps."""
    cdef Maps maps = Maps(g.ow * g.c, g.kw * g.c, g.w * g.c, g.c, GRADIENT_BAND, False)
    cdef Py_ssize_t row, col
    cdef Axis rows, cols
    for row in range(min(g.sh, g.h)):
        rows = _backward_axis(g.h, g.oh, g.kh, g.sh, g.dh, g.top, row)
        for col in range(min(g.sw, g.w)):
            cols = _backward_axis(g.w, g.ow, g.kw, g.sw, g.dw, g.left, col)
            _patch(dy, kernel, NULL, dx, &maps, &rows, &cols, 0, rows.count)


def backward_input(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    const float[:, :, ::1] kernel,     # IN   (kh, kw, c)
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Gradient with respect to x. Arguments as of `forward`."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&dx.shape[1], &kernel.shape[0], &dy.shape[1], window)
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef const float* w = &kernel[0, 0, 0]
    cdef float* out = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _input_sample(a + n * g.oh * g.ow * g.c, w, out + n * g.h * g.w * g.c, &g)


cdef void _backward_input(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _geometry(c.operand[2].shape, c.operand[1].shape, c.operand[0].shape, c.i)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _input_sample(<const float*>t.at[0] + n * g.oh * g.ow * g.c, <const float*>t.at[1],
                      <float*>t.at[2] + n * g.h * g.w * g.c, &g)


# ---------------------------------------------------------------------------------------------- kernel gradient

cdef inline void _kernel_tile(const int rows, const int cols, const int lanes, const int way, const Lanes* b,
                              const Window* taps, const Pixels* g, const float* x, const float* dy,
                              float* d) noexcept nogil:
    """d[i, j, l] += sum over pixels of x[i, j, l] * dy[l] for rows x cols taps (i, j)."""
    cdef float acc[9][LANES]
    cdef Py_ssize_t row = 0, col, wide = g.cols, xtap = taps.xrow, xcol = taps.xcol, xstep = g.xcol, ystep = g.ycol
    cdef Py_ssize_t wrow = taps.wrow, wcol = taps.wcol
    cdef const float* a
    cdef const float* v
    cdef int i, j, l, valid = b.valid
    for i in range(rows):
        for j in range(cols):
            for l in range(lanes):
                acc[cols * i + j][l] = 0
    while True:                      # never without a turn, as above
        a, v = x + row * g.xrow, dy + row * g.yrow
        col = 0
        while True:
            for i in range(rows):
                for j in range(cols):
                    if way == WHOLE:
                        for l in range(lanes):
                            acc[cols * i + j][l] += a[i * xtap + j * xcol + l] * v[l]
                    else:
                        for l in range(lanes):
                            acc[cols * i + j][l] += ((a[i * xtap + j * xcol + l] if l < valid else <float>0)
                                                     * (v[l] if l < valid else <float>0))
            a += xstep
            v += ystep
            col += 1
            if col >= wide:
                break
        row += 1
        if row >= g.rows:
            break
    for i in range(rows):
        for j in range(cols):
            for l in range(b.known, valid):
                d[i * wrow + j * wcol + l] += acc[cols * i + j][l]


cdef inline void _kernel_row(int taps, const int lanes, const int way, const Lanes* b, const Window* m, const Pixels* g,
                             const float* x, const float* dy, float* d) noexcept nogil:
    """The copy of `_kernel_tile` for one row of 1 to 5 taps."""
    if taps == 5: _kernel_tile(1, 5, lanes, way, b, m, g, x, dy, d)
    elif taps == 4: _kernel_tile(1, 4, lanes, way, b, m, g, x, dy, d)
    elif taps == 3: _kernel_tile(1, 3, lanes, way, b, m, g, x, dy, d)
    elif taps == 2: _kernel_tile(1, 2, lanes, way, b, m, g, x, dy, d)
    else: _kernel_tile(1, 1, lanes, way, b, m, g, x, dy, d)


cdef void _kernel_patch(const Lanes* b, const Window* m, const Pixels* g, const float* x, const float* dy,
                        float* d) noexcept nogil:
    """What a rectangle of pixels adds to the taps that all of them see: nine at a time, or up to five of a row."""
    cdef Py_ssize_t i, j, count
    cdef const float* a
    cdef float* to
    if m.rows == 3 and m.cols == 3 and b.way == WHOLE:
        if b.lanes == LANES: _kernel_tile(3, 3, LANES, WHOLE, b, m, g, x, dy, d)
        else: _kernel_tile(3, 3, HALF, WHOLE, b, m, g, x, dy, d)
        return
    for i in range(m.rows):
        j = 0
        while j < m.cols:
            count = min(m.cols - j, <Py_ssize_t>5)
            a, to = x + i * m.xrow + j * m.xcol, d + i * m.wrow + j * m.wcol
            if b.way == FEW: _kernel_row(<int>count, HALF, FEW, b, m, g, a, dy, to)
            elif b.lanes == LANES: _kernel_row(<int>count, LANES, WHOLE, b, m, g, a, dy, to)
            else: _kernel_row(<int>count, HALF, WHOLE, b, m, g, a, dy, to)
            j += count


cdef void _kernel_block(const float* x, const float* dy, float* dkernel, const Geometry* g, const Lanes* b,
                        const Axis* rows, const Axis* cols, Py_ssize_t samples) noexcept nogil:
    """One block of channels, over samples and the rectangles of each."""
    cdef Py_ssize_t n, row, below, col, behind, i, j, high, wide
    cdef Window m
    cdef Pixels p
    m.xrow, m.wrow, m.xcol, m.wcol = g.dh * g.w * g.c, g.kw * g.c, g.dw * g.c, g.c
    p.xrow, p.yrow, p.xcol, p.ycol = g.sh * g.w * g.c, g.ow * g.c, g.sw * g.c, g.c
    x, dy, dkernel = x + b.first, dy + b.first, dkernel + b.first
    for n in range(samples):
        row = 0
        while row < g.oh:
            below = _alike(rows, row, g.oh, &i, &high)
            col = 0
            while col < g.ow:
                behind = _alike(cols, col, g.ow, &j, &wide)
                m.rows, m.cols = high - i, wide - j
                p.rows, p.cols = below - row, behind - col
                if m.rows > 0 and m.cols > 0:
                    _kernel_patch(b, &m, &p,
                                  x + ((n * g.h + row * g.sh + i * g.dh - g.top) * g.w + col * g.sw + j * g.dw - g.left)
                                  * g.c, dy + ((n * g.oh + row) * g.ow + col) * g.c, dkernel + (i * g.kw + j) * g.c)
                col = behind
            row = below


def kernel_units(Py_ssize_t c):
    """Units of work of `backward_kernel`: blocks of channels."""
    return (c + LANES - 1) // LANES


cdef void _kernel_units(const float* x, const float* dy, float* dkernel, const Geometry* g, Py_ssize_t samples,
                        bint fresh, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Blocks [first, last) of LANES channels, over all samples."""
    cdef Axis rows = _forward_axis(g.h, g.oh, g.kh, g.sh, g.dh, g.top)
    cdef Axis cols = _forward_axis(g.w, g.ow, g.kw, g.sw, g.dw, g.left)
    cdef Py_ssize_t channel = first * LANES, end = min(last * LANES, g.c), tap
    cdef Lanes b
    if fresh:
        for tap in range(g.kh * g.kw):
            memset(dkernel + tap * g.c + channel, 0, (end - channel) * sizeof(float))
    while channel < end:
        channel = _take(&b, channel, end, g.c)
        _kernel_block(x, dy, dkernel, g, &b, &rows, &cols, samples)


def backward_kernel(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    float[:, :, ::1] dkernel,          # OUT  (kh, kw, c)
    Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t dh, Py_ssize_t dw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Gradient with respect to the kernel, summed over samples and pixels in order. Threads share its channels."""
    cdef Py_ssize_t[6] window = [sh, sw, dh, dw, top, left]
    cdef Geometry g = _geometry(&x.shape[1], &dkernel.shape[0], &dy.shape[1], window)
    cdef Py_ssize_t unit, units = kernel_units(g.c), n = x.shape[0]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &dy[0, 0, 0, 0]
    cdef float* d = &dkernel[0, 0, 0]
    for unit in prange(units, nogil=True, schedule="static", num_threads=threads):
        _kernel_units(a, b, d, &g, n, True, unit, unit + 1)


cdef void _backward_kernel(const Call* c, const Task* t) noexcept nogil:
    cdef Geometry g = _geometry(c.operand[0].shape, c.operand[2].shape, c.operand[1].shape, c.i)
    _kernel_units(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], &g, t.samples, t.fresh, t.first,
                  t.last)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "forward": (capsule(_forward), "rrrw"),
    "backward_input": (capsule(_backward_input), "rrw"),
    "backward_kernel": (capsule(_backward_kernel), "rrw"),
}
CONSTANTS = {"LANES": LANES, "PIXELS": PIXELS, "kernel_units": kernel_units}
