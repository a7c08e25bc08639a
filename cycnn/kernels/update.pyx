"""The optimizer's step over one flat vector: gradients added up, penalties, and the new weights.

A unit of work is a block of BLOCK elements, except in `regularize`. A block's loop does not depend on where a thread's
share begins or ends, so the last bit of an element depends on its place in the vector only.

The update rules take the numbers that change from step to step as `hyper`, float32[8], which the optimizer fills once
a step: each rule's docstring says what lies where. The formulas are Keras 3's; g is the gradient dw.
"""

from cython.parallel cimport prange
from libc.math cimport sqrtf

from cycnn.kernels.call cimport Call, Task, capsule

cdef extern from *:
    enum: LANES "CYCNN_LANES"

cdef enum:
    BLOCK = 4096                     # elements; with what an optimizer keeps of them, about half of a first-level cache


cdef inline Py_ssize_t _blocks(Py_ssize_t size) noexcept nogil:
    return (size + BLOCK - 1) // BLOCK


cdef inline Py_ssize_t _length(Py_ssize_t block, Py_ssize_t size) noexcept nogil:
    """Elements of a block."""
    return min(<Py_ssize_t>BLOCK, size - block * BLOCK)


cdef inline float* _block(const Task* t, int operand, Py_ssize_t block) noexcept nogil:
    """Where a block of an operand lies; NULL where none was given."""
    return <float*>t.at[operand] + block * BLOCK if t.at[operand] != NULL else NULL


# ------------------------------------------------------------------------------------------------- gradients

cdef inline void _reduce_block(const float* partial, Py_ssize_t stride, Py_ssize_t groups, float* dw,
                               Py_ssize_t size) noexcept nogil:
    """dw = sum of the groups' partial gradients, in the order of the groups; `stride` elements lie between two."""
    cdef Py_ssize_t _, k
    for k in range(size):
        dw[k] = partial[k]
    for _ in range(1, groups):
        partial += stride
        for k in range(size):
            dw[k] += partial[k]


def reduce(
    const float[:, ::1] partial,       # IN   (groups, size), at least one group
    float[::1] dw,                     # OUT  (size,)
    int threads=1,
):
    """dw = sum of the groups' partial results, in the order of the groups."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef const float* a = &partial[0, 0]
    cdef float* b = &dw[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _reduce_block(a + block * BLOCK, size, partial.shape[0], b + block * BLOCK, _length(block, size))


cdef void _reduce(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[1].shape[0]
    cdef Py_ssize_t stride = c.operand[0].per_group // <Py_ssize_t>sizeof(float)
    for block in range(t.first, t.last):
        _reduce_block(<const float*>t.at[0] + block * BLOCK, stride, t.groups, <float*>t.at[1] + block * BLOCK,
                      _length(block, size))


cdef inline void _reduce_row(const float* partial, Py_ssize_t stride, Py_ssize_t groups, float* dw, Py_ssize_t size,
                             Py_ssize_t columns, Py_ssize_t row) noexcept nogil:
    _reduce_block(partial + row * columns, stride, groups, dw + row * size, size)


def reduce_rows(
    const float[:, :, ::1] partial,    # IN   (groups, rows, columns), at least one group
    float[:, ::1] dw,                  # OUT  (rows, size), size at most columns
    int threads=1,
):
    """`reduce`, of rows that are longer than those of dw: what stands behind a row's end is left out."""
    cdef Py_ssize_t row, rows = dw.shape[0], size = dw.shape[1], columns = partial.shape[2]
    cdef const float* a = &partial[0, 0, 0]
    cdef float* b = &dw[0, 0]
    for row in prange(rows, nogil=True, schedule="static", num_threads=threads):
        _reduce_row(a, rows * columns, partial.shape[0], b, size, columns, row)


cdef void _reduce_rows(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, stride = c.operand[0].per_group // <Py_ssize_t>sizeof(float)
    for row in range(t.first, t.last):
        _reduce_row(<const float*>t.at[0], stride, t.groups, <float*>t.at[1], c.operand[1].shape[1],
                    c.operand[0].shape[1], row)


def add(
    const float[::1] dw,               # IN   (size,)
    float[::1] total,                  # +=   (size,)
    int threads=1,
):
    """total = total + dw: the gradients of a weight that is used more than once."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef const float* a = &dw[0]
    cdef float* b = &total[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _add_block(a + block * BLOCK, b + block * BLOCK, _length(block, size))


cdef inline void _add_block(const float* dw, float* total, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        total[k] += dw[k]


cdef void _add(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(t.first, t.last):
        _add_block(_block(t, 0, block), _block(t, 1, block), _length(block, c.operand[0].shape[0]))


cdef inline void _regularize_all(const float* w, float* dw, float* penalty, Py_ssize_t size, double l1,
                                 double l2) noexcept nogil:
    """A norm whose factor is zero is left out: zero times infinity is no penalty."""
    cdef double absolute[LANES]
    cdef double square[LANES]
    cdef double total_absolute = 0, total_square = 0
    cdef float slope = <float>l1, twice = <float>(2 * l2), v
    cdef Py_ssize_t k = 0, i
    cdef int l
    for l in range(LANES):
        absolute[l] = square[l] = 0
    while k + LANES <= size:
        for l in range(LANES):
            v = w[k + l]
            absolute[l] += v if v > 0 else -v
            square[l] += <double>v * v
        k += LANES
    for l in range(LANES):
        total_absolute += absolute[l]
        total_square += square[l]
    for i in range(k, size):
        v = w[i]
        total_absolute += v if v > 0 else -v
        total_square += <double>v * v
    penalty[0] += <float>((l1 * total_absolute if l1 != 0 else 0) + (l2 * total_square if l2 != 0 else 0))
    if dw != NULL and l1 != 0:
        for i in range(size):
            v = w[i]
            dw[i] += slope if v > 0 else (-slope if v < 0 else v)  # zero and NaN give themselves
    if dw != NULL and l2 != 0:
        for i in range(size):
            dw[i] += twice * w[i]


def regularize(
    const float[::1] w,                # IN   (size,)
    float[::1] dw,                     # +=   (size,); None: the penalty only
    float[::1] penalty,                # +=   (1,)
    double l1, double l2, int threads=1,
):
    """penalty += l1 * sum |w| + l2 * sum w^2, and its gradient, dw += l1 * sign(w) + 2 * l2 * w. One unit of work: the
    sum runs in one order, in double."""
    _regularize_all(&w[0], &dw[0] if dw is not None else NULL, &penalty[0], w.shape[0], l1, l2)


cdef void _regularize(const Call* c, const Task* t) noexcept nogil:
    _regularize_all(<const float*>t.at[0], <float*>t.at[1], <float*>t.at[2], c.operand[0].shape[0], c.f[0], c.f[1])


# ---------------------------------------------------------------------------------------------- update rules

cdef inline void _sgd_block(float* w, const float* dw, const float* hyper, Py_ssize_t size) noexcept nogil:
    cdef float rate = hyper[0]
    cdef Py_ssize_t k
    for k in range(size):
        w[k] -= rate * dw[k]


def sgd(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,)
    const float[::1] hyper,            # IN   (8,): learning rate
    int threads=1,
):
    """w = w - rate * g."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* a = &w[0]
    cdef const float* b = &dw[0]
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _sgd_block(a + block * BLOCK, b + block * BLOCK, h, _length(block, size))


cdef void _sgd(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _sgd_block(_block(t, 0, block), _block(t, 1, block), <const float*>t.at[2], _length(block, size))


cdef inline void _momentum_block(float* w, const float* dw, float* velocity, const float* hyper, bint nesterov,
                                 Py_ssize_t size) noexcept nogil:
    cdef float rate = hyper[0], momentum = hyper[1], v
    cdef Py_ssize_t k
    if nesterov:
        for k in range(size):
            v = velocity[k] * momentum - dw[k] * rate
            velocity[k] = v
            w[k] += v * momentum - dw[k] * rate
    else:
        for k in range(size):
            v = velocity[k] * momentum - dw[k] * rate
            velocity[k] = v
            w[k] += v


def momentum(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,)
    float[::1] velocity,               # +=   (size,)
    const float[::1] hyper,            # IN   (8,): learning rate, momentum
    bint nesterov, int threads=1,
):
    """v = v * momentum - rate * g, then w = w + v; with Nesterov's look ahead w = w + v * momentum - rate * g."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* a = &w[0]
    cdef const float* b = &dw[0]
    cdef float* v = &velocity[0]
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _momentum_block(a + block * BLOCK, b + block * BLOCK, v + block * BLOCK, h, nesterov, _length(block, size))


cdef void _momentum(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _momentum_block(_block(t, 0, block), _block(t, 1, block), _block(t, 2, block), <const float*>t.at[3],
                        c.i[0] != 0, _length(block, size))


cdef inline void _adam_block(float* w, const float* dw, float* m, float* v, float* vhat, const float* hyper,
                             Py_ssize_t size) noexcept nogil:
    cdef float rate = hyper[0], new_m = hyper[1], new_v = hyper[2], epsilon = hyper[3], a, b, old
    cdef Py_ssize_t k
    if vhat == NULL:
        for k in range(size):
            a = m[k] + (dw[k] - m[k]) * new_m
            b = v[k] + (dw[k] * dw[k] - v[k]) * new_v
            m[k], v[k] = a, b
            w[k] -= a * rate / (sqrtf(b) + epsilon)
    else:
        for k in range(size):
            a = m[k] + (dw[k] - m[k]) * new_m
            b = v[k] + (dw[k] * dw[k] - v[k]) * new_v
            m[k], v[k] = a, b
            old = vhat[k]
            b = b if (not b <= old) & (old == old) else old  # a NaN stays, as in NumPy's maximum
            vhat[k] = b
            w[k] -= a * rate / (sqrtf(b) + epsilon)


def adam(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,)
    float[::1] m,                      # +=   (size,)
    float[::1] v,                      # +=   (size,)
    float[::1] vhat,                   # +=   (size,), the largest v so far (AMSGrad); None: not used
    const float[::1] hyper,            # IN   (8,): corrected rate, 1 - beta_1, 1 - beta_2, epsilon
    int threads=1,
):
    """m = m + (g - m)(1 - beta_1), v = v + (g^2 - v)(1 - beta_2), w = w - m * rate / (sqrt(v or vhat) + epsilon).
    At step t = 1, 2, ... the corrected rate is learning rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* a = &w[0]
    cdef const float* b = &dw[0]
    cdef float* mean = &m[0]
    cdef float* square = &v[0]
    cdef float* largest = &vhat[0] if vhat is not None else NULL
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _adam_block(a + block * BLOCK, b + block * BLOCK, mean + block * BLOCK, square + block * BLOCK,
                    largest + block * BLOCK if largest != NULL else NULL, h, _length(block, size))


cdef void _adam(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _adam_block(_block(t, 0, block), _block(t, 1, block), _block(t, 2, block), _block(t, 3, block),
                    _block(t, 4, block), <const float*>t.at[5], _length(block, size))


cdef inline void _rmsprop_loop(float* w, const float* dw, float* average, float* momentum, float* mean,
                               const float* hyper, const bint moving, const bint centered,
                               Py_ssize_t size) noexcept nogil:
    cdef float rate = hyper[0], rho = hyper[1], new = hyper[2], epsilon = hyper[3], keep = hyper[4]
    cdef float variance, centre, step
    cdef Py_ssize_t k
    for k in range(size):
        variance = rho * average[k] + new * (dw[k] * dw[k])
        average[k] = variance
        if centered:
            centre = rho * mean[k] + new * dw[k]
            mean[k] = centre
            variance -= centre * centre
        step = rate * dw[k] / sqrtf(variance + epsilon)
        if moving:
            step += keep * momentum[k]
            momentum[k] = step
        w[k] -= step


cdef inline void _rmsprop_block(float* w, const float* dw, float* average, float* momentum, float* mean,
                                const float* hyper, Py_ssize_t size) noexcept nogil:
    """Four rules in one: each call below is compiled into a loop without branches."""
    if momentum != NULL and mean != NULL:
        _rmsprop_loop(w, dw, average, momentum, mean, hyper, True, True, size)
    elif momentum != NULL:
        _rmsprop_loop(w, dw, average, momentum, mean, hyper, True, False, size)
    elif mean != NULL:
        _rmsprop_loop(w, dw, average, momentum, mean, hyper, False, True, size)
    else:
        _rmsprop_loop(w, dw, average, momentum, mean, hyper, False, False, size)


def rmsprop(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,)
    float[::1] average,                # +=   (size,), of g^2
    float[::1] momentum,               # +=   (size,), of the steps; None: no momentum
    float[::1] mean,                   # +=   (size,), of g; None: not centered
    const float[::1] hyper,            # IN   (8,): learning rate, rho, 1 - rho, epsilon, momentum
    int threads=1,
):
    """a = rho * a + (1 - rho) g^2, step = rate * g / sqrt(a + epsilon), w = w - step. Centered, a - mean^2 takes the
    place of a, with mean = rho * mean + (1 - rho) g; with momentum, b = momentum * b + step that of step."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* a = &w[0]
    cdef const float* b = &dw[0]
    cdef float* square = &average[0]
    cdef float* step = &momentum[0] if momentum is not None else NULL
    cdef float* centre = &mean[0] if mean is not None else NULL
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _rmsprop_block(a + block * BLOCK, b + block * BLOCK, square + block * BLOCK,
                       step + block * BLOCK if step != NULL else NULL,
                       centre + block * BLOCK if centre != NULL else NULL, h, _length(block, size))


cdef void _rmsprop(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _rmsprop_block(_block(t, 0, block), _block(t, 1, block), _block(t, 2, block), _block(t, 3, block),
                       _block(t, 4, block), <const float*>t.at[5], _length(block, size))


cdef inline void _adadelta_block(float* w, const float* dw, float* accumulator, float* delta, const float* hyper,
                                 Py_ssize_t size) noexcept nogil:
    cdef float rate = hyper[0], rho = hyper[1], new = hyper[2], epsilon = hyper[3], a, d, step
    cdef Py_ssize_t k
    for k in range(size):
        a, d = rho * accumulator[k] + new * (dw[k] * dw[k]), delta[k]
        step = sqrtf(d + epsilon) * dw[k] / sqrtf(a + epsilon)
        accumulator[k] = a
        delta[k] = rho * d + new * (step * step)
        w[k] -= rate * step


def adadelta(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,)
    float[::1] accumulator,            # +=   (size,), average of g^2
    float[::1] delta,                  # +=   (size,), average of the squared steps
    const float[::1] hyper,            # IN   (8,): learning rate, rho, 1 - rho, epsilon
    int threads=1,
):
    """a = rho * a + (1 - rho) g^2, step = g * sqrt(delta + epsilon) / sqrt(a + epsilon), w = w - rate * step; delta is
    then averaged with step^2, as a was with g^2. Zeiler 2012, algorithm 1."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* a = &w[0]
    cdef const float* b = &dw[0]
    cdef float* square = &accumulator[0]
    cdef float* step = &delta[0]
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _adadelta_block(a + block * BLOCK, b + block * BLOCK, square + block * BLOCK, step + block * BLOCK, h,
                        _length(block, size))


cdef void _adadelta(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _adadelta_block(_block(t, 0, block), _block(t, 1, block), _block(t, 2, block), _block(t, 3, block),
                        <const float*>t.at[4], _length(block, size))


CONSTANTS = {"BLOCK": BLOCK}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "reduce": (capsule(_reduce), "rw"),
    "reduce_rows": (capsule(_reduce_rows), "rw"),
    "add": (capsule(_add), "ru"),
    "regularize": (capsule(_regularize), "ruu"),
    "sgd": (capsule(_sgd), "urr"),
    "momentum": (capsule(_momentum), "urur"),
    "adam": (capsule(_adam), "uruuur"),
    "rmsprop": (capsule(_rmsprop), "uruuur"),
    "adadelta": (capsule(_adadelta), "uruur"),
}
