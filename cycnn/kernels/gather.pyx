"""Rows of the user's arrays, picked, cast and laid side by side: the one place where a user's data are converted.

The source is read as bytes, with its type as a code: one kernel takes every type, and an array whose rows lie apart,
or backwards, is read where it is. A unit of work is one sample.

And rows of a table of weights, picked by numbers in the data: an embedding.
"""

from cython.parallel cimport prange
from libc.math cimport NAN
from libc.string cimport memcpy, memset

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule

cdef enum:
    PARTS = 16                       # of a table, whose gradients are added up apart from one another

cdef enum:
    FLOAT16, FLOAT32, FLOAT64, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64

ctypedef fused number:
    float
    double
    signed char
    short
    int
    long long
    unsigned char
    unsigned short
    unsigned int
    unsigned long long

ctypedef fused result:
    float
    int

cdef union Bits:
    unsigned int i
    float f


cdef inline float _half(unsigned int half) noexcept nogil:
    """The value of a float16: fraction and exponent moved up, the exponent's bias corrected by a factor."""
    cdef Bits bits, factor
    cdef unsigned int sign = (half & 0x8000) << 16, rest = (half & 0x7FFF) << 13
    cdef unsigned int special = 0x7F800000 if rest >= 0x0F800000 else 0  # infinity or NaN: all ones in the exponent
    bits.i, factor.i = rest, 0x77800000      # 2 ** (127 - 15); exact, also where the float16 is subnormal
    bits.f *= factor.f
    bits.i |= sign | special
    return bits.f


cdef inline void _cast(const number* x, result* y, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        y[k] = <result>x[k]


cdef inline void _cast_half(const unsigned short* x, result* y, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        y[k] = <result>_half(x[k])


cdef void _row(const char* x, result* y, Py_ssize_t size, Py_ssize_t dtype) noexcept nogil:
    if dtype == FLOAT16:
        _cast_half(<const unsigned short*>x, y, size)
    elif dtype == FLOAT32:
        _cast(<const float*>x, y, size)
    elif dtype == FLOAT64:
        _cast(<const double*>x, y, size)
    elif dtype == INT8:
        _cast(<const signed char*>x, y, size)
    elif dtype == INT16:
        _cast(<const short*>x, y, size)
    elif dtype == INT32:
        _cast(<const int*>x, y, size)
    elif dtype == INT64:
        _cast(<const long long*>x, y, size)
    elif dtype == UINT8:
        _cast(<const unsigned char*>x, y, size)
    elif dtype == UINT16:
        _cast(<const unsigned short*>x, y, size)
    elif dtype == UINT32:
        _cast(<const unsigned int*>x, y, size)
    elif dtype == UINT64:
        _cast(<const unsigned long long*>x, y, size)


def rows(
    const unsigned char[:, :] source,  # IN   (N, bytes of a row); its steps do not count, `stride` does
    const long long[::1] rows,         # IN   (n,), each in [0, N)
    float[:, ::1] y,                   # OUT  (n, size)
    Py_ssize_t dtype,                  # of the source, from CODES
    Py_ssize_t stride,                 # bytes from one row of the source to the next; may be negative
    int threads=1,
):
    """y[k] = source[rows[k]] as float32, rounded to nearest. A row of the source is contiguous; rows may lie apart."""
    cdef Py_ssize_t n
    cdef const char* a = <const char*>&source[0, 0]
    cdef const long long* pick = &rows[0]
    cdef float* b = &y[0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        _row(a + pick[n] * stride, b + n * y.shape[1], y.shape[1], dtype)


def labels(
    const unsigned char[:, :] source,  # IN   (N, bytes of a row)
    const long long[::1] rows,         # IN   (n,), each in [0, N)
    int[:, ::1] y,                     # OUT  (n, size)
    Py_ssize_t dtype,
    Py_ssize_t stride,
    int threads=1,
):
    """`rows` as int32: fractions are cut off. That the values fit into int32 is for the caller to check."""
    cdef Py_ssize_t n
    cdef const char* a = <const char*>&source[0, 0]
    cdef const long long* pick = &rows[0]
    cdef int* b = &y[0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        _row(a + pick[n] * stride, b + n * y.shape[1], y.shape[1], dtype)


cdef void _rows(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, size = _size(&c.operand[2])
    cdef const long long* pick = <const long long*>t.at[1] + t.sample
    for n in range(t.first, t.last):
        _row(t.at[0] + pick[n] * c.i[1], <float*>t.at[2] + n * size, size, c.i[0])


cdef void _labels(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, size = _size(&c.operand[2])
    cdef const long long* pick = <const long long*>t.at[1] + t.sample
    for n in range(t.first, t.last):
        _row(t.at[0] + pick[n] * c.i[1], <int*>t.at[2] + n * size, size, c.i[0])


# ------------------------------------------------------------------------------------------------------- embeddings

cdef void _embed(const float* x, const float* table, float* y, Py_ssize_t count, Py_ssize_t rows,
                 Py_ssize_t width) noexcept nogil:
    cdef Py_ssize_t k, i
    cdef float number
    for k in range(count):
        number = x[k]
        if number >= 0 and number < rows:
            memcpy(y + k * width, table + <Py_ssize_t>number * width, width * sizeof(float))
        else:
            for i in range(width):
                y[k * width + i] = NAN


cdef void _embed_backward(const float* x, const float* dy, float* dtable, Py_ssize_t count, Py_ssize_t width,
                          Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Rows [first, last) of the table's gradient, in the order of the batch: no two threads write to one row."""
    cdef Py_ssize_t k, i
    cdef const float* g
    cdef float* d
    memset(dtable + first * width, 0, (last - first) * width * sizeof(float))
    for k in range(count):
        if x[k] >= first and x[k] < last:
            g, d = dy + k * width, dtable + <Py_ssize_t>x[k] * width
            for i in range(width):
                d[i] += g[i]


def embed(
    const float[:, ::1] x,             # IN   (n, steps), whole numbers
    const float[:, ::1] table,         # IN   (rows, width)
    float[:, :, ::1] y,                # OUT  (n, steps, width)
    int threads=1,
):
    """y[n, k] = table[x[n, k]], fractions cut off; NaN where the table has no such row."""
    cdef Py_ssize_t n, steps = x.shape[1], rows = table.shape[0], width = table.shape[1]
    cdef const float* a = &x[0, 0]
    cdef const float* b = &table[0, 0]
    cdef float* c = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _embed(a + n * steps, b, c + n * steps * width, steps, rows, width)


def embed_backward(
    const float[:, ::1] x,             # IN   (n, steps), whole numbers
    const float[:, :, ::1] dy,         # IN   (n, steps, width)
    float[:, ::1] dtable,              # OUT  (rows, width)
    int threads=1,
):
    """Row r of dtable is the sum of dy[n, k] where x[n, k] = r, in order. A unit of work is a part of the rows."""
    cdef Py_ssize_t part, count = x.shape[0] * x.shape[1], rows = dtable.shape[0], width = dtable.shape[1]
    cdef const float* a = &x[0, 0]
    cdef const float* b = &dy[0, 0, 0]
    cdef float* c = &dtable[0, 0]
    for part in prange(PARTS, nogil=True, schedule="static", num_threads=threads):
        _embed_backward(a, b, c, count, width, rows * part // PARTS, rows * (part + 1) // PARTS)


cdef void _embed_task(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = c.operand[1].shape[0], width = c.operand[1].shape[1], steps = _size(&c.operand[0])
    _embed(<const float*>t.at[0] + t.first * steps, <const float*>t.at[1], <float*>t.at[2] + t.first * steps * width,
           (t.last - t.first) * steps, rows, width)


cdef void _embed_backward_task(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = c.operand[2].shape[0], width = c.operand[2].shape[1]
    cdef Py_ssize_t first = rows * t.first // c.units, last = rows * t.last // c.units
    if first < last:
        _embed_backward(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2], t.samples * _size(&c.operand[0]),
                        width, first, last)


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# NumPy's name of a type -> its code; units of work of `embed_backward`
CONSTANTS = {
    "PARTS": PARTS,
    "CODES": {
        "bool": UINT8, "float16": FLOAT16, "float32": FLOAT32, "float64": FLOAT64,
        "int8": INT8, "int16": INT16, "int32": INT32, "int64": INT64,
        "uint8": UINT8, "uint16": UINT16, "uint32": UINT32, "uint64": UINT64,
    },
    "BYTES": {  # of a number of the source
        INT8: 1, UINT8: 1, FLOAT16: 2, INT16: 2, UINT16: 2, FLOAT32: 4, INT32: 4, UINT32: 4,
        FLOAT64: 8, INT64: 8, UINT64: 8,
    },
}

# name -> (C door, what it does with each operand: r reads, w writes, u updates). The source and the row numbers are the
# same for all samples; row numbers are looked up by a sample's place in the batch.
DOORS = {
    "rows": (capsule(_rows), "rrw"),
    "labels": (capsule(_labels), "rrw"),
    "embed": (capsule(_embed_task), "rrw"),
    "embed_backward": (capsule(_embed_backward_task), "rrw"),
}
