"""What a bug report shows: `show_config`, printed and as dictionaries."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import cycnn
from cycnn import config
from cycnn.kernels import cpu


def fresh(program, **environment):
    """What a program prints in a process of its own."""
    path = os.pathsep.join(filter(None, [str(Path(cycnn.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, **environment}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_is_printed_is_what_is_returned(capsys):
    found = cycnn.show_config(mode="dicts")
    assert capsys.readouterr().out == ""
    assert cycnn.show_config() is None
    printed, group, again = capsys.readouterr().out, None, {}
    for line in printed.splitlines():
        if line.startswith(" "):
            name, _, value = line.strip().partition("  ")
            again[group][name] = value.strip()
        else:
            group = line
            again[group] = {}
    assert list(again) == list(found)
    for title, group in found.items():
        assert list(again[title]) == list(group)
        for name, value in group.items():
            assert again[title][name] == (", ".join(value) if isinstance(value, list) else str(value).strip())


def test_what_it_says():
    found = cycnn.show_config("dicts")
    assert found["cycnn"] == {"version": cycnn.__version__, "folder": str(Path(cycnn.__file__).resolve().parent)}
    assert found["Python"]["version"].startswith(platform.python_version())
    assert found["Python"]["platform"] == platform.platform()
    assert found["processor"]["CPUs"] == os.cpu_count()
    kernels = found["kernels"]
    assert kernels["available"] == cpu.supported()
    assert kernels["loaded"] in kernels["available"]
    assert kernels["threads"] == config.get_num_threads()
    assert kernels["fast_math"] is False
    assert any(kernels["compiler"].startswith(name) for name in ("GCC ", "Clang ", "MSVC ", "unknown"))
    assert found["settings"]["floatx"] == "float32"
    assert found["packages"]["numpy"] == np.__version__
    assert found["packages"]["threadpoolctl"] == metadata.version("threadpoolctl")


def test_it_says_what_this_process_was_told(tmp_path):
    program = "import cycnn; cycnn.utils.set_random_seed(5); cycnn.config.set_num_threads(1); print(cycnn.show_config('dicts'))"
    found = eval(fresh(program, CYCNN_HOME=str(tmp_path), CYCNN_ISA="baseline", OMP_NUM_THREADS="3"))
    assert found["environment"].items() >= {
        "CYCNN_HOME": str(tmp_path),
        "CYCNN_ISA": "baseline",
        "OMP_NUM_THREADS": "3",
    }.items()  # fmt: skip
    assert found["settings"]["data_home"] == str(tmp_path)
    assert found["settings"]["seed"] == 5
    assert found["kernels"]["loaded"] == "baseline"
    assert found["kernels"]["threads"] == 1
    assert found["kernels"]["OpenMP threads"] in (1, 3)  # 1 without OpenMP


def test_a_package_that_is_missing_is_none(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert set(cycnn.show_config("dicts")["packages"].values()) == {None}


def test_it_works_where_the_kernels_cannot_be_loaded():
    printed = fresh("import cycnn; cycnn.show_config()", CYCNN_ISA="avx3")
    assert "not loaded" in printed
    assert "CYCNN_ISA must be one of" in printed


def test_it_imports_none_of_the_packages_it_names():
    program = "import sys, cycnn; cycnn.show_config('dicts'); print(*sys.modules)"
    assert not {"sklearn", "matplotlib", "h5py", "PIL", "scipy", "onnx"} & set(fresh(program).split())


@pytest.mark.parametrize("mode", ["dict", "json", None])
def test_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match=f"`mode` must be 'stdout' or 'dicts'. Received: mode={mode!r}"):
        cycnn.show_config(mode)
