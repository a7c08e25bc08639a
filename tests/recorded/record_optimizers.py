"""Record how the real Keras's optimizers move the weights of a small network. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_optimizers.py

Each case is an expression as a Keras user would type it; the tests evaluate the same text with cycnn in Keras's place.
optimizers.json.gz: configs, state variables, signatures, schedules over steps, refusals. optimizers.npz: gradients (case, step,
element), weights (case, step, element) from their start to behind `finalize_variable_values`, and the state at the end of
all cases, one behind the other.
"""

import inspect

import keras
import numpy as np
import torch
from answers import FOLDER, save

STEPS = 10

RULES = [
    "SGD({})",
    "SGD({}, momentum=0.9)",
    "SGD({}, momentum=0.9, nesterov=True)",
    "Adam({})",
    "Adam({}, amsgrad=True)",
    "AdamW({})",
    "Adamax({})",
    "Nadam({})",
    "RMSprop({})",
    "RMSprop({}, momentum=0.5, centered=True)",
    "Adagrad({})",
    "Adadelta({})",
    "Ftrl({})",
    "Lion({})",
]
OPTIONS = {
    "learning_rate=0.05": range(len(RULES)),
    "learning_rate=0.05, clipnorm=0.25": range(len(RULES)),
    "learning_rate=0.05, weight_decay=0.1, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=3": range(len(RULES)),
    "learning_rate=0.05, gradient_accumulation_steps=2": range(len(RULES)),
    "learning_rate=0.05, clipvalue=0.125": (0, 3, 8),
    "learning_rate=0.05, global_clipnorm=0.25": (0, 2, 3, 7),
    "learning_rate=0.05, use_ema=True": (0, 3),
    "learning_rate=0.05, weight_decay=0.5": (0, 1, 7, 13),
    "learning_rate=0.05, loss_scale_factor=8.0": (0, 3),
    "learning_rate=0.05, global_clipnorm=0.25, weight_decay=0.1, gradient_accumulation_steps=3, use_ema=True": (1, 3, 7, 12),
    "learning_rate=keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5)": (0, 3, 5, 7, 12),
    "learning_rate=keras.optimizers.schedules.CosineDecay(0.0, 6, 0.1, warmup_target=0.1, warmup_steps=3)": (0, 10),
    "learning_rate=keras.optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01])"
    ", gradient_accumulation_steps=2": (0, 3),
    "learning_rate=lambda: 0.03": (0, 3),
}  # fmt: skip
OTHERS = [
    "SGD()",
    "Adam()",
    "RMSprop()",
    "Adam(0.1, 0.5, 0.8, 0.1)",
    "AdamW(0.1, 0.25, 0.5, 0.8)",
    "Adamax(0.1, 0.5, 0.8, 0.1)",
    "Nadam(0.1, 0.5, 0.8, 0.1)",
    "RMSprop(0.1, 0.6, 0.7, 0.1)",
    "Adagrad(0.5, 0.01, 0.1)",
    "Adadelta(1.0, 0.8, 0.001)",
    "Ftrl(0.1, -0.75, 0.5, 0.05, 0.1, 0.2, 0.5)",
    "Ftrl(0.2, 0.0, 0.1, 0.1)",
    "Lion(0.02, 0.5, 0.75)",
]
CASES = [
    *(f"keras.optimizers.{RULES[k].format(options)}" for options, rules in OPTIONS.items() for k in rules),
    *(f"keras.optimizers.{case}" for case in OTHERS),
]

SCHEDULES = {
    "ExponentialDecay(0.1, 10, 0.5)": range(0, 40, 3),
    "ExponentialDecay(0.1, 10, 0.5, staircase=True)": range(0, 40, 5),
    "ExponentialDecay(initial_learning_rate=1e-2, decay_steps=7, decay_rate=0.9, name='mine')": range(0, 100, 9),
    "InverseTimeDecay(0.1, 1, 0.5)": range(0, 20, 3),
    "InverseTimeDecay(0.1, 8.0, 0.5, staircase=True)": range(0, 40, 4),
    "PiecewiseConstantDecay([4, 10], [1.0, 0.5, 0.1])": range(14),
    "PiecewiseConstantDecay([3], [0.25, 0.125], name='steps')": range(6),
    "PiecewiseConstantDecay(boundaries=[1, 2, 3, 4], values=[5.0, 4.0, 3.0, 2.0, 1.0])": range(6),
    "PolynomialDecay(0.1, 10)": range(0, 25, 2),
    "PolynomialDecay(0.1, 10, 0.01, power=0.5)": range(0, 25, 2),
    "PolynomialDecay(0.1, 10, 0.01, power=2.0, cycle=True)": range(0, 45, 5),
    "CosineDecay(0.1, 20)": range(0, 30, 3),
    "CosineDecay(0.1, 20, alpha=0.25)": range(0, 30, 3),
    "CosineDecay(0.01, 10, warmup_target=0.1, warmup_steps=5)": range(20),
    "CosineDecay(0.0, 10, 0.1, 'CosineDecay', 0.1, 4)": range(20),
    "CosineDecayRestarts(0.1, 10)": range(75),
    "CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.5)": range(45),
    "CosineDecayRestarts(0.1, 8, t_mul=1.5, m_mul=0.9, alpha=0.1)": range(1, 60, 2),
}

REFUSALS = [
    "keras.optimizers.SGD(clipnorm=1.0, clipvalue=1.0)",
    "keras.optimizers.SGD(clipnorm=1.0, global_clipnorm=1.0)",
    "keras.optimizers.AdamW(weight_decay=None)",
    "keras.optimizers.SGD(momentum=2.0)",
    "keras.optimizers.SGD(momentum=-0.5)",
    "keras.optimizers.SGD(gradient_accumulation_steps=1)",
    "keras.optimizers.SGD(use_ema=True, ema_momentum=2.0)",
    "keras.optimizers.SGD(use_ema=True, ema_overwrite_frequency=0.5)",
    "keras.optimizers.SGD(learning_rate='fast')",
    "keras.optimizers.SGD(learning_rate=None)",
    "keras.optimizers.SGD(learning_rat=0.1)",
    "keras.optimizers.Ftrl(initial_accumulator_value=-1.0)",
    "keras.optimizers.Ftrl(learning_rate_power=1.0)",
    "keras.optimizers.Ftrl(l1_regularization_strength=-1.0)",
    "keras.optimizers.Lion(beta_1=0.0)",
    "keras.optimizers.get('adma')",
    "keras.optimizers.get(3)",
    "keras.optimizers.Adma",
    "keras.optimizers.SGD().build()",
    "keras.optimizers.Optimizer()",
    "keras.optimizers.Optimizer(0.1).update_step(None, None, 0.1)",
    "keras.optimizers.SGD().apply([np.ones(2)])",
    "keras.optimizers.SGD().set_weights([])",
    "setattr(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5)), 'learning_rate', 0.1)",
    "keras.optimizers.schedules.ExponentialDecay(0.1, 0, 0.5)",
    "keras.optimizers.schedules.InverseTimeDecay(0.1, -1, 0.5)",
    "keras.optimizers.schedules.PolynomialDecay(0.1, 0)",
    "keras.optimizers.schedules.CosineDecay(0.1, 0)",
    "keras.optimizers.schedules.CosineDecayRestarts(0.1, 0)",
    "keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])",
    "keras.optimizers.schedules.LearningRateSchedule()(1)",
    "keras.optimizers.schedules.LearningRateSchedule().get_config()",
]

GETS = [
    "keras.optimizers.get('adam')",
    "keras.optimizers.get('RMSprop')",
    "keras.optimizers.get('ADAMW')",
    "keras.optimizers.get('Ftrl')",
    "keras.optimizers.get({'class_name': 'adagrad', 'config': {'learning_rate': 0.5, 'name': 'mine'}})",
    "keras.optimizers.deserialize({'class_name': 'SGD', 'config': {'momentum': 0.5}})",
    "keras.optimizers.get(keras.optimizers.Lion(name='lion'))",
    "keras.optimizers.SGD(name='mine', weight_decay=0.25, clipvalue=0.5)",
]

NAMES = {"keras": keras, "np": np}


def network():
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh"), keras.layers.Dense(1)])
    rng = np.random.default_rng(11)
    model.set_weights([rng.standard_normal(w.shape).astype("float32") for w in model.get_weights()])
    return model


def batches():
    rng = np.random.default_rng(12)
    return rng.standard_normal((STEPS, 4, 3)).astype("float32"), rng.standard_normal((STEPS, 4, 1)).astype("float32")


def flat(arrays):
    return np.concatenate([np.zeros(0, "float32"), *(np.ravel(a) for a in arrays)])


def numpy(variables):
    return [keras.ops.convert_to_numpy(v) for v in variables]


def trajectory(program):
    model = network()
    start = flat(model.get_weights())
    optimizer = eval(program, NAMES)
    gradients, weights = [], []
    for x, y in zip(*batches()):
        loss = optimizer.scale_loss(torch.mean((model(x, training=True) - torch.as_tensor(y)) ** 2))
        model.zero_grad()
        loss.backward()
        found = [w.value.grad for w in model.trainable_weights]
        gradients.append(flat(g.numpy() for g in found))
        with torch.no_grad():
            optimizer.apply(found, model.trainable_weights)
        weights.append(flat(model.get_weights()))
    with torch.no_grad():
        optimizer.finalize_variable_values(model.trainable_weights)
    case = {
        "program": program,
        "config": None if "lambda" in program else optimizer.get_config(),
        "paths": [v.path for v in optimizer.variables],
        "iterations": int(optimizer.iterations),
        "rate": float(optimizer.learning_rate),
    }
    state = flat(numpy(optimizer.variables))
    return case, np.stack(gradients), np.stack([start, *weights, flat(model.get_weights())]), state


def refusal(program):
    try:
        eval(program, NAMES)
    except Exception as error:
        return type(error).__name__
    return None


def signature(cls):
    parameters = inspect.signature(cls).parameters.values()
    return [[p.name, None if p.default is p.empty else p.default] for p in parameters]


def record():
    cases, gradients, weights, states = zip(*map(trajectory, CASES))
    arrays = {"gradients": np.stack(gradients), "weights": np.stack(weights), "states": np.concatenate(states)}
    schedules = {}
    for program, steps in SCHEDULES.items():
        schedule = eval(f"keras.optimizers.schedules.{program}", NAMES)
        config = keras.optimizers.schedules.serialize(schedule)
        values = [float(schedule(step)) for step in steps]
        schedules[program] = {"config": config, "steps": list(steps), "values": values}
    keras.utils.clear_session()
    classes = ["SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Ftrl", "Lion"]
    return {
        "about": {"keras": keras.__version__, "recorded_with": "tests/recorded/record_optimizers.py"},
        "weights": [[w.path, w.name, list(w.shape)] for w in network().trainable_weights],
        "cases": cases,
        "schedules": schedules,
        "refusals": {program: refusal(program) for program in REFUSALS},
        "gets": {program: keras.optimizers.serialize(eval(program, NAMES)) for program in GETS},
        "signatures": {name: signature(getattr(keras.optimizers, name)) for name in classes},
        "names": {name: getattr(keras.optimizers, name)().name for name in classes if not keras.utils.clear_session()},
    }, arrays


if __name__ == "__main__":
    answers, arrays = record()
    save("optimizers", answers)
    np.savez_compressed(FOLDER / "optimizers.npz", **{name: a.astype("float32") for name, a in arrays.items()})
