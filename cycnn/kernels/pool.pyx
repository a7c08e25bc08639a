"""Pooling over windows of (n, h, w, c) feature maps, and over whole maps of (n, rows, c).

Padding takes no part: it never wins a maximum and never counts in an average; a window holds at least one pixel of
its map. A unit of work is one output row in the `forward` kernels of windows, one map in the others.

Strides of 0 make windows adaptive: window i of k over a length of m sees pixels floor(i m / k) to ceil((i + 1) m / k);
the window's size is then that of the widest.

Every axis is pooled by itself in the end, so one or three axes of space need no kernels of their own: a caller sees a
line (w, c) as (1, w, c), and pools a volume (d, h, w, c) twice, as d maps (h, w, c), and as (d, 1, h w c).

Channels go in blocks of LANES. Where they do not divide evenly, the last block overlaps the one before it: a few
results are computed twice, and no loop has an odd length. Fewer channels than LANES are one short block.
The usual windows, 2 x 2 and 3 x 3, are spelt out as constants: a block then stays in registers from a window's first
pixel to its last.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY, sqrtf
from libc.string cimport memcpy, memset

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule

cdef extern from *:
    enum: LANES "CYCNN_HALF"

cdef enum:
    LINE = 64                        # pixels that a global average adds up at a time; keeps its rounding small
    MAXIMUM = 0                      # what a window becomes: its largest value, its mean,
    AVERAGE = 1
    SUM = 2                          # its sum, the root of its sum of squares
    NORM = 3

cdef struct Window:
    Py_ssize_t h, w, c, oh, ow, kh, kw, sh, sw, top, left

cdef struct Run:                     # neighbouring windows of a row that see equally many pixels of the map
    Py_ssize_t count                 # windows
    Py_ssize_t first                 # the first pixel that the first of them sees, counted through the map
    Py_ssize_t rows, columns         # pixels that each of them sees
    Py_ssize_t c, row, step          # elements from one pixel, row, window to the next
    Py_ssize_t kw
    int offset                       # of the first pixel, inside the window


cdef inline Run _adaptive_run(const Window* g, Py_ssize_t oh, Py_ssize_t ow) noexcept nogil:
    """One adaptive window."""
    cdef Py_ssize_t h0 = oh * g.h // g.oh, h1 = ((oh + 1) * g.h + g.oh - 1) // g.oh
    cdef Py_ssize_t w0 = ow * g.w // g.ow, w1 = ((ow + 1) * g.w + g.ow - 1) // g.ow
    return Run(1, h0 * g.w + w0, h1 - h0, w1 - w0, g.c, g.w * g.c, 0, g.kw, 0)


cdef inline Run _run(const Window* g, Py_ssize_t oh, Py_ssize_t ow) noexcept nogil:
    """The longest run from window (oh, ow) on: windows that pass an edge of the map go alone."""
    if g.sh == 0:
        return _adaptive_run(g, oh, ow)
    cdef Py_ssize_t top = oh * g.sh - g.top, left = ow * g.sw - g.left
    cdef Py_ssize_t h0 = max(top, 0), h1 = min(top + g.kh, g.h), w0 = max(left, 0), w1 = min(left + g.kw, g.w)
    cdef Py_ssize_t count = 1
    if w1 - w0 == g.kw:
        count = min((g.w - w1) // g.sw + 1, g.ow - ow)
    return Run(count, h0 * g.w + w0, h1 - h0, w1 - w0, g.c, g.w * g.c, g.sw * g.c, g.kw,
               <int>((h0 - top) * g.kw + (w0 - left)))


# ---------------------------------------------------------------------------------------------------- forward

cdef inline void _max_windows(const float* x, float* y, int* argmax, const Run* run, float least,
                              const Py_ssize_t rows, const Py_ssize_t columns, const int lanes,
                              const bint few) noexcept nogil:
    """A run of windows. `few`: there are less than LANES channels, so loads and stores are masked."""
    cdef float best[LANES]
    cdef int where[LANES]
    cdef float v, old
    cdef bint wins
    cdef int l, at, offset = run.offset
    cdef Py_ssize_t _, k, i, j, c = run.c, row = run.row, step = run.step, kw = run.kw
    cdef int valid = <int>c if few else lanes
    for _ in range(run.count):
        k = 0
        while k < c:
            k = 0 if few else min(k, c - lanes)
            for l in range(lanes):
                best[l] = x[k + l] if l < valid else least
                where[l] = offset
            for i in range(rows):
                for j in range(columns):
                    if i == 0 and j == 0:
                        continue
                    at = offset + <int>(i * kw + j)
                    for l in range(lanes):
                        v, old = x[i * row + j * c + k + l] if l < valid else least, best[l]
                        wins = (not v <= old) & (old == old)  # not `v > old`: a NaN must win, and the first must stay
                        best[l] = v if wins else old
                        where[l] = at if wins else where[l]
            for l in range(lanes):
                v = best[l]
                if l < valid:
                    y[k + l] = least if v < least else v    # a NaN stays
            if argmax != NULL:
                for l in range(lanes):
                    if l < valid:
                        argmax[k + l] = where[l]
            k += lanes
        x, y = x + step, y + c
        if argmax != NULL:
            argmax += c


cdef inline void _add_line(const float* x, float* total, const Py_ssize_t columns, Py_ssize_t pixel,
                           const bint squares, const int lanes) noexcept nogil:
    """total = sums of `lanes` neighbouring channels, or of their squares, over a line of at least one pixel."""
    cdef int l
    cdef Py_ssize_t j
    cdef float v
    for l in range(lanes):
        total[l] = x[l] * x[l] if squares else x[l]
    for j in range(1, columns):
        for l in range(lanes):
            v = x[j * pixel + l]
            total[l] += v * v if squares else v


cdef inline void _sum_windows(const float* x, float* y, const Run* run, const int kind, const Py_ssize_t rows,
                              const Py_ssize_t columns, const int lanes) noexcept nogil:
    """Lines are summed first, then their sums: rounding grows with rows + columns, not with their product."""
    cdef float total[LANES]
    cdef float line[LANES]
    cdef float pixels = <float>(rows * columns)
    cdef int l
    cdef Py_ssize_t _, k, i, c = run.c, row = run.row, step = run.step
    for _ in range(run.count):
        k = 0
        while k < c:
            k = min(k, c - lanes)
            _add_line(x + k, total, columns, c, kind == NORM, lanes)
            for i in range(1, rows):
                _add_line(x + i * row + k, line, columns, c, kind == NORM, lanes)
                for l in range(lanes):
                    total[l] += line[l]
            for l in range(lanes):
                y[k + l] = total[l] / pixels if kind == AVERAGE else sqrtf(total[l]) if kind == NORM else total[l]
            k += lanes
        x, y = x + step, y + c


cdef void _forward_row(const float* x, float* y, int* argmax, const Window* g, Py_ssize_t unit, int kind,
                       bint relu) noexcept nogil:
    """Output row `unit`, counted through all samples."""
    cdef Py_ssize_t ow = 0
    cdef Run run
    x += unit // g.oh * g.h * g.w * g.c
    y += unit * g.ow * g.c
    if argmax != NULL:
        argmax += unit * g.ow * g.c
    while ow < g.ow:
        run = _run(g, unit % g.oh, ow)
        if kind == MAXIMUM:
            _max_run(x + run.first * g.c, y + ow * g.c, argmax + ow * g.c if argmax != NULL else NULL, &run,
                     relu)
        elif kind == AVERAGE:
            _sum_run(x + run.first * g.c, y + ow * g.c, &run, AVERAGE)
        elif kind == SUM:
            _sum_run(x + run.first * g.c, y + ow * g.c, &run, SUM)
        else:
            _sum_run(x + run.first * g.c, y + ow * g.c, &run, NORM)
        ow += run.count


cdef void _max_run(const float* x, float* y, int* argmax, const Run* run, bint relu) noexcept nogil:
    cdef float least = 0 if relu else -INFINITY
    if run.c < LANES and run.rows == 2 and run.columns == 2:
        _max_windows(x, y, argmax, run, least, 2, 2, LANES, True)
    elif run.c < LANES:
        _max_windows(x, y, argmax, run, least, run.rows, run.columns, LANES, True)
    elif run.rows == 2 and run.columns == 2:
        _max_windows(x, y, argmax, run, least, 2, 2, LANES, False)
    elif run.rows == 3 and run.columns == 3:
        _max_windows(x, y, argmax, run, least, 3, 3, LANES, False)
    elif run.rows == 1 and run.columns == 2:
        _max_windows(x, y, argmax, run, least, 1, 2, LANES, False)
    else:
        _max_windows(x, y, argmax, run, least, run.rows, run.columns, LANES, False)


cdef inline void _sum_run(const float* x, float* y, const Run* run, const int kind) noexcept nogil:
    if run.c < LANES:
        _sum_windows(x, y, run, kind, run.rows, run.columns, <int>run.c)
    elif run.rows == 2 and run.columns == 2:
        _sum_windows(x, y, run, kind, 2, 2, LANES)
    elif run.rows == 1 and run.columns == 2:
        _sum_windows(x, y, run, kind, 1, 2, LANES)
    else:
        _sum_windows(x, y, run, kind, run.rows, run.columns, LANES)


def max_forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    int[:, :, :, ::1] argmax,          # OUT  (n, oh, ow, c), offset inside the window; None: not wanted
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, bint relu,
    int threads=1,
):
    """Largest value of each window, or zero if that is larger and `relu` is set; padding never wins. The first maximum
    wins a tie, and the first NaN wins."""
    cdef Window g = Window(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t row, rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    cdef int* index = &argmax[0, 0, 0, 0] if argmax is not None else NULL
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _forward_row(a, b, index, &g, row, MAXIMUM, relu)


def average_forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Mean of each window over the pixels that lie in the map: padding never counts, in the sum or in the divisor."""
    cdef Window g = Window(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t row, rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _forward_row(a, b, NULL, &g, row, AVERAGE, False)


def sum_forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """Sum of each window."""
    cdef Window g = Window(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t row, rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _forward_row(a, b, NULL, &g, row, SUM, False)


def norm_forward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The Euclidean norm of each window: sqrt(sum of x^2)."""
    cdef Window g = Window(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t row, rows = y.shape[0] * y.shape[1]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _forward_row(a, b, NULL, &g, row, NORM, False)


cdef void _max_forward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 0, 1)
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _forward_row(<const float*>t.at[0], <float*>t.at[1], <int*>t.at[2], &g, row, MAXIMUM, c.i[6] != 0)


cdef void _average_forward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 0, 1)
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _forward_row(<const float*>t.at[0], <float*>t.at[1], NULL, &g, row, AVERAGE, False)


cdef void _sum_forward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 0, 1)
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _forward_row(<const float*>t.at[0], <float*>t.at[1], NULL, &g, row, SUM, False)


cdef void _norm_forward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 0, 1)
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _forward_row(<const float*>t.at[0], <float*>t.at[1], NULL, &g, row, NORM, False)


cdef inline Window _window(const Call* c, int x, int y) noexcept nogil:
    """The geometry of a call whose operands `x` and `y` are the large and the small map."""
    return Window(c.operand[x].shape[0], c.operand[x].shape[1], c.operand[x].shape[2],
                  c.operand[y].shape[0], c.operand[y].shape[1], c.i[0], c.i[1], c.i[2], c.i[3], c.i[4], c.i[5])


# --------------------------------------------------------------------------------------------------- backward
#
# Windows that do not overlap write their pixels of dx, and only the gaps between them are zeroed. Windows that overlap
# are added to zeros, in their order; no block of channels may then reach back over the one before it.

cdef inline void _max_spread(const float* dy, const int* argmax, float* dx, const Run* run, Py_ssize_t channels,
                             const Py_ssize_t rows, const Py_ssize_t columns, const bint add, const int lanes,
                             const bint few) noexcept nogil:
    """dx = dy where the maximum was, zero elsewhere in the window; for the first `channels`. `few`: there are less than
    LANES, so loads and stores are masked."""
    cdef float value[LANES]
    cdef int where[LANES]
    cdef float zero = 0, v
    cdef float* to
    cdef int l, at, offset = run.offset
    cdef Py_ssize_t _, k, i, j, c = run.c, row = run.row, step = run.step, kw = run.kw
    cdef int valid = <int>channels if few else lanes
    for _ in range(run.count):
        k = 0
        while k < channels:
            k = 0 if few else min(k, channels - lanes)
            for l in range(lanes):
                value[l] = dy[k + l] if l < valid else zero
            for l in range(lanes):
                where[l] = argmax[k + l] - offset if l < valid else 0
            for i in range(rows):
                for j in range(columns):
                    at = <int>(i * kw + j)
                    to = dx + i * row + j * c + k
                    for l in range(lanes):
                        v = value[l]
                        v = v if where[l] == at else zero
                        if l < valid:
                            to[l] = to[l] + v if add else v
            k += lanes
        dy, argmax, dx = dy + c, argmax + c, dx + step


cdef inline void _sum_spread(const float* dy, const float* y, const float* x, float* dx, const Run* run,
                             Py_ssize_t channels, const int kind, const Py_ssize_t rows, const Py_ssize_t columns,
                             const bint add, const int lanes) noexcept nogil:
    """dx = dy, dy / (pixels of the window) or dy x / y, everywhere in the window; for the first `channels`."""
    cdef float value[LANES]
    cdef float pixels = <float>(rows * columns), zero = 0, v
    cdef float* to
    cdef const float* here
    cdef int l
    cdef Py_ssize_t _, k, i, j, c = run.c, row = run.row, step = run.step
    for _ in range(run.count):
        k = 0
        while k < channels:
            k = min(k, channels - lanes)
            for l in range(lanes):
                v = dy[k + l]
                if kind == NORM:
                    value[l] = zero if y[k + l] == 0 else v / y[k + l]
                else:
                    value[l] = v / pixels if kind == AVERAGE else v
            for i in range(rows):
                for j in range(columns):
                    to = dx + i * row + j * c + k
                    here = x + i * row + j * c + k
                    for l in range(lanes):
                        v = value[l] * here[l] if kind == NORM else value[l]
                        to[l] = to[l] + v if add else v
            k += lanes
        dy, dx = dy + c, dx + step
        if kind == NORM:
            y, x = y + c, x + step


cdef void _max_spread_run(const float* dy, const int* argmax, float* dx, const Run* run, bint add) noexcept nogil:
    cdef Py_ssize_t whole = run.c - run.c % LANES
    if add:
        _max_spread(dy, argmax, dx, run, whole, run.rows, run.columns, True, LANES, False)
        if run.c > whole:
            _max_spread(dy + whole, argmax + whole, dx + whole, run, run.c - whole, run.rows, run.columns, True, LANES,
                        True)
    elif run.c < LANES and run.rows == 2 and run.columns == 2:
        _max_spread(dy, argmax, dx, run, run.c, 2, 2, False, LANES, True)
    elif run.c < LANES:
        _max_spread(dy, argmax, dx, run, run.c, run.rows, run.columns, False, LANES, True)
    elif run.rows == 2 and run.columns == 2:
        _max_spread(dy, argmax, dx, run, run.c, 2, 2, False, LANES, False)
    elif run.rows == 1 and run.columns == 2:
        _max_spread(dy, argmax, dx, run, run.c, 1, 2, False, LANES, False)
    else:
        _max_spread(dy, argmax, dx, run, run.c, run.rows, run.columns, False, LANES, False)


cdef inline void _sum_spread_run(const float* dy, const float* y, const float* x, float* dx, const Run* run,
                                 const int kind, bint add) noexcept nogil:
    cdef Py_ssize_t whole = run.c - run.c % LANES, rest = run.c - whole
    if add:
        _sum_spread(dy, y, x, dx, run, whole, kind, run.rows, run.columns, True, LANES)
        _sum_spread(dy + whole, y + whole, x + whole, dx + whole, run, rest, kind, run.rows, run.columns, True,
                    <int>rest)
    elif run.c < LANES:
        _sum_spread(dy, y, x, dx, run, run.c, kind, run.rows, run.columns, False, <int>run.c)
    elif run.rows == 2 and run.columns == 2:
        _sum_spread(dy, y, x, dx, run, run.c, kind, 2, 2, False, LANES)
    elif run.rows == 1 and run.columns == 2:
        _sum_spread(dy, y, x, dx, run, run.c, kind, 1, 2, False, LANES)
    else:
        _sum_spread(dy, y, x, dx, run, run.c, kind, run.rows, run.columns, False, LANES)


cdef inline void _zero_gaps(float* dx, const Window* g) noexcept nogil:
    """Zero the pixels of one sample that lie in no window; whole rows, where there are gaps between windows."""
    cdef Py_ssize_t h, w, covered = min(g.ow * g.sw - g.left, g.w) if g.kw == g.sw else 0
    for h in range(g.h):
        w = covered if (h + g.top) % g.sh < g.kh and (h + g.top) // g.sh < g.oh else 0
        memset(dx + (h * g.w + w) * g.c, 0, (g.w - w) * g.c * sizeof(float))


cdef void _backward_sample(const float* dy, const int* argmax, const float* y, const float* x, float* dx,
                           const Window* g, Py_ssize_t n, int kind) noexcept nogil:
    cdef Py_ssize_t oh, ow, at, first, map = n * g.h * g.w * g.c
    cdef bint add = g.kh > g.sh or g.kw > g.sw
    cdef Run run
    dx += map
    if add:
        memset(dx, 0, g.h * g.w * g.c * sizeof(float))
    else:
        _zero_gaps(dx, g)
    for oh in range(g.oh):
        ow = 0
        while ow < g.ow:
            run = _run(g, oh, ow)
            at = ((n * g.oh + oh) * g.ow + ow) * g.c
            first = run.first * g.c
            if kind == MAXIMUM:
                _max_spread_run(dy + at, argmax + at, dx + first, &run, add)
            elif kind == NORM:
                _sum_spread_run(dy + at, y + at, x + map + first, dx + first, &run, NORM, add)
            elif kind == AVERAGE:
                _sum_spread_run(dy + at, dy, dy, dx + first, &run, AVERAGE, add)
            else:
                _sum_spread_run(dy + at, dy, dy, dx + first, &run, SUM, add)
            ow += run.count


def max_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    const int[:, :, :, ::1] argmax,    # IN   (n, oh, ow, c), from max_forward
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The gradient of `max_forward`: dy goes to the pixel that won its window; where windows overlap, dy adds up."""
    cdef Window g = Window(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef const int* index = &argmax[0, 0, 0, 0]
    cdef float* b = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _backward_sample(a, index, NULL, NULL, b, &g, n, MAXIMUM)


def average_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The gradient of `average_forward`: dy in equal shares to the pixels of its window that lie in the map."""
    cdef Window g = Window(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef float* b = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _backward_sample(a, NULL, NULL, NULL, b, &g, n, AVERAGE)


def sum_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The gradient of `sum_forward`: dy to every pixel of its window. With strides as wide as the window, each pixel of
    dy becomes a block of its copies."""
    cdef Window g = Window(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef float* b = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _backward_sample(a, NULL, NULL, NULL, b, &g, n, SUM)


def norm_backward(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const float[:, :, :, ::1] y,       # IN   (n, oh, ow, c), from norm_forward
    const float[:, :, :, ::1] dy,      # IN   (n, oh, ow, c)
    float[:, :, :, ::1] dx,            # OUT  (n, h, w, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The gradient of `norm_forward`: dy x / y to every pixel of its window, 0 where y = 0."""
    cdef Window g = Window(dx.shape[1], dx.shape[2], dx.shape[3], dy.shape[1], dy.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const float* b = &y[0, 0, 0, 0]
    cdef const float* c = &dy[0, 0, 0, 0]
    cdef float* d = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _backward_sample(c, NULL, b, a, d, &g, n, NORM)


cdef inline void _gather_windows(const float* x, const int* argmax, float* y, const Run* run,
                                 const int lanes) noexcept nogil:
    cdef float found[LANES]
    cdef int where[LANES]
    cdef int l, at
    cdef Py_ssize_t _, k, i, j
    for _ in range(run.count):
        k = 0
        while k < run.c:
            k = min(k, run.c - lanes)
            for l in range(lanes):
                found[l] = 0
                where[l] = argmax[k + l] - run.offset
            for i in range(run.rows):
                for j in range(run.columns):
                    at = <int>(i * run.kw + j)
                    for l in range(lanes):
                        found[l] = x[i * run.row + j * run.c + k + l] if where[l] == at else found[l]
            for l in range(lanes):
                y[k + l] = found[l]
            k += lanes
        x, argmax, y = x + run.step, argmax + run.c, y + run.c


cdef void _gather_sample(const float* x, const int* argmax, float* y, const Window* g,
                         Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t oh, ow, at
    cdef Run run
    x += n * g.h * g.w * g.c
    for oh in range(g.oh):
        ow = 0
        while ow < g.ow:
            run = _run(g, oh, ow)
            at = ((n * g.oh + oh) * g.ow + ow) * g.c
            if run.c < LANES:
                _gather_windows(x + run.first * g.c, argmax + at, y + at, &run, <int>run.c)
            else:
                _gather_windows(x + run.first * g.c, argmax + at, y + at, &run, LANES)
            ow += run.count


def max_gather(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    const int[:, :, :, ::1] argmax,    # IN   (n, oh, ow, c), from max_forward of another map
    float[:, :, :, ::1] y,             # OUT  (n, oh, ow, c)
    Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t sh, Py_ssize_t sw, Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The pixel of each window that won in the other map: `max_backward` is its transpose."""
    cdef Window g = Window(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], kh, kw, sh, sw, top, left)
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0, 0]
    cdef const int* index = &argmax[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _gather_sample(a, index, b, &g, n)


cdef void _max_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 2, 0)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _backward_sample(<const float*>t.at[0], <const int*>t.at[1], NULL, NULL, <float*>t.at[2], &g, n, MAXIMUM)


cdef void _average_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 1, 0)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _backward_sample(<const float*>t.at[0], NULL, NULL, NULL, <float*>t.at[1], &g, n, AVERAGE)


cdef void _sum_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 1, 0)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _backward_sample(<const float*>t.at[0], NULL, NULL, NULL, <float*>t.at[1], &g, n, SUM)


cdef void _norm_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 3, 2)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _backward_sample(<const float*>t.at[2], NULL, <const float*>t.at[1], <const float*>t.at[0], <float*>t.at[3], &g,
                         n, NORM)


cdef void _max_gather(const Call* c, const Task* t) noexcept nogil:
    cdef Window g = _window(c, 0, 2)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _gather_sample(<const float*>t.at[0], <const int*>t.at[1], <float*>t.at[2], &g, n)


# ----------------------------------------------------------------------------------------------------- global

cdef void _global_max_sample(const float* x, float* y, int* argmax, Py_ssize_t rows, Py_ssize_t c,
                             Py_ssize_t n) noexcept nogil:
    """One window as wide as the map is long."""
    cdef Run run = Run(1, 0, 1, rows, c, 0, 0, 0, 0)
    _max_run(x + n * rows * c, y + n * c, argmax + n * c if argmax != NULL else NULL, &run, False)


cdef inline void _global_average_block(const float* x, float* y, Py_ssize_t rows, Py_ssize_t c,
                                       const int lanes) noexcept nogil:
    """As in a window, with lines of LINE pixels."""
    cdef float total[LANES]
    cdef float line[LANES]
    cdef float pixels = <float>rows
    cdef Py_ssize_t row = LINE
    cdef int l
    _add_line(x, total, min(rows, row), c, False, lanes)
    while row < rows:
        _add_line(x + row * c, line, min(rows - row, <Py_ssize_t>LINE), c, False, lanes)
        for l in range(lanes):
            total[l] += line[l]
        row += LINE
    for l in range(lanes):
        y[l] = total[l] / pixels


cdef void _global_average_sample(const float* x, float* y, Py_ssize_t rows, Py_ssize_t c,
                                 Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k = 0
    x += n * rows * c
    while k < c:
        k = min(k, max(c - LANES, 0))
        if c < LANES:
            _global_average_block(x, y + n * c, rows, c, <int>c)
        else:
            _global_average_block(x + k, y + n * c + k, rows, c, LANES)
        k += LANES


cdef void _global_max_backward_sample(const float* dy, const int* argmax, float* dx, Py_ssize_t rows,
                                      Py_ssize_t c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    dx += n * rows * c
    memset(dx, 0, rows * c * sizeof(float))
    for k in range(c):
        dx[argmax[n * c + k] * c + k] = dy[n * c + k]


cdef void _global_average_backward_sample(const float* dy, float* dx, Py_ssize_t rows, Py_ssize_t c,
                                          Py_ssize_t n) noexcept nogil:
    cdef float count = <float>rows
    cdef Py_ssize_t k, row
    dx += n * rows * c
    for k in range(c):
        dx[k] = dy[n * c + k] / count
    for row in range(1, rows):
        memcpy(dx + row * c, dx, c * sizeof(float))


def global_max_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, ::1] y,                   # OUT  (n, c)
    int[:, ::1] argmax,                # OUT  (n, c), the winning row; None: not wanted
    int threads=1,
):
    """Largest value of each channel. The first maximum wins a tie, and the first NaN wins."""
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0]
    cdef float* b = &y[0, 0]
    cdef int* index = &argmax[0, 0] if argmax is not None else NULL
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _global_max_sample(a, b, index, x.shape[1], x.shape[2], n)


def global_max_backward(
    const float[:, ::1] dy,            # IN   (n, c)
    const int[:, ::1] argmax,          # IN   (n, c), from global_max_forward
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int threads=1,
):
    """The gradient of `global_max_forward`: dy goes to the row that won its channel, zero elsewhere."""
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0]
    cdef const int* index = &argmax[0, 0]
    cdef float* b = &dx[0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _global_max_backward_sample(a, index, b, dx.shape[1], dx.shape[2], n)


def global_average_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, ::1] y,                   # OUT  (n, c)
    int threads=1,
):
    """Mean of each channel, added up in lines of LINE pixels, then over the lines."""
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0]
    cdef float* b = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _global_average_sample(a, b, x.shape[1], x.shape[2], n)


def global_average_backward(
    const float[:, ::1] dy,            # IN   (n, c)
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int threads=1,
):
    """The gradient of `global_average_forward`: every row gets dy / rows."""
    cdef Py_ssize_t n
    cdef const float* a = &dy[0, 0]
    cdef float* b = &dx[0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _global_average_backward_sample(a, b, dx.shape[1], dx.shape[2], n)


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample, whatever its shape: a plan may hold a map as (h, w, c), its summary as (1, 1, c)."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


cdef void _global_max_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, c = _size(&call.operand[1]), rows = _size(&call.operand[0]) // c
    for n in range(t.first, t.last):
        _global_max_sample(<const float*>t.at[0], <float*>t.at[1], <int*>t.at[2], rows, c, n)


cdef void _global_max_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, c = _size(&call.operand[0]), rows = _size(&call.operand[2]) // c
    for n in range(t.first, t.last):
        _global_max_backward_sample(<const float*>t.at[0], <const int*>t.at[1], <float*>t.at[2], rows, c, n)


cdef void _global_average_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, c = _size(&call.operand[1]), rows = _size(&call.operand[0]) // c
    for n in range(t.first, t.last):
        _global_average_sample(<const float*>t.at[0], <float*>t.at[1], rows, c, n)


cdef void _global_average_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, c = _size(&call.operand[0]), rows = _size(&call.operand[1]) // c
    for n in range(t.first, t.last):
        _global_average_backward_sample(<const float*>t.at[0], <float*>t.at[1], rows, c, n)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "max_forward": (capsule(_max_forward), "rww"),
    "max_backward": (capsule(_max_backward), "rrw"),
    "average_forward": (capsule(_average_forward), "rw"),
    "average_backward": (capsule(_average_backward), "rw"),
    "sum_forward": (capsule(_sum_forward), "rw"),
    "sum_backward": (capsule(_sum_backward), "rw"),
    "norm_forward": (capsule(_norm_forward), "rw"),
    "norm_backward": (capsule(_norm_backward), "rrrw"),
    "max_gather": (capsule(_max_gather), "rrw"),
    "global_max_forward": (capsule(_global_max_forward), "rww"),
    "global_max_backward": (capsule(_global_max_backward), "rrw"),
    "global_average_forward": (capsule(_global_average_forward), "rw"),
    "global_average_backward": (capsule(_global_average_backward), "rw"),
}
