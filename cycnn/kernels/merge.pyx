"""Several maps into one: sums, products and extremes of two, with an activation if one follows, the same values many
times, and maps side by side. A unit of work is one sample.

An output of `combine` and `maximum_backward` may lie on an input of its shape.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.string cimport memcpy

from cycnn.kernels.activation cimport LINEAR, RELU, activate
from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule

cdef enum:
    ADD = 0
    SUBTRACT = 1
    MULTIPLY = 2
    MAXIMUM = 3
    MINIMUM = 4
    STRETCH = 256                    # elements at a time, in local arrays: the compiler need not ask what lies on what
    BLOCK = 32                       # rows that are summed in float before they join the total

cdef float HALF = 0.5


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# -------------------------------------------------------------------------------------------------- two into one

cdef void _combine_stretch(int kind, const float* a, const float* b, float* y, Py_ssize_t size,
                           int activation) noexcept nogil:
    cdef float found[STRETCH]
    cdef float floor = 0 if activation == RELU else -INFINITY
    cdef Py_ssize_t i
    if kind == ADD:
        for i in range(size):
            found[i] = a[i] + b[i]
    elif kind == SUBTRACT:
        for i in range(size):
            found[i] = a[i] - b[i]
    elif kind == MULTIPLY:
        for i in range(size):
            found[i] = a[i] * b[i]
    elif kind == MAXIMUM:
        for i in range(size):
            found[i] = a[i] if (a[i] > b[i]) | (a[i] != a[i]) else b[i]
    else:
        for i in range(size):
            found[i] = a[i] if (a[i] < b[i]) | (a[i] != a[i]) else b[i]
    if activation != LINEAR and activation != RELU:
        activate(activation, found, found, size, 0, 0, 0)
    for i in range(size):
        y[i] = floor if found[i] < floor else found[i]


cdef inline void _combine_all(int kind, const float* a, const float* b, float* y, Py_ssize_t size,
                              int activation) noexcept nogil:
    cdef Py_ssize_t at = 0
    while at < size:
        _combine_stretch(kind, a + at, b + at, y + at, min(STRETCH, size - at), activation)
        at += STRETCH


cdef void _combine_sample(int kind, const float* a, const float* b, float* y, Py_ssize_t size, Py_ssize_t period,
                          int activation) noexcept nogil:
    """`period` elements of b, again and again."""
    cdef Py_ssize_t at = 0
    while at < size:
        _combine_all(kind, a + at, b, y + at, period, activation)
        at += period


def combine(
    const float[:, ::1] a,             # IN   (n, size)
    const float[:, ::1] b,             # IN   (n, period); size is a multiple of it
    float[:, ::1] y,                   # OUT  (n, size)
    int kind, int activation, int threads=1,
):
    """y = activation(a + b), or of a - b, a * b, the larger or smaller of a and b, by its number in `KINDS`. NaN wins.

    A shorter b is repeated. The activation is one without parameters, by its number in `elementwise.KINDS` (0: none).
    """
    cdef Py_ssize_t n, size = a.shape[1], period = b.shape[1]
    cdef const float* p = &a[0, 0]
    cdef const float* q = &b[0, 0]
    cdef float* r = &y[0, 0]
    for n in prange(a.shape[0], nogil=True, schedule="static", num_threads=threads):
        _combine_sample(kind, p + n * size, q + n * period, r + n * size, size, period, activation)


cdef void _combine(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[2]), period = _size(&c.operand[1]), n
    for n in range(t.first, t.last):
        _combine_sample(<int>c.i[0], <const float*>t.at[0] + n * size, <const float*>t.at[1] + n * period,
                        <float*>t.at[2] + n * size, size, period, <int>c.i[1])


cdef inline void _share_stretch(const float* a, const float* b, const float* dy, float* da, float* db,
                                Py_ssize_t size) noexcept nogil:
    cdef float first[STRETCH]
    cdef float second[STRETCH]
    cdef float d
    cdef Py_ssize_t i
    for i in range(size):
        d = dy[i]
        first[i] = (d if a[i] > b[i] else 0) + (HALF * d if a[i] == b[i] else 0)
        second[i] = (d if b[i] > a[i] else 0) + (HALF * d if a[i] == b[i] else 0)
    if da:
        memcpy(da, first, size * sizeof(float))
    if db:
        memcpy(db, second, size * sizeof(float))


cdef void _share_all(const float* a, const float* b, const float* dy, float* da, float* db,
                     Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t at = 0
    while at < size:
        _share_stretch(a + at, b + at, dy + at, da + at if da else NULL, db + at if db else NULL,
                       min(STRETCH, size - at))
        at += STRETCH


def maximum_backward(
    const float[:, ::1] a,             # IN   (n, size)
    const float[:, ::1] b,             # IN   (n, size)
    const float[:, ::1] dy,            # IN   (n, size)
    float[:, ::1] da,                  # OUT  (n, size); None where nobody wants it
    float[:, ::1] db,                  # OUT  (n, size); None likewise
    int threads=1,
):
    """dy goes to the larger of a and b, half of it to each where they are equal. Of the minimum: a and b swapped."""
    cdef Py_ssize_t n, size = a.shape[1]
    cdef const float* p = &a[0, 0]
    cdef const float* q = &b[0, 0]
    cdef const float* g = &dy[0, 0]
    cdef float* r = NULL if da is None else &da[0, 0]
    cdef float* s = NULL if db is None else &db[0, 0]
    for n in prange(a.shape[0], nogil=True, schedule="static", num_threads=threads):
        _share_all(p + n * size, q + n * size, g + n * size, r + n * size if r else NULL, s + n * size if s else NULL,
                   size)


cdef void _maximum_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[2]), first = t.first * size
    cdef float* da = <float*>t.at[3]
    cdef float* db = <float*>t.at[4]
    _share_all(<const float*>t.at[0] + first, <const float*>t.at[1] + first, <const float*>t.at[2] + first,
               da + first if da else NULL, db + first if db else NULL, (t.last - t.first) * size)


# ---------------------------------------------------------------------------------------------------- one for many

cdef void _repeat_sample(const float* x, float* y, Py_ssize_t before, Py_ssize_t count,
                         Py_ssize_t behind) noexcept nogil:
    cdef Py_ssize_t _, k
    for _ in range(before):
        if behind == 1:
            for k in range(count):
                y[k] = x[0]
        else:
            for k in range(count):
                memcpy(y + k * behind, x, behind * sizeof(float))
        x, y = x + behind, y + count * behind


def repeat(
    const float[:, :, ::1] x,          # IN   (n, before, behind)
    float[:, :, :, ::1] y,             # OUT  (n, before, count, behind)
    int threads=1,
):
    """y[n, i, k, j] = x[n, i, j] for every k."""
    cdef Py_ssize_t n, before = y.shape[1], count = y.shape[2], behind = y.shape[3]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        _repeat_sample(p + n * before * behind, q + n * before * count * behind, before, count, behind)


cdef void _repeat(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t before = c.operand[1].shape[0], count = c.operand[1].shape[1], behind = c.operand[1].shape[2], n
    for n in range(t.first, t.last):
        _repeat_sample(<const float*>t.at[0] + n * before * behind, <float*>t.at[1] + n * before * count * behind,
                       before, count, behind)


cdef inline void _add_columns(const float* x, const float* weight, float* y, Py_ssize_t rows, Py_ssize_t columns,
                              Py_ssize_t step) noexcept nogil:
    """y = the sum of the rows, weighted if they are, of up to STRETCH columns, in blocks of BLOCK rows: small sums meet
    small ones."""
    cdef double total[STRETCH]
    cdef float block[STRETCH]
    cdef Py_ssize_t row = 0, last, i
    for i in range(columns):
        total[i] = 0
    while row < rows:
        last = min(row + BLOCK, rows)
        for i in range(columns):
            block[i] = 0
        while row < last:
            if weight == NULL:
                for i in range(columns):
                    block[i] += x[row * step + i]
            else:
                for i in range(columns):
                    block[i] += x[row * step + i] * weight[row * step + i]
            row += 1
        for i in range(columns):
            total[i] += block[i]
    for i in range(columns):
        y[i] = <float>total[i]


cdef void _repeat_backward_sample(const float* dy, const float* weight, float* dx, Py_ssize_t before,
                                  Py_ssize_t count, Py_ssize_t behind) noexcept nogil:
    cdef Py_ssize_t k, at
    for k in range(before):
        at = 0
        while at < behind:
            _add_columns(dy + k * count * behind + at, weight + k * count * behind + at if weight else NULL,
                         dx + k * behind + at, count, min(STRETCH, behind - at), behind)
            at += STRETCH


def repeat_backward(
    const float[:, :, :, ::1] dy,      # IN   (n, before, count, behind)
    const float[:, :, :, ::1] weight,  # IN   likewise, or None
    float[:, :, ::1] dx,               # OUT  (n, before, behind)
    int threads=1,
):
    """dx[n, i, j] = the sum over k of dy[n, i, k, j], of its product with the weight where what was repeated then was a
    factor of that."""
    cdef Py_ssize_t n, before = dy.shape[1], count = dy.shape[2], behind = dy.shape[3]
    cdef const float* p = &dy[0, 0, 0, 0]
    cdef const float* w = &weight[0, 0, 0, 0] if weight is not None else NULL
    cdef float* q = &dx[0, 0, 0]
    for n in prange(dy.shape[0], nogil=True, schedule="static", num_threads=threads):
        _repeat_backward_sample(p + n * before * count * behind, w + n * before * count * behind if w else NULL,
                                q + n * before * behind, before, count, behind)


cdef void _repeat_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t before = c.operand[0].shape[0], count = c.operand[0].shape[1], behind = c.operand[0].shape[2], n
    cdef const float* w = <const float*>t.at[1]
    for n in range(t.first, t.last):
        _repeat_backward_sample(<const float*>t.at[0] + n * before * count * behind,
                                w + n * before * count * behind if w else NULL,
                                <float*>t.at[2] + n * before * behind, before, count, behind)


# --------------------------------------------------------------------------------------------------- side by side

cdef inline void _rows(const float* x, float* y, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t from_step,
                       Py_ssize_t to_step) noexcept nogil:
    """`columns` elements of each row; the rows of x and y begin `from_step` and `to_step` elements apart."""
    cdef Py_ssize_t row
    for row in range(rows):
        memcpy(y + row * to_step, x + row * from_step, columns * sizeof(float))


def join(
    const float[:, :, ::1] x,          # IN      (n, rows, columns)
    float[:, :, ::1] y,                # IN/OUT  (n, rows, width), at least at + columns wide
    Py_ssize_t at, int threads=1,
):
    """x becomes the columns of y from `at` on; the others stay as they are."""
    cdef Py_ssize_t n, rows = x.shape[1], columns = x.shape[2], width = y.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0] + at
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _rows(p + n * rows * columns, q + n * rows * width, rows, columns, columns, width)


cdef void _join(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = c.operand[0].shape[0], columns = c.operand[0].shape[1], width = c.operand[1].shape[1]
    cdef Py_ssize_t first = t.first * rows
    _rows(<const float*>t.at[0] + first * columns, <float*>t.at[1] + first * width + c.i[0], (t.last - t.first) * rows,
          columns, columns, width)


def split(
    const float[:, :, ::1] x,          # IN   (n, rows, width), at least at + columns wide
    float[:, :, ::1] y,                # OUT  (n, rows, columns)
    Py_ssize_t at, int threads=1,
):
    """y = the columns of x from `at` on: the gradient of `join`."""
    cdef Py_ssize_t n, rows = y.shape[1], columns = y.shape[2], width = x.shape[2]
    cdef const float* p = &x[0, 0, 0] + at
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _rows(p + n * rows * width, q + n * rows * columns, rows, columns, width, columns)


cdef void _split(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = c.operand[1].shape[0], columns = c.operand[1].shape[1], width = c.operand[0].shape[1]
    cdef Py_ssize_t first = t.first * rows
    _rows(<const float*>t.at[0] + first * width + c.i[0], <float*>t.at[1] + first * columns, (t.last - t.first) * rows,
          columns, width, columns)


CONSTANTS = {"KINDS": {"add": ADD, "subtract": SUBTRACT, "multiply": MULTIPLY, "maximum": MAXIMUM, "minimum": MINIMUM}}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "combine": (capsule(_combine), "rrw"),
    "maximum_backward": (capsule(_maximum_backward), "rrrww"),
    "repeat": (capsule(_repeat), "rw"),
    "repeat_backward": (capsule(_repeat_backward), "rrw"),
    "join": (capsule(_join), "ru"),
    "split": (capsule(_split), "rw"),
}
