"""Build the kernels: one source, one package of compiled modules per instruction set.

The table ``TARGETS`` is the only place that knows instruction sets and flags. Every ``.pyx`` of ``KERNELS`` is
compiled once per target into ``cycnn/kernels/_<target>/``; ``SINGLES`` are compiled once. Flags are probed with
the compiler at hand, so that Clang and MSVC build the same sources with the flags they know. Nothing here looks at
the processor that builds: a wheel is the same from any machine.

Environment: ``CC``, ``CFLAGS``, ``LDFLAGS`` as everywhere. ``CYCNN_DEBUG=1`` builds with every check of Cython's
and with symbols, for hunting a wrong index.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = (
    "conv", "depthwise", "grouped", "gemm", "pool", "norm", "elementwise", "loss", "update", "gather", "layout", "merge",
    "pooled", "winners", "winograd", "image",
)  # fmt: skip
SINGLES = ("executor", "cpu")
# Cython's memoryviews, compiled once for all: in each module they were 200 KB and five seconds of the compiler's time.
SHARED = "cycnn.kernels._cyutility"

# target -> (flags, output channels of a register tile, its pixels, peel). `peel` bounds GCC's complete unrolling: at
# least the tile's pixels, and below its lanes, or the lane loops are unrolled into scalars before they can vectorize.
X86 = {
    "baseline": ([], 16, 3, 7),  # wide and low: a broadcast is two instructions, one of them a shuffle
    "avx2": (["-mavx2", "-mfma"], 16, 6, 7),
    # Not -march=skylake-avx512: GCC 12 then prefers 256-bit vectors, which halves the tile.
    "avx512": (
        ["-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mfma", "-mprefer-vector-width=512"],
        32, 14, 14,
    ),
}  # fmt: skip
PORTABLE = {"baseline": ([], 16, 6, 7)}
TARGETS = X86 if platform.machine().lower() in ("x86_64", "amd64") else PORTABLE

COMMON = [
    "-O3",
    "-ffp-contract=fast",  # a * b + c is one rounding; -std=c11 in a user's CFLAGS would switch it off
    "-fno-math-errno",
    "-fno-trapping-math",  # or max, relu and argmax loops stay scalar
    "-fno-tree-loop-distribute-patterns",  # or short lane loops become memset and memcpy, whose stores stall the next load
    "-fno-loop-interchange",  # interchanged tile loops lose their registers: 8 times slower
    "-fno-strict-aliasing",
    "-fno-gcse",  # this and the next take a fifth of GCC's time, and no kernel is faster by them
    "-fno-schedule-insns2",
    # Each height of a register tile is a copy of one inline function: `inline` is not for the compiler to weigh. So what
    # the Python door and the C door of a kernel share, a unit of its work, is not inline: it would be compiled twice.
    "-DCYTHON_INLINE=inline __attribute__((always_inline))",
    "-fno-ipa-cp-clone",
    "-Wno-unused-function",
    "-Wno-maybe-uninitialized",
]
DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "nonecheck": False,
    "freethreading_compatible": False,
}
DEBUG = os.environ.get("CYCNN_DEBUG", "0") not in ("", "0")
if DEBUG:
    DIRECTIVES |= {"boundscheck": True, "initializedcheck": True, "nonecheck": True}
    COMMON.append("-g")
else:
    COMMON.append("-g0")  # distributions put -g into Python's own flags; stripping it afterwards takes longer

MAIN = "int main(void) { return 0; }\n"
# How OpenMP is asked for: GCC, Clang on Linux; Apple's Clang with Homebrew's libomp. (compiling, linking)
OPENMP = ((["-fopenmp"], ["-fopenmp"]), (["-Xpreprocessor", "-fopenmp"], ["-lomp"]))

NO_COMPILER = """
cycnn compiles its kernels when it is installed, and found no C compiler that works. Please install one:
  Debian, Ubuntu:  apt install gcc libc6-dev
  Fedora:          dnf install gcc
  Alpine:          apk add gcc musl-dev
  macOS:           xcode-select --install
or name yours in the environment variable CC. Tried: {tried}
{output}"""
NO_HEADERS = """
cycnn compiles its kernels when it is installed, and did not find Python's C headers (Python.h). Please install them:
  Debian, Ubuntu:  apt install python3-dev        (python{version}-dev for a Python that is not the system's)
  Fedora:          dnf install python3-devel
  Alpine:          apk add python3-dev
Searched: {searched}
{output}"""
NO_OPENMP = """
cycnn: this compiler has no OpenMP, so the kernels are built for one thread. To use all cores, install it, and cycnn
once more:
  Debian, Ubuntu:  apt install gcc                (libomp-dev for clang)
  macOS:           brew install libomp, and its include and lib folders in CFLAGS (-I) and LDFLAGS (-L)
Tried: {tried}
"""


class Compiler:
    """What the C compiler at hand can do, found out by compiling small programs with it.

    `output` holds what the compiler said about the last one that failed.
    """

    def __init__(self, command, linking):
        self.command, self.linking, self.output = command, linking, ""
        # A CFLAGS of the user's that draws a warning must not make every flag look unknown.
        self.strict = ["-Werror"] if self.compiles(["-Werror"]) else []

    def _run(self, call, source):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "probe.c").write_text(source)
            try:
                command = [*self.command, "probe.c", *call]
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
                )
            except OSError as error:
                self.output = str(error)
                return False
            if done.returncode:
                self.output = done.stdout + done.stderr
            return done.returncode == 0

    def compiles(self, flags, source=MAIN):
        return self._run(["-c", *flags, "-o", "probe.o"], source)

    def links(self, flags, source=MAIN):
        return self._run([*self.linking, *flags, "-o", "probe"], source)

    def known(self, flags):
        """Those of the flags that the compiler understands."""
        return [flag for flag in flags if self.compiles([*self.strict, flag])]


class BuildKernels(build_ext):
    """setuptools' build_ext with the flags of each target, and clear words where something is missing."""

    def finalize_options(self):
        super().finalize_options()
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.parallel = self.parallel or cpus

    def build_extensions(self):
        common, flags, link = self._msvc() if self.compiler.compiler_type == "msvc" else self._probe()
        self._recompile_if_changed(common, flags, link)
        self._cythonize(Path("build", "cython", "debug" if DEBUG else "release"))
        for extension in self.extensions:
            _, lanes, pixels, _ = TARGETS[extension.target]
            extension.define_macros = [
                ("CYCNN_LANES", lanes),
                ("CYCNN_HALF", lanes // 2),
                ("CYCNN_PIXELS", pixels),
            ]
            extension.extra_compile_args = [*common, *flags[extension.target]]
            extension.extra_link_args = list(link)
        super().build_extensions()

    def _msvc(self):
        flags = {"baseline": [], "avx2": ["/arch:AVX2"], "avx512": ["/arch:AVX512"]}
        return ["/O2", "/fp:contract", "/openmp"], flags, []

    def _probe(self):
        """Flags for every module, for each target, and for linking."""
        ldflags = os.environ.get("LDFLAGS", "").split()
        compiler = Compiler(self.compiler.compiler_so, ldflags)
        tried = " ".join(self.compiler.compiler_so)
        if not compiler.links([]):
            raise SystemExit(NO_COMPILER.format(tried=tried, output=compiler.output))
        folders = self.compiler.include_dirs
        if not compiler.compiles([f"-I{folder}" for folder in folders], "#include <Python.h>\n" + MAIN):
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            message = NO_HEADERS.format(version=version, searched=" ".join(folders), output=compiler.output)
            raise SystemExit(message)
        use_threads = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
        for openmp, link in OPENMP:
            if compiler.links([*openmp, *link], use_threads):
                break
        else:
            openmp, link = [], []
            print(NO_OPENMP.format(tried=tried), file=sys.stderr)
        strip = ["-Wl,--strip-all"] if not DEBUG and compiler.links(["-Wl,--strip-all"]) else []
        flags = {}
        for name, (target, _, _, peel) in TARGETS.items():
            unroll = [f"--param=max-completely-peel-times={peel}", "--param=max-completely-peeled-insns=2000"]
            flags[name] = compiler.known(target) + compiler.known(unroll)
        return [*compiler.known(COMMON), *openmp], flags, [*link, *strip]

    def _recompile_if_changed(self, *settings):
        """setuptools compares times of files; other flags, or another compiler, are a reason too."""
        now = repr((getattr(self.compiler, "compiler_so", "msvc"), settings, DIRECTIVES))
        seen = Path(self.build_temp, "settings.txt")
        self.force = self.force or not seen.exists() or seen.read_text() != now
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.write_text(now)

    def _cythonize(self, folder):
        """From .pyx to C, once for all targets. The compiler gets a file for each target, which includes that C: setuptools
        names an object after its source."""
        from Cython.Build import cythonize

        sources = sorted({extension.sources[0] for extension in self.extensions})
        made = cythonize(
            [Extension(source.rpartition(".")[0].replace("/", "."), [source]) for source in sources],
            build_dir=str(folder),
            include_path=["."],
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            nthreads=0 if sys.platform == "win32" else self.parallel,
            force=self.force,
            quiet=True,
        )
        made = {source: Path(module.sources[0]).resolve() for source, module in zip(sources, made, strict=True)}
        for extension in self.extensions:
            c = made[extension.sources[0]]
            unit = Path(folder, extension.target, c.name)
            include = f'#include "{c.as_posix()}"\n'
            if not unit.exists() or unit.read_text() != include:
                unit.parent.mkdir(parents=True, exist_ok=True)
                unit.write_text(include)
            extension.sources = [str(unit)]
            extension.depends = [str(c)]


def extensions():
    """One Extension per kernel and target; what is compiled once goes with the baseline."""
    names = {f"cycnn.kernels.{name}": (name, "baseline") for name in SINGLES}
    names |= {f"cycnn.kernels._{target}.{name}": (name, target) for target in TARGETS for name in KERNELS}
    found = [Extension(SHARED, [SHARED.replace(".", "/") + ".c"])]
    found[0].target = "baseline"
    for full_name, (name, target) in names.items():
        found.append(Extension(full_name, [f"cycnn/kernels/{name}.pyx"]))
        found[-1].target = target
    return found


if __name__ == "__main__":
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildKernels})
