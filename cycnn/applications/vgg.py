"""The convolutions that VGG16 and VGG19 differ in only by their number."""

from cycnn import layers

FILTERS = (64, 128, 256, 512, 512)


def vgg(frame, name, depths, published):
    """A configuration of table 1: five blocks of 3×3 convolutions, each halved by max-pooling, and three dense layers.

    Args:
        depths: how many convolutions each block has.
    """
    x = frame.input
    for block, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), 1):
        for k in range(1, depth + 1):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{k}")(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if frame.include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(4096, activation="relu", name="fc1")(x)
        x = layers.Dense(4096, activation="relu", name="fc2")(x)
        x = frame.classifier(x)
    else:
        x = frame.pooled(x)
    return frame.model(x, name, published)
