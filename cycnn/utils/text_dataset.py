"""Folders of texts → batches."""

from cycnn.core import checks
from cycnn.utils import directory as folders

ENDINGS = (".txt",)


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    format="tf",  # noqa: A002  Keras's name
    verbose=True,
    on_error="raise",
    workers=None,
):
    """Batches of the texts in a folder, read by threads while the batches before them are used.

    Args:
        directory: Path. Files are those that end in .txt, at any depth, in UTF-8.
        max_length: Characters of a text at most; the rest is cut off. `None`: all.
        labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, format, verbose,
            on_error, workers: As of `image_dataset_from_directory`.

    Returns:
        A `utils.Dataset` of batches (texts, labels), or of texts where there are no labels; a list of two for
        `subset="both"`. Texts are arrays of `str` (n,), for `layers.TextVectorization`. Attributes: `class_names` and
        `file_paths`.

    Raises:
        ValueError: If an argument is wrong, or there are no texts; while iterating, if a file is not in UTF-8.

    Example:

    ```python
    reviews = cycnn.utils.text_dataset_from_directory("reviews")    # reviews/neg/*.txt, reviews/pos/*.txt
    vectorize = cycnn.layers.TextVectorization(max_tokens=10000, output_sequence_length=200)
    vectorize.adapt(reviews.map(lambda text, label: text))
    model.fit(reviews.map(lambda text, label: (vectorize(text), label)))
    ```
    """
    checks.one_of("format", format, ("tf", "grain"))
    max_length = None if max_length is None else checks.positive_int("max_length", max_length)

    def load(path):
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return file.read(max_length)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} must be a text in UTF-8. Received: {error}.") from error

    return folders.loaded(
        load, "texts", ENDINGS, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose, on_error, workers,
    )  # fmt: skip
