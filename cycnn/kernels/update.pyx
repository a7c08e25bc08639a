"""The optimizer's step over one flat vector: gradients added up, penalties, clipping, and the new weights.

A unit of work is a block of BLOCK elements, except in `regularize` and `merge_squares`. A block's loop does not depend
on where a thread's share begins or ends, so the last bit of an element depends on its place in the vector only.

    accumulate?  ->  squares  ->  merge_squares?  ->  clip_norm | clip_value  ->  step

What changes from step to step comes as `hyper`, float32[HYPER], which the optimizer fills: the numbers of its rule
first (each rule says which), then those that all rules share: DECAY, KEEP, OVERWRITE, ACTIVE.
"""

from cython.parallel cimport prange
from libc.math cimport fabsf, powf, sqrt, sqrtf

from cycnn.kernels.call cimport Call, Task, capsule

cdef extern from *:
    enum: LANES "CYCNN_LANES"

cdef enum:
    BLOCK = 4096                     # elements; with what an optimizer keeps of them, about half of a first-level cache

cdef enum:                           # places in `hyper` behind the rule's own numbers
    DECAY = 8                        # learning rate * weight decay
    KEEP                             # share of the old moving average of the weights
    OVERWRITE                        # not 0: the weights take the values of their average
    ACTIVE                           # 0: gradients are only collected in this step
    HYPER                            # length


cdef inline Py_ssize_t _blocks(Py_ssize_t size) noexcept nogil:
    return (size + BLOCK - 1) // BLOCK


cdef inline Py_ssize_t _length(Py_ssize_t block, Py_ssize_t size) noexcept nogil:
    """Elements of a block."""
    return min(<Py_ssize_t>BLOCK, size - block * BLOCK)


cdef inline float* _block(const Task* t, int operand, Py_ssize_t block) noexcept nogil:
    """Where a block of an operand lies; NULL where none was given."""
    return <float*>t.at[operand] + block * BLOCK if t.at[operand] != NULL else NULL


# ------------------------------------------------------------------------------------------------- gradients

cdef void _reduce_block(const float* partial, Py_ssize_t stride, Py_ssize_t groups, float* dw,
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


cdef void _add_block(const float* dw, float* total, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        total[k] += dw[k]


cdef void _add(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(t.first, t.last):
        _add_block(_block(t, 0, block), _block(t, 1, block), _length(block, c.operand[0].shape[0]))


cdef void _regularize_all(const float* w, float* dw, float* penalty, Py_ssize_t size, double l1,
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


# --------------------------------------------------------------------------------- accumulation and clipping

cdef void _accumulate_block(float* dw, float* total, const float* hyper, Py_ssize_t steps,
                            Py_ssize_t size) noexcept nogil:
    cdef float count = <float>steps
    cdef Py_ssize_t k
    if hyper[ACTIVE] != 0:
        for k in range(size):
            dw[k] = (dw[k] + total[k]) / count
            total[k] = 0
    else:
        for k in range(size):
            total[k] += dw[k]


def accumulate(
    float[::1] dw,                     # +=   (size,)
    float[::1] total,                  # +=   (size,), of the steps since the last active one
    const float[::1] hyper,            # IN   (HYPER,)
    Py_ssize_t steps, int threads=1,
):
    """total = total + dw; in an active step, the last of `steps`, dw becomes the mean and total zero."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef float* a = &dw[0]
    cdef float* b = &total[0]
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _accumulate_block(a + block * BLOCK, b + block * BLOCK, h, steps, _length(block, size))


cdef void _accumulate(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _accumulate_block(_block(t, 0, block), _block(t, 1, block), <const float*>t.at[2], c.i[0],
                          _length(block, size))


cdef double _squares_block(const float* dw, Py_ssize_t size) noexcept nogil:
    cdef double lane[LANES]
    cdef double total = 0
    cdef Py_ssize_t k = 0
    cdef int l
    for l in range(LANES):
        lane[l] = 0
    while k + LANES <= size:
        for l in range(LANES):
            lane[l] += <double>dw[k + l] * dw[k + l]
        k += LANES
    while k < size:
        total += <double>dw[k] * dw[k]
        k += 1
    for l in range(LANES):
        total += lane[l]
    return total


def squares(
    const float[::1] dw,               # IN   (size,)
    double[::1] partial,               # OUT  (blocks,)
    int threads=1,
):
    """partial = sum of dw^2 of each block."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef const float* a = &dw[0]
    cdef double* b = &partial[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        b[block] = _squares_block(a + block * BLOCK, _length(block, size))


cdef void _squares(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(t.first, t.last):
        (<double*>t.at[1])[block] = _squares_block(_block(t, 0, block), _length(block, c.operand[0].shape[0]))


cdef double _total(const double* partial, Py_ssize_t size) noexcept nogil:
    """The sum in order."""
    cdef double total = 0
    cdef Py_ssize_t k
    for k in range(size):
        total += partial[k]
    return total


cdef inline double _sum(const double[::1] part) noexcept:
    return _total(&part[0], part.shape[0]) if part is not None else 0


def merge_squares(
    const double[::1] a, const double[::1] b, const double[::1] c, const double[::1] d,
    const double[::1] e, const double[::1] f, const double[::1] g, const double[::1] h,  # IN  of any lengths, or None
    double[::1] total,                 # OUT  (1,)
    int threads=1,
):
    """total = sum of all. One unit of work; the norm over many gradients is a tree of these."""
    total[0] = _sum(a) + _sum(b) + _sum(c) + _sum(d) + _sum(e) + _sum(f) + _sum(g) + _sum(h)


cdef void _merge_squares(const Call* c, const Task* t) noexcept nogil:
    cdef double total = 0
    cdef int k
    for k in range(8):
        if t.at[k] != NULL:
            total += _total(<const double*>t.at[k], c.operand[k].shape[0])
    (<double*>t.at[8])[0] = total


cdef float _ratio(double squares, double limit, bint together) noexcept nogil:
    """What a gradient is multiplied by. `together`, an infinite norm makes all gradients NaN, as in Keras."""
    cdef double norm = sqrt(squares)
    if together:
        return <float>(limit / norm if norm > limit else 1) + <float>(norm - norm)
    return <float>(1 if norm <= limit else limit / norm)


cdef void _scale_block(float* dw, float ratio, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        dw[k] *= ratio


def clip_norm(
    float[::1] dw,                     # +=   (size,)
    const double[::1] partial,         # IN   sums of squares, whose sum is that of the norm
    double limit, bint together, int threads=1,
):
    """dw = dw * limit / max(norm, limit). `together`: the norm is that of all gradients, and not finite, makes NaN."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef float* a = &dw[0]
    cdef float ratio = _ratio(_total(&partial[0], partial.shape[0]), limit, together)
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _scale_block(a + block * BLOCK, ratio, _length(block, size))


cdef void _clip_norm(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block
    cdef float ratio = _ratio(_total(<const double*>t.at[1], c.operand[1].shape[0]), c.f[0], c.i[0] != 0)
    for block in range(t.first, t.last):
        _scale_block(_block(t, 0, block), ratio, _length(block, c.operand[0].shape[0]))


cdef void _clip_block(float* dw, float limit, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    cdef float g
    for k in range(size):
        g = dw[k]
        g = limit if g > limit else g
        dw[k] = -limit if g < -limit else g


def clip_value(
    float[::1] dw,                     # +=   (size,)
    double limit, int threads=1,
):
    """dw = min(max(dw, -limit), limit); NaN stays."""
    cdef Py_ssize_t block, size = dw.shape[0]
    cdef float* a = &dw[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _clip_block(a + block * BLOCK, <float>limit, _length(block, size))


cdef void _clip_value(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(t.first, t.last):
        _clip_block(_block(t, 0, block), <float>c.f[0], _length(block, c.operand[0].shape[0]))


# ---------------------------------------------------------------------------------------------- update rules
# Keras 3's formulas: w weights, g gradient, then the rule's slots; h its numbers.

cdef enum:
    NONE, SGD, MOMENTUM, NESTEROV, ADAM, ADAMAX, NADAM, RMSPROP, ADAGRAD, ADADELTA, FTRL, LION, SCHEDULE_FREE


cdef inline float _kept(float value, float before) noexcept nogil:
    """What is kept of a value that was `before`: 0 in place of a denormal number that does not grow. 0.9 times the
    smallest number is itself, so what has no gradient any more, as a dead unit's weights, would stay denormal for ever,
    and each costs 100 cycles a step. (Of MNIST's 93,000 moments 9 % after two epochs, and a tenth of the step.)"""
    cdef float smallest = 1.17549435e-38
    return <float>0 if (fabsf(value) < smallest) & (fabsf(value) <= fabsf(before)) else value


cdef inline void _sgd(float* w, const float* g, const float* h, Py_ssize_t size) noexcept nogil:
    """w = w - rate * g. Numbers: rate."""
    cdef float rate = h[0]
    cdef Py_ssize_t k
    for k in range(size):
        w[k] -= rate * g[k]


cdef inline void _momentum(float* w, const float* g, float* velocity, const float* h, const bint nesterov,
                           Py_ssize_t size) noexcept nogil:
    """v = v * momentum - rate * g, then w = w + v; with Nesterov's look ahead w = w + v * momentum - rate * g.
    Numbers: rate, momentum."""
    cdef float rate = h[0], momentum = h[1], v
    cdef Py_ssize_t k
    for k in range(size):
        v = _kept(velocity[k] * momentum - g[k] * rate, velocity[k])
        velocity[k] = v
        w[k] += v * momentum - g[k] * rate if nesterov else v


cdef inline void _adam(float* w, const float* g, float* m, float* v, float* vhat, const float* h,
                       Py_ssize_t size) noexcept nogil:
    """m = m + (g - m)(1 - beta_1), v = v + (g^2 - v)(1 - beta_2), w = w - m * rate / (sqrt(v) + epsilon); AMSGrad takes
    vhat, the largest v so far. Numbers: rate * sqrt(1 - beta_2^t) / (1 - beta_1^t), 1 - beta_1, 1 - beta_2, epsilon."""
    cdef float rate = h[0], new_m = h[1], new_v = h[2], epsilon = h[3], a, b, old
    cdef Py_ssize_t k
    if vhat == NULL:
        for k in range(size):
            a = _kept(m[k] + (g[k] - m[k]) * new_m, m[k])
            b = _kept(v[k] + (g[k] * g[k] - v[k]) * new_v, v[k])
            m[k], v[k] = a, b
            w[k] -= a * rate / (sqrtf(b) + epsilon)
    else:
        for k in range(size):
            a = _kept(m[k] + (g[k] - m[k]) * new_m, m[k])
            b = _kept(v[k] + (g[k] * g[k] - v[k]) * new_v, v[k])
            m[k], v[k] = a, b
            old = vhat[k]
            b = b if (not b <= old) & (old == old) else old  # a NaN stays, as in NumPy's maximum
            vhat[k] = b
            w[k] -= a * rate / (sqrtf(b) + epsilon)


cdef inline void _adamax(float* w, const float* g, float* m, float* u, const float* h, Py_ssize_t size) noexcept nogil:
    """m = m + (g - m)(1 - beta_1), u = max(beta_2 * u, |g|), w = w - rate * m / (u + epsilon).
    Numbers: rate / (1 - beta_1^t), 1 - beta_1, beta_2, epsilon."""
    cdef float rate = h[0], new_m = h[1], beta_2 = h[2], epsilon = h[3], a, old, size_of_g
    cdef Py_ssize_t k
    for k in range(size):
        a = _kept(m[k] + (g[k] - m[k]) * new_m, m[k])
        old, size_of_g = _kept(beta_2 * u[k], u[k]), fabsf(g[k])
        old = size_of_g if (not size_of_g <= old) & (old == old) else old
        m[k], u[k] = a, old
        w[k] -= rate * a / (old + epsilon)


cdef inline void _nadam(float* w, const float* g, float* m, float* v, const float* h, Py_ssize_t size) noexcept nogil:
    """m, v as in Adam, w = w - rate * (m * c + g * d) / (sqrt(v * e) + epsilon).
    Numbers: rate, 1 - beta_1, 1 - beta_2, epsilon, c, d, e."""
    cdef float rate = h[0], new_m = h[1], new_v = h[2], epsilon = h[3], c = h[4], d = h[5], e = h[6], a, b
    cdef Py_ssize_t k
    for k in range(size):
        a = _kept(m[k] + (g[k] - m[k]) * new_m, m[k])
        b = _kept(v[k] + (g[k] * g[k] - v[k]) * new_v, v[k])
        m[k], v[k] = a, b
        w[k] -= rate * (a * c + g[k] * d) / (sqrtf(b * e) + epsilon)


cdef inline void _rmsprop_loop(float* w, const float* g, float* average, float* momentum, float* mean, const float* h,
                               const bint moving, const bint centered, Py_ssize_t size) noexcept nogil:
    cdef float rate = h[0], rho = h[1], new = h[2], epsilon = h[3], keep = h[4], variance, centre, step
    cdef Py_ssize_t k
    for k in range(size):
        variance = _kept(rho * average[k] + new * (g[k] * g[k]), average[k])
        average[k] = variance
        if centered:
            centre = _kept(rho * mean[k] + new * g[k], mean[k])
            mean[k] = centre
            variance -= centre * centre
        step = rate * g[k] / sqrtf(variance + epsilon)
        if moving:
            step = _kept(step + keep * momentum[k], momentum[k])
            momentum[k] = step
        w[k] -= step


cdef inline void _rmsprop(float* w, const float* g, float* average, float* momentum, float* mean, const float* h,
                          Py_ssize_t size) noexcept nogil:
    """a = rho * a + (1 - rho) g^2, step = rate * g / sqrt(a + epsilon), w = w - step. Centered, a - mean^2 takes the
    place of a, with mean = rho * mean + (1 - rho) g; with momentum, b = momentum * b + step that of step.
    Numbers: rate, rho, 1 - rho, epsilon, momentum. Each call below is compiled into a loop without branches."""
    if momentum != NULL and mean != NULL:
        _rmsprop_loop(w, g, average, momentum, mean, h, True, True, size)
    elif momentum != NULL:
        _rmsprop_loop(w, g, average, momentum, mean, h, True, False, size)
    elif mean != NULL:
        _rmsprop_loop(w, g, average, momentum, mean, h, False, True, size)
    else:
        _rmsprop_loop(w, g, average, momentum, mean, h, False, False, size)


cdef inline void _adagrad(float* w, const float* g, float* accumulator, const float* h, Py_ssize_t size) noexcept nogil:
    """a = a + g^2, w = w - rate * g / sqrt(a + epsilon). Numbers: rate, epsilon."""
    cdef float rate = h[0], epsilon = h[1], a
    cdef Py_ssize_t k
    for k in range(size):
        a = accumulator[k] + g[k] * g[k]
        accumulator[k] = a
        w[k] -= rate * g[k] / sqrtf(a + epsilon)


cdef inline void _adadelta(float* w, const float* g, float* accumulator, float* delta, const float* h,
                           Py_ssize_t size) noexcept nogil:
    """a = rho * a + (1 - rho) g^2, step = g * sqrt(delta + epsilon) / sqrt(a + epsilon), w = w - rate * step; delta is
    then averaged with step^2, as a was with g^2. Numbers: rate, rho, 1 - rho, epsilon."""
    cdef float rate = h[0], rho = h[1], new = h[2], epsilon = h[3], a, d, step
    cdef Py_ssize_t k
    for k in range(size):
        a, d = _kept(rho * accumulator[k] + new * (g[k] * g[k]), accumulator[k]), delta[k]
        step = sqrtf(d + epsilon) * g[k] / sqrtf(a + epsilon)
        accumulator[k] = a
        delta[k] = _kept(rho * d + new * (step * step), d)
        w[k] -= rate * step


cdef inline void _ftrl_loop(float* w, const float* g, float* accumulator, float* linear, const float* h,
                            const bint root, Py_ssize_t size) noexcept nogil:
    cdef float rate = h[0], power = h[1], l1 = h[2], l2 = h[3], shrink = h[4], n, before, after, z, clipped
    cdef Py_ssize_t k
    for k in range(size):
        n = accumulator[k]
        before = sqrtf(n) if root else powf(n, power)
        n += g[k] * g[k]
        after = sqrtf(n) if root else powf(n, power)
        accumulator[k] = n
        z = linear[k] + (g[k] + shrink * w[k] - (after - before) / rate * w[k])
        linear[k] = z
        clipped = l1 if z > l1 else z
        clipped = -l1 if clipped < -l1 else clipped
        w[k] = (clipped - z) / (after / rate + l2)


cdef inline void _ftrl(float* w, const float* g, float* accumulator, float* linear, const float* h,
                       Py_ssize_t size) noexcept nogil:
    """n' = n + g^2, z = z + g + shrink * w - (n'^p - n^p) / rate * w, w = (clip(z, -l1, l1) - z) / (n'^p / rate + l2).
    Numbers: rate, p, l1, l2 (Keras's, with beta, twice), shrink (Keras's twice). A power of 1/2 is a vector's root."""
    if h[1] == <float>0.5:
        _ftrl_loop(w, g, accumulator, linear, h, True, size)
    else:
        _ftrl_loop(w, g, accumulator, linear, h, False, size)


cdef inline void _lion(float* w, const float* g, float* m, const float* h, Py_ssize_t size) noexcept nogil:
    """w = w - rate * sign(beta_1 * m + (1 - beta_1) g), then m = beta_2 * m + (1 - beta_2) g.
    Numbers: rate, beta_1, 1 - beta_1, beta_2, 1 - beta_2."""
    cdef float rate = h[0], beta_1 = h[1], new_1 = h[2], beta_2 = h[3], new_2 = h[4], c, step
    cdef Py_ssize_t k
    for k in range(size):
        c = m[k] * beta_1 + g[k] * new_1
        m[k] = _kept(m[k] * beta_2 + g[k] * new_2, m[k])
        step = rate if c > 0 else (-rate if c < 0 else c)  # zero and NaN give themselves
        w[k] -= step


cdef inline void _schedule_free(float* w, const float* g, float* z, float* v, const float* h,
                                Py_ssize_t size) noexcept nogil:
    """v as in Adam, z' = z - rate * g / (sqrt(v * e) + epsilon), x = (w - (1 - beta_1) z) / beta_1 averaged with z',
    w = (1 - beta_1) z' + beta_1 x.
    Numbers: rate, 1 - beta_2, e = 1 / (1 - beta_2^t), epsilon, beta_1, 1 - beta_1, 1 / t."""
    cdef float rate = h[0], new_v = h[1], e = h[2], epsilon = h[3], of_x = h[4], of_z = h[5], share = h[6], a, b, x
    cdef Py_ssize_t k
    for k in range(size):
        b = _kept(v[k] + (g[k] * g[k] - v[k]) * new_v, v[k])
        v[k] = b
        x = (w[k] - of_z * z[k]) / of_x
        a = z[k] - rate * g[k] / (sqrtf(b * e) + epsilon)
        z[k] = a
        x = (1 - share) * x + share * a
        w[k] = of_z * a + of_x * x


cdef inline void _decay(float* w, float decay, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        w[k] -= w[k] * decay


cdef inline void _average(float* w, float* average, const float* h, Py_ssize_t size) noexcept nogil:
    cdef float keep = h[KEEP], new = 1 - keep
    cdef Py_ssize_t k
    for k in range(size):
        average[k] = _kept(keep * average[k] + new * w[k], average[k])
    if h[OVERWRITE] != 0:
        for k in range(size):
            w[k] = average[k]


cdef void _step_block(float* w, const float* g, float* a, float* b, float* c, float* average, const float* h,
                      int rule, bint decays, Py_ssize_t size) noexcept nogil:
    """Everything that happens to a block of weights, while it is in the first-level cache."""
    if h[ACTIVE] != 0:
        if decays:
            _decay(w, h[DECAY], size)
        if rule == SGD:
            _sgd(w, g, h, size)
        elif rule == MOMENTUM:
            _momentum(w, g, a, h, False, size)
        elif rule == NESTEROV:
            _momentum(w, g, a, h, True, size)
        elif rule == ADAM:
            _adam(w, g, a, b, c, h, size)
        elif rule == ADAMAX:
            _adamax(w, g, a, b, h, size)
        elif rule == NADAM:
            _nadam(w, g, a, b, h, size)
        elif rule == RMSPROP:
            _rmsprop(w, g, a, b, c, h, size)
        elif rule == ADAGRAD:
            _adagrad(w, g, a, h, size)
        elif rule == ADADELTA:
            _adadelta(w, g, a, b, h, size)
        elif rule == FTRL:
            _ftrl(w, g, a, b, h, size)
        elif rule == LION:
            _lion(w, g, a, h, size)
        elif rule == SCHEDULE_FREE:
            _schedule_free(w, g, a, b, h, size)
    if average != NULL:
        _average(w, average, h, size)


cdef inline float* _at(float* start, Py_ssize_t block) noexcept nogil:
    return start + block * BLOCK if start != NULL else NULL


def step(
    float[::1] w,                      # +=   (size,)
    const float[::1] dw,               # IN   (size,); None where the rule is `none`
    float[::1] a,                      # +=   (size,), the rule's slots in its order; None: not used
    float[::1] b,                      # +=
    float[::1] c,                      # +=
    float[::1] average,                # +=   (size,), of the weights; None: not kept
    const float[::1] hyper,            # IN   (HYPER,)
    int rule, bint decays, int threads=1,
):
    """One step of one of `RULES`: w = w - decay * w, where it decays; then the rule; then average = keep * average +
    (1 - keep) w, which the weights may take over. A step that is not active only averages."""
    cdef Py_ssize_t block, size = w.shape[0]
    cdef float* weights = &w[0]
    cdef const float* g = &dw[0] if dw is not None else NULL
    cdef float* first = &a[0] if a is not None else NULL
    cdef float* second = &b[0] if b is not None else NULL
    cdef float* third = &c[0] if c is not None else NULL
    cdef float* mean = &average[0] if average is not None else NULL
    cdef const float* h = &hyper[0]
    for block in prange(_blocks(size), nogil=True, schedule="static", num_threads=threads):
        _step_block(_at(weights, block), _at(<float*>g, block), _at(first, block), _at(second, block),
                    _at(third, block), _at(mean, block), h, rule, decays, _length(block, size))


cdef void _step(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t block, size = c.operand[0].shape[0]
    for block in range(t.first, t.last):
        _step_block(_block(t, 0, block), _block(t, 1, block), _block(t, 2, block), _block(t, 3, block),
                    _block(t, 4, block), _block(t, 5, block), <const float*>t.at[6], <int>c.i[0], c.i[1] != 0,
                    _length(block, size))


CONSTANTS = {
    "BLOCK": BLOCK,
    "HYPER": HYPER,
    "DECAY": DECAY,
    "KEEP": KEEP,
    "OVERWRITE": OVERWRITE,
    "ACTIVE": ACTIVE,
    "RULES": {
        "none": NONE, "sgd": SGD, "momentum": MOMENTUM, "nesterov": NESTEROV, "adam": ADAM, "adamax": ADAMAX,
        "nadam": NADAM, "rmsprop": RMSPROP, "adagrad": ADAGRAD, "adadelta": ADADELTA, "ftrl": FTRL, "lion": LION,
        "schedule_free": SCHEDULE_FREE,
    },
}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "reduce": (capsule(_reduce), "rw"),
    "reduce_rows": (capsule(_reduce_rows), "rw"),
    "add": (capsule(_add), "ru"),
    "regularize": (capsule(_regularize), "ruu"),
    "accumulate": (capsule(_accumulate), "uur"),
    "squares": (capsule(_squares), "rw"),
    "merge_squares": (capsule(_merge_squares), "rrrrrrrrw"),
    "clip_norm": (capsule(_clip_norm), "ur"),
    "clip_value": (capsule(_clip_value), "u"),
    "step": (capsule(_step), "uruuuur"),
}
