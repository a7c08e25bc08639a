"""SpectralNormalization beside Keras 3.15, which ran the same program, and beside a singular value decomposition."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, optimizers

RNG = np.random.default_rng(0)


def network(rng):
    model = cycnn.Sequential(
        [
            cycnn.Input((6, 6, 2)),
            layers.SpectralNormalization(layers.Conv2D(3, 3, name="conv2d"), power_iterations=2, name="a"),
            layers.Flatten(),
            layers.SpectralNormalization(layers.Dense(2, name="dense"), name="b"),
        ]
    )
    model.set_weights([rng.standard_normal(w.shape) for w in model.get_weights()])
    return model


def test_four_epochs_of_keras_s():
    rng = np.random.default_rng(0)
    model = network(rng)
    assert [w.path.split("/", 1)[1] for w in model.weights] == [
        "a/conv2d/kernel", "a/vector_u", "a/conv2d/bias", "b/dense/kernel", "b/vector_u", "b/dense/bias",
    ]  # fmt: skip
    x, y = rng.standard_normal((8, 6, 6, 2)), rng.standard_normal((8, 2))
    model.compile(optimizers.SGD(0.05), "mse")
    np.testing.assert_allclose(model.predict(x, verbose=0)[0], [14.284567, 31.626661], rtol=1e-5)  # as they are
    history = model.fit(x, y, epochs=4, batch_size=4, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(history, [2.3045144, 4.9744873, 2.5763197, 0.16716796], rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0)[0], [-1.2654445, -0.48262894], rtol=1e-5)
    sums = [7.9412146, 1.5044628, 1.7008115, 10.1811695, 1.3969533, 3.3141446]
    np.testing.assert_allclose([np.abs(w).sum() for w in model.get_weights()], sums, rtol=1e-5)
    np.testing.assert_allclose(model(x, training=True)[0], [-1.2600389, -0.5069443], rtol=1e-4)
    sums = [7.9180794, 1.5010636, 1.7008115, 10.0417805, 1.3658204, 3.3141446]
    np.testing.assert_allclose([np.abs(w).sum() for w in model.get_weights()], sums, rtol=1e-5)


def test_many_iterations_find_the_largest_singular_value():
    layer = layers.SpectralNormalization(layers.Dense(5), power_iterations=200)
    x = RNG.standard_normal((3, 7))
    layer(x)
    kernel = RNG.standard_normal((7, 5))
    layer.layer.kernel.assign(kernel)
    expected = kernel / np.linalg.svd(kernel)[1][0]
    y = layer(x, training=True)
    np.testing.assert_allclose(layer.layer.kernel.numpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y, x @ expected, rtol=1e-4, atol=1e-5)
    before = layer.get_weights()
    layer(x)
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_a_kernel_of_zeros_stays():
    layer = layers.SpectralNormalization(layers.Embedding(4, 3, embeddings_initializer="zeros"))
    assert not layer(np.zeros((2, 5)), training=True).any()
    assert np.isfinite(np.concatenate([w.ravel() for w in layer.get_weights()])).all()


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files(ending, tmp_path):
    model = network(np.random.default_rng(1))
    model.save(tmp_path / f"model{ending}")
    again = models.load_model(tmp_path / f"model{ending}")
    for found, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert again.get_config() == model.get_config()


def test_refusals():
    with pytest.raises(ValueError, match="`power_iterations`"):
        layers.SpectralNormalization(layers.Dense(2), power_iterations=0)
    with pytest.raises(ValueError, match=r"a `kernel` or with `embeddings`. Received: layer=<ReLU"):
        layers.SpectralNormalization(layers.ReLU())(np.ones((2, 3)))
