"""What several families of architectures are made of."""

from cycnn import config, layers

EPSILON = 1.001e-5  # of batch normalization in ResNet and DenseNet


def channel_axis():
    """The axis of channels in batches of images, in the layout that `config.image_data_format()` names."""
    return 3 if config.image_data_format() == "channels_last" else 1


def spatial(shape):
    """Height and width of a batch's shape, or of one sample's."""
    return tuple(shape[-3:-1] if config.image_data_format() == "channels_last" else shape[-2:])


def normalized(x, name=None, **options):
    """Batch normalization of each channel."""
    return layers.BatchNormalization(axis=channel_axis(), name=name, **options)(x)


def padded(x, size, name):
    """Zeros around images, for a convolution of odd `size` with strides of 2 and `valid` padding to see what one with
    `same` padding sees: one pixel less before than behind where the length is even. Lengths count as even where one is unknown.
    """
    lengths = spatial(x.shape)
    before = [size // 2 - (None in lengths or length % 2 == 0) for length in lengths]
    return layers.ZeroPadding2D([(first, size // 2) for first in before], name=name)(x)


def divisible(filters, divisor=8):
    """The multiple of `divisor` nearest to a number of filters, but none below nine tenths of it."""
    found = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return found if found >= 0.9 * filters else found + divisor


def normalized_relu(x, name):
    """Batch normalization and relu, as ResNet and DenseNet name them."""
    return layers.Activation("relu", name=f"{name}_relu")(normalized(x, f"{name}_bn", epsilon=EPSILON))
