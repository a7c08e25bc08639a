# Activations that act on each element alone. `values` holds the formulas and `slopes` their derivatives, a loop each;
# `activate` and `multiply_slopes` are what kernels call. Parameters a, b, c are those of Keras's function, where it has
# any.
#
# A kind whose slope follows from y alone needs no x for the backward pass, so its x may be overwritten. That is every
# kind here but those of the enum's last group; for leaky_relu and elu it holds where a >= 0.

from libc.math cimport INFINITY, fabsf, sqrtf
from libc.string cimport memcpy, memset

from cycnn.kernels.maths cimport HALF_F, ONE, ROUNDER, TWO, Word, exp, exp_below, expm1, sigmoid, softplus, tanh

cdef extern from *:
    enum: LANES "CYCNN_LANES"

cdef enum:
    LINEAR = 0
    RELU = 1
    SIGMOID = 2
    TANH = 3
    RELU6 = 4
    LEAKY_RELU = 5                   # a: negative_slope
    ELU = 6                          # a: alpha
    SELU = 7
    CELU = 8                         # a: alpha
    SOFTPLUS = 9
    SOFTSIGN = 10
    EXPONENTIAL = 11
    HARD_SIGMOID = 12
    HARD_TANH = 13
    LOG_SIGMOID = 14
    SOFT_SHRINK = 15                 # a: threshold
    HARD_SHRINK = 16                 # a: threshold
    SQUAREPLUS = 17                  # a: Keras's b
    SPARSE_PLUS = 18
    SPARSE_SIGMOID = 19
    # The slope of these needs x.
    RELU_GENERAL = 20                # a: negative_slope, b: max_value (infinity: none), c: threshold
    GELU = 21
    GELU_TANH = 22                   # gelu(approximate=True)
    SILU = 23
    MISH = 24
    HARD_SILU = 25
    TANH_SHRINK = 26
    THRESHOLD = 27                   # a: threshold, b: default_value


cdef extern from *:
    """
    static float cycnn_tanh_softplus(float) CYCNN_INLINE;
    static float cycnn_gelu_gate(float) CYCNN_INLINE;
    static float cycnn_normal_above(float) CYCNN_INLINE;
    static float cycnn_normal_far(float) CYCNN_INLINE;
    static float cycnn_normal_share(float) CYCNN_INLINE;
    static float cycnn_gelu(float) CYCNN_INLINE;
    """
    # Klambauer et al., 2017: lambda, and lambda * alpha.
    float SELU_SCALE "1.05070098735548f"
    float SELU_LOW "1.75809934084738f"
    float SQRT_2_BY_PI "0.797884560802865f"
    float DENSITY_0 "0.398942280401433f"           # of the normal distribution at 0: 1 / sqrt(2 pi)
    float NORMAL_LAST "6.5f"
    float GELU_CUBE "0.044715f"
    float THREE "3.0f"
    float FOUR "4.0f"
    float SIX "6.0f"


cdef inline float tanh_softplus "cycnn_tanh_softplus" (float x) noexcept nogil:
    """tanh(log(1 + e^x)) = n / (n + 2), n = e^2x + 2 e^x; where x >= 0 both times e^-2x, so that nothing overflows."""
    cdef float e = exp_below(-fabsf(x)), n
    n = e * (e + TWO) if x < 0 else ONE + TWO * e
    return n / (n + (TWO if x < 0 else TWO * e * e))


cdef inline float gelu_gate "cycnn_gelu_gate" (float x) noexcept nogil:
    """(1 + tanh(u)) / 2 = sigmoid(2u) with u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    return sigmoid(TWO * SQRT_2_BY_PI * (x + GELU_CUBE * x * x * x))


cdef inline float normal_above "cycnn_normal_above" (float x) noexcept nogil:
    """Share of the normal distribution above x, 0 <= x <= NORMAL_LAST, to 1.3e-7 of it at 0, 1.4e-6 at 3, 1e-3 at 5:
    two to the power of a polynomial. It takes half as many steps as the error function. At NORMAL_LAST it is 0, so that
    a unit that far out is dead, as it is in Keras."""
    cdef float p0 = -1, p1 = -1.1511054, p2 = -0.459210426, p3 = -0.0524770059, p4 = 0.00701047294
    cdef float p5 = -6.68046632e-05, p6 = -0.000236015083, p7 = 5.87355426e-05, p8 = -6.6902835e-06
    cdef float p9 = 3.06679084e-07
    cdef float q1 = 0.693147182, q2 = 0.240226462, q3 = 0.0555032864, q4 = 0.00961848907, q5 = 0.00133999309
    cdef float q6 = 0.000153458124, power, r
    cdef Word whole, share
    power = p6 + x * (p7 + x * (p8 + x * p9))
    power = p0 + x * (p1 + x * (p2 + x * (p3 + x * (p4 + x * (p5 + x * power)))))
    whole.f = power + ROUNDER                      # its last bits are the power, rounded
    r = power - (whole.f - ROUNDER)
    share.f = ONE + r * (q1 + r * (q2 + r * (q3 + r * (q4 + r * (q5 + r * q6)))))
    share.i += whole.i << 23
    return 0 if x >= NORMAL_LAST else share.f


cdef inline float normal_far "cycnn_normal_far" (float x) noexcept nogil:
    """|x|, as far as `normal_above` goes."""
    cdef float far = fabsf(x)
    return NORMAL_LAST if far > NORMAL_LAST else far


cdef inline float normal_share "cycnn_normal_share" (float x) noexcept nogil:
    """Share of the normal distribution below x."""
    cdef float beyond = normal_above(normal_far(x))
    return beyond if x < 0 else ONE - beyond


cdef inline float gelu "cycnn_gelu" (float x) noexcept nogil:
    """x times the share of the normal distribution below x."""
    cdef float far = normal_far(x)
    return (0 if x < 0 else x) - far * normal_above(far)


cdef inline void values(int kind, const float* x, float* y, Py_ssize_t blocks, float a, float b,
                        float c) noexcept nogil:
    """y = activation(x) over blocks of LANES elements; x and y may be the same memory."""
    cdef Py_ssize_t i, size = blocks * LANES       # so that no loop has a tail
    cdef float floor, s, t
    if kind == SIGMOID:
        for i in range(size):
            y[i] = sigmoid(x[i])
    elif kind == TANH:
        for i in range(size):
            y[i] = tanh(x[i])
    elif kind == RELU6:
        for i in range(size):
            s = 0 if x[i] < 0 else x[i]
            y[i] = 6 if s > 6 else s
    elif kind == LEAKY_RELU:
        for i in range(size):
            y[i] = x[i] * a if x[i] < 0 else x[i]
    elif kind == ELU:
        for i in range(size):
            s = a * expm1(0 if x[i] > 0 else x[i])
            y[i] = x[i] if x[i] > 0 else s
    elif kind == SELU:
        for i in range(size):
            s = SELU_LOW * expm1(0 if x[i] > 0 else x[i])
            y[i] = SELU_SCALE * x[i] if x[i] > 0 else s
    elif kind == CELU:
        for i in range(size):
            s = a * expm1((0 if x[i] > 0 else x[i]) / a)
            y[i] = x[i] if x[i] > 0 else s
    elif kind == SOFTPLUS:
        for i in range(size):
            y[i] = softplus(x[i])
    elif kind == SOFTSIGN:
        for i in range(size):
            y[i] = x[i] / (ONE + fabsf(x[i]))
    elif kind == EXPONENTIAL:
        for i in range(size):
            y[i] = exp(x[i])
    elif kind == HARD_SIGMOID:                     # relu6(x + 3) / 6
        for i in range(size):
            s = x[i] + THREE
            s = 0 if s < 0 else s
            y[i] = (SIX if s > 6 else s) / SIX
    elif kind == HARD_TANH:
        for i in range(size):
            s = -1 if x[i] < -1 else x[i]
            y[i] = 1 if s > 1 else s
    elif kind == LOG_SIGMOID:
        for i in range(size):
            y[i] = -softplus(-x[i])
    elif kind == SOFT_SHRINK:
        for i in range(size):
            s = 0 if fabsf(x[i]) <= a else x[i] - a
            y[i] = x[i] + a if x[i] < -a else s
    elif kind == HARD_SHRINK:
        for i in range(size):
            y[i] = 0 if fabsf(x[i]) <= a else x[i]
    elif kind == SQUAREPLUS:                       # (x + sqrt(x^2 + b)) / 2; where x < 0 without cancellation
        for i in range(size):
            t = fabsf(x[i])
            s = sqrtf(t * t + a)
            s = HALF_F * (t + (t if s == INFINITY else s))
            y[i] = a / (FOUR * s) if x[i] < 0 else s
    elif kind == SPARSE_PLUS:                      # ((x + 1) / 2)^2 between -1 and 1
        for i in range(size):
            s = HALF_F * (x[i] + ONE)
            s = 0 if s < 0 else s
            y[i] = x[i] if x[i] >= 1 else s * s
    elif kind == SPARSE_SIGMOID:
        for i in range(size):
            s = HALF_F * (x[i] + ONE)
            s = 0 if s < 0 else s
            y[i] = 1 if s > 1 else s
    elif kind == RELU_GENERAL:                     # x above the threshold, clipped to [0, b] if there is a b
        floor = 0 if b < INFINITY else -INFINITY
        for i in range(size):
            s = 0 if x[i] <= c else x[i]
            s = floor if s < floor else s
            s = b if s > b else s
            y[i] = s + a * (x[i] - c) if x[i] < c else s
    elif kind == GELU:
        for i in range(size):
            y[i] = gelu(x[i])
    elif kind == GELU_TANH:
        for i in range(size):
            y[i] = x[i] * gelu_gate(x[i])
    elif kind == SILU:
        for i in range(size):
            y[i] = x[i] * sigmoid(x[i])
    elif kind == MISH:
        for i in range(size):
            y[i] = x[i] * tanh_softplus(x[i])
    elif kind == HARD_SILU:
        for i in range(size):
            s = 0 if x[i] <= -3 else x[i] * (x[i] + THREE) / SIX
            y[i] = x[i] if x[i] >= 3 else s
    elif kind == TANH_SHRINK:
        for i in range(size):
            y[i] = x[i] - tanh(x[i])
    elif kind == THRESHOLD:
        for i in range(size):
            y[i] = b if x[i] <= a else x[i]
    elif x != y:                                   # LINEAR
        memcpy(y, x, size * sizeof(float))


cdef inline void slopes(int kind, const float* x, const float* y, const float* dy, float* dx, Py_ssize_t blocks,
                        float a, float b, float c) noexcept nogil:
    """dx = dy * slope over blocks of LANES elements; dy and dx may be the same memory.

    At a kink the slope is the one on the side of zero; at a jump, the one on its left. `g` is read before the choice: a
    load inside one would keep the baseline's loops scalar.
    """
    cdef Py_ssize_t i, size = blocks * LANES
    cdef float floor, g, s, t
    if kind == RELU:
        for i in range(size):
            g = dy[i]
            dx[i] = 0 if y[i] <= 0 else g
    elif kind == SIGMOID:
        for i in range(size):
            dx[i] = dy[i] * (y[i] * (ONE - y[i]))
    elif kind == TANH:
        for i in range(size):
            dx[i] = dy[i] * ((ONE - y[i]) * (ONE + y[i]))
    elif kind == RELU6:
        for i in range(size):
            g = dy[i]
            s = 0 if y[i] >= 6 else g
            dx[i] = 0 if y[i] <= 0 else s
    elif kind == LEAKY_RELU:
        for i in range(size):
            g = dy[i]
            dx[i] = a * g if y[i] <= 0 else g
    elif kind == ELU:
        for i in range(size):
            g = dy[i]
            dx[i] = g * (y[i] + a) if y[i] <= 0 else g
    elif kind == SELU:
        for i in range(size):
            g = dy[i]
            dx[i] = g * (y[i] + SELU_LOW if y[i] <= 0 else SELU_SCALE)
    elif kind == CELU:                             # e^(x / a)
        for i in range(size):
            g = dy[i]
            dx[i] = g * (ONE + y[i] / a) if y[i] <= 0 else g
    elif kind == SOFTPLUS:                         # sigmoid(x) = 1 - e^-y
        for i in range(size):
            dx[i] = -dy[i] * expm1(-y[i])
    elif kind == SOFTSIGN:                         # 1 / (1 + |x|)^2
        for i in range(size):
            s = ONE - fabsf(y[i])
            dx[i] = dy[i] * (s * s)
    elif kind == EXPONENTIAL:
        for i in range(size):
            dx[i] = dy[i] * y[i]
    elif kind == HARD_SIGMOID:
        for i in range(size):
            g = dy[i]
            s = 0 if y[i] >= 1 else g / SIX
            dx[i] = 0 if y[i] <= 0 else s
    elif kind == HARD_TANH:
        for i in range(size):
            g = dy[i]
            dx[i] = 0 if fabsf(y[i]) >= 1 else g
    elif kind == LOG_SIGMOID:                      # sigmoid(-x) = 1 - e^y
        for i in range(size):
            dx[i] = -dy[i] * expm1(y[i])
    elif kind == SOFT_SHRINK or kind == HARD_SHRINK:
        for i in range(size):
            g = dy[i]
            dx[i] = 0 if y[i] == 0 else g
    elif kind == SQUAREPLUS:                       # y / sqrt(x^2 + b), and that root is y + b / 4y
        for i in range(size):
            g = dy[i]
            s = g / (ONE + a / (FOUR * y[i] * y[i]))
            dx[i] = 0 if y[i] <= 0 else s
    elif kind == SPARSE_PLUS:                      # (x + 1) / 2
        for i in range(size):
            g = dy[i]
            dx[i] = g if y[i] >= 1 else g * sqrtf(y[i])
    elif kind == SPARSE_SIGMOID:
        for i in range(size):
            g = dy[i]
            s = 0 if y[i] >= 1 else HALF_F * g
            dx[i] = 0 if y[i] <= 0 else s
    elif kind == RELU_GENERAL:
        floor = 0 if b < INFINITY else -INFINITY
        for i in range(size):
            g = dy[i]
            s = 0 if x[i] <= c else g
            s = 0 if x[i] < floor else s
            s = 0 if x[i] > b else s
            dx[i] = a * g if x[i] < c else s
    elif kind == GELU:                             # y = x P(x): P + x p, with the normal density p
        for i in range(size):
            dx[i] = dy[i] * (normal_share(x[i]) + x[i] * (DENSITY_0 * exp_below(-HALF_F * x[i] * x[i])))
    elif kind == GELU_TANH:                        # y = x g, g = sigmoid(v): g + x g (1 - g) v'
        for i in range(size):
            s = gelu_gate(x[i])
            t = TWO * SQRT_2_BY_PI * (ONE + THREE * GELU_CUBE * x[i] * x[i])
            dx[i] = dy[i] * (s + y[i] * ((ONE - s) * t))
    elif kind == SILU:                             # y = x g, g = sigmoid(x): g + x g (1 - g)
        for i in range(size):
            s = sigmoid(x[i])
            dx[i] = dy[i] * (s + y[i] * (ONE - s))
    elif kind == MISH:                             # y = x t, t = tanh(softplus(x)): t + x (1 - t^2) sigmoid(x)
        for i in range(size):
            s = tanh_softplus(x[i])
            dx[i] = dy[i] * (s + x[i] * ((ONE - s) * (ONE + s)) * sigmoid(x[i]))
    elif kind == HARD_SILU:
        for i in range(size):
            g = dy[i]
            s = 0 if x[i] <= -3 else g * (TWO * x[i] + THREE) / SIX
            dx[i] = g if x[i] >= 3 else s
    elif kind == TANH_SHRINK:                      # 1 - (1 - tanh^2)
        for i in range(size):
            s = tanh(x[i])
            dx[i] = dy[i] * (s * s)
    elif kind == THRESHOLD:
        for i in range(size):
            g = dy[i]
            dx[i] = 0 if x[i] <= a else g
    elif dx != dy:                                 # LINEAR
        memcpy(dx, dy, size * sizeof(float))


cdef inline void _padded(int kind, const float* x, float* y, Py_ssize_t size, float a, float b, float c) noexcept nogil:
    """`values` for any size: the last few go through the same instructions, so that no element depends on its place."""
    cdef float v[LANES]
    cdef Py_ssize_t whole = size // LANES, rest = size % LANES
    values(kind, x, y, whole, a, b, c)
    if rest > 0:
        memset(v, 0, sizeof(v))
        memcpy(v, x + whole * LANES, rest * sizeof(float))
        values(kind, v, v, 1, a, b, c)
        memcpy(y + whole * LANES, v, rest * sizeof(float))


cdef inline void activate(int kind, const float* x, float* y, Py_ssize_t size, float a, float b,
                          float c) noexcept nogil:
    """y = activation(x); x and y may be the same memory. Kernels call it for short rows: the usual kinds come first."""
    cdef Py_ssize_t i
    if kind == RELU:
        for i in range(size):
            y[i] = 0 if x[i] < 0 else x[i]
    elif kind != LINEAR or x != y:
        _padded(kind, x, y, size, a, b, c)


cdef inline void multiply_slopes(int kind, const float* x, const float* y, const float* dy, float* dx, Py_ssize_t size,
                                 float a, float b, float c) noexcept nogil:
    """dx = dy * activation'(x); dy and dx may be the same memory. x may be y where the slope follows from y."""
    cdef float u[LANES]
    cdef float v[LANES]
    cdef float d[LANES]
    cdef Py_ssize_t whole = size // LANES, rest = size % LANES, done = whole * LANES
    slopes(kind, x, y, dy, dx, whole, a, b, c)
    if rest > 0:
        memset(u, 0, sizeof(u))
        memset(v, 0, sizeof(v))
        memset(d, 0, sizeof(d))
        memcpy(u, x + done, rest * sizeof(float))
        memcpy(v, y + done, rest * sizeof(float))
        memcpy(d, dy + done, rest * sizeof(float))
        slopes(kind, u, v, d, d, 1, a, b, c)
        memcpy(dx + done, d, rest * sizeof(float))
