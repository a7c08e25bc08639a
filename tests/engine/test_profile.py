"""A profile: what it counts, what it shows, and that the model does not notice."""

import itertools
import json

import numpy as np
import pytest

import cycnn
from cycnn import config, layers, ops
from cycnn.engine.profile import measure_peak

BATCH = 12


def network(loss="categorical_crossentropy", optimizer="adam"):
    cycnn.utils.set_random_seed(0)
    model = cycnn.Sequential(
        [
            layers.Input((11, 12, 3)),
            layers.Conv2D(8, (3, 2), activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.3, name="drop"),
            layers.Dense(20, activation="tanh", name="hidden"),
            layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40, 11, 12, 3)).astype("float32")
    return x, np.eye(5, dtype="float32")[rng.integers(0, 5, 40)]


@pytest.fixture
def two_threads(monkeypatch):
    from cycnn.engine import plan

    monkeypatch.setattr(plan, "WORK_OF_A_THREAD", 1.0)
    config.set_num_threads(2)
    yield
    config.set_num_threads(None)


def by_name(rows):
    return {row.operation: row for row in rows}


# FLOPs of one sample by the formulas of the layers, 2 a multiply-add. The pooling drops the last row and the last column
# of the convolution, so they are not computed.
CONV = 2 * 8 * 10 * (3 * 2 * 3) * 8
CONV_ROW = "conv+pool"  # the convolution and the pooling behind it are one operation
HIDDEN = 2 * (4 * 5 * 8) * 20
HEAD = 2 * 20 * 5


def test_flops_are_those_of_the_formulas(data):
    profile = network().profile(*data, batch_size=BATCH, repeat=2)
    found = {name: row.flops / BATCH for name, row in by_name(profile.rows).items() if row.flops}
    assert sum(v for k, v in found.items() if not k.startswith("d ")) == CONV + HIDDEN + HEAD
    # The input needs no gradient.
    assert sum(v for k, v in found.items() if k.startswith("d ")) == CONV + 2 * HIDDEN + 2 * HEAD
    assert found["hidden"] == HIDDEN
    assert found["d hidden"] == 2 * HIDDEN
    assert found["head"] == HEAD
    assert profile.flops == BATCH * (2 * CONV + 3 * HIDDEN + 3 * HEAD)


def test_winograd_counts_the_products_that_it_does():
    model = cycnn.Sequential([layers.Input((16, 16, 64)), layers.Conv2D(64, 3, padding="same", name="conv")])
    rows = model.profile(np.zeros((8, 16, 16, 64), "float32"), batch_size=8, repeat=1).kernels
    (row,) = [row for row in rows if row.kernels == ("winograd.forward",)]
    assert row.flops / (8 * 2 * 16 * 16 * 9 * 64 * 64) in (16 / 36, 36 / 144)  # of F(2x2, 3x3) and F(4x4, 3x3)


def test_bytes_are_those_of_the_operands():
    model = cycnn.Sequential([layers.Input((6,)), layers.Dense(4, name="dense")])
    rows = by_name(model.profile(np.ones((3, 6), "uint8"), batch_size=3).rows)
    assert rows["input 0"].bytes == 3 * (6 + 8 + 4 * 6)  # uint8 pixels, the number of the row, float32
    apart = [np.ones((3, 6), "float64")[::-1], np.ones((9, 6), "uint8")[::3], np.ones((3, 6), "float16")]
    for x in apart:
        (row,) = [row for row in model.profile(x, batch_size=3).rows if row.operation == "input 0"]
        assert row.bytes == 3 * (6 * x.itemsize + 8 + 4 * 6)
    packed = rows["dense"].bytes - 3 * 4 * (6 + 4) - 4 * 4
    assert packed >= 4 * 6 * 4
    assert packed % 64 == 0


@pytest.mark.parametrize("training", [True, False])
def test_times_are_shares_of_one_run(data, training, two_threads):
    x, y = data
    profile = network().profile(x, y if training else None, batch_size=BATCH, repeat=5)
    assert (profile.training, profile.samples, profile.threads) == (training, BATCH, 2)
    assert all(row.seconds > 0 and row.bytes > 0 for row in profile.rows)
    for row in profile.rows:
        assert row.share == pytest.approx(row.seconds / (2 * profile.seconds))
        assert row.bandwidth == pytest.approx(2 * row.bytes / row.seconds / 1e9)
        if row.flops:
            assert row.gflops == pytest.approx(2 * row.flops / row.seconds / 1e9)
            assert 0 < row.peak == pytest.approx(row.gflops * 1e9 / profile.peak)
    assert 0 <= profile.waiting < 1
    kernels = {}
    for row in profile.kernels:
        kernels.setdefault(row.operation, []).append(row)
    for row in profile.rows:
        assert row.kernels == tuple(k.kernels[0] for k in kernels[row.operation]) or not training
        assert sum(k.flops for k in kernels[row.operation]) == row.flops
    names = [row.operation for row in profile.rows]
    order = ["input 0", CONV_ROW, "norm", "hidden", "head"]
    order += ["loss", "d hidden", "d norm", f"d {CONV_ROW}", "update"] if training else []
    places = [names.index(name) for name in order if training or name != "norm"]
    assert places == sorted(places)


def test_the_events_are_a_run(data, two_threads):
    profile = network().profile(*data, batch_size=BATCH, repeat=1)
    assert {event.thread for event in profile.events} <= {0, 1}  # one may have done it all
    for thread in (0, 1):
        mine = sorted((e.begin, e.end) for e in profile.events if e.thread == thread)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(mine)), "a thread does one thing at a time"
    seconds = sum(event.end - event.begin for event in profile.events)
    assert sum(row.seconds for row in profile.rows) == pytest.approx(seconds)
    assert profile.seconds == pytest.approx(max(e.end for e in profile.events) - min(e.begin for e in profile.events))


def test_python_in_the_middle_is_seen(data):
    def loss(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)

    profile = network(loss).profile(*data, batch_size=BATCH, repeat=2)
    row = by_name(profile.rows)["loss"]
    assert any(name.startswith("host.") for name in row.kernels)
    assert row.seconds > 1e-6
    hosts = [e for e in profile.events if e.call.kernel.name.startswith("host.")]
    before = [e for e in profile.events if e.call.label == "head"]
    after = [e for e in profile.events if e.call.label == "d head"]
    assert max(e.end for e in before) <= hosts[0].begin < hosts[0].end
    assert any(e.begin >= hosts[0].end for e in after)


@pytest.mark.parametrize("optimizer", ["nadam", "sgd", "accumulating"])
def test_the_model_does_not_notice(data, optimizer):
    """A twin that is profiled between its steps goes on as the other one does, bit for bit."""
    x, y = data
    answers = []
    for profiled in (False, True):
        chosen = cycnn.optimizers.Adam(0.01, gradient_accumulation_steps=2, use_ema=True)
        model = network(optimizer=chosen if optimizer == "accumulating" else optimizer)
        seen = []
        for k in range(5):
            if profiled:
                model.profile(x, y, batch_size=7, repeat=3)
                model.profile(x, batch_size=7, repeat=1)
            seen.append(model.train_on_batch(x[k : k + 9], y[k : k + 9]))
        if profiled:
            before = model.get_metrics_result()
            model.profile(x, y, batch_size=7, repeat=1)
            assert model.get_metrics_result() == before
        seen += [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables), model.predict(x, verbose=0)]
        answers.append([*seen, config.next_draw()])
    for a, b in zip(*answers, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_are_put_back_after_an_error(data):
    def loss(y_true, y_pred):
        if calls:
            calls.pop()
            return ops.mean(ops.square(y_true - y_pred), axis=-1)
        raise RuntimeError("enough")

    calls = [1] * 4
    model = network(loss)
    model.train_on_batch(*data)
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="enough"):
        model.profile(*data, batch_size=BATCH)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_table(data):
    profile = network().profile(*data, batch_size=BATCH, repeat=3)
    lines = str(profile).splitlines()
    assert lines[0].startswith(f"training step, {BATCH} samples, ")
    assert "median of 3" in lines[0]
    body = lines[3:]
    assert lines[3].split()[:2] == ["operation", "ms"]
    assert [line.split("  ")[0] for line in body[1:]] == [*(row.operation for row in profile.rows), "waiting"]
    assert len({len(line) for line in body}) == 1, "columns end in the same place"
    assert "conv" in repr(profile.rows[1])
    assert str(len(profile.rows)) in repr(profile)
    assert "update.step" in profile.table(kernels=True)


def test_the_trace_is_what_chrome_reads(data, tmp_path, two_threads):
    profile = network().profile(*data, batch_size=BATCH, repeat=1)
    profile.trace(tmp_path / "step.json")
    events = json.loads((tmp_path / "step.json").read_text())["traceEvents"]
    named = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    assert named == {thread: f"thread {thread}" for thread in {event.thread for event in profile.events}}
    spans = [e for e in events if e["ph"] == "X"]
    assert len(spans) == len(profile.events) == len(events) - len(named)
    assert all({"name", "cat", "ts", "dur", "pid", "tid"} <= set(e) for e in spans)
    assert min(e["ts"] for e in spans) == 0
    assert sum(e["dur"] for e in spans) == pytest.approx(sum(row.seconds for row in profile.rows) * 1e6, rel=0.01)
    assert {e["name"] for e in spans} == {row.operation for row in profile.rows}


def test_the_plot_has_a_bar_for_each_operation(data):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    profile = network().profile(*data, batch_size=BATCH, repeat=1)
    axes = profile.plot()
    assert [bar.get_width() * profile.threads / 1e3 for bar in axes.patches] == pytest.approx(
        [row.seconds for row in profile.rows]
    )
    assert [label.get_text() for label in axes.get_yticklabels()] == [row.operation for row in profile.rows]
    assert profile.plot(ax=axes) is axes
    matplotlib.pyplot.close(axes.figure)


def test_what_is_refused(data):
    x, y = data
    model = network()
    with pytest.raises(ValueError, match="batch_size"):
        model.profile(x, y, batch_size=0)
    with pytest.raises(ValueError, match="repeat"):
        model.profile(x, y, repeat=0)
    fresh = cycnn.Sequential([layers.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="compile"):
        fresh.profile(np.ones((3, 4)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="shape"):
        fresh.profile(np.ones((3, 5)))


def test_the_peak_is_that_of_the_processor():
    one = measure_peak(1)
    assert 1e9 < one < 1e12
    assert measure_peak(2) > 0.5 * one


def test_the_summary_counts_for_a_full_batch():
    model = network()
    lines = model.plan_summary(batch_size=8).splitlines()
    (hidden,) = [line for line in lines if " hidden " in line and line.lstrip().startswith("gemm.forward")]
    assert f"{8 * HIDDEN:,}" in hidden
    (conv,) = [line for line in lines if line.lstrip().startswith(("conv.", "pooled.")) and f"{8 * CONV:,}" in line]
    assert f" {CONV_ROW} " in conv
    (gather,) = [line for line in lines if "gather.rows" in line]
    assert f"{8 * (2 * 4 * 11 * 12 * 3 + 8):,}" in gather
    assert " -  " in gather


def test_bytes_of_an_embedding_are_those_of_the_operands():
    model = cycnn.Sequential([layers.Input((5,)), layers.Embedding(30, 4, name="table")])
    rows = by_name(model.profile(np.ones((3, 5), "float32"), batch_size=3).rows)
    assert rows["table"].bytes == 3 * 4 * (5 + 5 * 4) + 30 * 4 * 4
    assert "gather.embed" in model.plan_summary(batch_size=3)
