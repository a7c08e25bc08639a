"""ImageDataGenerator where no recorded program looks (tests/utils/test_loading_beside_keras.py): what Keras does otherwise,
threads, tables, files, refusals."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models
from cycnn.preprocessing.image import ImageDataGenerator, apply_affine_transform

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.uniform(0, 255, (11, 6, 8, 3)).astype("float32"), np.arange(11)


def dot(row, column, shape=(7, 9)):
    picture = np.zeros((*shape, 1), np.float32)
    picture[row, column] = 1
    return picture


def place(picture):
    ((row, column, _),) = np.argwhere(picture > 0.5)
    return int(row), int(column)


# Geometry ------------------------------------------------------------------------------------------------------------
# Keras turns pictures that are not square about a point beside their centre, and takes the shift of the height for that of the
# width. Recorded are square pictures, not shifted.


def moved(picture, **arguments):
    return apply_affine_transform(picture, row_axis=0, col_axis=1, channel_axis=2, fill_mode="constant", **arguments)


def test_shifts_go_where_their_names_say():
    assert place(moved(dot(3, 4), tx=2)) == (3, 2)
    assert place(moved(dot(3, 4), ty=2)) == (1, 4)
    rows = {place(ImageDataGenerator(height_shift_range=[2]).random_transform(dot(3, 4), seed=k)) for k in range(9)}
    assert rows == {(1, 4), (5, 4)}
    columns = {place(ImageDataGenerator(width_shift_range=[3]).random_transform(dot(3, 4), seed=k)) for k in range(9)}
    assert columns == {(3, 1), (3, 7)}


def test_pictures_turn_about_their_centre():
    assert place(moved(dot(3, 4), theta=70, zx=0.5, shear=20)) == (3, 4)
    assert place(moved(dot(3, 6), theta=90)) in ((1, 4), (5, 4))
    assert place(moved(dot(1, 6), theta=180)) == (5, 2)


def test_a_shift_is_a_share_of_the_length():
    found = {place(ImageDataGenerator(width_shift_range=0.45).random_transform(dot(3, 4), seed=k)) for k in range(40)}
    assert {row for row, _ in found} == {3}
    assert {column for _, column in found} == set(range(9))


def test_channels_first_is_the_same_transposed():
    last = apply_affine_transform(X[0], theta=33, tx=1.5, shear=9, zy=0.8, row_axis=0, col_axis=1, channel_axis=2)
    first = apply_affine_transform(X[0].transpose(2, 0, 1), theta=33, tx=1.5, shear=9, zy=0.8)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), last)
    assert last.dtype == np.float32


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1])
def test_what_lies_between_and_outside_is_scipy_s(fill_mode, order):
    ndimage = pytest.importorskip("scipy.ndimage", reason="the judge of interpolation")
    theta, zoom = np.deg2rad(40), np.diag([1.9, 1.7])
    turn = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])
    matrix, centre = turn @ zoom, np.array([2.5, 3.5])
    expected = np.stack(
        [
            ndimage.affine_transform(
                X[0, ..., k], matrix, centre - matrix @ centre, order=order, mode=fill_mode, cval=7
            )
            for k in range(3)
        ],
        2,
    )
    found = apply_affine_transform(
        X[0], theta=40, zx=1.7, zy=1.9, row_axis=0, col_axis=1, channel_axis=2, fill_mode=fill_mode, cval=7, order=order
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


# Batches -------------------------------------------------------------------------------------------------------------


def test_batches_have_numbers_and_do_not_depend_on_who_asks():
    generator = ImageDataGenerator(rotation_range=30, horizontal_flip=True)
    one, other = (generator.flow(X, Y, batch_size=4, seed=3) for _ in range(2))
    batches = [one[k] for k in (2, 0, 1)]
    for (x, y), k in zip(batches, (2, 0, 1), strict=True):
        for _ in range(k + 1):
            expected = next(other)
        np.testing.assert_array_equal(x, expected[0])
        np.testing.assert_array_equal(y, expected[1])
        other.reset()
    assert len(one) == 3
    assert len(one[2][0]) == 3
    one.on_epoch_end()
    assert not np.array_equal(one[0][1], batches[1][1])
    with pytest.raises(IndexError, match=r"There are 3 batches\. Received: index=3"):
        one[3]


def losses(workers):
    cycnn.utils.set_random_seed(4)
    model = models.Sequential([layers.Input((6, 8, 3)), layers.Flatten(), layers.Dense(1)])
    model.compile(cycnn.optimizers.SGD(1e-7), "mse")
    batches = ImageDataGenerator(rotation_range=30, zoom_range=0.3).flow(X, Y, batch_size=2)
    batches.workers = workers
    return model.fit(batches, epochs=3, verbose=0).history["loss"]


def test_training_does_not_depend_on_threads():
    assert losses(1) == losses(2) == losses(5)


def test_fit_generator_as_programs_of_keras_2_call_it():
    model = models.Sequential([layers.Input((6, 8, 3)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = ImageDataGenerator(rescale=1 / 255).flow(X, Y, batch_size=4)
    assert model.fit_generator(batches, steps_per_epoch=3, epochs=2, verbose=0, workers=2).epoch == [0, 1]
    assert model.predict_generator(batches, steps=3, verbose=0).shape == (11, 1)


def test_changed_pictures_are_written(tmp_path):
    pytest.importorskip("PIL", reason="pictures are written by Pillow")
    batches = ImageDataGenerator().flow(
        X, batch_size=4, save_to_dir=tmp_path, save_prefix="x", save_format="png", seed=1
    )
    rows = [int(path.name.split("_")[1]) for path in tmp_path.iterdir()]
    assert rows == []
    found = next(batches)
    rows = sorted(int(path.name.split("_")[1]) for path in tmp_path.glob("x_*.png"))
    np.testing.assert_array_equal(sorted(found[:, 0, 0, 0]), sorted(X[rows, 0, 0, 0]))


def test_a_generator_leaves_what_it_is_given():
    before = X.copy()
    generator = ImageDataGenerator(rescale=2, samplewise_center=True, featurewise_center=True)
    generator.fit(X)
    generator.standardize(X)
    next(generator.flow(X))
    np.testing.assert_array_equal(X, before)
    assert generator.standardize(np.full((2, 2, 3), 3)).dtype.kind == "f"


def test_what_was_not_fitted_is_warned_of():
    with pytest.warns(UserWarning, match="`featurewise_std_normalization` includes `featurewise_center`"):
        generator = ImageDataGenerator(featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match=r"needs `fit\(x\)` first"):
        np.testing.assert_array_equal(generator.standardize(X), X)
    with pytest.warns(UserWarning, match="takes the place of"):
        ImageDataGenerator(zca_whitening=True, featurewise_center=True, featurewise_std_normalization=True)


def test_whitening_makes_pixels_uncorrelated():
    x = RANDOM.normal(size=(200, 2, 2, 1)) @ np.ones((1, 1)) + RANDOM.normal(size=(200, 1, 1, 1))
    generator = ImageDataGenerator(zca_whitening=True, featurewise_center=True)
    generator.fit(x)
    white = generator.standardize(x.astype("float32")).reshape(200, 4)
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(4), atol=0.05)


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    Image = pytest.importorskip("PIL.Image", reason="pictures are read by Pillow")
    for k in range(6):
        path = tmp_path / "abc"[k % 3] / f"{k}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 5, 3), 10 * k, np.uint8)).save(path)
    return tmp_path


TABLE = {
    "filename": ["a/0.png", "b/1.png", "c/2.png", "a/3.png", "b/4.png", "c/nowhere.png"],
    "class": ["x", "y", ["x", "z"], None, "y", "x"],
    "size": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    "weight": [1, 2, 3, 4, 5, 6],
}


def of_table(folder, table=TABLE, **arguments):
    arguments = {"directory": str(folder), "target_size": (2, 2), "shuffle": False, **arguments}
    with pytest.warns(UserWarning, match="1 rows are left out"):
        return ImageDataGenerator(validation_split=0.5).flow_from_dataframe(table, **arguments)


def test_a_table_of_classes(folder, capsys):
    batches = of_table(folder, weight_col="weight")
    assert capsys.readouterr().out == "Found 4 validated image filenames belonging to 3 classes.\n"
    x, y, weights = batches[0]
    assert batches.class_indices == {"x": 0, "y": 1, "z": 2}
    assert batches.filenames == ["a/0.png", "b/1.png", "c/2.png", "b/4.png"]
    assert x[:, 0, 0, 0].tolist() == [0, 10, 20, 40]
    assert y.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert weights.tolist() == [1, 2, 3, 5]
    assert of_table(folder, classes=["z", "y"]).filenames == ["b/1.png", "c/2.png", "b/4.png"]
    assert of_table(folder, subset="training").filenames == ["c/2.png", "b/4.png"]


def test_a_table_of_numbers(folder):
    assert of_table(folder, class_mode="raw", y_col="size")[0][1].tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]
    assert of_table(folder, class_mode="raw", y_col=["size", "weight"])[0][1][1].tolist() == [2.5, 2]
    sizes, weights = of_table(folder, class_mode="multi_output", y_col=["size", "weight"])[0][1]
    assert (sizes[3], weights[3]) == (4.5, 4)
    assert of_table(folder, class_mode=None)[0].shape == (5, 2, 2, 3)
    x, y = of_table(folder, class_mode="input")[0]
    np.testing.assert_array_equal(x, y)


def test_a_table_of_two_classes(folder):
    table = {**TABLE, "class": ["x", "y", "x", "y", "x", "y"]}
    assert of_table(folder, table, class_mode="binary")[0][1].tolist() == [0, 1, 0, 1, 0]
    with pytest.raises(ValueError, match="needs two classes"):
        of_table(folder, {**TABLE, "class": ["x"] * 6}, class_mode="binary")
    with pytest.raises(TypeError, match="must hold names of classes for class_mode='sparse'"):
        of_table(folder, class_mode="sparse")
    with pytest.raises(TypeError, match="must be a list"):
        ImageDataGenerator().flow_from_dataframe(TABLE, class_mode="multi_output", y_col="size")
    with pytest.raises(TypeError, match="must hold names of files"):
        ImageDataGenerator().flow_from_dataframe({**TABLE, "filename": [1] * 6})


def test_a_table_is_a_data_frame(folder):
    pandas = pytest.importorskip("pandas", reason="tables of pandas")
    np.testing.assert_array_equal(of_table(folder, pandas.DataFrame(TABLE))[0][1], of_table(folder)[0][1])


def test_a_network_learns_from_a_folder(folder, capsys):
    cycnn.utils.set_random_seed(0)
    batches = ImageDataGenerator(rescale=1 / 50).flow_from_directory(
        folder, (3, 3), class_mode="categorical", batch_size=2
    )
    assert capsys.readouterr().out == "Found 6 images belonging to 3 classes.\n"
    model = models.Sequential([layers.Input((3, 3, 3)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    history = model.fit(batches, epochs=8, validation_data=batches, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_a_broken_picture_is_named(folder):
    (folder / "a" / "9.png").write_bytes(b"no picture")
    batches = ImageDataGenerator().flow_from_directory(folder, shuffle=False)
    with pytest.raises(OSError, match=r"9\.png"):
        batches[0]


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ImageDataGenerator(fill_mode="mirror"), "fill_mode"),
        (lambda: ImageDataGenerator(zoom_range=[1, 2, 3]), "`zoom_range` must be two numbers"),
        (lambda: ImageDataGenerator(brightness_range=0.5), "`brightness_range` must be two numbers"),
        (lambda: ImageDataGenerator(validation_split=2), "validation_split"),
        (lambda: ImageDataGenerator(data_format="last"), "data_format"),
        (lambda: ImageDataGenerator().fit(X[0]), r"`x` must be pictures: .* Received: shape \(6, 8, 3\)"),
        (lambda: ImageDataGenerator().flow(X[0]), r"Received: shape \(6, 8, 3\)"),
        (lambda: ImageDataGenerator().flow(X, Y[1:]), r"same length. Received: lengths \[11, 10\]"),
        (lambda: ImageDataGenerator().flow(X, batch_size=0), "batch_size"),
        (lambda: ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="test"), "subset"),
        (lambda: ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="training"), "must have the same classes"),
        (lambda: ImageDataGenerator().flow_from_directory(".", class_mode="onehot"), "class_mode"),
        (lambda: apply_affine_transform(X[0], theta=1, row_axis=0), "Received: shape"),
        (
            lambda: ImageDataGenerator(interpolation_order=3, rotation_range=9).random_transform(X[0]),
            "`order` must be 0",
        ),
    ],
)
def test_refusals(make, match):
    with pytest.raises(ValueError, match=match):
        make()
