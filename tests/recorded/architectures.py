"""The architectures whose answers are recorded, and the weights and images that they get: made from seeds, never stored.
Imports neither Keras nor cycnn."""

import hashlib
import zlib

import numpy as np

# Sides and images are small, odd and unlike wherever that is allowed, so that height and width are told apart and paddings
# have a smaller side. Behind the smallest of each family the larger ones differ only by numbers in tables.
PREDICTED = [
    "vgg16.VGG16(include_top=False, weights=None, input_shape=(32, 45, 3))",
    "vgg19.VGG19(include_top=False, weights=None, input_shape=(41, 32, 1), pooling='max')",
    "resnet.ResNet50(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "resnet50.ResNet50(False, None, None, (32, 35, 3))",
    "resnet_v2.ResNet50V2(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "inception_v3.InceptionV3(weights=None, input_shape=(75, 91, 3), classes=10, classifier_activation=None)",
    "xception.Xception(weights=None, input_shape=(71, 84, 3), classes=10, classifier_activation=None)",
    "Xception(include_top=False, weights=None, input_shape=(74, 71, 3), pooling='max')",
    "mobilenet.MobileNet(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "MobileNet((32, 32, 1), 0.5, 2, include_top=False, weights=None, pooling='avg')",
    "mobilenet_v2.MobileNetV2(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "MobileNetV2((47, 32, 3), 1.4, include_top=False, weights=None)",
    "MobileNetV2(None, 0.35, weights=None, input_tensor=keras.Input((32, 32, 3)), classes=7)",
    "densenet.DenseNet121(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "DenseNet169(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='max')",
    "DenseNet201(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='avg')",
    "efficientnet.EfficientNetB0(weights=None, input_shape=(33, 46, 3), classes=10, classifier_activation=None)",
    "EfficientNetB1(include_top=False, weights=None, input_shape=(33, 33, 3), pooling='avg')",
    "EfficientNetB3(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='max')",
]
"""Programs behind `keras.applications.`, whose predictions are recorded."""

CHANNELS_FIRST = [
    "ResNet50V2(weights=None, input_shape=(3, 33, 46), classes=10, classifier_activation=None)",
    "MobileNet(weights=None, input_shape=(3, 33, 32), classes=10)",
    "EfficientNetB0(include_top=False, weights=None, input_shape=(3, 33, 46), pooling='avg')",
]
"""Programs to predict with where `image_data_format` is "channels_first"."""

BUILT = [
    "EfficientNetB2(include_top=False, weights=None, input_shape=(32, 34, 3))",
    "EfficientNetB4(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='avg')",
    "ResNet152V2(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='avg')",
    "ResNet101V2(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='max')",
    "ResNet101(include_top=False, weights=None, input_shape=(32, 32, 3), pooling='avg', name='features')",
    "VGG16(weights=None)",
    "ResNet50(weights=None)",
    "ResNet152(weights=None)",
    "InceptionV3(weights=None)",
    "Xception(weights=None)",
    "MobileNet(weights=None)",
    "MobileNetV2(weights=None)",
    "MobileNetV2((96, 96, 3), 0.75, False, None)",
    "DenseNet121(weights=None)",
    "EfficientNetB0(weights=None)",
    "EfficientNetB5(include_top=False, weights=None, input_shape=(32, 35, 3))",
    "EfficientNetB6(include_top=False, weights=None, input_shape=(32, 35, 3))",
    "EfficientNetB7(include_top=False, weights=None, input_shape=(32, 35, 3))",
]
"""Programs whose layers alone are recorded."""

NAMES = sorted({program.partition("(")[0].rpartition(".")[2] for program in PREDICTED + BUILT})
MODULES = sorted({program.partition("(")[0].rpartition(".")[0] for program in PREDICTED} - {""})


def images(program, shape, count=2):
    """A batch for a model of this input shape; an EfficientNet takes pixels."""
    generator = np.random.default_rng(zlib.crc32(program.encode()))
    x = generator.uniform(-1, 1, (count, *shape[1:])).astype("float32")
    return x * 255 if "EfficientNet" in program else x


# Variance of kernels, times the inputs of a number: what an activation and a normalization take from it.
GAINS = {"EfficientNet": 3.0, "MobileNet": 2.6, "DenseNet": 2.6, "Inception": 2.6, "VGG": 2.0, "": 1.5}


def weights(program, variables):
    """An array for each variable of a model: kernels that keep activations in size and apart, variances around 1.

    All are pieces of one sequence of a prime length: to draw as many numbers as weights would take longer than predictions.
    """
    gain = next(gain for family, gain in GAINS.items() if family in program)
    sequence = np.random.default_rng(zlib.crc32(program.encode()) + 1).standard_normal(65521).astype("float32")
    arrays, at = [], 0
    for variable in variables:
        shape, path = tuple(variable.shape), variable.path
        noise = np.resize(np.roll(sequence, -at), shape)
        at += noise.size
        arrays.append(_scaled(path, noise, gain))
    return arrays


def _scaled(path, noise, gain):
    name = path.rpartition("/")[2]
    if name == "count":
        return np.zeros(noise.shape, "int32")
    if name.endswith("variance"):
        return 1 + 0.25 * np.abs(noise)
    if name.endswith("kernel"):
        alone = name == "depthwise_kernel" or "dw" in path or path.endswith("depthwise/kernel")
        inputs = np.prod(noise.shape[:2] if alone else noise.shape[:-1])
        return noise * np.float32((gain / inputs) ** 0.5)
    return (1 if name == "gamma" else 0) + 0.1 * noise


def layers(model):
    """What a file of weights, a reader of summaries and a training know of a model, a line for each layer."""
    return [
        " ".join(
            [layer.name, type(layer).__name__, _shape(layer.output), *map(_shape, layer.weights), *_settings(layer)]
        )
        for layer in model.layers
    ]


def _shape(tensor):
    tensors = tensor if isinstance(tensor, list) else [tensor]
    return str([tuple(size and int(size) for size in each.shape) for each in tensors])


def _settings(layer):
    """What no prediction depends on: of normalization, of dropout, and how weights begin."""
    begin = getattr(layer, "depthwise_initializer", None) or getattr(layer, "kernel_initializer", None)
    scaling = [getattr(begin, name, None) for name in ("scale", "mode", "distribution")]
    noise = getattr(layer, "noise_shape", None)
    found = [getattr(layer, "momentum", None), getattr(layer, "rate", None), noise and tuple(noise), *scaling]
    return [f"{value:.6g}" if isinstance(value, float) else str(value) for value in found]


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def pixels():
    """One image of two pixels."""
    return np.array([[[0, 17, 255], [128, 64, 3]]])


REFUSALS = [
    "VGG16(weights='nowhere.h5')",
    "VGG16(weights='image_net')",
    "VGG16(weights='imagenet', classes=10)",
    "VGG16(weights=None, input_shape=(31, 32, 3))",
    "VGG16(weights=None, input_shape=(32, 32))",
    "VGG16(weights=None, input_shape=(None, None, 3))",
    "VGG16(weights='imagenet', input_shape=(32, 32, 3))",
    "VGG16(weights='imagenet', include_top=False, input_shape=(32, 32, 1))",
    "VGG16(weights='imagenet', classifier_activation='sigmoid')",
    "InceptionV3(weights=None, input_shape=(74, 75, 3))",
    "Xception(weights=None, input_shape=(71, 70, 3))",
    "ResNet50(weights=None, input_shape=(224, 31, 3))",
    "MobileNet(weights='imagenet', depth_multiplier=2)",
    "MobileNet(weights='imagenet', alpha=0.3)",
    "MobileNet(weights='imagenet', input_shape=(100, 100, 3))",
    "MobileNetV2(weights='imagenet', alpha=0.25)",
    "MobileNetV2(weights=None, input_shape=(64, 64, 3), input_tensor=keras.Input((32, 32, 3)))",
    "DenseNet121(weights=None, include_top=True, input_shape=(None, 32, 3))",
    "EfficientNetB0(weights='imagenet', input_shape=(240, 240, 3))",
    "imagenet_utils.decode_predictions(np.zeros((2, 100)))",
    "imagenet_utils.decode_predictions(np.zeros(1000))",
    "imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), mode='pytorch')",
    "imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), data_format='last')",
]
"""Programs that Keras refuses."""
