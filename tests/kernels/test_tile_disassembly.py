"""The register tiles as the compiler made them: read from the built modules with objdump.

A tile that lost its registers or its vectors computes the same numbers 2 to 60 times slower, and no other test sees it.
What a sound tile looks like: straight code, one multiply-add per vector of sums, next to nothing stored (a tile of full
height leaves one register, so a sum or two may go through the stack; a lost tile stores them all). Every height from 1 to
PIXELS has such code in both widths: for `outer_tile` a loop without a jump inside, for `sum_tile` four stretches between
jumps, the four terms of a turn.
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
TERMS = 4  # of a turn of sum_tile
SPILLS = {"baseline": 4}  # stores in a loop that are forgiven; 2 elsewhere

BUILDS = cpu.supported() if platform.machine().lower() in ("x86_64", "amd64") else []

pytestmark = [
    pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump (of binutils) is not installed"),
    pytest.mark.parametrize("family", ["conv", "gemm", "pooled"]),
]


def straight_code(family, isa):
    """`(is it a loop, its instructions)` of each stretch of code between two jumps; `vmovups (%rax),%zmm0` is one."""
    path = importlib.import_module(f"cycnn.kernels._{isa}.{family}").__file__
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True)
    stretch, starts = [], {}
    for place, name, arguments in re.findall(r"^ *([0-9a-f]+):\t(\S+) *(.*)$", code.stdout, re.MULTILINE):
        starts[place] = len(stretch)
        stretch.append(f"{name} {arguments}")
        if name.startswith("j"):
            start = starts.get(arguments.split()[0])  # a jump back into its own stretch: a loop without a jump inside
            if start is not None:
                yield False, stretch[:start]
            yield start is not None, stretch[start or 0 :]
            stretch, starts = [], {}
    yield False, stretch


def count(pattern, lines):
    return sum(pattern.match(line) is not None for line in lines)


@pytest.mark.parametrize("isa", BUILDS)
def test_every_height_of_a_tile_is_a_loop_over_vector_registers(family, isa):
    vector, floats = VECTORS[isa]
    lanes, pixels = kernels.load(isa).conv.LANES, kernels.load(isa).conv.PIXELS
    widths = {lanes, max(lanes // 2, 8)}  # LANES and HALF of setup.py
    wanted = Counter(height * width // floats for height in range(1, pixels + 1) for width in widths)
    loops, stretches = Counter(), Counter()
    for loop, lines in straight_code(family, isa):
        if not count(SCALAR, lines) and count(STORE, lines) <= SPILLS.get(isa, 2):
            (loops if loop else stretches)[count(vector, lines)] += 1
    missing = {
        size: (loops[size], copies, stretches[size], TERMS * copies)
        for size, copies in wanted.items()
        if loops[size] < copies or stretches[size] < TERMS * copies
    }
    assert not missing, f"multiply-adds: (loops of so many found, wanted, stretches found, wanted) {missing}"
