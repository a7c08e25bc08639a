"""The register tiles as the compiler made them: read from the built modules with objdump.

A tile that lost its registers or its vectors computes the same numbers 2 to 60 times slower, and no other test sees it.
What a sound tile looks like: straight code, one multiply-add per vector of sums, next to nothing stored (a tile of full
height leaves one register, so a sum or two may go through the stack; a lost tile stores them all). Every height from 1 to
PIXELS has such code in both widths, for `sum_tile` and for `outer_tile`: four stretches between jumps, since a turn of
their loops has four terms.
"""

import importlib
import platform
import re
import shutil
import subprocess
from collections import Counter

import pytest

from cycnn import kernels
from cycnn.kernels import cpu

# How a build multiplies and adds: the instruction and its registers, floats of a register. The baseline cannot fuse.
VECTORS = {
    "baseline": (re.compile(r"mulps .*%xmm"), 4),
    "avx2": (re.compile(r"vfn?m(add|sub)\d+ps .*%ymm"), 8),
    "avx512": (re.compile(r"vfn?m(add|sub)\d+ps .*%zmm"), 16),
}
SCALAR = re.compile(r"(mul|vfn?m(add|sub)\d+)ss ")
STORE = re.compile(r"v?mov[au]ps %[xyz]mm\d+,.*\)$")
STRETCHES = 2 * 4  # sum_tile's and outer_tile's
SPILLS = {"baseline": 4}  # stores in a stretch that are forgiven; 2 elsewhere

BUILDS = cpu.supported() if platform.machine().lower() in ("x86_64", "amd64") else []

pytestmark = [
    pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump (of binutils) is not installed"),
    pytest.mark.parametrize("family", ["conv", "gemm", "pooled"]),
]


def straight_code(family, isa):
    """The instructions of each stretch of code between two jumps; `vmovups (%rax),%zmm0` is one."""
    path = importlib.import_module(f"cycnn.kernels._{isa}.{family}").__file__
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True)
    stretch = []
    for name, arguments in re.findall(r"^ *[0-9a-f]+:\t(\S+) *(.*)$", code.stdout, re.MULTILINE):
        stretch.append(f"{name} {arguments}")
        if name.startswith("j"):
            yield stretch
            stretch = []
    yield stretch


def count(pattern, lines):
    return sum(pattern.match(line) is not None for line in lines)


@pytest.mark.parametrize("isa", BUILDS)
def test_every_height_of_a_tile_is_straight_code_of_vector_registers(family, isa):
    vector, floats = VECTORS[isa]
    lanes, pixels = kernels.load(isa).conv.LANES, kernels.load(isa).conv.PIXELS
    widths = {lanes, lanes // 2}  # LANES and HALF of setup.py
    wanted = Counter(height * width // floats for height in range(1, pixels + 1) for width in widths)
    found = Counter(
        count(vector, lines)
        for lines in straight_code(family, isa)
        if not count(SCALAR, lines) and count(STORE, lines) <= SPILLS.get(isa, 2)
    )
    missing = {
        size: (found[size], STRETCHES * copies) for size, copies in wanted.items() if found[size] < STRETCHES * copies
    }
    assert not missing, f"multiply-adds of a stretch: (stretches found, stretches wanted) {missing}"
