"""Entity tagging: a 1D network marks the people, places and firms in sentences.

    python -m cycnn.examples.entity_tagging
    python -m cycnn.examples.entity_tagging --epochs 15 --samples 5000 --output results

The sentences are generated from patterns. Many names stand for several things (Jordan, Paris, Ford), and of the
names in the test a third never occurs in training: the words around a name must tell. Each word gets a tag: B- begins an
entity, I- goes on, O is none (Collobert et al., 2011, "Natural language processing (almost) from scratch").

Bar: an F1 score of at least 0.9 for whole entities, of the right kind from the first to the last word.
"""

import random
import re
from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, visualization
from cycnn.examples.common import start

NAMES = (  # of people, places and firms alike
    "Jordan", "Paris", "Ford", "Austin", "Florence", "Carson", "Madison", "Sydney", "Chelsea", "Georgia", "Kent",
    "Lincoln", "Morgan", "Phoenix", "Savannah", "Dallas", "Houston", "Devon", "Milan", "Troy", "Orlando",
    "Siemens", "Benz", "Philips", "Bosch", "Cooper", "Miller", "Baker", "Virginia", "Vienna", "Adelaide",
    "Victoria",
)  # fmt: skip
NEW_NAMES = (
    "Bergen", "Holt", "Varga", "Lund", "Moreau", "Osaka", "Tamar", "Quinn", "Rosario", "Selby", "Tilburg",
    "Weston", "Yardley", "Zeller", "Corwin", "Dunmore",
)  # fmt: skip
ENDS = {"person": ("",), "place": ("", " City", " Falls"), "firm": ("", " Motors", " and Sons", " Bank")}
PATTERNS = (
    "yesterday {person} flew to {place} for a meeting", "the train from {place} to {place} was late",
    "shares of {firm} fell after {person} resigned", "{firm} opened a factory near {place}",
    "doctor {person} was born in {place}", "{person} and {person} went for a walk", "the mayor of {place} thanked {firm}",
    "we met {person} on the way to {place}", "in {place} it rained all day", "{firm} hired {person} as director",
    "the lawyer {person} sued {firm} last year", "customers of {firm} complained", "my aunt {person} lives in {place}",
    "they walked home without a word", "{person} said that nothing had changed", "a bridge near {place} was closed",
    "the price rose when {firm} bought {firm}", "he bought bread and milk in the morning",
)  # fmt: skip
TAGS = ("O", "B-person", "I-person", "B-place", "I-place", "B-firm", "I-firm")
LENGTH = 20  # words
FIRST, OTHER = 2, 1  # numbers of words: 0 behind the end, 1 for words that were not in training


def sentence(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words and their tags."""
    words, tags = [], []
    for part in re.split(r"(\{\w+\})", random.choice(PATTERNS)):
        kind = part.strip("{}")
        is_entity = part != kind
        name = random.choice(names) + random.choice(ENDS[kind]) if is_entity else part
        if kind == "person" and is_entity and random.random() < 0.4:
            name += f" {random.choice(names)}"
        for k, word in enumerate(name.split()):
            words.append(word)
            tags.append(f"{'I' if k else 'B'}-{kind}" if is_entity else "O")
    return words, tags


def entities(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """First word, last word and kind of each."""
    found = set()
    for first, tag in enumerate(tags):
        if tag.startswith("B-"):
            last = first
            while last + 1 < len(tags) and tags[last + 1] == f"I-{tag[2:]}":
                last += 1
            found.add((first, last, tag[2:]))
    return found


def build(words: int) -> models.Sequential:
    """Each word sees three others on each side."""
    return models.Sequential(
        [
            layers.Input((LENGTH,), dtype="int32"),
            layers.Embedding(words, 24),
            layers.Dropout(0.2),
            layers.Conv1D(48, 5, padding="same", activation="relu"),
            layers.Conv1D(48, 3, padding="same", activation="relu"),
            layers.Dense(len(TAGS), activation="softmax"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the F1 score."""
    options = start("entity_tagging", arguments, "Mark names in sentences.", epochs=8, samples=3000)
    training = [sentence(NAMES) for _ in range(options.samples)]
    test = [sentence(NAMES + NEW_NAMES) for _ in range(500)]

    # A rare word is read as one that was never seen, now and then, so that such words have a meaning, too.
    known = sorted({word for words, _ in training for word in words})
    number = {word: FIRST + k for k, word in enumerate(known)}
    x, x_test = (
        np.array([[number.get(w, OTHER) for w in words] + [0] * (LENGTH - len(words)) for words, _ in part])
        for part in (training, test)
    )
    is_name = np.isin(x, [number[name] for name in NAMES if name in number])
    x[is_name & (options.random.uniform(size=x.shape) < 0.3)] = OTHER
    y, y_test = (
        np.array([[TAGS.index(t) for t in tags] + [0] * (LENGTH - len(tags)) for _, tags in part])
        for part in (training, test)
    )

    model = build(FIRST + len(known))
    model.summary()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))

    predicted = [[TAGS[k] for k in row] for row in model.predict(x_test, verbose=0).argmax(axis=-1)]
    truth, found = ([entities(tags) for tags in part] for part in ([tags for _, tags in test], predicted))
    right = sum(len(a & b) for a, b in zip(truth, found, strict=True))
    f1 = 2 * right / (sum(map(len, truth)) + sum(map(len, found)))
    for (words, _), spans in zip(test[:5], found, strict=False):
        print(" ".join(words), "→", ", ".join(f"{' '.join(words[a : b + 1])} ({kind})" for a, b, kind in sorted(spans)))
    print(f"F1 score of entities: {f1:.4f}")

    path = options.output / "entity-tagging.png"
    visualization.plot_history(history, path=path)
    print(f"Written: {path}")
    return f1


if __name__ == "__main__":
    main()
