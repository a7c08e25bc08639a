"""Record which boxes and arrows the real Keras draws of models. Imports Keras and pydot, never cycnn.

    KERAS_BACKEND=torch python record_plots.py

The models are those of graphs.py and a few more here; for each, in three ways of drawing: the layers' names, what else
their boxes say, and which box leads to which.
"""

import re
from pathlib import Path

import keras
import numpy as np
from answers import save
from graphs import MODELS

HERE = Path(__file__).parent
WAYS = {
    "names": {"show_layer_names": True},
    "nested": {"show_layer_names": True, "expand_nested": True},
    "all": {"show_shapes": True, "show_dtype": True, "show_layer_activations": True, "show_trainable": True},
}
MORE = {
    "sequential": """
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation='relu'),
    keras.layers.BatchNormalization(trainable=False), keras.layers.Flatten(), keras.layers.Dense(2, activation='softmax')])
""",
    "sequential of sequentials": """
base = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.MaxPooling2D()], name='base')
head = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)], name='head')
model = keras.Sequential([keras.Input((8, 8, 3)), base, head])
""",
    "siamese": """
x = keras.Input((8, 8, 1))
y = keras.layers.Conv2D(4, 3)(x)
encoder = keras.Model(x, [keras.layers.GlobalAveragePooling2D()(y), keras.layers.GlobalMaxPooling2D()(y)], name='encoder')
a, b = keras.Input((8, 8, 1), name='left'), keras.Input((8, 8, 1), name='right')
y = keras.layers.Concatenate()([*encoder(a), *encoder(b)])
head = keras.Sequential([keras.layers.Dense(4, activation='relu'), keras.layers.Dense(1)], name='head')
model = keras.Model([a, b], head(y))
""",
}


def run(program):
    keras.utils.clear_session()
    names = {"keras": keras, "np": np}
    exec(program, names)
    return names["model"]


def boxes(dot):
    """`{node: [its texts]}`, those of clusters too."""
    found = {}
    for part in (dot, *dot.get_subgraphs()):
        for node in part.get_nodes():
            if "label" in node.get_attributes():
                texts = re.findall(r">([^<>]+)<", node.get("label"))
                found[node.get_name()] = [text.strip() for text in texts if text.strip()]
        if part is not dot:
            found |= boxes(part)
    return found


def arrows(dot):
    found = [[edge.get_source(), edge.get_destination()] for edge in dot.get_edges()]
    return found + [arrow for part in dot.get_subgraphs() for arrow in arrows(part)]


def record(program):
    answers = {"program": program}
    for way, options in WAYS.items():
        dot = keras.utils.model_to_dot(run(program), **options)
        found = boxes(dot)
        order = list(found)
        if way == "all":
            answers[way] = list(found.values())
        else:
            names = [texts[0] for texts in found.values()]
            answers[way] = [names, sorted([order.index(a), order.index(b)] for a, b in arrows(dot))]
    return answers


if __name__ == "__main__":
    found = {name: record(program) for name, program in {**MODELS, **MORE}.items()}
    save("plots", {"about": {"keras": keras.__version__}, "models": found})
    print(len(found), (HERE / "plots.json.gz").stat().st_size, "bytes")
