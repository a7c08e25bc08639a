# OpenMP's few words, and what they mean in a build without OpenMP.

cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #ifdef _MSC_VER
    #define cycnn_barrier() __pragma(omp barrier)
    #else
    #define cycnn_barrier() _Pragma("omp barrier")
    #endif
    #define CYCNN_OPENMP 1
    static void cycnn_meet(void) { cycnn_barrier() }
    #else
    #include <time.h>
    #define CYCNN_OPENMP 0
    static int omp_get_thread_num(void) { return 0; }
    static int omp_get_num_threads(void) { return 1; }
    static int omp_get_max_threads(void) { return 1; }
    static int omp_get_thread_limit(void) { return 1; }
    static double omp_get_wtime(void) { return (double)clock() / CLOCKS_PER_SEC; }
    static void cycnn_meet(void) { }
    #endif
    """
    enum: CYCNN_OPENMP
    int omp_get_thread_num() noexcept nogil
    int omp_get_num_threads() noexcept nogil
    int omp_get_max_threads() noexcept nogil
    int omp_get_thread_limit() noexcept nogil
    double omp_get_wtime() noexcept nogil
    void barrier "cycnn_meet" () noexcept nogil
