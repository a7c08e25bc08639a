"""Affine maps, light and colour, erased rectangles, on every instruction set of this processor, beside the reference."""

import math

import numpy as np
import pytest

from cycnn.kernels.reference import image as reference

from .cases import ISAS, agree, judge, load, sample

MODES = ("constant", "nearest", "reflect", "mirror", "wrap")
SAMPLES = 4


@pytest.fixture(params=ISAS)
def image(request):
    return load(request.param, "image")


def draw(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def check(kernel, inputs, shape, scalars, units=1, tolerance=1e-5):
    """What a kernel writes through all its doors, beside the reference; the tolerance is that of numbers around 1."""
    operands = [*map(sample, inputs), sample(np.empty(shape, np.float32))]
    y = agree(kernel, operands, scalars, units=units, samples=len(inputs[0]))
    np.testing.assert_allclose(y, judge(reference, kernel, operands, scalars)[-1], atol=tolerance, rtol=tolerance)
    return y


BOUNDS = {
    "flip": (0.5, 0.3, math.nan, math.nan),
    "rotate": (-0.2, 0.6, math.nan, math.nan),
    "scale": (0.5, 1.5, 0.3, 2.0),
    "shift": (-0.4, 0.1, -0.2, 0.9),
    "shear": (0.1, 0.5, -0.2, 0.3),
    "crop": (2.0, 4.0, math.nan, math.nan),
}


def test_the_reference_counts_kinds_and_modes_as_the_kernels_do(image):
    assert [image.MAPS[name] for name in BOUNDS] == [getattr(reference, name.upper()) for name in BOUNDS]
    assert [image.MODES[name] for name in MODES] == [getattr(reference, name.upper()) for name in MODES]


@pytest.mark.parametrize("column", [0, 2])
@pytest.mark.parametrize("kind", BOUNDS)
def test_maps_that_are_drawn(image, kind, column):
    scalars = (image.MAPS[kind], column, 5, 7, *BOUNDS[kind])
    check(image.draw_map, [draw(40, 3 + column)], (40, 6), scalars, tolerance=1e-5)


def test_both_axes_on_one_scale(image):
    scalars = (image.MAPS["scale"], 0, 5, 7, 0.5, 1.5, math.inf, math.inf)
    found = check(image.draw_map, [draw(9, 2)], (9, 6), scalars)
    np.testing.assert_array_equal(found[:, 0], found[:, 4])


def maps(n, reach=1.0):
    """Maps that leave the picture on all sides, by up to several of its sizes."""
    random = np.random.default_rng(n)
    found = random.normal(0, reach, (n, 6)).astype(np.float32)
    found[:, [2, 5]] *= 4
    return found


@pytest.mark.parametrize("bilinear", [True, False])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("shape", "out"),
    [((5, 7, 3), (6, 4)), ((1, 1, 1), (2, 3)), ((2, 9, 4), (3, 65)), ((3, 1, 2), (1, 130)), ((8, 8, 3), (8, 8))],
)
def test_pictures_through_maps(image, shape, out, mode, bilinear):
    x, map = draw(SAMPLES, *shape), maps(SAMPLES)
    scalars = image.MODES[mode], bilinear, 0.25
    check(image.warp, [x, map], (SAMPLES, *out, shape[-1]), scalars, units=out[0], tolerance=2e-4)


@pytest.mark.parametrize("bilinear", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_gradient_of_pictures_through_maps(image, mode, bilinear):
    scalars = image.MODES[mode], bilinear
    check(image.warp_backward, [draw(SAMPLES, 6, 70, 3), maps(SAMPLES)], (SAMPLES, 5, 7, 3), scalars, tolerance=2e-3)


def test_the_gradient_is_the_transpose(image):
    """<warp(x), d> = <x, warp_backward(d)> for what is linear in x."""
    x, d, map = draw(3, 5, 7, 2), draw(3, 6, 8, 2, seed=1), maps(3)
    y, dx = np.empty_like(d), np.empty_like(x)
    for mode in MODES:
        image.warp(x, map, y, image.MODES[mode], True, 0.0, 1)
        image.warp_backward(d, map, dx, image.MODES[mode], True, 1)
        np.testing.assert_allclose((y * d).sum(), (x * dx).sum(), rtol=1e-5)


def test_whole_steps_copy_bits(image):
    x = draw(2, 5, 7, 3)
    x[0, 0, 0, 0], x[1, 2, 3, 1] = math.nan, math.inf
    mirrored = np.tile(np.float32([-1, 0, 6, 0, 1, 0]), (2, 1))
    y = np.empty_like(x)
    for mode in MODES:
        image.warp(x, mirrored, y, image.MODES[mode], False, 0.0, 1)
        np.testing.assert_array_equal(y, x[:, :, ::-1])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38, -1e30, 1e10])
@pytest.mark.parametrize("mode", MODES)
def test_maps_to_nowhere_stay_in_the_picture(image, mode, value):
    """What comes out is some pixel, or the fill; what matters is that nothing else is read."""
    for bilinear in (True, False):
        agree(
            image.warp,
            [
                sample(draw(2, 5, 7, 3)),
                sample(np.full((2, 6), value, np.float32)),
                sample(np.empty((2, 4, 70, 3), "f")),
            ],
            (image.MODES[mode], bilinear, 0.5),
            units=4,
            samples=2,
        )


@pytest.mark.parametrize("column", [0, 1])
def test_light(image, column):
    x, u = draw(SAMPLES, 35, 3) * 255, draw(SAMPLES, 2, seed=1)
    x[0, 0, 0] = math.nan
    flat = x.reshape(SAMPLES, -1)
    check(image.brightness, [flat, u], flat.shape, (column, -90.0, 80.0, 0.0, 255.0), tolerance=1e-4)
    x[0, 0, 0] = 0
    check(image.contrast, [x, u], x.shape, (column, 0.2, 1.9, 0.0, 255.0), tolerance=1e-4)


def colours():
    """Random ones, and those at the corners and on the edges of the cube, where hues change."""
    grid = np.stack(np.meshgrid(*[np.float32([0, 0.5, 1])] * 3, indexing="ij"), -1).reshape(1, 27, 3)
    return np.concatenate([np.tile(grid, (SAMPLES, 1, 1)), draw(SAMPLES, 40, 3)], 1)


@pytest.mark.parametrize("column", [0, 1])
def test_colours(image, column):
    x, u = colours(), draw(SAMPLES, 3, seed=3)
    check(image.grayscale, [x, u], x.shape, (column, 0.5))
    check(image.saturation, [x, u], x.shape, (column, 0.1, 0.8, 0.0))
    check(image.hue, [x, u], x.shape, (column, 0.0, 1.0, 0.0, 1.0))


def test_colours_of_another_range(image):
    x, u = colours() * 20 - 10, draw(SAMPLES, 3, seed=3)
    check(image.saturation, [x, u], x.shape, (0, 0.1, 0.8, -10.0), tolerance=1e-4)
    check(image.hue, [x, u], x.shape, (0, 0.0, 1.0, -10.0, 10.0), tolerance=1e-4)


@pytest.mark.parametrize("noise", [0, 1])
@pytest.mark.parametrize("shape", [(9, 40, 3), (5, 5, 1), (1, 1, 1), (3, 70, 2)])
def test_rectangles(image, shape, noise):
    x, u = draw(20, *shape), draw(20, 8, seed=2)
    y = check(image.erase, [x, u], x.shape, (noise, 0.0, 1.0, 0.05, 1.0, -0.5, 1.5, 7.0), tolerance=1e-5)
    erased = (y != x).any((1, 2, 3))
    assert 0 < erased.sum() < 20 or shape == (1, 1, 1)
