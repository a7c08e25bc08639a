# Random numbers that depend on a key and a position alone, never on a thread or on what was drawn before: Philox4x32-10
# (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
#
#   key      (seed's low word, seed's high word + node)     64 bits of seed; a node is one place in a graph that draws
#   counter  (block of the sample, sample of the batch, step's low word, step's high word)
#
# A counter gives four words. Sixteen neighbouring counters are done side by side and give a stretch of 64: word
# 16 j + l of a stretch is word j of the l-th counter. A sample begins a stretch of its own, so it draws the same in any
# chunk.
#
# What happens by chance takes half a word, for the words are what dropout spends its time on: a rate of 2^-16 steps is
# as good as any other.

from libc.math cimport sqrtf

from cycnn.kernels.maths cimport ONE, TWO, log

cdef enum:
    COUNTERS = 16
    STRETCH = 64
    CHANCES = 2 * STRETCH

cdef extern from *:
    """
    #if !defined(CYCNN_INLINE)       /* maths.pxd says why */
    #if defined(__GNUC__)
    #define CYCNN_INLINE __attribute__((always_inline))
    #else
    #define CYCNN_INLINE
    #endif
    #endif
    typedef unsigned int cycnn_u32;
    typedef unsigned long long cycnn_u64;
    /* A word between rounds. AVX-512 multiplies 64 bits by 64: words that stay so wide need not be widened and narrowed
       in every round. */
    #if CYCNN_LANES > 16
    typedef cycnn_u64 cycnn_word;
    #else
    typedef cycnn_u32 cycnn_word;
    #endif
    static void cycnn_philox_round(cycnn_word*, cycnn_word*, cycnn_word*, cycnn_word*, cycnn_u32,
                                   cycnn_u32) CYCNN_INLINE;
    """
    ctypedef unsigned int u32 "cycnn_u32"
    ctypedef unsigned long long u64 "cycnn_u64"
    ctypedef unsigned int wide_word "cycnn_word"       # its lower half counts


cdef inline void philox_round "cycnn_philox_round" (
    wide_word* c0, wide_word* c1, wide_word* c2, wide_word* c3, u32 k0, u32 k1
) noexcept nogil:
    """One round: two products of 32 by 32 bits; their high words are mixed with the other words and the key."""
    cdef u64 p = <u64>0xD2511F53U * <u32>c0[0], q = <u64>0xCD9E8D57U * <u32>c2[0]
    c0[0] = <wide_word>(q >> 32) ^ c1[0] ^ k0
    c2[0] = <wide_word>(p >> 32) ^ c3[0] ^ k1
    c1[0] = <wide_word>q
    c3[0] = <wide_word>p


cdef inline void stretch(u32 k0, u32 k1, u32 first, u32 sample, u64 step, u32* words) noexcept nogil:
    """The 64 words of counters (first + l, sample, step), l < 16."""
    cdef wide_word c0, c1, c2, c3
    cdef u32 a0 = 0x9E3779B9U, a1 = 0xBB67AE85U
    cdef int l
    for l in range(COUNTERS):
        c0, c1, c2, c3 = first + <u32>l, sample, <u32>step, <u32>(step >> 32)
        philox_round(&c0, &c1, &c2, &c3, k0, k1)
        philox_round(&c0, &c1, &c2, &c3, k0 + a0, k1 + a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 2 * a0, k1 + 2 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 3 * a0, k1 + 3 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 4 * a0, k1 + 4 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 5 * a0, k1 + 5 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 6 * a0, k1 + 6 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 7 * a0, k1 + 7 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 8 * a0, k1 + 8 * a1)
        philox_round(&c0, &c1, &c2, &c3, k0 + 9 * a0, k1 + 9 * a1)
        words[l] = <u32>c0
        words[16 + l] = <u32>c1
        words[32 + l] = <u32>c2
        words[48 + l] = <u32>c3


cdef inline u32 chance(const u32* word, Py_ssize_t l) noexcept nogil:
    """The l-th of a stretch's 128 numbers of 16 bits: the lower halves of its words, then the upper ones."""
    return word[l] & 0xFFFFU if l < STRETCH else word[l - STRETCH] >> 16


cdef inline u32 threshold(float rate) noexcept nogil:
    """How many of the 2^16 chances are below a rate in [0, 1]."""
    cdef float chances = 65536, half = 0.5
    return <u32>(rate * chances + half)


cdef inline float unit(u32 word) noexcept nogil:
    """A word's upper 24 bits as a float in [0, 1): every multiple of 2^-24 is as likely as any other."""
    cdef float share = 5.9604645e-08
    return <float><int>(word >> 8) * share


cdef inline void normals(const u32* word, float* z) noexcept nogil:
    """A stretch of independent numbers of mean 0 and variance 1, two from two words (Box and Muller, 1958):
    z = sqrt(-2 log u) (cos, sin)(2 pi v), with the polynomials of cos and sin around the nearest quarter turn."""
    cdef float four = 4, half = 0.5, quarter = 1.57079633
    cdef float s3 = -0.166666667, s5 = 0.00833333333, s7 = -0.000198412698, s9 = 2.75573192e-06
    cdef float c2 = -0.5, c4 = 0.0416666667, c6 = -0.00138888889, c8 = 2.48015873e-05
    cdef float radius, turn, a, q, sine, cosine
    cdef int l, k
    for l in range(STRETCH // 2):
        radius = sqrtf(-TWO * log(ONE - unit(word[l])))
        turn = unit(word[l + STRETCH // 2]) * four
        k = <int>(turn + half)
        a = (turn - <float>k) * quarter
        q = a * a
        sine = a + a * q * (s3 + q * (s5 + q * (s7 + q * s9)))
        cosine = ONE + q * (c2 + q * (c4 + q * (c6 + q * c8)))
        a = sine if k & 1 else cosine          # |cos| and |sin| swap with every quarter turn
        sine = cosine if k & 1 else sine
        cosine = -a if (k + 1) & 2 else a
        sine = -sine if k & 2 else sine
        z[l], z[l + STRETCH // 2] = radius * cosine, radius * sine
