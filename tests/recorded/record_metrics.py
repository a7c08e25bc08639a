"""Record what the real Keras's metrics answer. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_metrics.py

Each case is an expression as a Keras user would type it, with the names of targets, predictions and weights. Of each
one the results are recorded: after a batch, after another one, and after a reset and the second batch alone; and its
config, name and direction. metrics.json.gz: data and cases.
"""

import keras
import numpy as np
from answers import save
from keras.src.trainers.compile_utils import get_metric

draw = np.random.RandomState(20)


def rounded(x):
    """Multiples of 1/128: exact in float32, with ties, and some of them on the thresholds that people use."""
    return np.round(np.asarray(x) * 128) / 128


def batch(n):
    """Targets, predictions and weights of n samples."""
    labels, maps = draw.randint(0, 4, n), draw.randint(0, 3, (n, 3, 2))
    scores = rounded(draw.rand(n, 4)) + np.arange(4) / 1024  # no ties: PyTorch has no order for them
    chances = scores / scores.sum(axis=1, keepdims=True)
    regression = rounded(draw.randn(n, 3) * 2)
    data = {
        "labels": labels,
        "column": labels[:, None],
        "wild_labels": np.where(draw.rand(n) < 0.3, draw.randint(-1, 7, n), labels),
        "hot": np.eye(4)[labels],
        "scores": scores,
        "chances": chances,
        "logits": rounded(draw.randn(n, 4) * 2),
        "guesses": np.where(draw.rand(n) < 0.6, labels, draw.randint(0, 4, n)),
        "ids": np.argsort(-scores, axis=1),
        "binary": draw.randint(0, 2, n),
        "binary_column": draw.randint(0, 2, (n, 1)),
        "chance": np.where(draw.rand(n) < 0.3, draw.randint(0, 3, n) / 2, rounded(draw.rand(n))),
        "chance_column": rounded(draw.rand(n, 1)),
        "logit": rounded(draw.randn(n) * 2),
        "multi": draw.randint(0, 2, (n, 4)),
        "signs": draw.randint(0, 2, (n, 4)) * 2 - 1,
        "maps": maps,
        "map_scores": rounded(draw.rand(n, 3, 2, 3)),
        "map_guesses": np.where(draw.rand(n, 3, 2) < 0.7, maps, draw.randint(0, 3, (n, 3, 2))),
        "map_hot": np.eye(3)[maps],
        "t": regression,
        "p": rounded(regression + draw.randn(n, 3)),
        "positive_t": np.abs(regression) + 0.25,
        "positive_p": np.abs(rounded(regression + draw.randn(n, 3))) + 0.25,
        "t_vector": regression[:, 0],
        "p_column": rounded(regression[:, :1] + draw.randn(n, 1)),
        "t_maps": rounded(draw.randn(n, 2, 3)),
        "p_maps": rounded(draw.randn(n, 2, 3)),
        "w": rounded(draw.rand(n)) * 4,
        "w_column": rounded(draw.rand(n, 1)),
        "mask": draw.randint(0, 2, n),
        "w_position": rounded(draw.rand(n, 2)),
        "w_map": draw.randint(0, 3, (n, 3, 2)),
        "w_output": rounded(draw.rand(n, 3)),
        "w_label": rounded(draw.rand(n, 4)),
        "constant": np.full((n, 1), 0.5),
        "tied": np.round(draw.rand(n, 4) * 3) / 4,
    }
    return {name: np.asarray(x, "float32" if np.asarray(x).dtype.kind == "f" else "int32") for name, x in data.items()}


FIRST, SECOND = batch(9), batch(6)


def metrics(lines):
    """`metric | targets | predictions | weights`, the last one optional; of Mean and Sum, `values |  | weights`."""
    for line in lines.strip().splitlines():
        program, *names = (part.strip() for part in line.split("|"))
        yield f"keras.metrics.{program}", [name or None for name in (names + [""])[:3]]


CASES = list(
    metrics("""
Mean() | t_vector |
Mean() | t_maps |
Mean() | t_vector | | w
Mean('mine') | t_vector | | w_column
Mean() | t_maps | | w
Mean() | t_maps | | w_position
Mean() | column | | mask
Sum() | t_vector |
Sum() | t_vector | | w
Sum() | t_maps |
Sum(name='all') | t_maps | | w
Sum() | t_maps | | w_position
MeanMetricWrapper(keras.metrics.binary_accuracy, name='wrapped', threshold=0.25) | multi | scores
MeanMetricWrapper(fn=keras.losses.mean_squared_error) | t | p | w
MeanMetricWrapper(keras.losses.MeanSquaredError()) | t | p
Accuracy() | labels | guesses
Accuracy() | labels | guesses | w
Accuracy() | column | guesses | mask
Accuracy('exact') | maps | map_guesses
Accuracy() | maps | map_guesses | w_map
BinaryAccuracy() | binary | chance
BinaryAccuracy() | binary | chance | w
BinaryAccuracy() | binary | chance_column
BinaryAccuracy() | binary_column | chance_column | mask
BinaryAccuracy(threshold=0.75) | binary | chance
BinaryAccuracy(threshold=0) | binary | logit
BinaryAccuracy() | multi | scores
BinaryAccuracy(name='b', threshold=0.25) | multi | scores | w
BinaryAccuracy() | multi | scores | w_label
CategoricalAccuracy() | hot | scores
CategoricalAccuracy() | hot | scores | w
CategoricalAccuracy() | hot | chances | w_column
CategoricalAccuracy() | map_hot | map_scores
CategoricalAccuracy() | map_hot | map_scores | w
CategoricalAccuracy() | map_hot | map_scores | w_map
SparseCategoricalAccuracy() | labels | scores
SparseCategoricalAccuracy() | labels | scores | w
SparseCategoricalAccuracy() | column | scores
SparseCategoricalAccuracy() | column | logits | mask
SparseCategoricalAccuracy() | maps | map_scores
SparseCategoricalAccuracy() | maps | map_scores | w_map
TopKCategoricalAccuracy(k=2) | hot | scores
TopKCategoricalAccuracy(k=3, name='top3') | hot | logits | w
TopKCategoricalAccuracy(1) | hot | tied
TopKCategoricalAccuracy(1) | map_hot | map_scores
TopKCategoricalAccuracy(2) | map_hot | map_scores | w_map
SparseTopKCategoricalAccuracy(k=2) | labels | scores
SparseTopKCategoricalAccuracy(k=1) | labels | scores | w
SparseTopKCategoricalAccuracy(k=3) | labels | logits | mask
SparseTopKCategoricalAccuracy(k=2) | labels | tied
SparseTopKCategoricalAccuracy(2) | maps | map_scores
SparseTopKCategoricalAccuracy(2, from_sorted_ids=True) | labels | ids
Precision() | binary | chance
Precision() | binary | chance | w
Precision() | binary | chance_column
Precision(thresholds=0.75) | binary | chance
Precision(thresholds=0) | binary | logit
Precision(thresholds=[0.25, 0.5, 0.125]) | binary | chance
Precision(thresholds=[0, 0.25, 0.5, 0.75, 1]) | binary | chance | w
Precision() | multi | scores
Precision() | multi | scores | w
Precision() | multi | scores | w_label
Precision(top_k=2) | multi | logits
Precision(top_k=2, thresholds=0.25) | multi | scores | w
Precision(class_id=1) | multi | scores
Precision(top_k=1, class_id=2, name='p') | hot | logits | w
Precision() | map_hot | map_scores | w_map
Precision(thresholds=[0, 0.5, 1]) | binary | logit
Recall() | binary | chance
Recall() | binary | chance | w
Recall(thresholds=[0.5, 0.25]) | binary | chance | mask
Recall(thresholds=[0.0, 0.5, 1.0]) | binary | chance
Recall() | multi | scores
Recall(top_k=2) | multi | logits
Recall(class_id=3) | multi | scores | w
Recall(0.5, 3, 0, 'r') | hot | scores
TruePositives() | binary | chance
TruePositives(thresholds=[0.25, 0.75]) | binary | chance | w
TrueNegatives() | binary | chance
TrueNegatives(0.125) | multi | scores | w
FalsePositives() | binary | chance
FalsePositives(thresholds=[0.0, 0.5, 1.0]) | binary | chance | mask
FalseNegatives() | binary | chance
FalseNegatives(name='missed') | binary_column | chance_column | w
AUC() | binary | chance
AUC() | binary | chance | w
AUC() | binary_column | chance_column | mask
AUC() | multi | scores
AUC() | multi | scores | w
AUC() | binary | logit
AUC(num_thresholds=3) | binary | chance
AUC(num_thresholds=2) | binary | chance
AUC(num_thresholds=17, summation_method='minoring') | binary | chance
AUC(num_thresholds=17, summation_method='majoring') | binary | chance
AUC(curve='PR') | binary | chance
AUC(curve='PR') | binary | chance | w
AUC(curve='PR', summation_method='minoring') | binary | chance
AUC(curve='PR', summation_method='majoring', num_thresholds=9) | binary | chance
AUC(curve='PRGAIN') | binary | chance
AUC(curve='PRGAIN', summation_method='majoring') | binary | chance | w
AUC(thresholds=[0.75, 0.25, 0.3]) | binary | chance
AUC(thresholds=[0.25, 0.5, 0.75], curve='PR') | binary | chance | w
AUC(from_logits=True) | binary | logit
AUC(multi_label=True) | multi | scores
AUC(multi_label=True, num_labels=4, curve='PR') | multi | scores
AUC(multi_label=True, thresholds=[0.25, 0.3, 0.75]) | multi | scores
AUC(multi_label=True, label_weights=[1.0, 0.5, 2.0, 0.0]) | multi | scores
AUC(multi_label=True, from_logits=True, summation_method='minoring') | multi | logits
AUC(label_weights=[1.0, 0.5, 2.0, 0.25]) | multi | scores
AUC(label_weights=[1.0, 0.5, 2.0, 0.25], name='area') | multi | scores | w
PrecisionAtRecall(0.5) | binary | chance
PrecisionAtRecall(0.75, num_thresholds=5) | binary | chance | w
PrecisionAtRecall(0.5, num_thresholds=1) | binary | chance
PrecisionAtRecall(recall=0.25, class_id=1) | multi | scores
RecallAtPrecision(0.5) | binary | chance
RecallAtPrecision(precision=0.6, num_thresholds=50) | binary | chance | w
RecallAtPrecision(1.0) | binary | chance
SensitivityAtSpecificity(0.5) | binary | chance
SensitivityAtSpecificity(0.4, num_thresholds=9, class_id=2) | multi | scores | w
SpecificityAtSensitivity(0.5) | binary | chance
SpecificityAtSensitivity(sensitivity=0.6, num_thresholds=7) | binary | chance | w
F1Score() | hot | scores
F1Score(average='micro') | hot | scores
F1Score(average='macro') | hot | scores | w
F1Score(average='weighted', threshold=0.5) | multi | scores | w
F1Score(threshold=0.75, name='f') | multi | scores
FBetaScore() | multi | logits
FBetaScore(beta=2.0, threshold=0.5) | multi | scores
FBetaScore('micro', 0.5, 0.25) | multi | scores | w
FBetaScore(average='weighted', beta=0.5) | hot | scores | mask
IoU(num_classes=3, target_class_ids=[0]) | maps | map_guesses
IoU(3, (0, 2)) | maps | map_guesses | w_map
IoU(3, [1, 2], sparse_y_pred=False) | maps | map_scores
IoU(4, [0, 3], ignore_class=1) | labels | guesses
IoU(4, [3], dtype='float32') | labels | guesses | w
IoU(num_classes=7, target_class_ids=[0, 5, 6]) | labels | guesses
BinaryIoU() | binary | chance
BinaryIoU(target_class_ids=[1], threshold=0.25) | binary | chance | mask
BinaryIoU([0], 0.75, 'i', 'float32') | multi | scores
MeanIoU(num_classes=4) | labels | guesses
MeanIoU(4) | labels | guesses | mask
MeanIoU(4) | wild_labels | guesses
MeanIoU(4, ignore_class=2) | guesses | labels
MeanIoU(3, sparse_y_true=False, sparse_y_pred=False) | map_hot | map_scores
MeanIoU(3) | maps | map_guesses | w_map
OneHotIoU(num_classes=3, target_class_ids=[0, 2]) | map_hot | map_scores
OneHotIoU(4, [1], sparse_y_pred=True) | hot | guesses | mask
OneHotMeanIoU(num_classes=4) | hot | scores
OneHotMeanIoU(3, ignore_class=0, name='o') | map_hot | map_scores | w_map
MeanSquaredError() | t | p
MeanSquaredError() | t | p | w
MeanSquaredError() | t_vector | p_column
MeanSquaredError() | t_maps | p_maps | w_position
RootMeanSquaredError() | t | p
RootMeanSquaredError() | t | p | w
RootMeanSquaredError() | t_vector | p_column
RootMeanSquaredError('rmse') | t | p | w_output
MeanAbsoluteError() | t | p
MeanAbsoluteError() | t | p | w
MeanAbsolutePercentageError() | positive_t | p
MeanAbsolutePercentageError() | positive_t | p | w
MeanSquaredLogarithmicError() | positive_t | positive_p
MeanSquaredLogarithmicError() | positive_t | positive_p | w
LogCoshError() | t | p
LogCoshError() | t | p | w
CosineSimilarity() | t | p
CosineSimilarity() | t | p | w
CosineSimilarity(axis=1) | t_maps | p_maps
R2Score() | t | p
R2Score() | t | p | w
R2Score() | t_vector | p_column
R2Score(class_aggregation=None) | t | p
R2Score('variance_weighted_average') | t | p | w
R2Score(num_regressors=2) | t | p
R2Score() | constant | p_column
R2Score(class_aggregation=None, num_regressors=1) | t | p | w_output
KLDivergence() | chances | scores
KLDivergence() | hot | chances | w
Poisson() | positive_t | positive_p
Poisson() | positive_t | positive_p | w
BinaryCrossentropy() | binary_column | chance_column
BinaryCrossentropy() | multi | scores | w
BinaryCrossentropy(from_logits=True) | multi | logits
BinaryCrossentropy(label_smoothing=0.25) | multi | scores
CategoricalCrossentropy() | hot | chances
CategoricalCrossentropy(from_logits=True) | hot | logits | w
CategoricalCrossentropy(label_smoothing=0.125, name='c') | hot | chances
CategoricalCrossentropy(axis=1) | hot | chances
SparseCategoricalCrossentropy() | labels | chances
SparseCategoricalCrossentropy() | column | chances | w
SparseCategoricalCrossentropy(from_logits=True) | labels | logits
SparseCategoricalCrossentropy(ignore_class=1) | labels | chances
Hinge() | signs | logits
Hinge() | multi | logits | w
SquaredHinge() | signs | logits
SquaredHinge() | multi | logits | w
CategoricalHinge() | hot | logits
CategoricalHinge() | hot | scores | w
PearsonCorrelation() | t | p
PearsonCorrelation(axis=0) | t | p
PearsonCorrelation() | t | p | w
ConcordanceCorrelation() | t | p
ConcordanceCorrelation(axis=0, name='c') | t | p
ConcordanceCorrelation() | t | p | w
""")
)

FUNCTIONS = [
    "keras.metrics.binary_accuracy(multi, scores)",
    "keras.metrics.binary_accuracy(binary, chance_column, threshold=0.25)",
    "keras.metrics.categorical_accuracy(hot, scores)",
    "keras.metrics.categorical_accuracy(map_hot, map_scores)",
    "keras.metrics.sparse_categorical_accuracy(column, scores)",
    "keras.metrics.sparse_categorical_accuracy(maps, map_scores)",
    "keras.metrics.top_k_categorical_accuracy(hot, scores, k=2)",
    "keras.metrics.top_k_categorical_accuracy(map_hot, map_scores, k=2)",
    "keras.metrics.sparse_top_k_categorical_accuracy(labels, scores, k=1)",
    "keras.metrics.sparse_top_k_categorical_accuracy(labels, ids, k=2, from_sorted_ids=True)",
    "keras.metrics.pearson_correlation(t, p)",
    "keras.metrics.pearson_correlation(t, p, axis=0)",
    "keras.metrics.concordance_correlation(t, p, axis=0)",
    "keras.metrics.mean_squared_error(t, p)",
    "keras.metrics.mean_absolute_error(t_maps, p_maps)",
    "keras.metrics.binary_crossentropy(multi, scores)",
    "keras.metrics.categorical_crossentropy(hot, chances)",
    "keras.metrics.sparse_categorical_crossentropy(labels, logits, from_logits=True)",
    "keras.metrics.kl_divergence(hot, chances)",
    "keras.metrics.log_cosh(t, p)",
]

# What a string means in `compile(metrics=[...])`, for targets and predictions of these shapes.
WORDS = [
    *((word, "labels", "scores") for word in ("mse", "MAE", "AUC", "auc", "precision", "Recall", "io_u_", "f1_score")),
    *(
        (word, "labels", "scores")
        for word in ("binary_crossentropy", "kl_divergence", "KLDivergence", "log_cosh_error")
    ),
    *((word, "labels", "scores") for word in ("cosine_similarity", "top_k_categorical_accuracy", "r2_score", "sum")),
    *(("accuracy", y, p) for y, p in (("labels", "scores"), ("column", "scores"), ("hot", "scores"))),
    *(
        ("acc", y, p)
        for y, p in (("binary", "chance_column"), ("binary_column", "chance_column"), ("maps", "map_scores"))
    ),
    *(("Accuracy", y, p) for y, p in (("map_hot", "map_scores"), ("t_vector", "p_column"))),
    ("ACC", "multi", "scores"),
    ("acuracy", "labels", "scores"),
    ("fbeta", "labels", "scores"),
]

REFUSED = [
    "keras.metrics.Precision(thresholds=1.5)",
    "keras.metrics.Recall(thresholds=[0.5, -0.25])",
    "keras.metrics.Precision(thresholds=[0.5, None])",
    "keras.metrics.Precision(class_id=0)(binary, chance)",
    "keras.metrics.AUC(num_thresholds=1)",
    "keras.metrics.AUC(curve='area')",
    "keras.metrics.AUC(summation_method='trapezoid')",
    "keras.metrics.AUC(num_labels=3)",
    "keras.metrics.AUC(multi_label=True)(map_hot, map_scores)",
    "keras.metrics.PrecisionAtRecall(1.5)",
    "keras.metrics.RecallAtPrecision(-0.5)",
    "keras.metrics.SensitivityAtSpecificity(0.5, num_thresholds=0)",
    "keras.metrics.SpecificityAtSensitivity(2)",
    "keras.metrics.F1Score(average='mean')",
    "keras.metrics.F1Score(threshold=0.0)",
    "keras.metrics.F1Score()(binary, chance)",
    "keras.metrics.FBetaScore(beta=0.0)",
    "keras.metrics.IoU(num_classes=2, target_class_ids=[2])",
    "keras.metrics.R2Score(class_aggregation='sum')",
    "keras.metrics.R2Score(num_regressors=-1)",
    "keras.metrics.R2Score()(t_vector, t_vector)",
    "keras.metrics.get('acuracy')",
    "keras.metrics.get(3)",
]


def plain(value):
    value = np.asarray(keras.ops.convert_to_numpy(value))
    return value.tolist()


def record_case(program, names):
    keras.utils.clear_session()
    metric = eval(program, {"keras": keras})
    results = []
    for data in (FIRST, SECOND):
        y, p, w = (None if name is None else data[name] for name in names)
        metric.update_state(*([y] if p is None else [y, p]), sample_weight=w)
        results.append(plain(metric.result()))
    metric.reset_state()
    metric.update_state(*([y] if p is None else [y, p]), sample_weight=w)
    results.append(plain(metric.result()))
    return {
        "program": program,
        "names": names,
        "results": results,
        "config": keras.saving.serialize_keras_object(metric),
        "direction": getattr(metric, "_direction", None),
        "variables": [[v.name, list(v.shape), plain(v) if len(v.shape) == 0 else None] for v in metric.variables],
    }


def record_word(word, y, p):
    try:
        metric = get_metric(word, FIRST[y], FIRST[p])
    except ValueError:
        return [word, y, p, None, None]
    return [word, y, p, type(metric).__name__, metric.name]


def refused(program):
    try:
        eval(program, {"keras": keras, **FIRST})
    except (ValueError, TypeError):
        return program
    raise SystemExit(f"Keras accepts {program}")


def arrays(data):
    return {name: {"dtype": x.dtype.name, "values": x.tolist()} for name, x in data.items()}


def record():
    return {
        "about": {"keras": keras.__version__, "recorded_with": "tests/recorded/record_metrics.py"},
        "data": [arrays(FIRST), arrays(SECOND)],
        "cases": {
            f"{program} of {', '.join(filter(None, names))}": record_case(program, names) for program, names in CASES
        },
        "functions": {program: plain(eval(program, {"keras": keras, **FIRST})) for program in FUNCTIONS},
        "words": [record_word(*word) for word in WORDS],
        "refused": [refused(program) for program in REFUSED],
        "names": {name: kind.__name__ for name, kind in sorted(keras.src.metrics.ALL_OBJECTS_DICT.items())},
        "public": sorted(name for name in dir(keras.metrics) if not name.startswith("_")),
    }


if __name__ == "__main__":
    save("metrics", record())
