"""Which instruction sets this processor *and* this operating system allow, and what compiled the kernels."""

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
    /* libgcc asks CPUID for the instructions and XGETBV for the registers that the operating system saves. */
    static int cycnn_avx2(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    static int cycnn_avx512(void) {
        return cycnn_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    }
    #else
    static int cycnn_avx2(void) { return 0; }
    static int cycnn_avx512(void) { return 0; }
    #endif

    #define CYCNN_TEXT_(number) #number
    #define CYCNN_TEXT(number) CYCNN_TEXT_(number)
    #if defined(__clang__)
    #define CYCNN_COMPILER "Clang " __clang_version__
    #elif defined(__GNUC__)
    #define CYCNN_COMPILER "GCC " __VERSION__
    #elif defined(_MSC_VER)
    #define CYCNN_COMPILER "MSVC " CYCNN_TEXT(_MSC_VER)
    #else
    #define CYCNN_COMPILER "unknown"
    #endif
    #if defined(__OPTIMIZE__) || (defined(_MSC_VER) && defined(NDEBUG))
    #define CYCNN_OPTIMIZED 1
    #else
    #define CYCNN_OPTIMIZED 0
    #endif
    #if defined(__FAST_MATH__) || defined(_M_FP_FAST)
    #define CYCNN_FAST_MATH 1
    #else
    #define CYCNN_FAST_MATH 0
    #endif
    """
    int cycnn_avx2()
    int cycnn_avx512()
    const char* CYCNN_COMPILER
    int CYCNN_OPTIMIZED
    int CYCNN_FAST_MATH


def supported():
    """Names of the builds that can run here, slowest first."""
    return ["baseline"] + ["avx2"] * bool(cycnn_avx2()) + ["avx512"] * bool(cycnn_avx512())


def compiler():
    """Name and version of the compiler, whether it optimized, and whether it was told to change arithmetic."""
    return CYCNN_COMPILER.decode().strip(), bool(CYCNN_OPTIMIZED), bool(CYCNN_FAST_MATH)
