"""Folders of sounds → batches."""

import wave

import numpy as np

from cycnn.core import checks
from cycnn.utils import directory as folders

ENDINGS = (".wav",)


def audio_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    sampling_rate=None,
    output_sequence_length=None,
    ragged=False,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
    on_error="raise",
    workers=None,
):
    """Batches of the sounds in a folder, read by threads while the batches before them are used.

    Args:
        directory: Path. Files are those that end in .wav, at any depth, of 16 bits a sample.
        sampling_rate: `None`: sounds keep theirs. Nothing is resampled.
        output_sequence_length: Samples of all sounds: longer ones are cut off, silence is added to shorter ones. `None`: those
            of a batch must be of the same length.
        ragged: `False`: batches are arrays.
        labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, verbose, on_error,
            workers: As of `image_dataset_from_directory`.

    Returns:
        A `utils.Dataset` of batches (sounds, labels), or of sounds where there are no labels; a list of two for
        `subset="both"`. Sounds are float32, -1 to 1, of shape (n, samples, channels). Attributes: `class_names` and
        `file_paths`.

    Raises:
        ValueError: If an argument is wrong, or there are no sounds; while iterating, if a file cannot be read.
    """
    if sampling_rate is not None:
        raise checks.refuse("sampling_rate", "None: resample files beforehand", sampling_rate)
    if ragged:
        raise checks.refuse("ragged", "False: give `output_sequence_length`", ragged)
    length = output_sequence_length
    length = None if length is None else checks.positive_int("output_sequence_length", length)
    return folders.loaded(
        lambda path: decode(path, length), "sounds", ENDINGS, directory, labels, label_mode, class_names, batch_size, shuffle,
        seed, validation_split, subset, follow_links, verbose, on_error, workers,
    )  # fmt: skip


def decode(path, length=None):
    """The sound of a file as float32 (samples, channels), -1 to 1, of `length` samples.

    Raises:
        ValueError: If the file is damaged, or no WAV file of 16 bits a sample.
    """
    try:
        with wave.open(path) as file:
            if file.getsampwidth() != 2:
                raise wave.Error(f"{8 * file.getsampwidth()} bits a sample")
            channels, content = file.getnchannels(), file.readframes(file.getnframes() if length is None else length)
    except (wave.Error, EOFError) as error:
        raise ValueError(
            f"{path} must be a WAV file of 16 bits a sample. Received: {error or 'an empty file'}."
        ) from error
    sound = np.frombuffer(content, "<i2").astype(np.float32).reshape(-1, channels) / 32768
    return sound if length is None else np.pad(sound, ((0, length - len(sound)), (0, 0)))
