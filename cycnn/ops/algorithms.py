"""Which algorithm computes a convolution: decided by shapes and the batch alone, so that results repeat on any machine.

Winograd's algorithm by tiles of 2x2 to 5x5 output pixels is faster than the direct way by a factor that was measured on
AVX-512 for maps of 3x3 to 60x60 and 8 to 512 channels; it shrinks by the share of the tiles that lies outside the map:
3x3 pixels take 25 products by a tile of 3 and 36 by one of 4, 10x10 take 196 by tiles of 5 and 324 by tiles of 4. The
factors repeat to about 15 %, so a small gain counts as none.

Its weights are 1.8 (tiles of 2) to 5.4 times (of 5) as many. Where they are too many to stay in a core's cache, the time
to read them counts: in the prediction of one image by a network of 1.1 million weights they were 18 MB and most of it.
"""

import math

from cycnn import config, kernels

# tile -> (gain for 64 or more channels and filters, what is lost of it where there are half as many). Where they fill a
# map, tiles of 5 are as fast as those of 4; they are less exact, so what they save is to be more than a seventh, and no
# more channels than EXACT are added up.
GAIN = {5: (2.2, 0.42), 4: (2.6, 0.5), 3: (2.2, 0.42), 2: (1.7, 0.45)}
LEAST_CHANNELS = 16
EXACT = 256  # channels, and filters, up to which the error of tiles of 5 was seen to stay within its bound
BACKWARD = 0.9  # of the gain is left in the input gradient, whose direct kernel is faster
LEAST_GAIN = 1.2
MANY_CHANNELS, THEIR_TILES = 512, 48  # from so many on, a group needs so many tiles to make use of the weights
LEAST_TILES = 4  # in a group of samples: rows of the matrix products
LEAST_TILES_TRAINING = 32  # in a batch whose weights are transformed anew in every step
# The kernel's gradient beside the direct one, by tile: by one of 4 2.3 to 2.5 times faster from 64 channels on (AVX2: 2.6,
# baseline: 3.4), 1.9 for 32, 1.5 for 16. The last transform, once for a group of samples, costs as much as 4 tiles.
GAIN_KERNEL = {4: (2.3, 0.4), 3: (1.9, 0.33)}
TILES_LOST = 4
TURNING = 1.1  # gain from which on a kernel gradient is computed turned: 144 -> 24 takes 0.75 of the time, 64 -> 8 0.43
WEIGHT = 32  # FLOPs in the time that reading one weight takes from beyond a core's cache: 21 GB/s at 170 GFLOP/s


def winograd_tile(rows, columns, channels, filters, emit, seen=None):
    """The tile, 2 to 5 pixels wide, by which a 3x3 convolution is computed; 0: directly.

    Results differ by at most about 1.5e-6 (tiles of 2), 2e-6 (3), 5e-6 (4) and 1e-5 (5) of the largest one for up
    to 256 channels, bounds that the tests of the kernels have; the direct way's by 2e-6.
    `config.set_fast_convolutions(False)` forbids them.

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
    pairs, maps = channels * filters, 4 * rows * columns * (channels + filters)

    def time(pixels, places):
        """Of a sample, for each pair of channel and filter, in FLOPs: to compute pixels, and to read the kernel's places."""
        return 18 * pixels + WEIGHT * places / emit.samples_a_reading(4 * places * pairs, maps)

    for tile, (most, loss) in GAIN.items():
        if tile == 5 and max(channels, filters) > EXACT:
            continue
        tiles = -(-rows // tile) * -(-columns // tile)
        least = THEIR_TILES if max(channels, filters) >= MANY_CHANNELS else LEAST_TILES
        if tiles * emit.group < least or (emit.repacks and tiles * emit.capacity < LEAST_TILES_TRAINING):
            continue
        expected = time(pixels, 9) / time(tiles * tile**2 / (most - loss * halvings), (tile + 2) ** 2)
        if expected >= gain:
            best, gain = tile, expected
    return best


def winograd_kernel_tile(rows, columns, channels, filters, samples):
    """The tile, 3 or 4 pixels wide, by which Winograd's algorithm computes the gradient of a 3x3 kernel, and how many
    times as fast as the direct way; (0, 1): the direct way is taken.

    Results differ by at most 3e-6 of the largest one for sums over 1,000 pixels, 6e-6 for 16,000, like the direct way's:
    bounds that the kernels' tests have. `config.set_fast_convolutions(False)` forbids it.

    Args:
        rows, columns: of the output.
        channels, filters: of the kernel.
        samples: whose gradient is summed at a time: a group, or all where the kernel is too large for partial sums.
    """
    width = min(channels, filters)
    found, gain = 0, 1
    if not config.fast_convolutions() or width < LEAST_CHANNELS:
        return found, gain
    for tile, (most, loss) in GAIN_KERNEL.items():
        tiles = -(-rows // tile) * -(-columns // tile)
        expected = (most - loss * math.log2(max(64 / width, 1))) * rows * columns / (tile**2 * tiles)
        expected *= tiles * samples / (tiles * samples + TILES_LOST)
        if expected >= max(gain, LEAST_GAIN):
            found, gain = tile, expected
    return found, gain


def has_narrow_groups(channels, filters):
    """Whether `kernels.grouped` computes a convolution with so many channels and filters a group, rather than `conv`, of
    whose lanes most would be empty: 1.8 to 4 times faster with 2, 4 or 8 of 16, as fast with 12."""
    return max(channels, filters) < kernels.grouped.VECTOR


def turns_kernel_gradient(channels, filters):
    """Whether the gradient of a 1x1 kernel is computed as dy by x, with the channels in the columns of the tiles, since the
    filters would leave more lanes empty. A narrow tile costs six tenths of a full one: each of its products waits for a
    read of its own."""

    def columns(count):
        padded, lanes = kernels.conv.padded(count), kernels.conv.LANES
        return padded + (lanes / 10 if padded % lanes > 1 else 0)

    return channels * columns(filters) >= TURNING * filters * columns(channels)
