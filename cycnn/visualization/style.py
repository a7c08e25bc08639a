"""Style: the parts of a loss that gives one picture the style of another (Gatys et al., 2016).

They are written with `cycnn.ops`, so a `GradientTape` gives the gradient with respect to the picture:

    features = cycnn.Model(vgg.input, [vgg.get_layer(name).output for name in names])
    with cycnn.GradientTape() as tape:
        tape.watch(picture)
        loss = style_loss(features(picture)[0], wanted) + ...
"""

from cycnn import ops
from cycnn.core import checks


def gram_matrix(maps):
    """Which channels answer together: the mean over the positions of the products of each two of them.

    Args:
        maps: what a layer gives, (n, h, w, c).

    Returns:
        (n, c, c); a tensor where a tape records.

    Raises:
        ValueError: something else than maps.
    """
    if len(getattr(maps, "shape", ())) != 4:
        raise checks.refuse("maps", "what a layer gives, (n, h, w, c)", maps)
    _, h, w, c = maps.shape
    rows = ops.reshape(maps, (-1, h * w, c))
    return ops.matmul(ops.transpose(rows, (0, 2, 1)), rows) / (h * w)


def style_loss(maps, gram):
    """Σ (G - A)² / 4c² for the Gram matrices G of these maps and A of the style's, both of means.

    Args:
        maps: of the picture that changes, (n, h, w, c).
        gram: `gram_matrix` of the style's maps, whose size may differ.

    Returns:
        A number, added up over the samples.
    """
    return ops.sum(ops.square(gram_matrix(maps) - gram)) / (4 * maps.shape[-1] ** 2)


def content_loss(maps, content):
    """½ Σ (F - P)² of two maps of one size: what a picture shows, wherever its layer is deep enough."""
    if tuple(maps.shape) != tuple(content.shape):
        raise ValueError(
            f"`content` must have the shape of `maps`, {tuple(maps.shape)}. Received: shape {tuple(content.shape)}."
        )
    return ops.sum(ops.square(maps - content)) / 2


def total_variation_loss(images):
    """Σ of the squared differences of neighbouring pixels: small for smooth pictures (Mahendran and Vedaldi, 2015).

    Args:
        images: (n, h, w, c).

    Returns:
        A number, added up over the samples.
    """
    down, right = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return ops.sum(ops.square(down)) + ops.sum(ops.square(right))
