"""U-Net: a class for each pixel."""

from cycnn import activations, layers
from cycnn.applications.blocks import channel_axis, spatial
from cycnn.applications.frame import checked_weights
from cycnn.core import checks
from cycnn.models import Model


def UNet(input_shape, classes, filters=64, depth=4, padding="valid", dropout=0.5, classifier_activation="softmax",
         weights=None, name="unet"):  # fmt: skip
    """U-Net: down to small and deep feature maps, and up again beside them. Keras has none.

    Going down, each level has two 3×3 convolutions with relu, and 2×2 max-pooling that halves the image; going up, a
    transposed 2×2 convolution that doubles it, what came by on the way down, and two more convolutions. The defaults are
    the paper's: without padding, 572×572 pixels become a map of 388×388, of which the paper has two classes. With
    `padding="same"` the map is as large as the image, whose sides must be multiples of 2^depth.

    Args:
        input_shape: Shape of one image: (height, width, channels).
        classes: Number of classes.
        filters: Those of the first level; each level down has twice as many.
        depth: How many times the image is halved.
        padding: Of the 3×3 convolutions: `"valid"`, as in the paper, or `"same"`.
        dropout: Rate of the dropout at the end of the way down: in the last two levels.
        classifier_activation: Activation of the map: `"softmax"`, `"sigmoid"` for classes that may overlap or for a single
            one, None for logits.
        weights: The path of a file of weights, or None: random ones.
        name: String.

    Returns:
        A `Model` with an output of (height, width, classes).

    Raises:
        ValueError: An argument is wrong, or the image's size does not fit.

    Example:

    ```python
    model = cycnn.applications.UNet((128, 128, 3), 1, 16, padding="same", classifier_activation="sigmoid")
    model.compile("adam", "binary_crossentropy")
    ```

    Reference:
        Ronneberger, Fischer and Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI 2015, figure 1.
    """
    shape = checks.shape("input_shape", input_shape)
    if len(shape) != 3 or None in shape:
        raise checks.refuse("input_shape", "a tuple of three integers", input_shape)
    classes = checks.positive_int("classes", classes)
    if classes == 1 and activations.get(classifier_activation) is activations.get("softmax"):
        raise ValueError(
            "`classifier_activation` must be 'sigmoid' or None for one class, whose softmax is 1 everywhere. "
            f"Received: classifier_activation={classifier_activation!r}."
        )
    filters, depth = checks.positive_int("filters", filters), checks.positive_int("depth", depth)
    padding = checks.padding(padding)
    _check_sides(spatial(shape), depth, padding)
    weights = checked_weights(weights, imagenet=False)

    x = inputs = layers.Input(shape)
    beside = []
    for level in range(depth):
        x = _convolutions(x, filters << level, padding, f"down{level + 1}")
        if level == depth - 1:
            x = layers.Dropout(dropout, name=f"down{level + 1}_dropout")(x)
        beside.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level + 1}_pool")(x)
    x = _convolutions(x, filters << depth, padding, "bottom")
    x = layers.Dropout(dropout, name="bottom_dropout")(x)
    for level in reversed(range(depth)):
        x = _joined(x, beside[level], filters << level, padding, f"up{level + 1}")
        x = _convolutions(x, filters << level, padding, f"up{level + 1}")
    x = layers.Conv2D(classes, 1, activation=classifier_activation, name="predictions")(x)
    model = Model(inputs, x, name=name)
    if weights is not None:
        model.load_weights(weights)
    return model


def _convolutions(x, filters, padding, name):
    """Two 3×3 convolutions with relu, begun as in section 3: variance 2 / fan in."""
    for k in (1, 2):
        x = layers.Conv2D(filters, 3, padding=padding, activation="relu", kernel_initializer="he_normal",
                          name=f"{name}_conv{k}")(x)  # fmt: skip
    return x


def _joined(x, beside, filters, padding, name):
    """The map from below, doubled, behind the middle of the one from the way down."""
    x = layers.Conv2DTranspose(filters, 2, strides=2, kernel_initializer="he_normal", name=f"{name}_double")(x)
    if padding == "valid":
        beside = layers.CroppingLike(name=f"{name}_crop")([beside, x])
    return layers.Concatenate(axis=channel_axis(), name=f"{name}_concat")([beside, x])


def _check_sides(sides, depth, padding):
    """Each map that is pooled must have even sides, and something must be left of the image."""
    step = 1 << depth
    if padding == "same":
        if any(side % step for side in sides):
            raise ValueError(
                f"Height and width must be multiples of {step}, 2^depth, with padding='same'. Received: {sides}."
            )
        return
    # Down, l → (l - 4) / 2; up, l → 2 l - 4; at the bottom, l → l - 4.
    lost = 12 * step - 8
    if any((side + 4) % step or side <= lost for side in sides):
        raise ValueError(
            f"Height and width must be multiples of {step}, 2^depth, less 4, and above {lost}, the pixels that convolutions "
            f"take away with padding='valid'. Received: {sides}."
        )


__all__ = ["UNet"]
