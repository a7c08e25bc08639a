"""Record the optimizers that look at whole weights, and those around others. Imports Keras, never cycnn.

    KERAS_BACKEND=numpy python record_more_optimizers.py        (Keras's NumPy backend imports jax)

With PyTorch and TensorFlow, what ScheduleFreeAdamW calls the old momentum is the new one: both write into its memory.

Weights and gradients come from seeds, on both sides: `WEIGHTS`, `start()` and `gradients()` are read by the test too.
more_optimizers.json.gz: configs, state, signatures, refusals. more_optimizers.npz: the weights after the steps `KEPT`, and the
state at the end, of all cases one behind the other.
"""

import inspect

import numpy as np

STEPS, KEPT = 10, (1, 2, 5, 10)
WEIGHTS = {"dense/kernel": (3, 4), "dense/bias": (4,), "embedding/embeddings": (4, 2), "conv/kernel": (2, 1, 2, 3)}

OPTIONS = [
    "",
    "0.05",
    "0.05, clipnorm=0.25",
    "0.05, weight_decay=0.1, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=3",
    "0.05, global_clipnorm=0.25, gradient_accumulation_steps=2",
    "keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5)",
]
TWO = "keras.optimizers.SGD(0.1, momentum=0.5), {'dense/.*': keras.optimizers.Adam(0.05, use_ema=True)}"
PROGRAMS = [
    *(f"keras.optimizers.{name}({options})" for name in ("Lamb", "Adafactor", "Muon", "ScheduleFreeAdamW") for options in OPTIONS),
    "keras.optimizers.Lamb(0.1, 0.5, 0.8, 0.1)",
    "keras.optimizers.Adafactor(0.5, -0.5, 0.01, 0.1, 0.5, False)",
    "keras.optimizers.Muon(0.05, exclude_layers=['dense'], adam_lr_ratio=0.5, adam_weight_decay=None)",
    "keras.optimizers.Muon(0.05, exclude_embeddings=False, nesterov=False, rms_rate=None, ns_steps=3, momentum=0.5)",
    "keras.optimizers.ScheduleFreeAdamW(0.1, 0.5, 0.8, 0.1, 4)",
    f"keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap({TWO}))",
    f"keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap({TWO}), loss_scale_factor=4.0)",
    "keras.optimizers.LossScaleOptimizer(keras.optimizers.RMSprop(0.05), 8.0, 3)",
    "keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.5, gradient_accumulation_steps=2, use_ema=True))",
]  # fmt: skip
REFUSALS = [
    "keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), dynamic=False)",
    "keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), clipnorm=1.0)",
    "keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), speed=1.0)",
    "keras.optimizers.OptimizerMap('sgd')",
    "keras.optimizers.OptimizerMap(keras.optimizers.SGD(), [1])",
    "keras.optimizers.OptimizerMap(keras.optimizers.SGD()).__setitem__(1, keras.optimizers.SGD())",
    "keras.optimizers.OptimizerMap(keras.optimizers.SGD()).__setitem__('a', 'sgd')",
    "keras.optimizers.OptimizerMap(keras.optimizers.SGD(), {'a.*': 1, '.*b': 2})['ab']",
    "keras.optimizers.OptimizerMap(keras.optimizers.SGD(), {'a': 1}).__setitem__('a', keras.optimizers.SGD())",
    "keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(keras.optimizers.SGD())).learning_rate",
    "keras.optimizers.MultiOptimizer(lambda v: None).build([keras.Variable(np.zeros(1))])",
]
NAMED = ("Lamb", "Adafactor", "Muon", "ScheduleFreeAdamW", "LossScaleOptimizer", "MultiOptimizer")


def start():
    rng = np.random.default_rng(21)
    return [rng.standard_normal(shape).astype("float32") for shape in WEIGHTS.values()]


def gradients(program):
    """Those of the loss that the optimizer scales are not finite in one step."""
    rng = np.random.default_rng(22)
    steps = [[rng.standard_normal(shape).astype("float32") for shape in WEIGHTS.values()] for _ in range(STEPS)]
    if "LossScale" in program:
        steps[4][1][2], steps[5][3][0] = np.inf, np.nan
    return steps


def flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays])


def trajectory(keras, program):
    keras.utils.clear_session()
    weights = []
    for path, value in zip(WEIGHTS, start()):
        scope, name = path.split("/")
        with keras.name_scope(scope):
            weights.append(keras.Variable(value, name=name))
    optimizer = eval(program, {"keras": keras})
    read = keras.ops.convert_to_numpy
    optimizer.build(weights)
    kept = []
    for step, given in enumerate(gradients(program), 1):
        optimizer.apply([keras.ops.convert_to_tensor(optimizer.scale_loss(g)) for g in given], weights)
        if step in KEPT:
            kept += [read(w).copy() for w in weights]
    optimizer.finalize_variable_values(weights)
    kept += [read(w) for w in weights]
    return {
        "program": program,
        "config": optimizer.get_config(),
        "variables": [[v.path, list(v.shape)] for v in optimizer.variables],
        "iterations": int(optimizer.iterations),
    }, flat([*kept, *(read(v) for v in optimizer.variables)])


def refusal(keras, program):
    try:
        eval(program, {"keras": keras, "np": np})
    except Exception as error:
        return type(error).__name__
    return None


def signature(cls):
    return [[p.name, None if p.default is p.empty else p.default] for p in inspect.signature(cls).parameters.values()]


def main():
    import keras
    from answers import FOLDER, save

    cases, arrays = zip(*(trajectory(keras, program) for program in PROGRAMS))
    answers = {
        "about": {"keras": keras.__version__, "recorded_with": "tests/recorded/record_more_optimizers.py"},
        "cases": cases,
        "refusals": {program: refusal(keras, program) for program in REFUSALS},
        "signatures": {name: signature(getattr(keras.optimizers, name)) for name in NAMED},
    }
    save("more_optimizers", answers)
    np.savez_compressed(FOLDER / "more_optimizers.npz", values=np.concatenate(arrays).astype("float32"))


if __name__ == "__main__":
    main()
