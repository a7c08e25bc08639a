"""What is done to each element alone (activations, random noise, sums, scaling), and softmax over the last axis.

A unit of work is one sample, for softmax one row of one sample. An output may lie on an input of its shape.
"""

from cython.parallel cimport prange

from cycnn.kernels.activation cimport (
    CELU, ELU, EXPONENTIAL, GELU, GELU_TANH, HARD_SHRINK, HARD_SIGMOID, HARD_SILU, HARD_TANH, LEAKY_RELU, LINEAR,
    LOG_SIGMOID, MISH, RELU, RELU6, RELU_GENERAL, SELU, SIGMOID, SILU, SOFTPLUS, SOFTSIGN, SOFT_SHRINK, SPARSE_PLUS,
    SPARSE_SIGMOID, SQUAREPLUS, TANH, TANH_SHRINK, THRESHOLD, activate as all_kinds, multiply_slopes,
)
from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule
from cycnn.kernels.maths cimport ONE, dot, erf, exp_below, exponentials, largest, log
from cycnn.kernels.random cimport CHANCES, STRETCH, chance, normals, stretch, threshold, u32, u64, unit


cdef enum:
    ROWS = 64                        # rows that are added plainly before they join a sum


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# ------------------------------------------------------------------------------------------------------ activations

cdef void _run(int kind, const float* x, float* y, Py_ssize_t size, float a, float b, float c) noexcept nogil:
    all_kinds(kind, x, y, size, a, b, c)


cdef void _slope_run(int kind, const float* x, const float* y, const float* dy, float* dx, Py_ssize_t size, float a,
                     float b, float c) noexcept nogil:
    multiply_slopes(kind, x, y, dy, dx, size, a, b, c)


def activate(
    const float[:, ::1] x,             # IN   (n, size)
    float[:, ::1] y,                   # OUT  (n, size)
    int kind, float a, float b, float c, int threads=1,
):
    """y = activation(x), by its number in `KINDS`; `activation.pxd` names its parameters a, b, c with it."""
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* p = &x[0, 0]
    cdef float* q = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _run(kind, p + n * size, q + n * size, size, a, b, c)


cdef void _activate(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), first = t.first * size
    _run(<int>c.i[0], <const float*>t.at[0] + first, <float*>t.at[1] + first, (t.last - t.first) * size,
         <float>c.f[0], <float>c.f[1], <float>c.f[2])


def activate_backward(
    const float[:, ::1] x,             # IN   (n, size); None where the slope follows from y: `FROM_OUTPUT`
    const float[:, ::1] y,             # IN   (n, size)
    const float[:, ::1] dy,            # IN   (n, size)
    float[:, ::1] dx,                  # OUT  (n, size)
    int kind, float a, float b, float c, int threads=1,
):
    """dx = dy * activation'(x). At a kink the slope is the one on the side of zero: relu's is 0 at 0."""
    cdef Py_ssize_t n, size = y.shape[1]
    cdef const float* p = &y[0, 0] if x is None else &x[0, 0]
    cdef const float* q = &y[0, 0]
    cdef const float* g = &dy[0, 0]
    cdef float* d = &dx[0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        _slope_run(kind, p + n * size, q + n * size, g + n * size, d + n * size, size, a, b, c)


cdef void _activate_backward(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), first = t.first * size
    cdef const float* y = <const float*>t.at[1] + first
    cdef const float* x = <const float*>t.at[0] + first if t.at[0] != NULL else y
    _slope_run(<int>c.i[0], x, y, <const float*>t.at[2] + first, <float*>t.at[3] + first,
               (t.last - t.first) * size, <float>c.f[0], <float>c.f[1], <float>c.f[2])


# A relu with slopes of its own below zero, one for each of c places, the same in all rows. The slope at zero is 0.

cdef void _prelu(const float* x, const float* alpha, float* y, Py_ssize_t rows, Py_ssize_t c) noexcept nogil:
    cdef Py_ssize_t row, i
    cdef float v
    for row in range(rows):
        for i in range(c):
            v = x[row * c + i]
            y[row * c + i] = v * alpha[i] if v < 0 else v


cdef void _prelu_slope(const float* x, const float* alpha, const float* dy, float* dx, Py_ssize_t rows,
                       Py_ssize_t c) noexcept nogil:
    cdef Py_ssize_t row, i
    cdef float v, slope
    for row in range(rows):
        for i in range(c):
            v = x[row * c + i]
            slope = alpha[i] if v < 0 else ONE
            dx[row * c + i] = 0 if v == 0 else dy[row * c + i] * slope


cdef void _prelu_sums(const float* x, const float* dy, float* partial, Py_ssize_t rows, Py_ssize_t c,
                      bint fresh) noexcept nogil:
    """partial = the sum of dy x over the rows where x < 0, added to what is there unless `fresh`."""
    cdef float total[STRETCH]
    cdef float block[STRETCH]
    cdef float zero = 0, v
    cdef Py_ssize_t at = 0, row, last, i, count
    while at < c:
        count = min(c - at, <Py_ssize_t>STRETCH)
        for i in range(count):
            total[i] = zero if fresh else partial[at + i]
        row = 0
        while row < rows:
            last = min(rows, row + ROWS)
            for i in range(count):
                block[i] = 0
            while row < last:
                for i in range(count):
                    v = x[row * c + at + i]
                    block[i] += dy[row * c + at + i] * v if v < 0 else zero
                row += 1
            for i in range(count):
                total[i] += block[i]
        for i in range(count):
            partial[at + i] = total[i]
        at += STRETCH


def prelu_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] alpha,            # IN   (c,)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    int threads=1,
):
    """y = x, or alpha x below zero."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &alpha[0]
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _prelu(p + n * rows * c, a, q + n * rows * c, rows, c)


cdef void _prelu_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[1]), size = _size(&call.operand[0]), first = t.first * size
    _prelu(<const float*>t.at[0] + first, <const float*>t.at[1], <float*>t.at[2] + first,
           (t.last - t.first) * (size // c), c)


def prelu_backward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] alpha,            # IN   (c,)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int threads=1,
):
    """dx = dy, alpha dy where x < 0, or 0 where x = 0."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &alpha[0]
    cdef const float* g = &dy[0, 0, 0]
    cdef float* d = &dx[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _prelu_slope(p + n * rows * c, a, g + n * rows * c, d + n * rows * c, rows, c)


cdef void _prelu_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[1]), size = _size(&call.operand[0]), first = t.first * size
    _prelu_slope(<const float*>t.at[0] + first, <const float*>t.at[1], <const float*>t.at[2] + first,
                 <float*>t.at[3] + first, (t.last - t.first) * (size // c), c)


def prelu_sums(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    float[::1] partial,                # OUT  (c,)
    int threads=1,
):
    """The gradient of alpha: the sum of dy x over samples and rows, where x < 0."""
    with nogil:
        _prelu_sums(&x[0, 0, 0], &dy[0, 0, 0], &partial[0], x.shape[0] * x.shape[1], x.shape[2], True)


cdef void _prelu_sums_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[2])
    if t.first < t.last:
        _prelu_sums(<const float*>t.at[0], <const float*>t.at[1], <float*>t.at[2],
                    t.samples * (_size(&call.operand[0]) // c), c, t.fresh)


# ---------------------------------------------------------------------------------------------------------- dropout

cdef inline void _drop_some(const float* x, float* y, const u32* word, Py_ssize_t first, Py_ssize_t last, u32 below,
                            float scale) noexcept nogil:
    cdef float v
    cdef Py_ssize_t l
    for l in range(first, last):
        v = x[l]
        y[l] = 0 if chance(word, l) < below else v * scale


cdef void _drop(const float* x, float* y, Py_ssize_t size, const u64* state, u32 node, u32 sample,
                float rate) noexcept nogil:
    """One sample: its element i is dropped where its chance is below the rate."""
    cdef u32 word[STRETCH]
    cdef u32 below = threshold(rate)
    cdef float scale = ONE / (ONE - rate)
    cdef Py_ssize_t i = 0
    while i < size:
        stretch(<u32>state[0], <u32>(state[0] >> 32) + node, <u32>(i >> 3), sample, state[1], word)
        if size - i >= CHANCES:  # lower and upper halves: loops of known length
            _drop_some(x + i, y + i, word, 0, STRETCH, below, scale)
            _drop_some(x + i, y + i, word, STRETCH, CHANCES, below, scale)
        else:
            _drop_some(x + i, y + i, word, 0, size - i, below, scale)
        i += CHANCES


def dropout_forward(
    const float[:, ::1] x,             # IN   (n, size)
    float[:, ::1] y,                   # OUT  (n, size)
    const u64[::1] state,              # IN   seed, step
    float rate, u32 node, int threads=1,
):
    """y = x / (1 - rate), or 0 with a probability of `rate` (to the nearest 2^-16), whatever x is there.

    What is dropped depends on seed, step, node, the sample's place in the batch and the element's in the sample alone.
    """
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* p = &x[0, 0]
    cdef float* q = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _drop(p + n * size, q + n * size, size, &state[0], node, <u32>n, rate)


def dropout_backward(
    const float[:, ::1] dy,            # IN   (n, size)
    float[:, ::1] dx,                  # OUT  (n, size)
    const u64[::1] state,              # IN   seed, step, as they were for `dropout_forward`
    float rate, u32 node, int threads=1,
):
    """dx = dy / (1 - rate) where x was kept, else 0: the same numbers are drawn again, so no mask is stored."""
    dropout_forward(dy, dx, state, rate, node, threads)


cdef void _dropout(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), n
    for n in range(t.first, t.last):
        _drop(<const float*>t.at[0] + n * size, <float*>t.at[1] + n * size, size, <const u64*>t.at[2], <u32>c.i[0],
              <u32>(t.sample + n), <float>c.f[0])


cdef void _drop_rows(const float* x, float* y, Py_ssize_t rows, Py_ssize_t c, const u64* state, u32 node,
                     u32 sample, float rate, float scale, float offset, float dropped) noexcept nogil:
    """One sample, all rows with the mask of the first."""
    cdef u32 word[STRETCH]
    cdef int kept[CHANCES]
    cdef u32 below = threshold(rate)
    cdef float v
    cdef Py_ssize_t at = 0, row, l, count
    while at < c:
        stretch(<u32>state[0], <u32>(state[0] >> 32) + node, <u32>(at >> 3), sample, state[1], word)
        for l in range(CHANCES):
            kept[l] = 0 if chance(word, l) < below else 1
        count = min(c - at, <Py_ssize_t>CHANCES)
        for row in range(rows):
            for l in range(count):
                v = x[row * c + at + l]
                y[row * c + at + l] = v * scale + offset if kept[l] else dropped
        at += CHANCES


def dropout_rows(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    const u64[::1] state,              # IN   seed, step
    u32 node, bint shared, float rate, float scale, float offset, float dropped, int threads=1,
):
    """y = x scale + offset, or `dropped` with a probability of `rate`, for all rows of a place at once; with `shared`,
    for all samples at once. With one row, that are the places which `dropout_forward` drops."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _drop_rows(p + n * rows * c, q + n * rows * c, rows, c, &state[0], node, 0 if shared else <u32>n, rate, scale,
                   offset, dropped)


cdef void _dropout_rows(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = c.operand[1].shape[0], columns = c.operand[1].shape[1], n
    for n in range(t.first, t.last):
        _drop_rows(<const float*>t.at[0] + n * rows * columns, <float*>t.at[1] + n * rows * columns, rows, columns,
                   <const u64*>t.at[2], <u32>c.i[0], 0 if c.i[1] else <u32>(t.sample + n), <float>c.f[0], <float>c.f[1],
                   <float>c.f[2], <float>c.f[3])


cdef void _disturb(const float* x, float* y, Py_ssize_t size, const u64* state, u32 node, u32 sample,
                   float deviation, bint relative) noexcept nogil:
    cdef u32 word[STRETCH]
    cdef float z[STRETCH]
    cdef float v
    cdef Py_ssize_t i = 0, l
    while i < size:
        stretch(<u32>state[0], <u32>(state[0] >> 32) + node, <u32>(i >> 2), sample, state[1], word)
        normals(word, z)
        for l in range(min(size - i, <Py_ssize_t>STRETCH)):
            v = x[i + l]
            y[i + l] = v * (ONE + deviation * z[l]) if relative else v + deviation * z[l]
        i += STRETCH


def gaussian_noise(
    const float[:, ::1] x,             # IN   (n, size)
    float[:, ::1] y,                   # OUT  (n, size)
    const u64[::1] state,              # IN   seed, step
    u32 node, bint relative, float deviation, int threads=1,
):
    """y = x + deviation z, or with `relative` x (1 + deviation z), with z of the standard normal distribution. That is
    linear in x, so the gradient of the second is the same kernel on dy."""
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* p = &x[0, 0]
    cdef float* q = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _disturb(p + n * size, q + n * size, size, &state[0], node, <u32>n, deviation, relative)


cdef void _gaussian_noise(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), n
    for n in range(t.first, t.last):
        _disturb(<const float*>t.at[0] + n * size, <float*>t.at[1] + n * size, size, <const u64*>t.at[2], <u32>c.i[0],
                 <u32>(t.sample + n), <float>c.f[0], c.i[1] != 0)


cdef void _uniform(float* y, Py_ssize_t size, const u64* state, u32 node, u32 sample) noexcept nogil:
    cdef u32 word[STRETCH]
    cdef Py_ssize_t i = 0, l
    while i < size:
        stretch(<u32>state[0], <u32>(state[0] >> 32) + node, <u32>(i >> 2), sample, state[1], word)
        for l in range(min(size - i, <Py_ssize_t>STRETCH)):
            y[i + l] = unit(word[l])
        i += STRETCH


def random_uniform(
    float[:, ::1] y,                   # OUT  (n, size)
    const u64[::1] state,              # IN   seed, step
    u32 node, int threads=1,
):
    """Multiples of 2^-24 in [0, 1), all equally likely."""
    cdef Py_ssize_t n, size = y.shape[1]
    cdef float* q = &y[0, 0]
    for n in prange(y.shape[0], nogil=True, schedule="static", num_threads=threads):
        _uniform(q + n * size, size, &state[0], node, <u32>n)


cdef void _random_uniform(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[0]), n
    for n in range(t.first, t.last):
        _uniform(<float*>t.at[0] + n * size, size, <const u64*>t.at[1], <u32>c.i[0], <u32>(t.sample + n))


# ---------------------------------------------------------------------------------------------------- sums and scales

cdef void _add_to(const float* x, float* y, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] += x[i]


def add(
    const float[:, ::1] x,             # IN      (n, size)
    float[:, ::1] y,                   # IN/OUT  (n, size)
    int threads=1,
):
    """y += x."""
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* p = &x[0, 0]
    cdef float* q = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _add_to(p + n * size, q + n * size, size)


cdef void _add(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), first = t.first * size
    _add_to(<const float*>t.at[0] + first, <float*>t.at[1] + first, (t.last - t.first) * size)


cdef void _scaled(const float* x, float* y, Py_ssize_t size, float factor, float offset) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] * factor + offset


def scale(
    const float[:, ::1] x,             # IN   (n, size)
    float[:, ::1] y,                   # OUT  (n, size)
    float factor, float offset, int threads=1,
):
    """y = x * factor + offset."""
    cdef Py_ssize_t n, size = x.shape[1]
    cdef const float* p = &x[0, 0]
    cdef float* q = &y[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _scaled(p + n * size, q + n * size, size, factor, offset)


cdef void _scale(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t size = _size(&c.operand[1]), first = t.first * size
    _scaled(<const float*>t.at[0] + first, <float*>t.at[1] + first, (t.last - t.first) * size, <float>c.f[0],
            <float>c.f[1])


# ---------------------------------------------------------------------------------------------------------- softmax

cdef void _softmax(const float* x, float* y, Py_ssize_t c) noexcept nogil:
    """y_i = e^(x_i - m) / sum over j of e^(x_j - m), with m the row's maximum."""
    cdef float share = ONE / exponentials(x, y, c, largest(x, c))
    cdef Py_ssize_t i
    for i in range(c):
        y[i] *= share


cdef void _softmax_slope(const float* y, const float* dy, float* dx, Py_ssize_t c) noexcept nogil:
    """dx_i = y_i (dy_i - sum over j of y_j dy_j)."""
    cdef float mean = dot(y, dy, c)
    cdef Py_ssize_t i
    for i in range(c):
        dx[i] = y[i] * (dy[i] - mean)


def softmax_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    int threads=1,
):
    """Softmax over the last axis. A NaN or an infinity in a row makes the row NaN."""
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _softmax(p + row * c, q + row * c, c)


cdef void _softmax_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[1]) // call.units
    for row in range(t.first, t.last):
        _softmax(<const float*>t.at[0] + row * c, <float*>t.at[1] + row * c, c)


def softmax_backward(
    const float[:, :, ::1] y,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int threads=1,
):
    """Gradient of softmax over the last axis, from its output."""
    cdef Py_ssize_t row, c = y.shape[2]
    cdef const float* p = &y[0, 0, 0]
    cdef const float* g = &dy[0, 0, 0]
    cdef float* d = &dx[0, 0, 0]
    for row in prange(y.shape[0] * y.shape[1], nogil=True, schedule="static", num_threads=threads):
        _softmax_slope(p + row * c, g + row * c, d + row * c, c)


cdef void _softmax_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _softmax_slope(<const float*>t.at[0] + row * c, <const float*>t.at[1] + row * c, <float*>t.at[2] + row * c, c)


cdef void _log_softmax(const float* x, float* y, Py_ssize_t c) noexcept nogil:
    """y_i = x_i - m - log of sum over j of e^(x_j - m), with m the row's maximum."""
    cdef float top = largest(x, c)
    cdef float logs = log(exponentials(x, y, c, top))
    cdef Py_ssize_t i
    for i in range(c):
        y[i] = (x[i] - top) - logs


cdef void _log_softmax_slope(const float* y, const float* dy, float* dx, Py_ssize_t c) noexcept nogil:
    """dx_i = dy_i - e^(y_i) * sum over j of dy_j."""
    cdef float total = dot(dy, NULL, c)
    cdef Py_ssize_t i
    for i in range(c):
        dx[i] = dy[i] - exp_below(y[i]) * total


def log_softmax_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, :, ::1] y,                # OUT  (n, rows, c), not on x
    int threads=1,
):
    """The logarithm of softmax over the last axis, exact where softmax itself would round to zero."""
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _log_softmax(p + row * c, q + row * c, c)


cdef void _log_softmax_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[1]) // call.units
    for row in range(t.first, t.last):
        _log_softmax(<const float*>t.at[0] + row * c, <float*>t.at[1] + row * c, c)


def log_softmax_backward(
    const float[:, :, ::1] y,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int threads=1,
):
    """Gradient of log_softmax over the last axis, from its output."""
    cdef Py_ssize_t row, c = y.shape[2]
    cdef const float* p = &y[0, 0, 0]
    cdef const float* g = &dy[0, 0, 0]
    cdef float* d = &dx[0, 0, 0]
    for row in prange(y.shape[0] * y.shape[1], nogil=True, schedule="static", num_threads=threads):
        _log_softmax_slope(p + row * c, g + row * c, d + row * c, c)


cdef void _log_softmax_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _log_softmax_slope(<const float*>t.at[0] + row * c, <const float*>t.at[1] + row * c,
                           <float*>t.at[2] + row * c, c)


# ----------------------------------------------------------------------------------------------------- for tests alone

def random_words(u32[::1] words, u64 key, u32 first, u32 sample, u64 step):
    """The 64 raw words of one stretch; see `random.pxd`."""
    stretch(<u32>key, <u32>(key >> 32), first, sample, step, &words[0])


def logarithm(const float[::1] x, float[::1] y):
    """y = log(x): no kernel shows all of it."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        y[i] = log(x[i])


def error_function(const float[::1] x, float[::1] y):
    """y = erf(x), likewise."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        y[i] = erf(x[i])


# Keras's name -> its number. `relu_general` is relu with a slope, a largest value or a threshold; `gelu_tanh` is the
# approximate gelu.
KINDS = {
    "linear": LINEAR, "relu": RELU, "sigmoid": SIGMOID, "tanh": TANH, "relu6": RELU6, "leaky_relu": LEAKY_RELU,
    "elu": ELU, "selu": SELU, "celu": CELU, "softplus": SOFTPLUS, "softsign": SOFTSIGN, "exponential": EXPONENTIAL,
    "hard_sigmoid": HARD_SIGMOID, "hard_tanh": HARD_TANH, "log_sigmoid": LOG_SIGMOID, "soft_shrink": SOFT_SHRINK,
    "hard_shrink": HARD_SHRINK, "squareplus": SQUAREPLUS, "sparse_plus": SPARSE_PLUS,
    "sparse_sigmoid": SPARSE_SIGMOID, "relu_general": RELU_GENERAL, "gelu": GELU, "gelu_tanh": GELU_TANH,
    "silu": SILU, "mish": MISH, "hard_silu": HARD_SILU, "tanh_shrink": TANH_SHRINK, "threshold": THRESHOLD,
}  # fmt: skip
CONSTANTS = {
    "KINDS": KINDS,
    # Names whose slope follows from y alone; for leaky_relu and elu where their parameter is not negative.
    "FROM_OUTPUT": frozenset(name for name, kind in KINDS.items() if kind < RELU_GENERAL),
    # Names whose slope follows from x alone: `activate_backward` may be given x in the place of y, likewise.
    "FROM_INPUT": frozenset({"relu", "relu6", "leaky_relu", "hard_tanh"})
    | {name for name, kind in KINDS.items() if kind >= RELU_GENERAL and kind not in (GELU_TANH, SILU)},
}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "activate": (capsule(_activate), "rw"),
    "activate_backward": (capsule(_activate_backward), "rrrw"),
    "dropout_forward": (capsule(_dropout), "rwr"),
    "dropout_backward": (capsule(_dropout), "rwr"),
    "dropout_rows": (capsule(_dropout_rows), "rwr"),
    "gaussian_noise": (capsule(_gaussian_noise), "rwr"),
    "prelu_forward": (capsule(_prelu_forward), "rrw"),
    "prelu_backward": (capsule(_prelu_backward), "rrrw"),
    "prelu_sums": (capsule(_prelu_sums_task), "rrw"),
    "random_uniform": (capsule(_random_uniform), "wr"),
    "add": (capsule(_add), "ru"),
    "scale": (capsule(_scale), "rw"),
    "softmax_forward": (capsule(_softmax_forward), "rw"),
    "softmax_backward": (capsule(_softmax_backward), "rrw"),
    "log_softmax_forward": (capsule(_log_softmax_forward), "rw"),
    "log_softmax_backward": (capsule(_log_softmax_backward), "rrw"),
}
