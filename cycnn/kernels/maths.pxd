# Elementary functions of one float, written so that a loop over them becomes vector instructions: no branch, no table,
# no call. Polynomials are least-maximum fits (Lawson's weighted least squares at Chebyshev nodes) rounded to float32.
# "ulp" is the distance to the true value, the largest of a search over the whole float range on each instruction set.
# Infinities, denormal results and signed zeros are right; a NaN stays one: clamps are comparisons that it fails.

from libc.math cimport INFINITY, NAN, copysignf, fabsf

cdef extern from *:
    """
    /* A loop with a call in it stays scalar, and GCC stops inlining once a module has grown by some share: insist. */
    #if !defined(CYCNN_INLINE)
    #if defined(__GNUC__)
    #define CYCNN_INLINE __attribute__((always_inline))
    #else
    #define CYCNN_INLINE
    #endif
    #endif
    static float cycnn_power_of_2(int) CYCNN_INLINE;
    static float cycnn_exp_tail(float) CYCNN_INLINE;
    static float cycnn_exp_below(float) CYCNN_INLINE;
    static float cycnn_exp(float) CYCNN_INLINE;
    static float cycnn_expm1(float) CYCNN_INLINE;
    static float cycnn_log1p_near(float) CYCNN_INLINE;
    static float cycnn_log(float) CYCNN_INLINE;
    static float cycnn_log1p_fraction(float) CYCNN_INLINE;
    static float cycnn_sigmoid(float) CYCNN_INLINE;
    static float cycnn_tanh(float) CYCNN_INLINE;
    static float cycnn_softplus(float) CYCNN_INLINE;
    static float cycnn_erf(float) CYCNN_INLINE;
    static float cycnn_exp_near(float) CYCNN_INLINE;
    """
    # A literal beside a float comes out of Cython as a double, and the arithmetic with it: hence names for numbers.
    float HALF_F "0.5f"
    float ONE "1.0f"
    float TWO "2.0f"
    # 1.5 * 2^23: added and taken away, it rounds a small float to an integer.
    float ROUNDER "12582912.0f"
    float LOG2_E "1.44269504f"
    float LN2 "0.693147181f"
    # ln 2 in two parts; the first has 10 bits, so that its product with an exponent is exact.
    float LN2_HIGH "0.693359375f"
    float LN2_LOW "-2.12194440e-4f"

cdef union Word:
    float f
    int i


cdef inline float power_of_2 "cycnn_power_of_2" (int n) noexcept nogil:
    """2^n for -126 <= n <= 127. Only the last nine bits of n count, so that it may be those of a float: of n + ROUNDER,
    or half of them, which is half of n."""
    cdef Word word
    word.i = (n << 23) + 0x3F800000
    return word.f


cdef inline float exp_tail "cycnn_exp_tail" (float r) noexcept nogil:
    """(e^r - 1 - r) / r^2 for |r| <= ln(2) / 2."""
    cdef float p0 = 0.49999994, p1 = 0.16666520, p2 = 0.041668393, p3 = 0.0083687808, p4 = 0.0013814465
    return p0 + r * (p1 + r * (p2 + r * (p3 + r * p4)))


cdef inline float exp_below "cycnn_exp_below" (float x) noexcept nogil:
    """e^x for x <= 89, to 1 ulp."""
    cdef float low = -104, r, k
    cdef int half
    cdef Word whole
    x = low if x < low else x
    whole.f = x * LOG2_E + ROUNDER
    k = whole.f - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    half = whole.i >> 1                            # in two factors: 2^k alone may be denormal or infinite
    return (ONE + (r + r * r * exp_tail(r))) * power_of_2(half) * power_of_2(whole.i - half)


cdef inline float exp "cycnn_exp" (float x) noexcept nogil:
    """e^x, to 1 ulp."""
    cdef float high = 89
    return exp_below(high if x > high else x)


cdef inline float exp_near "cycnn_exp_near" (float x) noexcept nogil:
    """e^x for |x| <= 80, with the digits of `exp`."""
    cdef float k, r
    cdef Word whole
    whole.f = x * LOG2_E + ROUNDER
    k = whole.f - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    return (ONE + (r + r * r * exp_tail(r))) * power_of_2(whole.i)


cdef inline float expm1 "cycnn_expm1" (float x) noexcept nogil:
    """e^x - 1 without cancellation near zero, to 1.5 ulp."""
    cdef float low = -20, high = 89, tiny = 1e-9, r, k, s, y
    cdef Word whole
    y = low if x < low else x
    y = high if y > high else y
    whole.f = y * LOG2_E + ROUNDER
    k = whole.f - ROUNDER
    r = (y - k * LN2_HIGH) - k * LN2_LOW
    s = power_of_2(whole.i - 1)                    # half of 2^k, which may be infinite
    y = TWO * (s * (r + r * r * exp_tail(r)) + (s - HALF_F))
    return x if fabsf(x) < tiny else y             # keeps -0.0 and every bit of a denormal


cdef inline float log1p_near "cycnn_log1p_near" (float f) noexcept nogil:
    """log(1 + f) for sqrt(1/2) - 1 <= f <= sqrt(2) - 1."""
    cdef float p0 = 0.33333331, p1 = -0.25000823, p2 = 0.20001233, p3 = -0.16623297, p4 = 0.14201558
    cdef float p5 = -0.13160595, p6 = 0.12763301, p7 = -0.076355882
    return f + f * f * (f * (p0 + f * (p1 + f * (p2 + f * (p3 + f * (p4 + f * (p5 + f * (p6 + f * p7))))))) - HALF_F)


cdef inline float log "cycnn_log" (float x) noexcept nogil:
    """Natural logarithm, to 1 ulp; -inf at 0, NaN below."""
    cdef float smallest = 1.17549435e-38, scale = 8388608, infinity = INFINITY, nan = NAN, y
    cdef int n, denormal = x < smallest
    cdef Word word
    word.f = x * scale if denormal else x
    n = (word.i - 0x3F3504F3) >> 23                # the exponent that leaves a mantissa in [sqrt(1/2), sqrt(2))
    word.i -= n << 23
    n = n - 23 if denormal else n
    y = (log1p_near(word.f - ONE) + n * LN2_LOW) + n * LN2_HIGH
    y = x if x == infinity else y
    y = -infinity if x == 0 else y
    y = nan if x < 0 else y
    return x if x != x else y


cdef inline float log1p_fraction "cycnn_log1p_fraction" (float x) noexcept nogil:
    """log(1 + x) for 0 <= x <= 1, to 1 ulp."""
    cdef float root = 0.41421356, zero = 0
    cdef int above = x > root
    return log1p_near(HALF_F * (x - ONE) if above else x) + (LN2_LOW + LN2_HIGH if above else zero)


cdef inline float sigmoid "cycnn_sigmoid" (float x) noexcept nogil:
    """1 / (1 + e^-x), to 2.5 ulp: from e^-|x|, so that nothing overflows and small results keep their digits."""
    cdef float e = exp_below(-fabsf(x))
    return (e if x < 0 else ONE) / (ONE + e)


cdef inline float tanh "cycnn_tanh" (float x) noexcept nogil:
    """Hyperbolic tangent, to 2.5 ulp: -m / (m + 2) with m = e^(-2|x|) - 1. Near zero k is 0; farther out, the digits
    that a second part of ln 2 would give are lost beside 2."""
    cdef float low = -20, y = -TWO * fabsf(x), k, r, s, m
    cdef Word whole
    y = low if y < low else y
    whole.f = y * LOG2_E + ROUNDER
    k = whole.f - ROUNDER
    r = y - k * LN2
    s = power_of_2(whole.i)
    m = s * (r + r * r * exp_tail(r)) + (s - ONE)
    return copysignf(m / (m + TWO), x)


cdef inline float softplus "cycnn_softplus" (float x) noexcept nogil:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), to 2 ulp."""
    return (0 if x < 0 else x) + log1p_fraction(exp_below(-fabsf(x)))


cdef inline float erf "cycnn_erf" (float x) noexcept nogil:
    """Error function, to 1.5 ulp: a polynomial in x^2 below 0.9487, 1 - e^-q(|x|) above."""
    cdef float border = 0.9487, last = 4, t = fabsf(x), s = x * x, near, q
    cdef float p0 = 0.12837914, p1 = -0.37612447, p2 = 0.11281346, p3 = -0.026749747, p4 = 0.0049687470
    cdef float p5 = -0.00058681268
    cdef float q0 = 0.00024078315, q1 = 1.1274909, q2 = 0.63749063, q3 = 0.10366309, q4 = -0.022098443
    cdef float q5 = 0.0030112078, q6 = -0.00019269465
    near = x + x * (p0 + s * (p1 + s * (p2 + s * (p3 + s * (p4 + s * p5)))))
    q = last if t > last else t
    q = q0 + q * (q1 + q * (q2 + q * (q3 + q * (q4 + q * (q5 + q * q6)))))
    return near if t < border else copysignf(ONE - exp_near(-q), x)


# ------------------------------------------------------------------------------------------------------- over a row
# A reduction in order has one addition after the other, and stays scalar; LANES of them side by side do not. In the end
# the lanes are folded in halves: one after the other they would take longer than a row of a hundred.

cdef extern from *:
    enum: LANES "CYCNN_LANES"


cdef inline float fold_sum(float* lane) noexcept nogil:
    """The sum of LANES (16 or 32) numbers, which are lost."""
    cdef int l
    if LANES > 16:
        for l in range(16):
            lane[l] += lane[l + 16]
    for l in range(8):
        lane[l] += lane[l + 8]
    for l in range(4):
        lane[l] += lane[l + 4]
    return (lane[0] + lane[2]) + (lane[1] + lane[3])


cdef inline float fold_largest(float* lane) noexcept nogil:
    """The maximum of LANES numbers, which are lost."""
    cdef int l
    if LANES > 16:
        for l in range(16):
            lane[l] = lane[l + 16] if lane[l + 16] > lane[l] else lane[l]
    for l in range(8):
        lane[l] = lane[l + 8] if lane[l + 8] > lane[l] else lane[l]
    for l in range(4):
        lane[l] = lane[l + 4] if lane[l + 4] > lane[l] else lane[l]
    for l in range(2):
        lane[l] = lane[l + 2] if lane[l + 2] > lane[l] else lane[l]
    return lane[1] if lane[1] > lane[0] else lane[0]


cdef inline float largest(const float* x, Py_ssize_t size) noexcept nogil:
    """The maximum of a row; a NaN never wins."""
    cdef float lane[LANES]
    cdef float best = -INFINITY
    cdef Py_ssize_t i = 0
    cdef int l
    if size >= LANES:
        for l in range(LANES):
            lane[l] = best
        while i + LANES <= size:
            for l in range(LANES):
                lane[l] = x[i + l] if x[i + l] > lane[l] else lane[l]
            i += LANES
        best = fold_largest(lane)
    while i < size:
        best = x[i] if x[i] > best else best
        i += 1
    return best


cdef inline float dot(const float* x, const float* y, Py_ssize_t size) noexcept nogil:
    """The sum of x * y over a row; y NULL: the sum of x."""
    cdef float lane[LANES]
    cdef float total = 0
    cdef Py_ssize_t i = 0
    cdef int l
    if size >= LANES:
        for l in range(LANES):
            lane[l] = 0
        while i + LANES <= size:
            if y != NULL:
                for l in range(LANES):
                    lane[l] += x[i + l] * y[i + l]
            else:
                for l in range(LANES):
                    lane[l] += x[i + l]
            i += LANES
        total = fold_sum(lane)
    while i < size:
        total += x[i] * y[i] if y != NULL else x[i]
        i += 1
    return total


cdef inline float exponentials(const float* x, float* y, Py_ssize_t size, float top) noexcept nogil:
    """y = e^(x - top) over a row, whose maximum is top; x and y may be the same memory. The sum is returned."""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = exp_below(x[i] - top)
    return dot(y, NULL, size)
