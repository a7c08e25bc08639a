"""Calls that read large weights once for the whole batch: beside plans that read them again for each group of samples."""

import numpy as np
import pytest

import cycnn
from cycnn import config, layers
from cycnn.engine import plan as plans
from cycnn.engine.schedule import SAMPLES, SPREAD, WHOLE
from cycnn.training.step import Steps

BATCH = 21


@pytest.fixture(autouse=True)
def threads():
    yield
    config.set_num_threads(None)


def dense():
    return [layers.Input((600,)), layers.Dense(700, activation="relu"), layers.Dense(650), layers.Dense(3)]


def convolutions():
    return [
        layers.Input((5, 5, 8)),
        layers.Conv2D(192, 3, activation="relu"),
        layers.Conv2D(192, 3, strides=2, padding="same"),
        layers.Conv2D(192, 3, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]


def step(make):
    """(calls of a training step by kernel and domain, weights behind it, predictions, team)."""
    cycnn.utils.set_random_seed(3)
    model = cycnn.Sequential(make())
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, *model.input_shape[1:])).astype("float32")
    y = rng.standard_normal((BATCH, 3)).astype("float32")
    with Steps(model, True, BATCH) as steps:
        steps.run(model._samples(x, y), np.arange(BATCH))
        calls = {(call.kernel.name, call.domain) for call in steps.step.plan.calls}
        team = steps.step.team
    return calls, model.get_weights(), model.predict(x, batch_size=BATCH, verbose=0), team


@pytest.mark.parametrize(("make", "domain"), [(dense, WHOLE), (convolutions, SPREAD)])
def test_the_same_as_group_by_group_on_any_team(monkeypatch, make, domain):
    with monkeypatch.context() as patch:
        patch.setattr(plans, "WIDE_BYTES", 1 << 60)
        patch.setattr(plans, "CACHED_BYTES", 1 << 60)  # for the cost model, too: the same algorithms
        calls, weights, predictions, _ = step(make)
    assert SPREAD not in {domain for _, domain in calls}
    for team in (1, 2, 3):
        config.set_num_threads(team)
        found = step(make)
        others = found[0] - calls
        assert {way for name, way in others if "forward" in name} == {domain}
        assert {way for name, way in others if "backward_input" in name} == {domain}
        assert found[3] == team
        np.testing.assert_array_equal(found[2], predictions)
        for a, b in zip(found[1], weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_weights_that_stay_near_are_packed_and_meet_all_samples_at_once():
    """240 KB: more than the maps of a group, less than a core keeps."""
    calls, *_ = step(lambda: [layers.Input((600,)), layers.Dense(100), layers.Dense(3)])
    assert {("gemm.forward", SPREAD), ("gemm.forward", SAMPLES)} <= calls
    assert not {name for name, _ in calls if "unpacked" in name}


def test_small_weights_stay_with_their_samples():
    calls, *_ = step(lambda: [layers.Input((60,)), layers.Dense(70), layers.Dense(3)])
    assert ("gemm.forward", SAMPLES) in calls
    assert SPREAD not in {domain for _, domain in calls}
