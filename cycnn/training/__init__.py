"""Training: from data to learned weights.

    data         what users pass to `fit` → batches that fit the model, with the errors of users
    compiled     what `compile` said: losses and metrics, of every output
    objective    losses as the last operations of a plan
    step         one batch through a plan that was lent for it
    trainer      compile, fit, evaluate, predict: the loops over batches
    profiling    where the time of a step or a prediction goes; the model does not notice
    progress     the line on the screen

    fit(x, y)  →  data: samples, epochs of (samples, rows)  →  Steps.run(samples, rows)  →  metrics, callbacks

A step, straight down:

    rows → gather(x, rows)            one copy: cast and shuffle; the user's arrays are never converted whole
         → forward                    kernel calls of the plan; nothing allocated, nothing validated
         → loss: value and gradient   softmax and cross-entropy in one pass
         → backward
         → update
         → metrics, callbacks

Whole arrays are one object, `Samples`, for all batches, and take one plan. Each batch of a stream is one of its own; those
of the same types share a plan, whatever their sizes. User errors are found in constructors, `build`, `compile` and at the
door of `fit` (of a stream: of each batch); after that nothing is left to refuse.
"""
