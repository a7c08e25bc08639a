"""Process-wide settings: threads as asked, limited and forked; seed; the data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

import cycnn
from cycnn import config
from cycnn.kernels import executor

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
openmp = pytest.mark.skipif(not executor.openmp(), reason="this build has no OpenMP, so there is one thread")


@pytest.fixture(autouse=True)
def restore():
    yield
    config.set_num_threads(None)
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    config.set_seed(None)


def fresh(program, **environment):
    """What a program prints in a process of its own."""
    path = os.pathsep.join(filter(None, [str(Path(cycnn.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Numbers and layout


def test_floatx_is_float32_and_nothing_else():
    assert config.floatx() == "float32"
    config.set_floatx("float32")
    for value in ("float64", "float16", "floats", None):
        with pytest.raises(ValueError, match=f"float32.*Received: floatx={value!r}"):
            config.set_floatx(value)


def test_epsilon():
    assert config.epsilon() == 1e-7
    config.set_epsilon(1e-5)
    assert config.epsilon() == 1e-5
    for value in (0, -1e-7, float("nan"), float("inf"), "1e-7", None):
        with pytest.raises(ValueError, match=r"`epsilon` must be a positive number. Received: epsilon="):
            config.set_epsilon(value)
    assert config.epsilon() == 1e-5


def test_image_data_format():
    assert config.image_data_format() == "channels_last"
    config.set_image_data_format("Channels_First")
    assert config.image_data_format() == "channels_first"
    for value in ("channels", None, 3):
        with pytest.raises(ValueError, match=f"channels_last.*Received: data_format={value!r}"):
            config.set_image_data_format(value)


# Threads


@openmp
def test_default_is_what_the_process_may_use():
    assert config.get_num_threads() == min(config._cpus(), executor.max_threads())
    assert 1 <= config._cpus() <= CPUS


@openmp
def test_openmp_s_limits_hold_at_every_moment():
    before = config.get_num_threads()
    with threadpool_limits(1):
        assert config.get_num_threads() == 1
    assert config.get_num_threads() == before


@openmp
def test_omp_num_threads_is_obeyed():
    program = "from cycnn import config; print(config.get_num_threads())"
    assert fresh(program, OMP_NUM_THREADS="1") == "1"
    assert fresh(program, OMP_NUM_THREADS="64") == str(config._cpus())


@openmp
def test_a_number_may_exceed_the_cpus_and_later_limits_still_hold():
    config.set_num_threads(16)
    assert config.get_num_threads() == 16
    with threadpool_limits(1):
        assert config.get_num_threads() == 1
        config.set_num_threads(3)  # set within the limit: meant
        assert config.get_num_threads() == 3
    assert config.get_num_threads() == 3
    config.set_num_threads(None)
    assert config.get_num_threads() == min(config._cpus(), executor.max_threads())


@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, "2", True, [1], float("nan"), 10**6])
def test_wrong_numbers_of_threads_are_refused(value):
    before = config.get_num_threads()
    with pytest.raises(ValueError, match="`num_threads` must be an integer from 1 to") as caught:
        config.set_num_threads(value)
    assert f"Received: num_threads={value!r}" in str(caught.value)
    assert config.get_num_threads() == before


FORK = """
import os, sys
import numpy as np
from cycnn import config, kernels
config.set_num_threads(2)

def pool():
    threads = config.get_num_threads()
    x = np.zeros((8, 8, 8, 4), "float32")
    y = np.empty((8, 4, 4, 4), "float32")
    kernels.pool.max_forward(x, y, None, 2, 2, 2, 2, 0, 0, False, threads)
    if threads > 1:
        config.mark_parallel()
    return threads

if "parallel" in sys.argv:
    pool()
if os.fork() == 0:
    threads = [pool()]
    config.set_num_threads(2)  # asked again: it would still hang
    threads.append(pool())
    if os.fork() == 0:
        print(*threads, pool(), flush=True)
        os._exit(0)
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
assert pool() == 2
"""


@openmp
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_forked_after_a_parallel_run_stays_on_one_thread_and_does_not_hang():
    assert fresh(f"import sys; sys.argv.append('parallel')\n{FORK}") == "1 1 1"


@openmp
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_forked_before_any_parallel_run_may_use_threads():
    # Its own child was forked after its parallel run.
    assert fresh(FORK) == "2 2 1"


# Control groups: fake /proc/self folders whose mount points lie in the test's own folder


def control_groups(folder, groups, mounts, files):
    (folder / "proc").mkdir()
    (folder / "proc" / "cgroup").write_text("".join(f"{line}\n" for line in groups))
    (folder / "proc" / "mountinfo").write_text("".join(f"{line}\n" for line in mounts))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return config._cgroup_quota.__wrapped__(str(folder / "proc"))


def mount_2(point, root="/"):
    return f"30 23 0:26 {root} {point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"


def mount_1(point, controllers, root="/"):
    return f"32 31 0:29 {root} {point} rw,relatime - cgroup cgroup rw,{controllers}"


def test_quota_of_version_2_is_the_least_on_the_way_up(tmp_path):
    files = {"fs/a/b/cpu.max": "max 100000\n", "fs/a/cpu.max": "150000 100000\n", "fs/cpu.max": "400000 100000\n"}
    assert control_groups(tmp_path, ["0::/a/b"], [mount_2(tmp_path / "fs")], files) == 1.5


def test_quota_of_version_2_unlimited(tmp_path):
    files = {"fs/a/cpu.max": "max 100000\n"}
    assert control_groups(tmp_path, ["0::/a"], [mount_2(tmp_path / "fs")], files) is None


def test_quota_of_version_1(tmp_path):
    files = {"fs/cpu/a/cpu.cfs_quota_us": "300000\n", "fs/cpu/a/cpu.cfs_period_us": "100000\n"}
    files |= {"fs/cpu/cpu.cfs_quota_us": "-1\n", "fs/cpu/cpu.cfs_period_us": "100000\n"}
    groups, mounts = ["9:memory:/a", "4:cpu,cpuacct:/a", "0::/"], [mount_1(tmp_path / "fs" / "cpu", "cpu,cpuacct")]
    assert control_groups(tmp_path, groups, mounts, files) == 3


def test_quota_in_a_container_that_sees_its_group_as_the_root(tmp_path):
    """The path names the host's folder; the mount shows what is below it."""
    files = {"fs/cpu.cfs_quota_us": "150000", "fs/cpu.cfs_period_us": "100000"}
    files |= {"fs/sub/cpu.cfs_quota_us": "50000", "fs/sub/cpu.cfs_period_us": "100000"}
    mounts = [mount_1(tmp_path / "fs", "cpu", root="/docker/1f")]
    assert control_groups(tmp_path, ["4:cpu:/docker/1f/sub"], mounts, files) == 0.5


def test_quota_where_the_path_lies_outside_the_mount(tmp_path):
    files = {"fs/cpu.max": "200000 100000"}
    assert control_groups(tmp_path, ["0::/../other"], [mount_2(tmp_path / "fs")], files) == 2


def test_quota_of_strange_files_is_none(tmp_path):
    files = {"fs/cpu.max": "many\n", "cpu/cpu.cfs_quota_us": "0", "cpu/cpu.cfs_period_us": "0"}
    mounts = ["", "1 2 3", "30 23 0:26 / /x rw -", mount_2(tmp_path / "fs"), mount_1(tmp_path / "cpu", "cpu")]
    assert control_groups(tmp_path, ["0::/", "broken", "4:cpu:/"], mounts, files) is None
    assert config._cgroup_quota.__wrapped__(str(tmp_path / "nothing")) is None


@pytest.mark.parametrize(("quota", "expected"), [(None, CPUS), (0.5, 1), (1.9, 1), (1000.0, CPUS)])
def test_quota_limits_the_cpus(monkeypatch, quota, expected):
    monkeypatch.setattr(config, "_cgroup_quota", lambda: quota)
    assert config._cpus() == expected


# Seed


def test_seed():
    assert config.seed() is None
    config.set_seed(7)
    assert config.seed() == 7
    first = [config.next_draw() for _ in range(3)]
    config.set_seed(7)
    assert [config.next_draw() for _ in range(3)] == first == [(7, 0), (7, 1), (7, 2)]
    for value in (1.5, "7"):
        with pytest.raises(ValueError, match=r"`seed` must be an integer or None. Received: seed="):
            config.set_seed(value)


def test_without_a_seed_processes_differ():
    program = "from cycnn import config; print(config.next_draw())"
    assert fresh(program) != fresh(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_without_a_seed_forked_workers_differ():
    program = """
import os
from cycnn import config
{}
config.next_draw()
for _ in range(2):
    if os.fork() == 0:
        print(config.next_draw()[0], flush=True)
        os._exit(0)
    os.wait()
"""
    assert len(set(fresh(program.format("")).split())) == 2
    assert set(fresh(program.format("config.set_seed(5)")).split()) == {"5"}


# Files, and what an import costs


def test_data_home(monkeypatch, tmp_path):
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path))
    assert config.data_home() == str(tmp_path)
    monkeypatch.delenv("CYCNN_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.data_home() == str(tmp_path / ".cache" / "cycnn")


def test_config_imports_nothing_else():
    program = """
import sys
import cycnn
before = set(sys.modules)
import cycnn.config
print(*(name for name in set(sys.modules) - before if name.startswith(("cycnn", "numpy", "threadpoolctl"))))
"""
    assert set(fresh(program).split()) <= {"cycnn.config"}
