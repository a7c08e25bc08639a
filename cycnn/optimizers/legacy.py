"""The optimizers under the name that programs for Keras 2 use: `optimizers.legacy.Adam(lr=0.001, decay=1e-6)`."""

from cycnn.optimizers.adadelta import Adadelta
from cycnn.optimizers.adagrad import Adagrad
from cycnn.optimizers.adam import Adam
from cycnn.optimizers.adamax import Adamax
from cycnn.optimizers.base_optimizer import Optimizer
from cycnn.optimizers.ftrl import Ftrl
from cycnn.optimizers.nadam import Nadam
from cycnn.optimizers.rmsprop import RMSprop
from cycnn.optimizers.sgd import SGD

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop"]
