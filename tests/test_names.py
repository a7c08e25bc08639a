"""Names: those of Keras's packages, modules and arguments through the years, what is near a misspelt one, and what
tab completion shows.
"""

import importlib
import re

import numpy as np
import pytest

import cycnn
from cycnn import backend, callbacks, layers, losses, models, optimizers, utils

PUBLIC = [name for name in cycnn._PACKAGES if name != "kernels"]


# ---------------------------------------------------------------------------------------- where programs import from

IMPORTS = {
    "layers.convolutional": "Conv2D Convolution2D MaxPooling2D AveragePooling2D ZeroPadding2D",
    "layers.core": "Dense Dropout Activation Flatten Reshape Permute Lambda",
    "layers.normalization": "BatchNormalization",
    "layers.pooling": "MaxPooling2D MaxPool2D AveragePooling2D AvgPool2D GlobalMaxPooling2D GlobalAveragePooling2D",
    "layers.merge": "Add Subtract Multiply Average Maximum Minimum Concatenate Dot "
    "add subtract multiply average maximum minimum concatenate dot",
    "layers.advanced_activations": "ReLU LeakyReLU PReLU ELU Softmax",
    "layers.noise": "GaussianNoise GaussianDropout",
    "layers": "Input InputLayer Layer Convolution2D MaxPool2D AvgPool2D GlobalAvgPool2D GlobalMaxPool2D",
    "utils.np_utils": "to_categorical normalize",
    "utils.data_utils": "get_file",
    "utils.vis_utils": "plot_model model_to_dot",
    "utils.model_visualization": "plot_model model_to_dot",
    "utils": "np_utils to_categorical Sequence PyDataset get_file CustomObjectScope get_custom_objects load_img img_to_array "
    "array_to_img save_img pad_sequences split_dataset image_dataset_from_directory text_dataset_from_directory",
    "models": "Sequential Model load_model save_model model_from_json clone_model",
    "optimizers": "SGD RMSprop Adagrad Adadelta Adam Adamax Nadam schedules legacy",
    "optimizers.legacy": "SGD RMSprop Adagrad Adadelta Adam Adamax Nadam",
    "optimizers.schedules": "ExponentialDecay PiecewiseConstantDecay LearningRateSchedule",
    "constraints": "MaxNorm max_norm maxnorm NonNeg non_neg nonneg UnitNorm unit_norm unitnorm",
    "regularizers": "l1 l2 l1_l2 L1 L2 L1L2",
    "initializers": "he_normal glorot_uniform RandomNormal RandomUniform TruncatedNormal Constant Zeros Ones",
    "losses": "categorical_crossentropy binary_crossentropy mean_squared_error mse mae kullback_leibler_divergence",
    "metrics": "categorical_accuracy binary_accuracy top_k_categorical_accuracy mse",
    "callbacks": "Callback History EarlyStopping ModelCheckpoint ReduceLROnPlateau LearningRateScheduler CSVLogger "
    "LambdaCallback TerminateOnNaN BackupAndRestore ProgbarLogger",
    "backend": "epsilon floatx image_data_format int_shape sum mean square flatten clear_session",
    "datasets": "mnist fashion_mnist cifar10 cifar100 boston_housing california_housing imdb reuters",
    "preprocessing": "image sequence text image_dataset_from_directory timeseries_dataset_from_array",
    "preprocessing.image": "ImageDataGenerator load_img img_to_array array_to_img save_img smart_resize DirectoryIterator",
    "preprocessing.sequence": "pad_sequences TimeseriesGenerator",
    "preprocessing.text": "Tokenizer text_to_word_sequence tokenizer_from_json",
}


@pytest.mark.parametrize(("module", "name"), [(m, name) for m, names in IMPORTS.items() for name in names.split()])
def test_a_name_is_where_programs_look_for_it(module, name):
    """`from keras.layers.core import Dense`, and `keras.layers.core.Dense` after `import keras`."""
    scope = {}
    exec(f"from cycnn.{module} import {name}", scope)
    found = cycnn
    for part in f"{module}.{name}".split("."):
        found = getattr(found, part)
    assert found is scope[name]


KERAS_2 = {  # what its modules held
    "convolutional": r"(Conv|Depthwise|Separable|Cropping|UpSampling|ZeroPadding|AveragePooling|MaxPooling)\w*[123]D\w*",
    "core": r"Masking|(Spatial)?Dropout([123]D)?|Activ(ation|ityRegularization)|Reshape|Permute|Flatten|RepeatVector|Lambda|Dense",
    "normalization": r"(Batch|Layer)Normalization",
    "pooling": r"(Global)?(Max|Average|Avg)Pool(ing)?[123]D",
    "merge": r"(?i)Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot",
    "advanced_activations": r"(Leaky|P|Thresholded)?ReLU|ELU|Softmax",
    "noise": r"Gaussian(Noise|Dropout)|AlphaDropout",
}


@pytest.mark.parametrize("module", KERAS_2)
def test_a_module_of_keras_2_holds_what_it_held_then(module):
    """As far as there are such layers; a new layer has to be put there, too."""
    old = importlib.import_module(f"cycnn.layers.{module}")
    assert {name for name in layers.__all__ if re.fullmatch(KERAS_2[module], name)} <= set(old.__all__)
    for name in old.__all__:
        assert getattr(old, name) is getattr(layers, name), name


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("from cycnn.callbacks import OrbaxCheckpoint", "ModelCheckpoint"),
    ],
)
def test_what_is_missing_says_what_to_use(statement, hint):
    with pytest.raises(ImportError, match="cycnn has no ") as caught:
        exec(statement, {})
    assert hint in str(caught.value)


# ------------------------------------------------------------------------------------------------ old spellings


def small(*first, optimizer="sgd", **arguments):
    model = models.Sequential([*(first or [layers.Dense(3, input_dim=4)]), layers.Dense(2, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", **arguments)
    return model


X, Y = np.linspace(-1, 1, 40).reshape(10, 4), np.arange(10) % 2
K = backend

SPELLINGS = {
    "batch_input_shape": lambda: small(layers.Dense(3, batch_input_shape=(None, 4))).input_shape == (None, 4),
    "input_shape": lambda: small(layers.Dense(3, input_shape=(4,))).input_shape == (None, 4),
    "input_dim": lambda: small(layers.Dense(3, input_dim=4)).input_shape == (None, 4),
    "input_dim of a later layer": lambda: small(layers.Dense(3, input_dim=4), layers.Dense(5, input_dim=50)).count_params() == 47,
    "InputLayer(input_shape=)": lambda: small(layers.InputLayer(input_shape=(4,))).input_shape == (None, 4),
    "lr=": lambda: float(optimizers.SGD(lr=0.25).learning_rate) == 0.25,
    "optimizer.lr": lambda: float(optimizers.Adam(lr=0.25).lr) == 0.25,
    "decay=": lambda: isinstance(optimizers.SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True), optimizers.SGD),
    "legacy.Adam": lambda: float(optimizers.legacy.Adam(lr=0.5).learning_rate) == 0.5,
    "padding='Same'": lambda: layers.Conv2D(2, 3, padding="Same").padding == "same",
    "Convolution2D": lambda: layers.Convolution2D is layers.Conv2D,
    "AveragePooling2D()": lambda: layers.AveragePooling2D().pool_size == (2, 2),
    "nb_epoch": lambda: small().fit(X, Y, nb_epoch=3, verbose=0).epoch == [0, 1, 2],
    "fit_generator": lambda: small().fit_generator(iter([(X, Y)] * 4), 2, epochs=2, verbose=0).epoch == [0, 1],
    "fit_generator(nb_epoch=)": lambda: small().fit_generator(iter([(X, Y)] * 4), 2, nb_epoch=2, verbose=0).epoch == [0, 1],
    "evaluate_generator": lambda: small().evaluate_generator(iter([(X, Y)] * 2), steps=2) > 0,
    "predict_generator": lambda: small().predict_generator(iter([(X,)] * 2), steps=2).shape == (20, 2),
    "workers=": lambda: small().fit(X, Y, workers=2, max_queue_size=3, use_multiprocessing=True, verbose=0).epoch == [0],
    "ModelCheckpoint(period=)": lambda: callbacks.ModelCheckpoint("model.h5", period=3).period == 3,
    "metrics=['acc']": lambda: set(small(metrics=["acc"]).fit(X, Y, verbose=0).history) == {"acc", "loss"},
    "merge functions": lambda: layers.add([np.ones((1, 2)), np.ones((1, 2))]).tolist() == [[2, 2]],
    "concatenate(axis=)": lambda: layers.concatenate([np.ones((1, 2)), np.zeros((1, 1))], axis=1).tolist() == [[1, 1, 0]],
    "initializers.get('normal')": lambda: type(cycnn.initializers.get("normal")).__name__ == "RandomNormal",
    "regularizers.l2(0.5)": lambda: cycnn.regularizers.l2(0.5).l2 == 0.5,
    "maxnorm(3)": lambda: layers.Dense(2, kernel_constraint=cycnn.constraints.maxnorm(3)).kernel_constraint.max_value == 3,
    "utils.Sequence": lambda: utils.Sequence is utils.PyDataset,
    "keras.losses.mse": lambda: losses.get(losses.mse).name == "mean_squared_error",
    "tf.keras": lambda: cycnn.keras is cycnn,
    "K.image_data_format": lambda: K.image_data_format() == "channels_last",
    "K.image_dim_ordering": lambda: K.image_dim_ordering() == "tf",
    "K.int_shape": lambda: K.int_shape(layers.Input((3, 4))) == (None, 3, 4),
    "K.epsilon": lambda: K.epsilon() == 1e-7,
    "K.floatx": lambda: K.floatx() == "float32",
    "K.sum, K.square": lambda: float(K.sum(K.square(np.array([1.0, 2.0], "float32")))) == 5,
    "K.mean(axis=)": lambda: np.asarray(K.mean(np.array([[1.0, 3.0]]), axis=-1)).tolist() == [2],
    "K.flatten": lambda: np.asarray(K.flatten(np.ones((2, 3)))).shape == (6,),
    "K.clear_session": lambda: K.clear_session() is None,
    "K.get_value(optimizer.lr)": lambda: K.get_value(optimizers.SGD(0.5).lr) == 0.5,
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling(spelling):
    assert SPELLINGS[spelling]()


def test_a_learning_rate_is_set_by_its_old_names():
    """As callbacks of 2017 do: through the backend, and through the attribute."""
    model = small(optimizer="adam")
    K.set_value(model.optimizer.lr, 0.125)
    assert float(model.optimizer.learning_rate) == 0.125
    model.optimizer.lr = 0.25
    assert float(model.optimizer.learning_rate) == 0.25


# ------------------------------------------------------------------------------------------------- did you mean

MISSPELT = {
    "cycnn.tree.map_structur": "map_structure",
    "cycnn.dtype_policies.DTypePolcy": "DTypePolicy",
    "cycnn.mixed_precision.set_global_polcy": "set_global_policy",
    "cycnn.Sequental": "Sequential",
    "cycnn.activations.rleu": "relu",
    "cycnn.applications.ResNte50": "ResNet50",
    "cycnn.backend.categorical_crossentorpy": "categorical_crossentropy",
    "cycnn.callbacks.EarlyStoping": "EarlyStopping",
    "cycnn.config.set_flotx": "set_floatx",
    "cycnn.constraints.MaxNrom": "MaxNorm",
    "cycnn.data.Dataste": "Dataset",
    "cycnn.datasets.mnits": "mnist",
    "cycnn.initializers.HeNromal": "HeNormal",
    "cycnn.layers.AveargePooling2D": "AveragePooling2D",
    "cycnn.losses.MeanSquaredErorr": "MeanSquaredError",
    "cycnn.metrics.Acuracy": "Accuracy",
    "cycnn.models.Sequental": "Sequential",
    "cycnn.ops.matmull": "matmul",
    "cycnn.optimizers.Adma": "Adam",
    "cycnn.optimizers.schedules.ExponentialDecya": "ExponentialDecay",
    "cycnn.preprocessing.imgae": "image",
    "cycnn.random.unifrom": "uniform",
    "cycnn.regularizers.L1l3": "L1L2",
    "cycnn.saving.load_modle": "load_model",
    "cycnn.testing.chek_layer": "check_layer",
    "cycnn.utils.to_categorial": "to_categorical",
    "cycnn.visualization.grad_cma": "grad_cam",
    "cycnn.wrappers.SKLearnClasifier": "SKLearnClassifier",
    "layers.Conv2D(4, 3, kernel_initializer='locan_uniform')": "lecun_uniform",
    "layers.Conv2D(4, 3, kernel_initializer='he normal')": "he_normal",
    "layers.Conv2D(4, 3, activation='relou')": "relu",
    "layers.Conv2D(4, 3, padding='smae')": "same",
    "layers.Conv2D(4, 3, data_format='channels_lsat')": "channels_last",
    "layers.Dense(4, kernel_regularizer='l_2')": "l2",
    "layers.Dense(4, kernel_constraint='max norm')": "max_norm",
    "layers.Conv2D(4, 3, activaton='relu')": "activation",
    "layers.Dense(4, kernel_regulariser='l2')": "kernel_regularizer",
    "layers.Dense(4, intput_dim=3)": "input_dim",
    "layers.MaxPooling2D(pool_sise=2)": "pool_size",
    "layers.Dropout(0.5, sed=1)": "seed",
    "optimizers.Adam(learnig_rate=0.1)": "learning_rate",
    "models.Sequential().compile('admm', 'mse')": "adam",
    "models.Sequential().compile('adam', 'msee')": "mse",
    "models.Sequential().compile('adam', 'categorical_crossentorpy')": "categorical_crossentropy",
    "small(metrics=['acuracy']).fit(X, Y)": "accuracy",
    "small().fit(X, Y, epoch=3)": "epochs",
    "small().get_layer('dens')": "dense",
}


@pytest.mark.parametrize("expression", MISSPELT)
def test_did_you_mean(expression):
    utils.clear_session()
    with pytest.raises((AttributeError, TypeError, ValueError)) as caught:
        eval(expression)
    assert f"Did you mean {MISSPELT[expression]!r}?" in str(caught.value)


def test_every_package_has_a_misspelt_name_above():
    tried = {expression.split(".")[1] for expression in MISSPELT if expression.startswith("cycnn.")}
    assert tried >= set(PUBLIC) - {"training"}


# ---------------------------------------------------------------------------------------------------- discovery


def test_the_top_level():
    for name in dir(cycnn):
        assert getattr(cycnn, name) is not None, name
    wanted = (
        "Sequential Model Input Layer Loss Metric Optimizer Initializer Regularizer Variable KerasTensor __version__"
    )
    assert {*wanted.split(), "backend", "config", "callbacks", "saving", "ops", "utils"} <= set(dir(cycnn))
    assert isinstance(layers.Input((3,)), cycnn.KerasTensor)
    assert cycnn.config.floatx() == cycnn.backend.floatx() == "float32"


@pytest.mark.parametrize("package", PUBLIC)
def test_tab_completion_shows_what_is_public(package):
    module = importlib.import_module(f"cycnn.{package}")
    names = getattr(module, "__all__", None)
    if package == "training":
        assert names is None  # nobody needs it: its public side is the models' methods
        return
    assert set(names) <= set(dir(module))
    assert len(names) == len(set(names))
    for name in names:
        getattr(module, name)
