"""LeNet-5: the network that read digits on bank checks."""

from cycnn import layers
from cycnn.applications.frame import Frame, documented


@documented(size=32, least=32, channels=1, imagenet=False)
def LeNet5(include_top=True, weights=None, input_tensor=None, input_shape=None, pooling=None, classes=10,
           classifier_activation="softmax", name="lenet5"):  # fmt: skip
    """LeNet-5: 61,706 parameters. Keras has none.

    Of the paper's network this one has the convolutions, subsampling and tanh. It differs as is usual today: C3 sees all
    six feature maps, subsampling has no weights, and the classifier is dense in the place of radial basis functions. Images
    of 28×28 pixels get two pixels of zeros around them, as in the paper: `np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))`.

    Reference:
        LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition, Proceedings of the IEEE
        86, 1998, figure 2.
    """
    frame = Frame(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
                  size=32, least=32, channels=1, imagenet=False)  # fmt: skip
    x = layers.Conv2D(6, 5, activation="tanh", name="c1")(frame.input)  # 28×28×6
    x = layers.AveragePooling2D(2, name="s2")(x)
    x = layers.Conv2D(16, 5, activation="tanh", name="c3")(x)  # 10×10×16
    x = layers.AveragePooling2D(2, name="s4")(x)
    x = layers.Conv2D(120, 5, activation="tanh", name="c5")(x)  # 1×1×120
    if frame.include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(84, activation="tanh", name="f6")(x)
        x = frame.classifier(x)
    else:
        x = frame.pooled(x)
    return frame.model(x, name)


__all__ = ["LeNet5"]
