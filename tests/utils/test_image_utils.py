"""Pictures and arrays beside what Pillow does, and pictures in another size beside sums written out."""

import io
import sys

import numpy as np
import pytest

from cycnn import config, utils
from cycnn.preprocessing.image import smart_resize
from cycnn.utils import resampling

Image = pytest.importorskip("PIL.Image", reason="pictures are read by Pillow")

RANDOM = np.random.default_rng(0)
PHOTO = RANDOM.integers(0, 256, (9, 14, 3), np.uint8)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(PHOTO).save(path)
    return path


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", [str, lambda path: path, lambda path: str(path).encode(), lambda p: io.BytesIO(p.read_bytes())]
)
def test_load_img_reads_paths_and_files(photo, form):
    np.testing.assert_array_equal(np.asarray(utils.load_img(form(photo))), PHOTO)


@pytest.mark.parametrize(("color_mode", "mode"), [("rgb", "RGB"), ("rgba", "RGBA"), ("grayscale", "L")])
def test_load_img_in_a_color_mode(photo, color_mode, mode):
    np.testing.assert_array_equal(
        np.asarray(utils.load_img(photo, color_mode=color_mode)), np.asarray(Image.fromarray(PHOTO).convert(mode))
    )


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"])
def test_load_img_resizes_as_pillow(photo, interpolation):
    image = utils.load_img(photo, target_size=(5, 6), interpolation=interpolation)
    expected = Image.fromarray(PHOTO).resize((6, 5), Image.Resampling[interpolation.upper()])
    np.testing.assert_array_equal(np.asarray(image), np.asarray(expected))


def test_load_img_keeps_proportions(photo):
    image = utils.load_img(photo, target_size=(3, 3), keep_aspect_ratio=True)
    np.testing.assert_array_equal(np.asarray(image), PHOTO[1::3, 3:11:3])


def test_grey_pictures_of_16_bits_keep_them(tmp_path):
    deep = np.array([[0, 300], [65535, 256]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    image = utils.load_img(tmp_path / "deep.png", color_mode="grayscale")
    assert utils.img_to_array(image)[..., 0].tolist() == deep.tolist()


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_a_file_that_is_no_picture_is_named(tmp_path, photo, content):
    path = tmp_path / "broken.png"
    path.write_bytes(photo.read_bytes()[:90] if content is None else content)
    with pytest.raises(OSError, match=r"broken.png"):
        utils.load_img(path)
    with pytest.raises(FileNotFoundError):
        utils.load_img(tmp_path / "nowhere.png")


def test_save_img_and_back(tmp_path):
    utils.save_img(tmp_path / "a.png", PHOTO, scale=False)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "a.png")), PHOTO)
    utils.save_img(tmp_path / "b.jpg", PHOTO.astype(float), quality=100)
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.format == "JPEG"
    file = io.BytesIO()
    utils.save_img(file, PHOTO, file_format="bmp", scale=False)
    np.testing.assert_array_equal(np.asarray(Image.open(file)), PHOTO)
    with pytest.warns(UserWarning, match="no transparency"):
        utils.save_img(tmp_path / "c.jpeg", np.zeros((2, 2, 4)))


# Arrays --------------------------------------------------------------------------------------------------------------


def test_img_to_array():
    array = utils.img_to_array(Image.fromarray(PHOTO))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, PHOTO)
    assert utils.img_to_array(Image.fromarray(PHOTO[..., 0])).shape == (9, 14, 1)
    assert utils.img_to_array(Image.fromarray(PHOTO), "channels_first", "uint8").shape == (3, 9, 14)
    assert utils.img_to_array(PHOTO[..., 0], "channels_first").shape == (1, 9, 14)
    array[0] = 0  # it is a new array
    assert PHOTO[0].any()
    with pytest.raises(ValueError, match=r"Received: shape \(2,\)"):
        utils.img_to_array(np.zeros(2))


def test_array_to_img():
    x = np.array([[[-1.0], [0.0]], [[1.0], [3.0]]])
    assert np.asarray(utils.array_to_img(x)).tolist() == [[0, 63], [127, 255]]
    assert np.asarray(utils.array_to_img(x + 1, scale=False)).tolist() == [[0, 1], [2, 4]]
    assert np.asarray(utils.array_to_img(np.full((2, 2, 1), 7.0))).max() == 0
    assert utils.array_to_img(np.full((2, 2, 1), 300.0), scale=False).getpixel((0, 0)) == 300
    for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
        assert utils.array_to_img(np.zeros((2, 3, channels))).mode == mode
    assert utils.array_to_img(np.zeros((3, 4, 5)), data_format="channels_first").size == (5, 4)
    config.set_image_data_format("channels_first")
    try:
        assert utils.array_to_img(np.zeros((3, 4, 5))).size == (5, 4)
    finally:
        config.set_image_data_format("channels_last")
    for shape, match in (((2, 2), "one picture"), ((2, 2, 2), "1, 3 or 4 channels. Received: 2")):
        with pytest.raises(ValueError, match=match):
            utils.array_to_img(np.zeros(shape))


def test_without_pillow_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a").mkdir()
    for call in (
        lambda: utils.load_img("a.png"),
        lambda: utils.array_to_img(PHOTO),
        lambda: utils.image_dataset_from_directory(tmp_path),
    ):
        with pytest.raises(ImportError, match="pip install pillow"):
            call()


# Other sizes ---------------------------------------------------------------------------------------------------------


def bilinear(image, height, width):
    """The rule, one pixel at a time."""
    h, w, c = image.shape
    result = np.empty((height, width, c))
    for i in range(height):
        for j in range(width):
            y, x = max(0, (i + 0.5) * h / height - 0.5), max(0, (j + 0.5) * w / width - 0.5)
            top, left = int(y), int(x)
            down, right = min(top + 1, h - 1), min(left + 1, w - 1)
            upper = image[top, left] + (x - left) * (image[top, right] * 1.0 - image[top, left])
            lower = image[down, left] + (x - left) * (image[down, right] * 1.0 - image[down, left])
            result[i, j] = upper + (y - top) * (lower - upper)
    return result


@pytest.mark.parametrize("size", [(9, 14), (4, 5), (20, 31), (1, 1), (9, 7), (18, 14)])
def test_bilinear(size):
    found = resampling.resize(PHOTO, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, bilinear(PHOTO, *size), atol=1e-4)
    np.testing.assert_array_equal(resampling.resize(PHOTO[None], size)[0], found)
    np.testing.assert_array_equal(resampling.resize(PHOTO[..., :1], size), found[..., :1])


def test_area_is_the_mean_of_what_a_pixel_covers():
    np.testing.assert_allclose(
        resampling.resize(PHOTO, (3, 7), "area"), PHOTO.reshape(3, 3, 7, 2, 3).mean((1, 3)), rtol=1e-6
    )


@pytest.mark.parametrize("interpolation", resampling.INTERPOLATIONS)
def test_one_colour_stays_one(interpolation):
    for size in ((5, 5), (30, 3), (9, 14)):
        np.testing.assert_allclose(resampling.resize(np.full((9, 14, 3), 77.0), size, interpolation), 77, rtol=1e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "lanczos5", "nearest", "area"])
def test_the_same_size_changes_nothing(interpolation):
    np.testing.assert_allclose(resampling.resize(PHOTO, (9, 14), interpolation), PHOTO, atol=1e-4)


def test_smart_resize_cuts_off_what_would_be_distorted():
    np.testing.assert_array_equal(smart_resize(PHOTO, (9, 9)), PHOTO[:, 2:11])
    np.testing.assert_array_equal(smart_resize(PHOTO[None], (3, 14))[0], PHOTO[3:6])
    np.testing.assert_array_equal(
        smart_resize(PHOTO.transpose(2, 0, 1), (4, 4), data_format="channels_first"),
        smart_resize(PHOTO, (4, 4)).transpose(2, 0, 1),
    )
    for x, size, match in ((PHOTO[0], (2, 2), "x"), (PHOTO, (2, 0), "size"), (PHOTO, (1, 2, 3), "size")):
        with pytest.raises(ValueError, match=f"`{match}` must be"):
            smart_resize(x, size)
