"""TextVectorization where no recorded program looks (tests/utils/test_loading_beside_keras.py)."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, saving
from cycnn.layers import TextVectorization
from cycnn.utils import Dataset

TEXTS = ["the cat sat", "the dog", "THE cat!"]


@cycnn.saving.register_keras_serializable(package="tests")
def shout(texts):
    return np.char.upper(texts)


def adapted(**arguments):
    layer = TextVectorization(**arguments)
    layer.adapt(TEXTS)
    return layer


def test_adapting_to_batches_is_adapting_to_all():
    expected = adapted().get_vocabulary()
    assert expected == ["", "[UNK]", "the", "cat", "sat", "dog"]
    for data in (
        np.array(TEXTS),
        np.array(TEXTS)[:, None],
        iter([TEXTS[:1], TEXTS[1:]]),
        Dataset.from_tensor_slices(TEXTS).batch(2),
    ):
        layer = TextVectorization()
        layer.adapt(data)
        assert layer.get_vocabulary() == expected
    layer.adapt(Dataset.from_tensor_slices(TEXTS).batch(2).repeat(), steps=1)
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "sat", "dog", "cat"]
    assert layer(["the dog"]).tolist() == [[2, 4]]


def test_texts_come_in_many_forms():
    layer = adapted(output_sequence_length=2)
    expected = [[2, 3], [1, 0]]
    for texts in (["the cat", "x"], np.array(["the cat", "x"]), [["the cat"], ["x"]], [b"the cat", b"x"]):
        found = layer(texts)
        assert found.tolist() == expected
        assert found.dtype == np.int64
    assert layer("the cat").tolist() == [2, 3]
    assert adapted(encoding="latin-1")(["Käse".encode("latin-1")]).tolist() == [[1]]


def test_letters_beyond_ascii_are_lower_case_too():
    layer = TextVectorization(vocabulary=["ärger"])
    assert layer(["ÄRGER"]).tolist() == [[2]]


def test_rules_of_ones_own():
    layer = adapted(standardize=shout, split=lambda texts: [text.split("A") for text in texts], output_mode="count")
    assert layer.get_vocabulary() == ["[UNK]", "THE C", "THE DOG", "T!", "T S", "T"]
    assert layer(["the cat"]).tolist() == [[0, 1, 0, 0, 0, 1]]


def test_a_vocabulary_of_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("cat\ndog\n", encoding="utf-8")
    assert TextVectorization(vocabulary=path)(["dog cow"]).tolist() == [[3, 1]]
    assert TextVectorization(vocabulary=str(path), output_mode="multi_hot")(["dog dog"]).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count", "tf_idf"])
def test_a_configuration_keeps_what_was_learned(mode):
    layer = adapted(output_mode=mode, ngrams=(1, 2), standardize=shout)
    config = saving.serialize_keras_object(layer)
    again = saving.deserialize_keras_object(config)
    assert again.get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_array_equal(again(TEXTS), layer(TEXTS))
    assert again.get_config() == layer.get_config()


def test_a_network_learns_from_texts():
    cycnn.utils.set_random_seed(0)
    texts = Dataset.from_tensor_slices((["good film", "bad film", "good", "so bad"] * 4, [1, 0, 1, 0] * 4)).batch(4)
    vectorize = TextVectorization(max_tokens=10, output_sequence_length=3)
    vectorize.adapt(texts.map(lambda text, label: text))
    model = models.Sequential(
        [
            layers.Input((3,)),
            layers.Embedding(10, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(cycnn.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(texts.map(lambda text, label: (vectorize(text), label)), epochs=20, verbose=0).history
    assert history["accuracy"][-1] == 1


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: TextVectorization(standardize="upper"), "standardize"),
        (lambda: TextVectorization(split="words"), "split"),
        (lambda: TextVectorization(ngrams="two"), "ngrams"),
        (lambda: TextVectorization(ngrams=(0,)), "ngrams"),
        (lambda: TextVectorization(output_mode="one"), "output_mode"),
        (lambda: TextVectorization(max_tokens=1), "`max_tokens` must be at least 2"),
        (lambda: TextVectorization(output_mode="count", output_sequence_length=3), "for output_mode='int' only"),
        (lambda: TextVectorization(output_mode="count", pad_to_max_tokens=True), "`max_tokens` must be given"),
        (lambda: TextVectorization(sparse=True), "`sparse` and `ragged` must be False"),
        (lambda: TextVectorization(vocabulary=["a", "b", "a"]), "must hold each word once. Received twice: .'a'"),
        (lambda: TextVectorization(vocabulary=["a", "[UNK]"]), "must hold each word once"),
        (lambda: TextVectorization(max_tokens=3, vocabulary=["a", "b"]), "at most the max_tokens=3 words"),
        (lambda: TextVectorization(vocabulary=["a"], output_mode="tf_idf"), "a factor for each word"),
        (lambda: TextVectorization(vocabulary=["a"], idf_weights=[1]), "a factor for each word"),
        (lambda: TextVectorization(idf_weights=[1]), "need a `vocabulary`"),
        (lambda: TextVectorization()(["a"]), "has no vocabulary: call `adapt"),
        (lambda: adapted()([["a", "b"]]), r"\(n,\) or \(n, 1\). Received: shape \(1, 2\)"),
        (lambda: adapted()([1]), "must be texts. Received: .1"),
        (lambda: adapted()(layers.Input((1,))), "cannot be part of a model"),
    ],
)
def test_refusals(make, match):
    with pytest.raises(ValueError, match=match):
        make()
