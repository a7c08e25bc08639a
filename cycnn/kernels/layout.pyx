"""Where the pixels of maps lie: borders of zeros, the order of axes, and axes made longer or shorter. A unit of work is
one sample, in `resize_forward` one row."""

from cython.parallel cimport prange
from libc.string cimport memcpy, memset

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule

cdef enum:
    AXES = 5                         # of a sample, at most
    TILE = 16                        # elements of a cache line: a transposed block of 16 x 16 uses up its lines
    STRETCH = 64                     # pixels whose neighbours are worked out at a time

cdef struct Frame:                   # a map (h, w, c) inside a larger one
    Py_ssize_t h, w, c, height, width, top, left

cdef struct Walk:                    # a permutation: y's axes as they run through x
    int axes
    Py_ssize_t length[AXES]
    Py_ssize_t from_step[AXES]       # elements of x from one place along the axis to the next
    Py_ssize_t to_step[AXES]         # elements of y, likewise
    Py_ssize_t size                  # elements of a sample


# ---------------------------------------------------------------------------------------------- pad and crop

cdef void _pad_sample(const float* x, float* y, const Frame* g, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t _, before = g.left * g.c, row = g.w * g.c, wide = g.width * g.c
    x, y = x + n * g.h * row, y + n * g.height * wide
    memset(y, 0, g.top * wide * sizeof(float))
    y += g.top * wide
    for _ in range(g.h):
        memset(y, 0, before * sizeof(float))
        memcpy(y + before, x, row * sizeof(float))
        memset(y + before + row, 0, (wide - before - row) * sizeof(float))
        x, y = x + row, y + wide
    memset(y, 0, (g.height - g.top - g.h) * wide * sizeof(float))


cdef void _crop_sample(const float* x, float* y, const Frame* g, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t h, row = g.w * g.c, wide = g.width * g.c
    x += (n * g.height + g.top) * wide + g.left * g.c
    y += n * g.h * row
    for h in range(g.h):
        memcpy(y + h * row, x + h * wide, row * sizeof(float))


def pad(
    const float[:, :, :, ::1] x,       # IN   (n, h, w, c)
    float[:, :, :, ::1] y,             # OUT  (n, height, width, c), at least top + h high and left + w wide
    Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """x inside a border of zeros: `top` rows above and `left` columns before it, the rest of y below and behind."""
    cdef Frame g = Frame(x.shape[1], x.shape[2], x.shape[3], y.shape[1], y.shape[2], top, left)
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _pad_sample(a, b, &g, n)


def crop(
    const float[:, :, :, ::1] x,       # IN   (n, height, width, c)
    float[:, :, :, ::1] y,             # OUT  (n, h, w, c)
    Py_ssize_t top, Py_ssize_t left, int threads=1,
):
    """The part of x that begins `top` rows down and `left` columns in, as large as y: the gradient of `pad`."""
    cdef Frame g = Frame(y.shape[1], y.shape[2], y.shape[3], x.shape[1], x.shape[2], top, left)
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _crop_sample(a, b, &g, n)


cdef inline Frame _frame(const Call* c, int inner, int outer) noexcept nogil:
    return Frame(c.operand[inner].shape[0], c.operand[inner].shape[1], c.operand[inner].shape[2],
                 c.operand[outer].shape[0], c.operand[outer].shape[1], c.i[0], c.i[1])


cdef void _pad(const Call* c, const Task* t) noexcept nogil:
    cdef Frame g = _frame(c, 0, 1)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _pad_sample(<const float*>t.at[0], <float*>t.at[1], &g, n)


cdef void _crop(const Call* c, const Task* t) noexcept nogil:
    cdef Frame g = _frame(c, 1, 0)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _crop_sample(<const float*>t.at[0], <float*>t.at[1], &g, n)


# -------------------------------------------------------------------------------------------------- transpose

cdef inline Walk _walk(const Py_ssize_t* shape, const Py_ssize_t* order) noexcept nogil:
    """The walk of y[k, ...] = x with axis order[k] of x in place k; axes of length 1 dropped, neighbours merged."""
    cdef Walk walk
    cdef Py_ssize_t step[AXES]
    cdef Py_ssize_t size = 1, length
    cdef int k, last
    for k in range(AXES - 1, -1, -1):
        step[k] = size
        size *= shape[k]
    walk.axes, walk.size = 0, size
    for k in range(AXES):
        length = shape[order[k]]
        if length == 1:
            continue
        last = walk.axes - 1
        if last >= 0 and walk.from_step[last] == length * step[order[k]]:  # x runs through both as through one axis
            walk.length[last] *= length
            walk.from_step[last] = step[order[k]]
        else:
            walk.length[walk.axes], walk.from_step[walk.axes] = length, step[order[k]]
            walk.axes += 1
    size = 1
    for k in range(walk.axes - 1, -1, -1):
        walk.to_step[k] = size
        size *= walk.length[k]
    return walk


cdef inline void _turn(const float* x, float* y, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t from_step,
                       Py_ssize_t to_step) noexcept nogil:
    """y[i * to_step + j] = x[i + j * from_step], in blocks whose cache lines are used up before they are left."""
    cdef Py_ssize_t i, j, i0 = 0, j0, i1, j1
    while i0 < rows:
        i1 = min(i0 + TILE, rows)
        j0 = 0
        while j0 < columns:
            j1 = min(j0 + TILE, columns)
            for i in range(i0, i1):
                for j in range(j0, j1):
                    y[i * to_step + j] = x[i + j * from_step]
            j0 += TILE
        i0 += TILE


cdef void _transpose_sample(const float* x, float* y, const Walk* walk, Py_ssize_t n) noexcept nogil:
    cdef int last = walk.axes - 1, fast = last, k
    cdef Py_ssize_t outer = 1, place, rest, a, b
    x, y = x + n * walk.size, y + n * walk.size
    if last <= 0:                    # nothing moves: at most one axis is left
        memcpy(y, x, walk.size * sizeof(float))
        return
    for k in range(walk.axes):
        if walk.from_step[k] == 1:
            fast = k                 # the axis along which x is contiguous
    for k in range(last):
        outer *= walk.length[k] if k != fast else 1
    for place in range(outer):
        rest, a, b = place, 0, 0
        for k in range(last - 1, -1, -1):
            if k != fast:
                a += rest % walk.length[k] * walk.from_step[k]
                b += rest % walk.length[k] * walk.to_step[k]
                rest //= walk.length[k]
        if fast == last:
            memcpy(y + b, x + a, walk.length[last] * sizeof(float))
        else:
            _turn(x + a, y + b, walk.length[fast], walk.length[last], walk.from_step[last], walk.to_step[fast])


def transpose(
    const float[:, :, :, :, :, ::1] x,  # IN   (n, a0, a1, a2, a3, a4)
    float[:, :, :, :, :, ::1] y,       # OUT  (n, a[p0], a[p1], a[p2], a[p3], a[p4])
    Py_ssize_t p0, Py_ssize_t p1, Py_ssize_t p2, Py_ssize_t p3, Py_ssize_t p4, int threads=1,
):
    """Axis p of a sample of x becomes axis k of y, for the k-th p; axes count from 0 behind the sample axis.
    A sample with fewer than five axes gets axes of length 1 at its end, and they stay there."""
    cdef Py_ssize_t[AXES] shape = [x.shape[1], x.shape[2], x.shape[3], x.shape[4], x.shape[5]]
    cdef Py_ssize_t[AXES] order = [p0, p1, p2, p3, p4]
    cdef Walk walk = _walk(shape, order)
    cdef Py_ssize_t n
    cdef const float* a = &x[0, 0, 0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _transpose_sample(a, b, &walk, n)


cdef void _transpose(const Call* c, const Task* t) noexcept nogil:
    cdef Walk walk = _walk(c.operand[0].shape, c.i)
    cdef Py_ssize_t n
    for n in range(t.first, t.last):
        _transpose_sample(<const float*>t.at[0], <float*>t.at[1], &walk, n)


# ----------------------------------------------------------------------------------------------------- resize
#
# Pixel o of `out` along a line of `length` lies at s = (o + 1/2) length / out - 1/2 of that line: pixels are squares,
# and these are their centres. `linear` mixes its two neighbours, y[o] = x[i] (1 - t) + x[i + 1] t with i = floor(s),
# t = s - i, and nothing beyond the ends; else it is the pixel in whose square it lies, floor(s + 1/2).

cdef struct Neighbours:              # of a stretch of pixels
    Py_ssize_t first[STRETCH]        # where they begin in a line, in elements
    Py_ssize_t second[STRETCH]
    float share[STRETCH]             # of the second


cdef inline void _neighbours(Neighbours* near, Py_ssize_t o, Py_ssize_t count, Py_ssize_t length, Py_ssize_t out,
                             Py_ssize_t c, bint linear) noexcept nogil:
    cdef Py_ssize_t k, i
    cdef double s, half = 0.5
    for k in range(count):
        if linear:
            s = max((o + k + half) * length / out - half, <double>0)
            i = min(<Py_ssize_t>s, length - 1)
            near.share[k] = <float>(s - i)
        else:
            i = (2 * (o + k) + 1) * length // (2 * out)
            near.share[k] = 0
        near.first[k], near.second[k] = i * c, min(i + 1, length - 1) * c


cdef inline void _resize_row(const float* x, float* y, const Neighbours* near, Py_ssize_t count, Py_ssize_t c,
                             bint linear) noexcept nogil:
    cdef Py_ssize_t k, l
    cdef const float* a
    cdef const float* b
    cdef float t
    for k in range(count):
        a, b, t = x + near.first[k], x + near.second[k], near.share[k]
        if not linear:
            memcpy(y, a, c * sizeof(float))
        else:
            for l in range(c):
                y[l] = a[l] + t * (b[l] - a[l])
        y += c


cdef inline void _resize_row_backward(const float* dy, float* dx, const Neighbours* near, Py_ssize_t count,
                                      Py_ssize_t c) noexcept nogil:
    cdef Py_ssize_t k, l
    cdef float* a
    cdef float* b
    cdef float t
    for k in range(count):
        a, b, t = dx + near.first[k], dx + near.second[k], near.share[k]
        if t == 0:
            for l in range(c):
                a[l] += dy[l]
        else:
            for l in range(c):
                a[l] += dy[l] - t * dy[l]
            for l in range(c):
                b[l] += t * dy[l]
        dy += c


cdef void _resize_rows(const float* x, float* y, Py_ssize_t rows, Py_ssize_t length, Py_ssize_t out,
                       Py_ssize_t c, bint linear) noexcept nogil:
    cdef Neighbours near
    cdef Py_ssize_t o = 0, row, count
    while o < out:
        count = min(out - o, <Py_ssize_t>STRETCH)
        _neighbours(&near, o, count, length, out, c, linear)
        for row in range(rows):
            _resize_row(x + row * length * c, y + (row * out + o) * c, &near, count, c, linear)
        o += STRETCH


cdef void _resize_rows_backward(const float* dy, float* dx, Py_ssize_t rows, Py_ssize_t length, Py_ssize_t out,
                                Py_ssize_t c, bint linear) noexcept nogil:
    cdef Neighbours near
    cdef Py_ssize_t o = 0, row, count
    memset(dx, 0, rows * length * c * sizeof(float))
    while o < out:
        count = min(out - o, <Py_ssize_t>STRETCH)
        _neighbours(&near, o, count, length, out, c, linear)
        for row in range(rows):
            _resize_row_backward(dy + (row * out + o) * c, dx + row * length * c, &near, count, c)
        o += STRETCH


def resize_forward(
    const float[:, :, :, ::1] x,       # IN   (n, rows, length, c)
    float[:, :, :, ::1] y,             # OUT  (n, rows, out, c)
    bint linear, int threads=1,
):
    """Each row's line of pixels as a line of another length: mixtures of neighbours, or the nearest pixels."""
    cdef Py_ssize_t row, length = x.shape[2], out = y.shape[2], c = x.shape[3]
    cdef const float* a = &x[0, 0, 0, 0]
    cdef float* b = &y[0, 0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _resize_rows(a + row * length * c, b + row * out * c, 1, length, out, c, linear)


def resize_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, rows, out, c)
    float[:, :, :, ::1] dx,            # OUT  (n, rows, length, c)
    bint linear, int threads=1,
):
    """The gradient of `resize_forward`: dy in the same shares, in the order of the pixels."""
    cdef Py_ssize_t n, rows = dx.shape[1], length = dx.shape[2], out = dy.shape[2], c = dx.shape[3]
    cdef const float* a = &dy[0, 0, 0, 0]
    cdef float* b = &dx[0, 0, 0, 0]
    for n in prange(dx.shape[0], nogil=True, schedule="static", num_threads=threads):
        _resize_rows_backward(a + n * rows * out * c, b + n * rows * length * c, rows, length, out, c, linear)


cdef void _resize_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t length = call.operand[0].shape[1], out = call.operand[1].shape[1], c = call.operand[0].shape[2]
    _resize_rows(<const float*>t.at[0] + t.first * length * c, <float*>t.at[1] + t.first * out * c, t.last - t.first,
                 length, out, c, call.i[0] != 0)


cdef void _resize_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t length = call.operand[1].shape[1], out = call.operand[0].shape[1], c = call.operand[0].shape[2]
    cdef Py_ssize_t rows = call.operand[0].shape[0], n
    for n in range(t.first, t.last):
        _resize_rows_backward(<const float*>t.at[0] + n * rows * out * c, <float*>t.at[1] + n * rows * length * c,
                              rows, length, out, c, call.i[0] != 0)


# ------------------------------------------------------------------------------------------------------- copy

def copy(
    const float[:, ::1] x,             # IN   (n, size)
    float[:, ::1] y,                   # OUT  (n, size)
    int threads=1,
):
    """y = x."""
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* a = &x[0, 0]
    cdef float* b = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        memcpy(b + n * size, a + n * size, size * sizeof(float))


cdef void _copy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1])
    memcpy(<float*>t.at[1] + t.first * size, <const float*>t.at[0] + t.first * size,
           (t.last - t.first) * size * sizeof(float))


def zero(
    float[:, ::1] y,                   # OUT  (n, size)
    int threads=1,
):
    """y = 0."""
    cdef Py_ssize_t n, size = y.shape[1]
    cdef float* b = &y[0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        memset(b + n * size, 0, size * sizeof(float))


cdef void _zero(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[0])
    memset(<float*>t.at[0] + t.first * size, 0, (t.last - t.first) * size * sizeof(float))


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "pad": (capsule(_pad), "rw"),
    "crop": (capsule(_crop), "rw"),
    "transpose": (capsule(_transpose), "rw"),
    "resize_forward": (capsule(_resize_forward), "rw"),
    "resize_backward": (capsule(_resize_backward), "rw"),
    "copy": (capsule(_copy), "rw"),
    "zero": (capsule(_zero), "w"),
}
