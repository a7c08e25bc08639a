"""Programs that load and prepare data, as a user of Keras types them. Text only.

PRELUDE stands before each of them; `folder` is an empty folder, and `image`, `sequence` and `text` are the modules of
`keras.preprocessing`, as they were in Keras 2. A program leaves its findings in `answer`.
"""

from flows import titled

PRELUDE = """
import os
from PIL import Image

rng = np.random.default_rng(5)


def write(name, array):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def photos(*names, side=5):
    return [write(name, rng.integers(0, 256, (side + k, side + 3 - k % 3, 3), np.uint8)) for k, name in enumerate(names)]


def whole(dataset):
    return [[np.asarray(part) for part in batch] if isinstance(batch, tuple) else np.asarray(batch) for batch in dataset]


def names(paths):
    return [os.path.relpath(path, folder).replace(os.sep, "/") for path in paths]


SEVEN = ["b/1.png", "b/2.bmp", "a/z/3.PNG", "a/4.png", "c/10.png", "c/9.png", "c/9.txt.png"]
load = keras.utils.image_dataset_from_directory
Generator = image.ImageDataGenerator
X, Y = rng.uniform(0, 255, (4, 6, 6, 3)).astype("float32"), np.array([3, 1, 4, 1])
DOCUMENTS = ["The cat sat. the CAT!", "a dog, a log;  the end", "", "cat dog"]
"""

PROGRAMS = titled(
    """
# pictures of classes
photos(*SEVEN)
dataset = load(folder, image_size=(4, 3), batch_size=3, shuffle=False)
answer = [dataset.class_names, names(dataset.file_paths), whole(dataset)]

# pictures, labels of each kind
photos(*SEVEN[:4])
answer = []
for mode in ("int", "categorical", "binary", None):
    dataset = load(folder, label_mode=mode, image_size=(2, 2), batch_size=2, shuffle=False)
    answer.append([str(part.dtype) for part in whole(dataset.take(1))[0]] if mode else [])
    answer.append(whole(dataset))

# pictures, given classes
photos(*SEVEN)
dataset = load(folder, class_names=["c", "a"], image_size=2, batch_size=None, shuffle=False)
answer = [dataset.class_names, names(dataset.file_paths), whole(dataset)]

# pictures, given labels
photos(*SEVEN[:4])
dataset = load(folder, labels=[2, 0, 1, 0], image_size=(2, 2), shuffle=False)
answer = [dataset.class_names, names(dataset.file_paths), whole(dataset)]

# pictures without labels
photos(*SEVEN[:4])
dataset = load(folder, labels=None, image_size=(2, 2), shuffle=False)
answer = [dataset.class_names, names(dataset.file_paths), whole(dataset)]

# pictures, color modes
write("a/1.png", rng.integers(0, 256, (4, 4, 4), np.uint8))
write("a/2.png", rng.integers(0, 256, (4, 4), np.uint8))
answer = [whole(load(folder, color_mode=mode, image_size=(3, 3), shuffle=False)) for mode in ("rgb", "rgba")]

# pictures, interpolations
photos("a/1.png", side=9)
methods = ["bilinear", "nearest", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]
answer = [whole(load(folder, None, image_size=(5, 8), interpolation=method)) for method in methods]

# pictures, cropped and padded
photos("a/1.png", "a/2.png", side=7)
answer = [
    whole(load(folder, None, image_size=size, shuffle=False, **{f"{way}_to_aspect_ratio": True}))
    for size in ((3, 5), (6, 2)) for way in ("crop", "pad")
]

# pictures, channels first
photos("a/1.png", "b/2.png")
answer = whole(load(folder, image_size=(2, 3), data_format="channels_first", shuffle=False))

# pictures, parts for validation
photos(*SEVEN)
both = load(folder, validation_split=0.3, subset="both", seed=3, image_size=(2, 2))
training = load(folder, validation_split=0.3, subset="training", seed=3, image_size=(2, 2))
validation = load(folder, validation_split=0.3, subset="validation", seed=3, shuffle=False, image_size=(2, 2))
answer = [names(dataset.file_paths) for dataset in (*both, training, validation)] + [whole(both[1])]

# texts
for name, content in {"neg/1.txt": "bad film", "pos/2.txt": "good\\r\\nfilm", "pos/3.txt": ""}.items():
    os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
    with open(os.path.join(folder, name), "w", newline="") as file:
        file.write(content)
answer = []
for length in (None, 5):
    for batch, label in keras.utils.text_dataset_from_directory(folder, batch_size=2, max_length=length, shuffle=False):
        answer.append([[each if isinstance(each, str) else each.decode() for each in np.asarray(batch)], np.asarray(label)])

# sounds
import wave
for k, name in enumerate(("a/1.wav", "b/2.wav")):
    os.makedirs(os.path.join(folder, name[0]), exist_ok=True)
    with wave.open(os.path.join(folder, name), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(rng.integers(-32768, 32768, (5 + 3 * k, 2)).astype("<i2").tobytes())
answer = whole(keras.utils.audio_dataset_from_directory(folder, output_sequence_length=6, shuffle=False))

# windows
series = np.arange(20.0)
answer = []
for more in (
    {}, {"sequence_stride": 3}, {"sampling_rate": 2}, {"start_index": 4, "end_index": 15}, {"batch_size": None},
    {"sequence_stride": 2, "sampling_rate": 3, "start_index": 1},
):
    arguments = {"sequence_length": 4, "batch_size": 5, **more}
    answer.append(whole(keras.utils.timeseries_dataset_from_array(series, series[3:] * 10, **arguments)))
    answer.append(whole(keras.utils.timeseries_dataset_from_array(np.stack([series, -series], 1), None, **arguments)))

# a data set split
numbers, letters = np.arange(10), np.arange(20).reshape(10, 2)
answer = []
for arguments in (
    {"left_size": 0.7}, {"right_size": 3}, {"left_size": 2, "right_size": 0.35}, {"left_size": 6, "shuffle": True, "seed": 4},
):
    answer.append([whole(part) for part in keras.utils.split_dataset(numbers, **arguments)])
    answer.append([whole(part) for part in keras.utils.split_dataset((numbers, letters), **arguments)])

# sequences padded
ragged = [[1], [2, 3, 4, 5], [], [6, 7]]
pad = keras.utils.pad_sequences
answer = [pad(ragged), pad(ragged, 3), pad(ragged, 3, padding="post", truncating="post", value=-1, dtype="float32")]
answer.append(pad([[[1, 2]], [[3, 4], [5, 6]]], padding="post"))
answer.append(pad([["a"], ["bc", "d"]], dtype=object, value="-").tolist())

# changed pictures: geometry
answer = []
for arguments in (
    {"rotation_range": 40, "zoom_range": 0.3, "horizontal_flip": True},
    {"shear_range": 25, "vertical_flip": True, "fill_mode": "reflect"},
    {"zoom_range": [0.7, 0.9], "interpolation_order": 0},
    {"rotation_range": 90, "fill_mode": "constant", "cval": 7.0},
    {"rotation_range": 70, "zoom_range": [1.5, 2], "fill_mode": "wrap"},
):
    batches = Generator(**arguments).flow(X, Y, batch_size=3, seed=11)
    answer.append([[np.asarray(part) for part in next(batches)] for _ in range(2)])

# changed pictures: numbers
answer = []
for arguments in (
    {"channel_shift_range": 60, "rescale": 1 / 255},
    {"brightness_range": (0.5, 1.5)},
    {"samplewise_center": True, "samplewise_std_normalization": True},
    {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.1},
    {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1},
    {"preprocessing_function": lambda x: x + 1, "rescale": 0.5},
):
    generator = Generator(**arguments)
    generator.fit(X, augment="rescale" in arguments, seed=5)
    answer.append(next(generator.flow(X, batch_size=1, seed=2, shuffle=False)))

# changed pictures: orders
batches = Generator().flow(X, Y, batch_size=3, seed=11)
answer = [next(batches)[1] for _ in range(6)]
batches = Generator().flow((X, Y * 2), Y, batch_size=3, seed=1, sample_weight=Y + 0.5)
answer += [len(batches), *batches[1][0][1:], *batches[1][1:]]
parts = Generator(validation_split=0.25)
answer += [next(parts.flow(X, Y, subset=part, shuffle=False, ignore_class_split=True))[1] for part in ("training", "validation")]

# what is drawn
generator = Generator(
    rotation_range=10, shear_range=5, zoom_range=0.2, horizontal_flip=True, vertical_flip=True, channel_shift_range=9,
    brightness_range=[0.1, 0.9],
)
answer = [generator.get_random_transform((6, 6, 3), seed=seed) for seed in range(4)]

# changed pictures of a folder
photos("b/1.png", "b/2.jpeg", "a/x/3.png", "a/4.bmp", "a/5.png")
os.remove(os.path.join(folder, "b/2.jpeg"))
write("b/2.png", np.full((4, 4), 99, np.uint8))
answer = []
for arguments in (
    {"class_mode": "categorical"}, {"class_mode": "binary", "color_mode": "grayscale"}, {"class_mode": "sparse", "classes": ["b"]},
    {"class_mode": "input", "keep_aspect_ratio": True}, {"class_mode": None, "interpolation": "bilinear", "color_mode": "rgba"},
    {"subset": "training"}, {"subset": "validation"},
):
    batches = Generator(validation_split=0.4).flow_from_directory(folder, (3, 4), batch_size=3, shuffle=False, **arguments)
    facts = [batches.class_indices, batches.classes, names(batches.filepaths), batches.samples, batches.num_classes]
    answer.append([facts, len(batches), batches.image_shape, [next(batches) for _ in range(len(batches))]])

# words
words = text.text_to_word_sequence
answer = [words(each) for each in DOCUMENTS] + [words("a;B;c", filters="", lower=False, split=";")]
for arguments in ({}, {"num_words": 4}, {"num_words": 4, "oov_token": "?"}, {"char_level": True, "lower": False}):
    tokenizer = text.Tokenizer(**arguments)
    tokenizer.fit_on_texts(DOCUMENTS)
    sequences = tokenizer.texts_to_sequences(["the dog ran", "a cat cat"])
    answer += [tokenizer.word_index, dict(tokenizer.word_counts), tokenizer.document_count, sequences]
    answer.append(tokenizer.sequences_to_texts(sequences))
    answer += [tokenizer.texts_to_matrix(DOCUMENTS, mode) for mode in ("binary", "count", "freq", "tfidf")]
    answer.append(text.tokenizer_from_json(tokenizer.to_json()).texts_to_sequences(DOCUMENTS))

# windows of Keras 2
answer = []
for arguments in ({}, {"sampling_rate": 2, "stride": 3}, {"start_index": 3, "end_index": 9, "reverse": True}):
    batches = sequence.TimeseriesGenerator(np.arange(15), np.arange(15) * 10, length=4, batch_size=3, **arguments)
    answer.append([batches[k] for k in range(len(batches))])

# texts as numbers
answer = []
for arguments in (
    {}, {"max_tokens": 5}, {"output_sequence_length": 3}, {"standardize": None}, {"standardize": "lower"},
    {"split": "character", "output_sequence_length": 4}, {"split": None}, {"ngrams": 2}, {"ngrams": (2,)},
    {"output_mode": "multi_hot"}, {"output_mode": "count", "max_tokens": 6},
    {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True}, {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "max_tokens": 4},
):
    vectorize = keras.layers.TextVectorization(**arguments)
    vectorize.adapt(DOCUMENTS)
    found = np.asarray(vectorize(["the cat ran", "dog dog zebra cat", ""]))
    answer.append([[str(word) for word in vectorize.get_vocabulary()], vectorize.vocabulary_size(), str(found.dtype), found])

# texts as numbers, of a given vocabulary
vectorize = keras.layers.TextVectorization(vocabulary=["cat", "dog"], output_mode="tf_idf", idf_weights=[0.5, 2.0])
answer = [[str(word) for word in vectorize.get_vocabulary(include_special_tokens=False)], vectorize(["dog cat x x"])]
vectorize = keras.layers.TextVectorization(vocabulary=["", "[UNK]", "cat", "dog"])
answer += [vectorize([["dog cat"], ["x"]]), vectorize("dog cat"), vectorize.get_config()["vocabulary_size"]]
"""
)
