"""Training: from arrays to learned weights.

    data         arguments of fit → arrays that fit together, with the errors of users
    objective    losses as the last operations of a plan
    trainer      compile, fit, evaluate, predict: the loops over batches
    callbacks    what others may do between batches and epochs
    progress     the line on the screen

A step, straight down:

    rows → gather(x, rows)            one copy: cast and shuffle; the user's arrays are never converted whole
         → forward                    kernel calls of the plan; nothing allocated, nothing validated
         → loss: value and gradient   softmax and cross-entropy in one pass
         → backward
         → update
         → metrics, callbacks

User errors are found in constructors, `build`, `compile` and at the door of `fit`; after that nothing is left to refuse.
"""

from cycnn.training import callbacks

__all__ = ["callbacks"]
