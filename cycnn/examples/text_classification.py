"""Text classification: a network reads whether somebody liked what he bought.

    python -m cycnn.examples.text_classification
    python -m cycnn.examples.text_classification --epochs 12 --samples 5000 --output results

The corpus is generated, and no real one: short reviews from a small grammar. Single words do not decide, as in "not bad
at all": a filter sees three words that follow one another (Kim, 2014, "Convolutional neural networks for sentence
classification").

Bar: an accuracy of at least 0.95 on new reviews.
"""

import random
from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, visualization
from cycnn.examples.common import start

THINGS = (
    "camera", "lamp", "phone", "chair", "kettle", "radio", "watch", "bicycle", "keyboard", "blender", "tent",
    "jacket", "mixer", "printer", "scooter",
)  # fmt: skip
PARTS = (
    "battery", "colour", "handle", "price", "screen", "sound", "surface", "service", "delivery", "manual",
    "switch", "weight", "finish", "lid",
)  # fmt: skip
GOOD = (
    "good", "great", "lovely", "solid", "perfect", "charming", "excellent", "reliable", "bright", "pleasant",
)  # fmt: skip
BAD = (
    "bad", "awful", "ugly", "flimsy", "useless", "clumsy", "terrible", "unreliable", "dull", "annoying",
)  # fmt: skip
ASIDES = (
    "my sister has one too", "it came on a monday", "we use it in the kitchen", "the box was blue", "it is for my office",
    "i had one before", "it stands beside the window", "a friend told me about it",
)  # fmt: skip


def review(liked: bool) -> str:
    """A review of three or four clauses, which agree about the thing, and asides that say nothing."""

    def judgement() -> str:
        plain, turned = (GOOD, BAD) if liked else (BAD, GOOD)
        subject = f"the {random.choice(PARTS)}"
        return random.choice(
            (
                f"{subject} is {random.choice(('really ', 'so ', ''))}{random.choice(plain)}",
                f"{subject} is not {random.choice(turned)}",
                f"{subject} is never {random.choice(turned)}",
                f"nobody could call {subject} {random.choice(turned)}",
            )
        )

    clauses = [judgement() for _ in range(random.randint(1, 3))] + random.sample(ASIDES, 2)
    random.shuffle(clauses)
    return f"I bought this {random.choice(THINGS)}. " + " ".join(f"{clause.capitalize()}." for clause in clauses)


def generate(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and 1 for those that liked it."""
    labels = np.array([random.randint(0, 1) for _ in range(number)])
    return np.array([review(bool(label)) for label in labels]), labels


def build(words: int, length: int, size: int = 3) -> models.Sequential:
    """Words become vectors, so many vectors a feature; the largest answers anywhere in the text decide."""
    return models.Sequential(
        [
            layers.Input((length,), dtype="int32"),
            layers.Embedding(words, 16),
            layers.Conv1D(48, size, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on new reviews."""
    options = start("text_classification", arguments, "Read reviews.", epochs=8, samples=2000)
    texts, y = generate(options.samples)
    new_texts, y_test = generate(500)
    for text, label in zip(texts[:4], y, strict=False):
        print(f"{('disliked', 'liked')[label]:>8}: {text}")

    vectorize = layers.TextVectorization(output_sequence_length=32)
    vectorize.adapt(texts)
    x, x_test = np.asarray(vectorize(texts)), np.asarray(vectorize(new_texts))

    model = build(vectorize.vocabulary_size(), 32)
    model.summary()
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f}")

    path = options.output / "text-classification.png"
    visualization.plot_history(history, path=path)
    print(f"Written: {path}")
    return float(accuracy)


if __name__ == "__main__":
    main()
