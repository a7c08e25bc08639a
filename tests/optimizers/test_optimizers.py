"""Optimizers beside formulas in float64; their options, state, threads and errors; optimizers of one's own."""

import numpy as np
import pytest

import cycnn
from cycnn import config, layers, ops, optimizers
from cycnn.core.registry import custom_object_scope, deserialize_keras_object, serialize_keras_object
from cycnn.core.variable import Variable
from cycnn.engine import plan

RNG = np.random.default_rng(4)
X = RNG.standard_normal((8, 5))
Y = RNG.standard_normal((8, 1))
START = RNG.standard_normal((5, 1))


def sgd(w, gradient, steps, rate=0.01, momentum=0.0, nesterov=False):
    v = 0.0
    for _ in range(steps):
        g = gradient(w)
        v = momentum * v - rate * g
        w = w + (momentum * v - rate * g if nesterov else v)
    return w


def adam(w, gradient, steps, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    m = v = largest = 0.0
    for t in range(1, steps + 1):
        g = gradient(w)
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        largest = np.maximum(largest, v)
        alpha = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w = w - alpha * m / (np.sqrt(largest if amsgrad else v) + epsilon)
    return w


def rmsprop(w, gradient, steps, rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    square = mean = step = 0.0
    for _ in range(steps):
        g = gradient(w)
        square, mean = rho * square + (1 - rho) * g * g, rho * mean + (1 - rho) * g
        step = momentum * step + rate * g / np.sqrt(square - centered * mean**2 + epsilon)
        w = w - step
    return w


def adadelta(w, gradient, steps, rate=0.001, rho=0.95, epsilon=1e-7):
    square = moved = 0.0
    for _ in range(steps):
        g = gradient(w)
        square = rho * square + (1 - rho) * g * g
        step = -np.sqrt(moved + epsilon) / np.sqrt(square + epsilon) * g
        moved = rho * moved + (1 - rho) * step * step
        w = w + rate * step
    return w


CASES = [
    (optimizers.SGD, sgd, {}),
    (optimizers.SGD, sgd, {"rate": 0.1, "momentum": 0.9}),
    (optimizers.SGD, sgd, {"rate": 0.1, "momentum": 0.9, "nesterov": True}),
    (optimizers.Adam, adam, {}),
    (optimizers.Adam, adam, {"rate": 0.1, "beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}),
    (optimizers.Adam, adam, {"rate": 0.5, "beta_2": 0.5, "amsgrad": True}),
    (optimizers.RMSprop, rmsprop, {}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "rho": 0.6, "momentum": 0.7, "epsilon": 0.1}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "centered": True}),
    (optimizers.RMSprop, rmsprop, {"rate": 0.1, "centered": True, "momentum": 0.5}),
    (optimizers.Adadelta, adadelta, {}),
    (optimizers.Adadelta, adadelta, {"rate": 1.0, "rho": 0.8, "epsilon": 1e-3}),
]


def trained(optimizer, steps=5):
    model = cycnn.Sequential([cycnn.Input((5,)), layers.Dense(1, use_bias=False)])
    model.set_weights([START])
    model.compile(optimizer, "mse")
    for _ in range(steps):
        model.train_on_batch(X, Y)
    return model.get_weights()[0]


@pytest.mark.parametrize(("cls", "formula", "arguments"), CASES)
def test_steps_beside_the_formula(cls, formula, arguments):
    expected = formula(START, lambda w: 2 / len(X) * X.T @ (X @ w - Y), 5, **arguments)
    given = {"learning_rate" if name == "rate" else name: value for name, value in arguments.items()}
    moved = np.abs(expected - START).max()
    np.testing.assert_allclose(trained(cls(**given)), expected, rtol=1e-6, atol=2e-5 * moved + 2e-7)


@pytest.mark.parametrize(("cls", "formula", "arguments"), CASES)
def test_a_config_makes_the_same_optimizer(cls, formula, arguments):
    first = cls(**{"learning_rate" if name == "rate" else name: value for name, value in arguments.items()})
    for second in (cls.from_config(first.get_config()), deserialize_keras_object(serialize_keras_object(first))):
        assert type(second) is cls
        assert second.get_config() == first.get_config()


# The learning rate ----------------------------------------------------------------------------------------------------


def test_the_learning_rate_is_a_scalar_variable():
    optimizer = optimizers.SGD()
    assert optimizer.learning_rate == 0.01
    assert float(optimizer.learning_rate) == np.float32(0.01)
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate * 2 == 1
    assert 0.4 < optimizer.lr <= 0.5
    optimizer.learning_rate.assign(0.25)
    optimizer.lr = optimizer.lr / 2
    assert optimizer.get_config()["learning_rate"] == 0.125
    assert optimizer.variables[1] is optimizer.learning_rate


def test_a_new_learning_rate_counts_in_the_next_step():
    model = network(optimizers.SGD(0.5))
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.train_on_batch(X, Y)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_the_rate_may_be_a_function_or_a_schedule_of_one_s_own():
    class Harmonic(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.3 / (step + 1)

    w = START
    for step in range(3):
        w = w - 0.3 / (step + 1) * 2 / len(X) * X.T @ (X @ w - Y)
    np.testing.assert_allclose(trained(optimizers.SGD(Harmonic()), steps=3), w, rtol=1e-5, atol=1e-6)
    rates = iter([0.3, 0.15, 0.1])
    np.testing.assert_allclose(trained(optimizers.SGD(lambda: next(rates)), steps=3), w, rtol=1e-5, atol=1e-6)


def test_a_schedule_s_rate_is_seen_but_not_set():
    optimizer = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.5, 1, 0.5))
    trained(optimizer, steps=2)
    assert optimizer.learning_rate == 0.125
    assert [v.name for v in optimizer.variables] == ["iteration"]
    for fixed in (optimizer, optimizers.SGD(lambda: 0.5)):
        with pytest.raises(TypeError, match="not settable"):
            fixed.learning_rate = 0.1
    other = optimizers.SGD(0.5)
    other.learning_rate = optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    assert other.learning_rate == 0.5
    assert len(other.variables) == 1


def test_keras_2_s_arguments():
    """lr, and decay: the rate falls as 1 / (1 + decay * iterations)."""
    optimizer, w = optimizers.SGD(lr=0.3, decay=0.5, jit_compile=True), START
    for step in range(4):
        w = w - 0.3 / (1 + 0.5 * step) * 2 / len(X) * X.T @ (X @ w - Y)
    np.testing.assert_allclose(trained(optimizer, steps=4), w, rtol=1e-5, atol=1e-6)
    assert optimizer.lr == np.float32(0.3)
    assert optimizers.SGD.from_config(optimizer.get_config()).decay == 0.5
    assert "decay" not in optimizers.SGD().get_config()
    assert optimizers.Adam(epsilon=None).epsilon == 1e-7
    assert optimizers.legacy.Adam is optimizers.Adam
    old = {
        "module": "keras.optimizers.legacy",
        "class_name": "RMSprop",
        "config": {"rho": 0.5},
        "registered_name": None,
    }
    assert optimizers.deserialize(old).rho == 0.5


# Optimizers of one's own ----------------------------------------------------------------------------------------------


class MySGD(optimizers.Optimizer):
    """As in Keras's guide."""

    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.momentums = []
        for variable in variables:
            self.momentums.append(self.add_variable_from_reference(reference_variable=variable, name="momentum"))

    def update_step(self, gradient, variable, learning_rate):
        learning_rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, ops.subtract(ops.multiply(m, self.momentum), ops.multiply(gradient, learning_rate)))
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class MyAdam(optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.product = Variable(1.0, name="product")  # tracked

    def build(self, variables):
        super().build(variables)
        self.m, self.v = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def update_step(self, gradient, variable, learning_rate):
        k, step = self._get_variable_index(variable), self.iterations + 1
        m, v = self.m[k], self.v[k]
        self.assign_add(m, (gradient - m) * 0.1)
        self.assign_add(v, (ops.square(gradient) - v) * 0.001)
        self.assign(self.product, 0.9**step)
        rate = learning_rate * ops.sqrt(1 - 0.999**step) / (1 - self.product)
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + 1e-7))


OPTIONS = [
    {},
    {"clipnorm": 0.1},
    {"global_clipnorm": 0.1, "weight_decay": 0.5},
    {"clipvalue": 0.05, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2, "weight_decay": 0.5, "use_ema": True},
    {"decay": 0.25},
]


def network(optimizer, layer_count=2):
    model = cycnn.Sequential(
        [cycnn.Input((5,)), *(layers.Dense(4, "tanh") for _ in range(layer_count - 1)), layers.Dense(1)]
    )
    rng = np.random.default_rng(5)
    model.set_weights([rng.standard_normal(w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    ("mine", "built_in"),
    [(MySGD, lambda **options: optimizers.SGD(momentum=0.9, **options)), (MyAdam, optimizers.Adam)],
)
def test_an_optimizer_of_one_s_own_moves_as_the_built_in_one(mine, built_in, options):
    options = {"learning_rate": 0.1, **options}
    one, other = network(mine(**options)), network(built_in(**options))
    for _ in range(5):
        one.train_on_batch(X, Y)
        other.train_on_batch(X, Y)
    for optimizer, model in ((one.optimizer, one), (other.optimizer, other)):
        optimizer.finalize_variable_values(model.trainable_variables)
    for found, expected in zip(one.get_weights(), other.get_weights()):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert one.optimizer.iterations == other.optimizer.iterations
    fitted = network(mine(**options))
    fitted.fit(X, Y, epochs=5, batch_size=8, verbose=0, shuffle=False)
    for found, expected in zip(fitted.get_weights(), one.get_weights()):
        np.testing.assert_array_equal(found, expected)


def test_its_state_is_kept_and_named():
    model = network(MyAdam(name="mine"))
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    names = [v.path for v in model.optimizer.variables]
    assert names[:3] == ["mine/iteration", "mine/learning_rate", "product"]
    assert len(names) == 3 + 2 * len(model.trainable_variables)
    first = model.trainable_variables[0].path.replace("/", "_")
    assert names[3:][:2] == [f"mine/{first}_momentum", f"mine/{first}_velocity"]
    assert model.optimizer.product == np.float32(0.9**2)


def test_a_built_in_rule_with_another_gradient():
    class Signed(optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(np.sign(gradient), variable, learning_rate)

    rng, mine, other = np.random.default_rng(0), Signed(0.1), optimizers.Adam(0.1)
    one, two = Variable(np.ones(5)), Variable(np.ones(5))
    for _ in range(3):
        gradient = rng.standard_normal(5)
        mine.apply([gradient], [one])
        other.apply([np.sign(gradient)], [two])
    np.testing.assert_array_equal(one, two)


def test_an_optimizer_of_one_s_own_needs_an_update_step_and_super():
    with pytest.raises(NotImplementedError, match="Lazy must implement `update_step"):
        type("Lazy", (optimizers.Optimizer,), {})(0.1).apply([np.ones(1)], [Variable(np.ones(1))])

    class Forgetful(optimizers.Optimizer):
        def __init__(self):
            self.factor = 2

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()


# Clipping, decay, averages --------------------------------------------------------------------------------------------


def wide_network(optimizer):
    """Ten weights, two of them of several blocks."""
    model = cycnn.Sequential([cycnn.Input((5,)), *(layers.Dense(n, "tanh") for n in (96, 96, 90, 3)), layers.Dense(1)])
    rng = np.random.default_rng(6)
    model.set_weights([rng.standard_normal(w.shape) / 4 for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("options", OPTIONS[1:5], ids=str)
@pytest.mark.parametrize("cls", [optimizers.AdamW, optimizers.Lion, MySGD])
def test_steps_are_bitwise_the_same_for_any_number_of_threads(cls, options, monkeypatch):
    monkeypatch.setattr(plan, "WORK_OF_A_THREAD", 1.0)  # any work is worth all threads
    results = []
    for threads in (1, 2, 3):
        config.set_num_threads(threads)
        try:
            model = wide_network(cls(0.01, **{"weight_decay": 0.1, **options}))
            for _ in range(4):
                model.train_on_batch(X, Y)
            results.append([*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)])
        finally:
            config.set_num_threads(None)
    for result in results[1:]:
        assert all(map(np.array_equal, results[0], result))


@pytest.mark.parametrize("count", [1, 2, 8, 9, 70])
def test_the_global_norm_is_that_of_all_gradients(count):
    """Eight sums are merged by a call: one, two and three levels of the tree."""
    rng = np.random.default_rng(count)
    gradients = [rng.standard_normal(k * 1000 % 9001 + 1) for k in range(count)]
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    for limit in (norm / 3, norm * 3):
        weights = [Variable(np.zeros(g.shape)) for g in gradients]
        optimizers.SGD(1.0, global_clipnorm=limit).apply(gradients, weights)
        for w, g in zip(weights, gradients):
            np.testing.assert_allclose(w, -g * min(1, limit / norm), rtol=1e-6)


def test_weights_are_excluded_from_decay():
    def decayed(**which):
        optimizer, weights = (
            optimizers.SGD(0.5, weight_decay=0.5),
            [Variable([1.0], name) for name in ("kernel", "bias")],
        )
        optimizer.exclude_from_weight_decay(**{k: v if k == "var_names" else [weights[v]] for k, v in which.items()})
        optimizer.apply([np.zeros(1), np.zeros(1)], weights)
        return [float(w) for w in weights]

    assert decayed() == [0.75, 0.75]
    assert decayed(var_names=["bias", "beta"]) == [0.75, 1]
    assert decayed(var_list=0) == [1, 0.75]
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.build([Variable(1.0)])
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


def test_a_zero_limit_clips_nothing():
    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        w = Variable(np.zeros(2))
        optimizers.SGD(1.0, **{name: 0}).apply([np.array([3.0, 4.0])], [w])
        np.testing.assert_array_equal(w, [-3, -4])


def test_gradients_are_accumulated_over_fits():
    """Two halves of a batch move the weights as the whole batch does."""
    halves, whole = network(optimizers.SGD(0.1, gradient_accumulation_steps=2)), network(optimizers.SGD(0.1))
    start = halves.get_weights()
    halves.train_on_batch(X[:4], Y[:4])
    assert all(map(np.array_equal, start, halves.get_weights()))
    assert halves.optimizer.iterations == 0
    halves.train_on_batch(X[4:], Y[4:])
    assert halves.optimizer.iterations == 1
    whole.train_on_batch(X, Y)
    for found, expected in zip(halves.get_weights(), whole.get_weights()):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


# State ----------------------------------------------------------------------------------------------------------------


def test_the_state_is_of_the_weights_it_was_built_with():
    optimizer = optimizers.SGD(0.1, momentum=0.9)
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate"]
    trained(optimizer)
    assert [v.shape for v in optimizer.variables] == [(), (), (5, 1)]
    assert optimizer.iterations == 5
    assert optimizer.variables[0].dtype == "int32"
    optimizer.build([])  # built already
    assert len(optimizer.variables) == 3
    with pytest.raises(ValueError, match="Unknown variable"):
        trained(optimizer)  # another model, another weight


@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam", "RMSprop", "Ftrl", "Lion"])
def test_training_goes_on_bitwise_from_a_saved_state(name):
    def made():
        return getattr(optimizers, name)(
            0.05, clipnorm=1.0, weight_decay=0.1, use_ema=True, gradient_accumulation_steps=2
        )

    whole, first, second = network(made()), network(made()), network(made())
    for _ in range(5):
        whole.train_on_batch(X, Y)
    for _ in range(3):
        first.train_on_batch(X, Y)
    store = {}
    first.optimizer.save_own_variables(store)
    assert list(store) == [str(k) for k in range(len(first.optimizer.variables))]
    second.set_weights(first.get_weights())
    second.optimizer.build(second.trainable_variables)
    second.optimizer.load_own_variables(store)
    for _ in range(2):
        second.train_on_batch(X, Y)
    assert all(map(np.array_equal, whole.get_weights(), second.get_weights()))
    for a, b in zip(whole.optimizer.variables, second.optimizer.variables):
        np.testing.assert_array_equal(a, b)


def test_a_state_of_another_length_is_left_alone():
    optimizer = optimizers.Adam()
    with pytest.warns(UserWarning, match=r"expected 2 variables \(it is not built yet\). Received: 8"):
        optimizer.load_own_variables({str(k): np.zeros(()) for k in range(8)})
    optimizer.build([Variable(np.ones(2))])
    optimizer.set_weights([3, 0.5, np.ones(2), np.full(2, 2)])
    assert optimizer.iterations == 3
    assert optimizer.learning_rate == 0.5
    optimizer.iterations = 7
    assert int(optimizer.variables[0]) == 7
    with pytest.raises(ValueError, match="4 arrays"):
        optimizer.set_weights([3])


def test_gradients_that_do_not_fit_are_refused():
    weights = [Variable(np.ones(2)), Variable(np.ones(3))]
    optimizer = optimizers.SGD(1.0)
    with pytest.raises(ValueError, match="build"):
        optimizer.apply([np.ones(2)])
    with pytest.raises(ValueError, match="one gradient per variable: 2"):
        optimizer.apply([np.ones(2)], weights)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        optimizer.apply([np.ones(3), np.ones(3)], weights)
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([np.ones(2)], [Variable(np.ones(2))])
    with pytest.raises(ValueError, match="gradient for some variable"):
        optimizer.apply([None, None])
    with pytest.warns(UserWarning, match="no gradient"):
        optimizer.apply([None, np.ones(3)])
    np.testing.assert_array_equal(weights[0], 1)
    np.testing.assert_array_equal(weights[1], 0)
    assert optimizer.apply_gradients(zip([np.ones(2), np.ones(3)], weights)) == 2
    assert optimizer.apply([]) is None


def test_apply_leaves_gradients_alone_and_obeys_constraints():
    w = Variable(np.ones(2), constraint=lambda values: np.maximum(values, 0))
    gradient = np.array([3.0, -4.0], np.float32)
    optimizers.SGD(1.0, clipnorm=1.0, loss_scale_factor=0.5).apply([gradient], [w])
    np.testing.assert_array_equal(gradient, [3, -4])
    np.testing.assert_allclose(w, [0.4, 1.8], rtol=1e-6)
    optimizers.SGD(1.0).apply([np.full(2, 9.0)], [w])
    np.testing.assert_array_equal(w, 0)
    assert optimizers.SGD(loss_scale_factor=4).scale_loss(0.5) == 2


# Names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "guess", "kind"),
    [
        (lambda: optimizers.Adma, "Adam", AttributeError),
        (lambda: optimizers.AdamW(wieght_decay=0.1), "weight_decay", ValueError),
        (lambda: optimizers.SGD(clip_norm=0.1), "clipnorm", ValueError),
        (lambda: optimizers.get("nadma"), "nadam", ValueError),
        (lambda: optimizers.schedules.ExponentalDecay, "ExponentialDecay", AttributeError),
    ],
)
def test_misspelt_names_get_a_suggestion(action, guess, kind):
    with pytest.raises(kind, match=f"Did you mean '{guess}'"):
        action()


def test_a_registered_optimizer_is_found_by_name():
    with custom_object_scope({"MySGD": MySGD}):
        assert isinstance(optimizers.get("MySGD"), MySGD)
        config = optimizers.serialize(MySGD(momentum=0.5))
        assert optimizers.deserialize(config).momentum == 0.5
    assert optimizers.get(None) is None
    assert optimizers.get(optimizers.SGD).name.startswith("sgd")
