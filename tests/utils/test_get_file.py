"""get_file: downloaded whole or not at all, checked, unpacked safely. Sources are local files and a local server."""

import hashlib
import io
import os
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cycnn import utils

CONTENT = b"cycnn" * 1000
SHA256, MD5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The data folder; nothing may be left in it but what was asked for."""
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def origin(tmp_path):
    path = tmp_path / "source.bin"
    path.write_bytes(CONTENT)
    return path.as_uri()


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []


# Downloads


def test_a_file_is_downloaded_once(home, origin, tmp_path, capsys):
    path = utils.get_file("a.bin", origin)
    assert path == str(home / "datasets" / "a.bin")
    assert (home / "datasets" / "a.bin").read_bytes() == CONTENT
    assert files(home) == ["datasets", "datasets/a.bin"]
    assert capsys.readouterr().out == f"Downloading {origin} to {path}\n"
    (tmp_path / "source.bin").unlink()
    assert utils.get_file("a.bin", origin) == path
    assert capsys.readouterr().out == ""


def test_other_folders(tmp_path, home, origin):
    assert utils.get_file("a", origin, cache_dir=tmp_path / "x", cache_subdir="y") == str(tmp_path / "x" / "y" / "a")
    assert utils.get_file("a", origin, cache_subdir=str(tmp_path / "z")) == str(tmp_path / "z" / "a")
    assert files(home) == []


@pytest.mark.parametrize(
    "how",
    [{"file_hash": SHA256}, {"file_hash": MD5.upper()}, {"md5_hash": MD5}, {"file_hash": MD5, "hash_algorithm": "md5"}],
)
def test_checksums_that_fit(origin, how):
    assert utils.get_file("a", origin, **how)
    assert utils.get_file("a", origin, **how)


def test_a_wrong_checksum_leaves_nothing(home, origin):
    with pytest.raises(ValueError, match=f"must have the sha256 {'0' * 64}. Received: a file with {SHA256}"):
        utils.get_file("a", origin, file_hash="0" * 64)
    assert files(home) == ["datasets"]


def test_a_file_with_another_checksum_is_replaced(home, origin, capsys):
    (home / "datasets").mkdir(parents=True)
    (home / "datasets" / "a").write_bytes(b"old")
    utils.get_file("a", origin, file_hash=SHA256)
    assert (home / "datasets" / "a").read_bytes() == CONTENT
    assert "differs from the file that is wanted" in capsys.readouterr().out


def test_a_file_with_another_checksum_stays_where_the_download_fails(home, tmp_path):
    (home / "datasets").mkdir(parents=True)
    (home / "datasets" / "a").write_bytes(b"old")
    with pytest.raises(OSError, match="Cannot download file://"):
        utils.get_file("a", (tmp_path / "nothing").as_uri(), file_hash=SHA256)
    assert (home / "datasets" / "a").read_bytes() == b"old"


def test_force_download(home, origin):
    path = utils.get_file("a", origin)
    (home / "datasets" / "a").write_bytes(b"changed")
    assert utils.get_file("a", origin) == path
    assert (home / "datasets" / "a").read_bytes() == b"changed"
    utils.get_file("a", origin, force_download=True)
    assert (home / "datasets" / "a").read_bytes() == CONTENT


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:100] if "broken" in self.path else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    served = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join()
    served.server_close()


def test_downloads_over_http(server, home):
    utils.get_file("a", f"{server}/a", file_hash=SHA256)
    assert (home / "datasets" / "a").read_bytes() == CONTENT


def test_the_name_may_come_from_the_url(server, home):
    assert utils.get_file(origin=f"{server}/folder/some%20name.bin?x=/y#top") == str(
        home / "datasets" / "some name.bin"
    )


def test_a_download_that_breaks_off_leaves_nothing(server, home):
    with pytest.raises(OSError, match=r"broke off. Expected 5000 bytes. Received: 100|Cannot download"):
        utils.get_file("a", f"{server}/broken")
    assert files(home) == ["datasets"]


def test_a_missing_page_is_told(server, home):
    with pytest.raises(OSError, match=f"Cannot download {server}/missing: .*404.* put the file at {home}"):
        utils.get_file("a", f"{server}/missing")
    assert files(home) == ["datasets"]


def test_an_interrupt_leaves_nothing(home, origin, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        utils.get_file("a", origin)
    assert files(home) == ["datasets"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="to root every folder is writable")
def test_a_folder_that_cannot_be_written_to_gets_the_remedy(tmp_path, origin, monkeypatch):
    (tmp_path / "locked").mkdir(mode=0o500)
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "locked"))
    with pytest.raises(OSError, match=r"Cannot write to .*Set CYCNN_HOME"):
        utils.get_file("a", origin)


def test_a_file_in_the_place_of_a_folder_gets_the_remedy(tmp_path, origin, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"Cannot write to .*Set CYCNN_HOME"):
        utils.get_file("a", origin)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"fname": "a"}, "`origin` must be the URL of the file. Received: origin=None"),
        (
            {"fname": "a/b", "origin": "file:///x"},
            "`fname` must be a file's name without folders.*Received: fname='a/b'",
        ),
        ({"fname": "..", "origin": "file:///x"}, "`fname` must be a file's name without folders"),
        ({"origin": "http://host/folder/"}, "`fname` must be a file's name without folders"),
        ({"origin": "http://host/%2E%2E"}, "`fname` must be a file's name without folders"),
        (
            {"fname": "a", "origin": "file:///x", "file_hash": "12"},
            "A checksum must be sha256 .* Received: file_hash='12'",
        ),
        ({"fname": "a", "origin": "file:///x", "file_hash": SHA256, "hash_algorithm": "crc"}, "Received: .*'crc'"),
    ],
)
def test_wrong_arguments(home, arguments, match):
    with pytest.raises(ValueError, match=match):
        utils.get_file(**arguments)
    assert files(home) == []


# Archives


def tar(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content
                archive.addfile(member)
    return path.as_uri()


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path.as_uri()


GOOD = {"cats/1.jpg": b"one", "cats/2.jpg": b"two", "./dogs/1.jpg": b"three"}


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize(
    ("fname", "target", "folder"),
    [
        ("pets.tgz", "pets.tgz", "pets_extracted"),
        ("pets", "pets_archive", "pets"),
        (None, "pets.x_archive", "pets.x"),
    ],
)
def test_archives_are_unpacked_to_the_folder_that_keras_names(home, tmp_path, make, fname, target, folder):
    origin = make(tmp_path / "pets.x", GOOD)
    path = utils.get_file(fname, origin, extract=True)
    assert path == str(home / "datasets" / folder)
    assert sorted(os.listdir(home / "datasets")) == sorted([target, folder])
    assert files(home / "datasets" / folder) == ["cats", "cats/1.jpg", "cats/2.jpg", "dogs", "dogs/1.jpg"]
    assert (home / "datasets" / folder / "cats" / "2.jpg").read_bytes() == b"two"


def test_an_archive_is_unpacked_once_and_again_where_it_is_new(home, tmp_path):
    origin = tar(tmp_path / "pets.tar", GOOD, "w")
    folder = home / "datasets" / "pets"
    utils.get_file("pets", origin, untar=True)
    (folder / "mine").touch()
    utils.get_file("pets", origin, untar=True)
    assert (folder / "mine").exists()
    tar(tmp_path / "pets.tar", {"new": b"new"}, "w")
    utils.get_file("pets", origin, untar=True, force_download=True)
    assert files(folder) == ["new"]
    assert sorted(os.listdir(home / "datasets")) == ["pets", "pets_archive"]


BAD = [
    {"../escaped": b"x"},
    {"a/../../escaped": b"x"},
    {"/tmp/escaped": b"x"},
    {"..\\escaped": b"x"},
    {"C:/escaped": b"x"},
]
LINKS = [
    {"link": (tarfile.SYMTYPE, "/etc"), "link/escaped": b"x"},
    {"link": (tarfile.LNKTYPE, "../escaped")},
    {"pipe": (tarfile.FIFOTYPE, "")},
    {"device": (tarfile.CHRTYPE, "")},
]


@pytest.mark.parametrize(("make", "members"), [(make, members) for make in (tar, zipped) for members in BAD])
def test_members_outside_the_folder_are_refused(home, tmp_path, make, members):
    origin = make(tmp_path / "bad", {"good": b"x", **members})
    with pytest.raises(ValueError, match=r"Members of an archive must lie inside its folder. Received: "):
        utils.get_file("bad", origin, extract=True)
    assert files(home) == ["datasets", "datasets/bad_archive"]
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("members", LINKS)
def test_links_and_devices_are_refused(home, tmp_path, members):
    origin = tar(tmp_path / "bad", {"good": b"x", **members})
    with pytest.raises(ValueError, match=r"An archive must hold files and folders only.* Received: "):
        utils.get_file("bad", origin, extract=True)
    assert files(home) == ["datasets", "datasets/bad_archive"]


def test_what_is_no_archive_is_refused(home, origin):
    with pytest.raises(ValueError, match=r"The file to extract must be a tar or zip archive. Received: "):
        utils.get_file("a", origin, extract=True)
    with pytest.raises(ValueError, match="The file to extract must be a zip archive"):
        utils.get_file("a", origin, extract=True, archive_format="zip")
    with pytest.raises(ValueError, match=r"`archive_format` must be 'auto', 'tar' or 'zip'. Received: 'rar'"):
        utils.get_file("a", origin, extract=True, archive_format="rar")


@pytest.mark.parametrize("make", [tar, zipped])
def test_damaged_archives_are_refused(home, tmp_path, make):
    make(tmp_path / "bad", {"a": os.urandom(50_000), "b": os.urandom(50_000)})
    content = bytearray((tmp_path / "bad").read_bytes())
    content[30_000:30_100] = bytes(100)
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(ValueError, match=r"The archive .* is damaged"):
        utils.get_file("bad", (tmp_path / "bad").as_uri(), extract=True)
    assert files(home) == ["datasets", "datasets/bad_archive"]
