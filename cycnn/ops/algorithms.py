"""Which algorithm computes a convolution: decided by shapes and the batch alone, so that results repeat on any machine.

Winograd's algorithm by tiles of 4x4 or 2x2 output pixels is faster than the direct way by a factor that was measured on
AVX-512 for maps of 7x7 to 56x56 and 8 to 512 channels; it shrinks by the share of the tiles that lies outside the map.
The factors repeat to about 15 %, so a small gain counts as none.
"""

import math

from cycnn import config

# tile -> (gain for 64 or more channels and filters, what is lost of it where there are half as many)
GAIN = {4: (2.6, 0.5), 2: (1.7, 0.45)}
LEAST_CHANNELS = 16
BACKWARD = 0.9  # of the gain is left in the input gradient, whose direct kernel is faster
LEAST_GAIN = 1.2
MANY_CHANNELS, THEIR_TILES = (
    512,
    48,
)  # from so many on, a group of samples needs so many tiles to make use of the weights
LEAST_TILES = 4  # in a group of samples: rows of the matrix products
LEAST_TILES_TRAINING = 32  # in a batch whose weights are transformed anew in every step


def winograd_tile(rows, columns, channels, filters, emit, seen=None):
    """The tile, 2 or 4 pixels wide, by which a 3x3 convolution is computed; 0: directly.

    Results differ by at most about 1.5e-6 (tiles of 2) and 5e-6 (tiles of 4) of the largest one, bounds that the tests of
    the kernels have; the direct way's by 2e-6. `config.set_fast_convolutions(False)` forbids both.

    Args:
        rows, columns: of what is computed, the output or the input's gradient.
        channels, filters: of the kernel.
        emit: the plan's `Emitter`.
        seen: for an input's gradient, pixels of the output: the direct kernel makes no products with what lies outside.
    """
    width = min(channels, filters)
    if not config.fast_convolutions() or width < LEAST_CHANNELS:
        return 0
    best, gain, halvings = 0, LEAST_GAIN, math.log2(max(64 / width, 1))
    pixels = rows * columns if seen is None else min(rows * columns, seen) * BACKWARD
    for tile, (most, loss) in GAIN.items():
        tiles = -(-rows // tile) * -(-columns // tile)
        least = THEIR_TILES if max(channels, filters) >= MANY_CHANNELS else LEAST_TILES
        if tiles * emit.group < least or (emit.repacks and tiles * emit.capacity < LEAST_TILES_TRAINING):
            continue
        expected = (most - loss * halvings) * pixels / (tiles * tile * tile)
        if expected >= gain:
            best, gain = tile, expected
    return best
