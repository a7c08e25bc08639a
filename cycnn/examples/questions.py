"""Questions that people ask about convolutional networks, answered by running code.

    python -m cycnn.examples.questions
    python -m cycnn.examples.questions --epochs 10 --samples 10000 --output results

Each answer is a function that measures what it says, on few digits and with small networks: the numbers are of these data,
what counts is which one is larger.

Bar: convolutions are righter than dense layers with more parameters; batch normalization learns more in an epoch; padding
keeps the size, and the corner counts more; with dropout and moved images more of the test images are right, and the gap
between training and test narrows; filters of three words read better than filters of one; pooling leaves a quarter of the
values and adds no parameter.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cycnn import applications, layers, models, optimizers, visualization
from cycnn.examples import text_classification
from cycnn.examples.common import Pair, handwritten, start

Numbers = tuple[float, float]  # before and after, or without and with


def network(*hidden: layers.Layer) -> models.Sequential:
    """These layers, then ten classes."""
    output = layers.Dense(10, activation="softmax")
    return models.Sequential([layers.Input((28, 28, 1)), *hidden, layers.Flatten(), output])


def convolutions() -> models.Sequential:
    """Two convolutions with pooling."""
    return network(
        layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(24, 3, activation="relu", name="last"), layers.MaxPooling2D(2),
    )  # fmt: skip


def fit(
    model: models.Sequential, train: Pair, test: Pair, epochs: int, loss: str = "sparse_categorical_crossentropy"
) -> Numbers:
    """Train; the accuracy on the training pair and on the test pair."""
    model.compile(optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    model.fit(*train, batch_size=32, epochs=epochs, verbose=0)
    return float(model.evaluate(*train, verbose=0)[1]), float(model.evaluate(*test, verbose=0)[1])


def advantages(train: Pair, test: Pair, epochs: int) -> Numbers:
    """What are the advantages of a CNN over a network of dense layers?"""
    dense, cnn = network(layers.Flatten(), layers.Dense(64, activation="relu")), convolutions()
    (_, one), (_, other) = fit(dense, train, test, epochs), fit(cnn, train, test, epochs)
    print("It finds its features by itself, and has one filter for all places.")
    print(f"  dense layers  {dense.count_params():>7,} parameters  {one:.3f} right")
    print(f"  convolutions  {cnn.count_params():>7,} parameters  {other:.3f} right")
    return one, other


def batch_normalization(train: Pair, test: Pair, epochs: int) -> Numbers:
    """Why is batch normalization used?"""
    right = []
    for normalized in (False, True):
        hidden: list[layers.Layer] = []
        for k in range(6):
            hidden.append(layers.Conv2D(12, 3, strides=1 + k % 2, padding="same"))
            if normalized:
                hidden.append(layers.BatchNormalization(momentum=0.8))
            hidden.append(layers.Activation("sigmoid"))  # whose slope vanishes away from 0
        right.append(fit(network(*hidden), train, test, 2)[0])
    print("It keeps the inputs of each layer at one scale, so that slopes do not vanish. Six convolutions, two epochs:")
    print(f"  without {right[0]:.3f} right, with {right[1]:.3f}")
    return right[0], right[1]


def padding() -> Numbers:
    """What are the advantages of padding?"""
    corner = np.zeros((1, 28, 28, 1), "float32")
    corner[0, 0, 0] = 1
    print("The size stays, and what is at the border is seen more often. Six convolutions of 3x3 on 28 x 28 pixels:")
    seen = []
    for kind in ("valid", "same"):
        stack = models.Sequential(
            [layers.Input((28, 28, 1))]
            + [layers.Conv2D(1, 3, padding=kind, kernel_initializer="ones", use_bias=False) for _ in range(6)]
        )
        answers = stack.predict(corner, verbose=0)
        seen.append(float(answers.sum()))
        print(f"  {kind:>5}: {answers.shape[1]} x {answers.shape[2]}, ways from the corner to them: {seen[-1]:,.0f}")
    return seen[0], seen[1]


def overfitting(train: Pair, test: Pair, epochs: int) -> tuple[float, ...]:
    """How can overfitting be prevented?"""
    few = (train[0][:200], train[1][:200])
    change = layers.RandomTranslation(0.1, 0.1, fill_mode="constant")
    right = []
    print("By seeing other images in each epoch, and by dropout: a network should not know its few images by heart.")
    for name, model in (
        ("as it is", convolutions()),
        ("moved images, dropout", network(change, *convolutions().layers[:-2], layers.Dropout(0.4))),
    ):
        known, new = fit(model, few, test, 16 * epochs)
        right += [known, new]
        print(f"  {name:>21}: {known:.3f} of the 200 training images, {new:.3f} of the test images")
    return tuple(right)


def architectures() -> int:
    """Which architectures are popular?"""
    builders: dict[str, Callable[..., models.Model]] = {
        "LeNet5": applications.LeNet5, "MobileNet": applications.MobileNet,
        "MobileNetV2": applications.MobileNetV2, "EfficientNetB0": applications.EfficientNetB0,
    }  # fmt: skip
    for name, build in builders.items():
        model = build(weights=None)
        print(f"  {name:>14}: {model.count_params():>10,} parameters, {len(model.layers):>3} layers")
    print("  and AlexNet, VGG, ResNet, Inception, Xception, DenseNet, U-Net: see cycnn.applications.")
    return len(builders)


def language(epochs: int) -> Numbers:
    """How can a CNN be used for language?"""
    (texts, y), (new_texts, y_test) = text_classification.generate(1000), text_classification.generate(300)
    vectorize = layers.TextVectorization(output_sequence_length=32)
    vectorize.adapt(texts)
    train, test = (np.asarray(vectorize(texts)), y), (np.asarray(vectorize(new_texts)), y_test)
    right = []
    print("Words become vectors, and filters slide along the sentence. Reviews like 'not bad' (generated ones):")
    for words in (1, 3):
        model = text_classification.build(vectorize.vocabulary_size(), 32, words)
        right.append(fit(model, train, test, 2 * epochs, "binary_crossentropy")[1])
        print(f"  filters of {words} words: {right[-1]:.3f} right")
    return right[0], right[1]


def dimensions() -> Numbers:
    """How does a CNN reduce dimensions?"""
    x = np.ones((1, 28, 28, 8), "float32")
    pooling = layers.MaxPooling2D(2)
    y = pooling(x)
    print(f"By pooling: {x.shape[1:]} becomes {y.shape[1:]}, with {pooling.count_params()} parameters; by strides; and")
    print(f"by filters of 1x1, which mix channels: {layers.Conv2D(2, 1)(x).shape[1:]}.")
    return float(x.size), float(np.size(y))


def seeing(train: Pair, test: Pair, epochs: int, path: Path) -> None:
    """How can one see what a network has learned?"""
    model = network(
        layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu", name="last"), layers.GlobalAveragePooling2D(),
    )  # fmt: skip
    fit(model, train, test, 2 * epochs)
    images = test[0][:4]
    heats = {
        "saliency": visualization.saliency(model, images),
        "integrated gradients": visualization.integrated_gradients(model, images)[..., 0],
        "Grad-CAM": visualization.grad_cam(model, images, layer="last"),
        "occlusion": visualization.occlusion(model, images, size=5),
    }
    rows = zip(images, *(visualization.overlay(images, heat) for heat in heats.values()), strict=True)
    pictures = [picture for row in rows for picture in row]
    titles = ["digit", *heats] * len(images)
    visualization.plot_images(pictures, titles, columns=5, scale=1.6, path=path)
    print(f"By the pixels that matter for its answer. Written: {path}")


def main(arguments: Sequence[str] | None = None) -> dict[str, tuple[float, ...]]:
    """Run the program; returns what was measured, without and with."""
    options = start("questions", arguments, "Answers by running code.", epochs=5, samples=2000)
    name, train, (x, y) = handwritten(options.samples)
    test = x[:1000], y[:1000]
    answers: dict[str, tuple[float, ...]] = {}
    for ask in (advantages, batch_normalization, overfitting):
        print(f"\n{ask.__doc__}")
        answers[ask.__name__] = ask(train, test, options.epochs)
    print(f"\n{padding.__doc__}")
    answers["padding"] = padding()
    print(f"\n{language.__doc__}")
    answers["language"] = language(options.epochs)
    print(f"\n{dimensions.__doc__}")
    answers["dimensions"] = dimensions()
    print(f"\n{architectures.__doc__}")
    architectures()

    print(f"\n{seeing.__doc__}")
    seeing(train, test, options.epochs, options.output / f"{name.lower()}-questions.png")
    return answers


if __name__ == "__main__":
    main()
