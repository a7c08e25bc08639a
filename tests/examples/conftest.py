"""What the tests of the programs share."""

import pytest

from cycnn import config
from cycnn.datasets import cifar10, mnist


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs a program on one thread, in a folder of its own and without data sets that would be downloaded.

    Returns what its `main` returns and what it printed, after looking at the picture that it wrote.
    """
    before = config.get_num_threads()

    def missing(*args):
        raise OSError("no network")

    for data_set in (mnist, cifar10):
        monkeypatch.setattr(data_set, "load_data", missing)

    def run_program(program, *arguments):
        folder = tmp_path / "new" / "folder"
        result = program.main([*arguments, "--threads", "1", "--output", str(folder)])
        pictures = list(folder.glob("*.png"))
        assert pictures
        assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
        out = capsys.readouterr().out
        assert all(str(picture) in out for picture in pictures)
        return result, out

    yield run_program
    config.set_num_threads(before)
