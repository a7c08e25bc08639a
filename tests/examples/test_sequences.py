"""The programs about signals and texts, short, with what their docstrings promise."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("PIL")
from cycnn.examples import entity_tagging, sounds, text_classification, text_lines, time_series


def test_time_series(run):
    assert run(time_series, "--epochs", "8", "--samples", "800")[0] > 0.93  # the program's own bar


def test_text_classification(run):
    assert run(text_classification, "--epochs", "6", "--samples", "1000")[0] > 0.95


def test_entities_are_spans():
    tags = ["B-person", "I-person", "O", "B-place", "B-place", "I-firm", "O", "I-firm"]
    assert entity_tagging.entities(tags) == {(0, 1, "person"), (3, 3, "place"), (4, 4, "place")}


def test_entity_tagging_knows_names_by_the_words_around(run):
    assert run(entity_tagging, "--epochs", "6", "--samples", "1500")[0] > 0.9


def test_sounds(run):
    assert run(sounds, "--epochs", "6", "--samples", "600")[0] > 0.93


def test_edit_distance():
    assert text_lines.edit_distance("kitten", "sitting") == 3
    assert text_lines.edit_distance("", "ab") == text_lines.edit_distance("ab", "") == 2


def test_lines_are_read_from_the_steps_of_the_network():
    class Network:
        """Says 7, 7 again, and A; each for two steps, with nothing between."""

        def predict(self, lines, verbose):
            return np.log(np.eye(1 + len(text_lines.LETTERS))[[[0, 8, 8, 0, 8, 8, 11, 11, 0]]] + 1e-6)

    assert text_lines.read(Network(), np.zeros((1, 20, 128, 1))) == ["77A"]


def test_lines_of_four_letters_are_read(run, monkeypatch):
    monkeypatch.setattr(text_lines, "LETTERS", "05AC")
    share, out = run(text_lines, "--epochs", "6", "--samples", "500")
    assert f"{share:.4f} were read." in out
    assert share > 0.8
