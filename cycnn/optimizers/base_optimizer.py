"""What all optimizers share."""

import inspect
import re
import warnings

import numpy as np

from cycnn import config as settings
from cycnn import initializers, kernels
from cycnn.core import checks, names
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.core.variable import Variable
from cycnn.engine.buffers import ONCE, Buffer
from cycnn.optimizers.at_once import AtOnce
from cycnn.optimizers.schedules import LearningRateSchedule

MERGED = 8  # sums of squares that one call of `update.merge_squares` takes

# Arguments of Keras 2 that say how to run, not what to compute.
HARMLESS = ("is_legacy_optimizer", "jit_compile")


@export("keras.optimizers")
class Optimizer:
    """Base class of optimizers.

    An optimizer of one's own is written as in Keras 3: `build` makes the state, `update_step` changes one weight. It is
    called between the kernels of a step, so that it costs what its NumPy costs, and everything else runs as before.

    cycnn's own optimizers name a rule of `kernels.update` instead (`rule`), the slots that it keeps (`slots`), and the
    numbers that it needs in a step (`numbers`); weight decay, rule and moving average are then one pass over the weights.

    Args:
        learning_rate: number, `LearningRateSchedule`, or function of no arguments that returns a number.
        weight_decay: number or None; w = w - learning_rate * weight_decay * w before each update.
        clipnorm: number or None; the largest norm that the gradient of a single weight may have.
        clipvalue: number or None; the largest size that an element of a gradient may have.
        global_clipnorm: number or None; the largest norm that all gradients may have together.
        use_ema: whether a moving average of the weights is kept, which takes their place at the end of `fit`.
        ema_momentum: number between 0 and 1; what remains of the average in a step.
        ema_overwrite_frequency: integer or None; the weights take the values of their average every so many steps.
        loss_scale_factor: number or None; the factor of a loss whose gradients come to `apply`. A training plan is
            float32 throughout and needs no scaling.
        gradient_accumulation_steps: integer of at least 2, or None; the weights change only every so many steps, by the
            mean of the gradients since.
        name: string.
        **kwargs: `lr` and `decay` as in Keras 2: the rate is divided by 1 + decay * iterations.

    Raises:
        ValueError: an argument out of its range, or more than one kind of clipping.

    Example:

    ```python
    class SignSGD(cycnn.optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, learning_rate * np.sign(gradient))
    ```
    """

    rule: str | None = None

    def __init__(self, learning_rate, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
                 gradient_accumulation_steps=None, name=None, **kwargs):  # fmt: skip
        self._variables = []
        learning_rate = kwargs.pop("lr", learning_rate)
        self.decay = checks.number("decay", kwargs.pop("decay", None) or 0, 0)
        self._refuse({key: value for key, value in kwargs.items() if key not in HARMLESS})
        self.name = name or names.auto_name(type(self).__name__)
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        if sum(value is not None for value in clips.values()) > 1:
            given = ", ".join(f"{key}={value}" for key, value in clips.items())
            raise ValueError(
                f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: {given}."
            )
        self.weight_decay = weight_decay if weight_decay is None else checks.number("weight_decay", weight_decay)
        self.clipnorm, self.clipvalue, self.global_clipnorm = (
            value if value is None else checks.number(key, value, 0) for key, value in clips.items()
        )
        self.use_ema = bool(use_ema)
        self.ema_momentum = checks.number("ema_momentum", ema_momentum, 0, 1)
        self.ema_overwrite_frequency = ema_overwrite_frequency
        if use_ema and ema_overwrite_frequency:
            self.ema_overwrite_frequency = checks.positive_int("ema_overwrite_frequency", ema_overwrite_frequency)
        self.loss_scale_factor = loss_scale_factor
        if loss_scale_factor is not None:
            self.loss_scale_factor = checks.number("loss_scale_factor", loss_scale_factor, 0, open_low=True)
        self.gradient_accumulation_steps = gradient_accumulation_steps or None
        if self.gradient_accumulation_steps and (checks.as_integer(gradient_accumulation_steps) or 0) < 2:
            raise checks.refuse("gradient_accumulation_steps", "an integer of at least 2", gradient_accumulation_steps)
        self.built = False
        self._excluded, self._excluded_names = set(), None
        self._iterations = Variable(
            0, name="iteration", trainable=False, dtype="int32", path=f"{self.name}/iteration"
        )  # fmt: skip
        if not callable(learning_rate):
            rate = checks.number("learning_rate", learning_rate, 0)
            learning_rate = Variable(rate, name="learning_rate", trainable=False, path=f"{self.name}/learning_rate")
        self._learning_rate = learning_rate
        # What kernels read in a step. Not part of the state, hence past __setattr__.
        hyper = Variable(np.zeros(kernels.update.HYPER), name="hyper", trainable=False, path=f"{self.name}/hyper")
        object.__setattr__(self, "_hyper", hyper)

    def __init_subclass__(cls, **kwargs):
        """Show the arguments that a leaf passes on in its signature."""
        super().__init_subclass__(**kwargs)
        own = inspect.signature(cls.__init__).parameters
        if "learning_rate" in own and "args" in own:
            passed = inspect.signature(Optimizer.__init__).parameters
            named = [p for name, p in own.items() if name not in ("self", "args", "kwargs")]
            rest = [p for name, p in passed.items() if name not in own or name == "kwargs"]
            cls.__signature__ = inspect.Signature([*named, *rest])

    def __setattr__(self, name, value):
        """Variables that are set as attributes are part of the state."""
        if name != "_variables" and "_variables" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}.__init__ must call `super().__init__()` before it sets attributes. "
                f"Received: self.{name} = {checks.short(value)}."
            )
        if isinstance(value, Variable):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, variable):
        if not any(variable is other for other in self._variables):
            self._variables.append(variable)

    def _refuse(self, unknown):
        for name, value in unknown.items():
            guess = checks.nearest(name, {*inspect.signature(type(self)).parameters} - {"args", "kwargs"})
            hint = f" Did you mean {guess!r}?" if guess else ""
            raise ValueError(f"`{name}` is not an argument of {type(self).__name__}.{hint} Received: {name}={value!r}.")

    # ---------------------------------------------------------------------------------------------- step and rate

    @property
    def iterations(self):
        """How many times the weights were updated."""
        steps = self.gradient_accumulation_steps
        return self._iterations // steps if steps else self._iterations

    @iterations.setter
    def iterations(self, value):
        self._iterations.assign(int(value) * (self.gradient_accumulation_steps or 1))

    @property
    def learning_rate(self):
        """The learning rate now: a variable, or what the schedule or the function says.

        Raises:
            TypeError: it is set to a number where a schedule or a function says it.
        """
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        return rate if isinstance(rate, Variable) else rate()

    @learning_rate.setter
    def learning_rate(self, value):
        old = self._learning_rate
        if callable(value):
            self._learning_rate = value
            self._variables[:] = [variable for variable in self._variables if variable is not old]
        elif isinstance(old, Variable):
            old.assign(checks.number("learning_rate", value, 0))
        else:
            raise TypeError(
                "The learning rate of an optimizer that was made with a schedule or a function is not settable. Give the "
                f"optimizer a number to begin with. Received: learning_rate={value!r}."
            )

    lr = learning_rate

    def _rate(self):
        rate = float(self.learning_rate)
        return rate / (1 + self.decay * int(self._iterations)) if self.decay else rate

    def before_step(self):
        """Fill in the numbers of the step that comes."""
        update, hyper = kernels.update, self._hyper._array
        steps = self.gradient_accumulation_steps or 1
        count, place = divmod(int(self._iterations), steps)
        hyper[update.ACTIVE] = place == steps - 1
        if place == steps - 1:
            rate = self._rate()
            self.advance(count + 1)
            numbers = self.numbers(rate, count + 1)
            hyper[: len(numbers)] = numbers
            hyper[update.DECAY] = rate * (self.weight_decay or 0)
        if self.use_ema:
            every = self.ema_overwrite_frequency
            hyper[update.KEEP] = self.ema_momentum if count else 0
            hyper[update.OVERWRITE] = bool(every) and (count + 1) % every == 0

    def skip_step(self):
        """Fill in the numbers of a step that changes nothing, in place of `before_step`."""
        update, hyper = kernels.update, self._hyper._array
        hyper[update.ACTIVE], hyper[update.KEEP], hyper[update.OVERWRITE] = 0, 1, 0

    def after_step(self):
        """Count the step."""
        count = self._iterations._array  # in every step: `assign` and NumPy's sum take ten times as long
        count[...] = count.item() + 1

    # ------------------------------------------------------------------------------------------------------ state

    @property
    def slots(self):
        """Names of the variables that the rule keeps for each weight, in its order; None for one that is not used.
        Those of one group alternate from weight to weight in `variables`."""
        return ()

    def initial_value(self, slot):
        """The initializer of a slot."""
        return "zeros"

    def build(self, variables):
        """Make the state for these weights, once. Optimizers of one's own call it first and then make theirs.

        Args:
            variables: list of `Variable`.
        """
        if self.built:
            return
        self._trainable_variables = list(variables)
        self._places = {variable: k for k, variable in enumerate(variables)}
        self._averages = self.add_optimizer_variables(variables, "average") if self.use_ema else None
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self.add_optimizer_variables(variables, "gradient_accumulator")
        found = []
        for group in self.slots:
            used = [slot for slot in group if slot]
            made = self.add_optimizer_variables(variables, used, [self.initial_value(slot) for slot in used])
            made = dict(zip(used, made))
            found += [made.get(slot) for slot in group]
        self._slots = found  # lists over the weights
        self.built = True

    @property
    def variables(self):
        """The state: iterations, learning rate, and what is kept of each weight."""
        return self._variables[:]

    def add_variable(self, shape, initializer="zeros", dtype=None, aggregation="none", layout=None, name=None):
        """A new variable of the state.

        Args:
            shape: tuple of integers.
            initializer: name or `Initializer`.
            dtype: its dtype; None: float32.
            aggregation, layout: accepted, and without effect.
            name: string.
        """
        value = initializers.get(initializer)(shape, dtype)
        name = name or "variable"
        variable = Variable(value, name, trainable=False, dtype=dtype or "float32", path=f"{self.name}/{name}")
        self._track(variable)
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """A new variable of the shape and dtype of a weight.

        Args:
            reference_variable: `Variable`.
            name: string; the variable's own name begins with the weight's path.
            initializer: name or `Initializer`.
        """
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """New variables for each weight.

        Args:
            trainable_variables: list of `Variable`.
            name: string, or list of strings for several variables per weight.
            initializer: name or `Initializer`, or a list with one for each name.

        Returns:
            List of variables; for a list of names a tuple of lists.

        Raises:
            ValueError: there are not as many initializers as names.
        """
        one = isinstance(name, str)
        given_names = [name] if one else list(name)
        given = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(given_names)
        if len(given_names) != len(given):
            raise ValueError(
                "There must be one initializer per name. "
                f"Received: name={checks.short(name)}, initializer={checks.short(initializer)}."
            )
        lists = tuple([] for _ in given_names)
        for variable in trainable_variables:
            for made, slot, start in zip(lists, given_names, given):
                made.append(self.add_variable_from_reference(variable, slot, start))
        return lists[0] if one else lists

    def _get_variable_index(self, variable):
        """The place of a weight among those that the optimizer was built with."""
        self._check_known([variable])
        return self._places[variable]

    def _check_known(self, variables):
        for variable in variables:
            if not self.built or variable not in self._places:
                raise ValueError(
                    f"Unknown variable: the optimizer {self.name!r} was built for other weights; make a new one for new "
                    f"weights. Received: {variable.path!r}."
                )

    def set_weights(self, weights):
        """Set the state.

        Args:
            weights: list of arrays in the order of `variables`.

        Raises:
            ValueError: the optimizer is not built, or the arrays do not fit.
        """
        if not self.built:
            raise ValueError("`set_weights()` needs a built optimizer: call `build(trainable_variables)` first.")
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(f"There must be {len(variables)} arrays. Received: {len(weights)} arrays.")
        for variable, value in zip(variables, weights):
            variable.assign(value)

    def save_own_variables(self, store):
        """Write the state into a dictionary or HDF5 group: "0", "1", ..."""
        for k, variable in enumerate(self.variables):
            store[str(k)] = variable.numpy()

    def load_own_variables(self, store):
        """Read the state from a dictionary or HDF5 group; one of another length is left alone, with a warning."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"The state of optimizer {self.name!r} was not loaded: expected {len(variables)} variables"
                f"{'' if self.built else ' (it is not built yet)'}. Received: {len(store.keys())}.",
                stacklevel=2,
            )
            return
        for k, variable in enumerate(variables):
            variable.assign(np.asarray(store[str(k)]))

    # ---------------------------------------------------------------------------------------------------- updates

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Say which weights do not decay.

        Args:
            var_list: list of `Variable`.
            var_names: list of regular expressions; a weight is excluded whose name contains one: `["bias"]`.

        Raises:
            ValueError: the optimizer is built.
        """
        if self.built:
            raise ValueError("`exclude_from_weight_decay()` must be called before the optimizer is built.")
        self._excluded = set(var_list or ())
        self._excluded_names = re.compile("|".join(var_names)) if var_names else None

    def _may_decay(self, variable):
        return variable not in self._excluded and not (
            self._excluded_names and self._excluded_names.search(variable.name)
        )

    def _decays(self, variable):
        return self.weight_decay is not None and self._may_decay(variable)

    def advance(self, step):
        """Change the state that is not of a single weight, for step 1, 2, ..."""

    def numbers(self, rate, step):
        """The rule's numbers in step 1, 2, ..., in the order of the kernel."""
        return ()

    def emit(self, emit, gradients):
        """Emit the update of all weights.

        Args:
            emit: `Emitter`.
            gradients: dictionary, weight -> buffer; the buffers may be overwritten.

        Raises:
            ValueError: a weight that the optimizer was not built for.
        """
        self._check_known(gradients)
        flat = {variable: gradient.view(gradient.size) for variable, gradient in gradients.items()}
        if self.gradient_accumulation_steps:
            for variable, gradient in flat.items():
                total = emit.flat(self._accumulated_gradients[self._places[variable]])
                units = emit.blocks(gradient.size)
                steps = self.gradient_accumulation_steps
                emit.whole(kernels.update.accumulate, gradient, total, self._hyper, steps, units=units)
        self._emit_clipping(emit, flat.values())
        if self.rule is None or type(self).update_step is not Optimizer.update_step:
            self._emit_python(emit, gradients)
            flat = {}
            rule, decays = "none", False
        else:
            rule, decays = self.rule, True
        for variable in self._trainable_variables:
            gradient, place = flat.get(variable), self._places[variable]
            average = self._averages[place] if self.use_ema else None
            if gradient is not None or average is not None:
                used = (self._slots_of(variable), rule) if gradient is not None else ((), "none")
                self._emit_step(emit, variable, gradient, *used, average, decays)

    def _slots_of(self, variable):
        place = self._get_variable_index(variable)
        return [slot and slot[place] for slot in self._slots]

    def _emit_step(self, emit, variable, gradient, slots, rule, average, decays):
        slots = [slot if slot is None else emit.flat(slot) for slot in (*slots, None, None, None)[:3]]
        emit.whole(
            kernels.update.step,
            emit.flat(variable),
            gradient,
            *slots,
            average if average is None else emit.flat(average),
            self._hyper,
            kernels.update.RULES[rule],
            decays and self._decays(variable),
            units=emit.blocks(variable.value.size),
        )

    def _emit_clipping(self, emit, gradients):
        update = kernels.update
        if self.clipvalue:
            for gradient in gradients:
                emit.whole(update.clip_value, gradient, self.clipvalue, units=emit.blocks(gradient.size))
        limit = self.clipnorm or self.global_clipnorm
        if not limit or not gradients:
            return
        sums = []
        for gradient in gradients:
            units = emit.blocks(gradient.size)
            sums.append(Buffer.new("squares", ONCE, (units,), "float64"))
            emit.whole(update.squares, gradient, sums[-1], units=units)
        if self.global_clipnorm:  # a tree, so that the depth and not the number of weights counts in barriers
            while len(sums) > 1:
                merged = []
                for k in range(0, len(sums), MERGED):
                    merged.append(Buffer.new("squares", ONCE, (1,), "float64"))
                    emit.whole(update.merge_squares, *(*sums[k : k + MERGED], *[None] * MERGED)[:MERGED], merged[-1])
                sums = merged
            sums *= len(gradients)
        for gradient, partial in zip(gradients, sums):
            units, together = emit.blocks(gradient.size), bool(self.global_clipnorm)
            emit.whole(update.clip_norm, gradient, partial, limit, together, units=units)

    def _emit_python(self, emit, gradients):
        """Weight decay, then `update_step` of every weight as one call of Python."""
        weights = list(gradients)
        for variable in weights:
            if self._decays(variable):
                self._emit_step(emit, variable, None, (), "none", None, True)

        def update(*arrays):
            if self._hyper._array[kernels.update.ACTIVE]:
                rate = self._rate() if self.decay else self.learning_rate
                for variable, gradient in zip(weights, arrays[len(weights) :]):
                    self.update_step(gradient, variable, rate)

        emit.host(update, *weights, *gradients.values(), modes="u" * len(weights) + "r" * len(weights))

    def update_step(self, gradient, variable, learning_rate):
        """Change one weight.

        Args:
            gradient: float32 array of the weight's shape.
            variable: `Variable`.
            learning_rate: scalar variable or number.
        """
        if self.rule is None:
            raise NotImplementedError(
                f"{type(self).__name__} must implement `update_step(gradient, variable, learning_rate)`."
            )
        at_once, hyper = AtOnce(), self._hyper._array
        numbers = self.numbers(float(learning_rate), int(self.iterations) + 1)
        hyper[: len(numbers)], hyper[kernels.update.ACTIVE] = numbers, 1
        gradient = at_once.take(gradient, variable)
        gradient = gradient.view(gradient.size)
        self._emit_step(at_once, variable, gradient, self._slots_of(variable), self.rule, None, False)

    def assign(self, variable, value):
        """Set a variable, in `update_step`."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """Add to a variable, in `update_step`."""
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """Subtract from a variable, in `update_step`."""
        variable.assign_sub(value)

    def apply(self, grads, trainable_variables=None):
        """Update weights by given gradients.

        Args:
            grads: list of arrays; None where a weight has no gradient.
            trainable_variables: list of `Variable`; None: those that the optimizer was built with.

        Raises:
            ValueError: gradients and weights do not fit each other, or the optimizer.
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "`apply(grads)` without variables needs a built optimizer: call `build(trainable_variables)` first."
                )
            trainable_variables = self._trainable_variables
        trainable_variables = list(trainable_variables)
        if len(grads) != len(trainable_variables):
            raise ValueError(
                f"There must be one gradient per variable: {len(trainable_variables)} of them. "
                f"Received: {len(grads)} gradients."
            )
        if not self.built:
            self.build(trainable_variables)
        self._check_known(trainable_variables)
        at_once, taken, missing = AtOnce(), {}, []
        for variable, gradient in zip(trainable_variables, grads):
            if gradient is None:
                missing.append(variable.path)
                continue
            if self.loss_scale_factor is not None:
                gradient = np.asarray(gradient) / self.loss_scale_factor
            taken[variable] = at_once.take(gradient, variable)
        if not taken:
            raise ValueError("There must be a gradient for some variable. Received: None for all of them.")
        if missing:
            warnings.warn(f"There is no gradient for the variables {missing}: they stay as they are.", stacklevel=2)
        self.before_step()
        self.emit(at_once, taken)
        for variable in taken:
            variable.version += 1
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        self.after_step()

    def apply_gradients(self, grads_and_vars):
        """`apply` for pairs (gradient, variable); returns how many times it was called."""
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def scale_loss(self, loss):
        """The loss whose gradients `apply` expects."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def finalize_variable_values(self, var_list):
        """Give the weights the values of their moving average, where one is kept.

        Raises:
            ValueError: the weights are not those that the optimizer was built with.
        """
        if not self.use_ema:
            return
        var_list = list(var_list)
        if not self.built or len(var_list) != len(self._averages):
            raise ValueError(
                f"The optimizer keeps {len(self._averages) if self.built else 0} averages of weights. "
                f"Received: {len(var_list)} weights."
            )
        for variable, average in zip(var_list, self._averages):
            variable.assign(average.value)

    # ---------------------------------------------------------------------------------------------------- configs

    def get_config(self):
        """Everything `from_config` needs."""
        rate = self._learning_rate
        config = {
            "name": self.name,
            "learning_rate": float(rate) if isinstance(rate, Variable) else serialize_keras_object(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }
        return {**config, "decay": self.decay} if self.decay else config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new optimizer of this configuration."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(config["learning_rate"], custom_objects)
        return cls(**config)


def small(value):
    """The argument `epsilon`; None is Keras 2's word for `config.epsilon()`."""
    return settings.epsilon() if value is None else checks.number("epsilon", value, 0)
