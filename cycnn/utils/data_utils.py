"""Files from elsewhere: downloaded whole or not at all, checked before they get their name."""

import contextlib
import os

from cycnn import config


def get_file(
    fname=None,
    origin=None,
    untar=False,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    extract=False,
    archive_format="auto",
    cache_dir=None,
    force_download=False,
):
    """The path of a file, downloaded where it is not there yet.

    The file gets its name only when it is complete and its checksum is right, so that a broken connection leaves
    nothing behind. A file that is there with another checksum is downloaded again.

    Args:
        fname: Name for the file, without folders; the last part of `origin` where it is `None`.
        origin: URL.
        untar: The same as `extract=True, archive_format="tar"`.
        md5_hash: The same as `file_hash` with `hash_algorithm="md5"`.
        file_hash: The checksum that the file must have, in hexadecimal digits.
        cache_subdir: Folder within `cache_dir`, or an absolute one.
        hash_algorithm: `"sha256"`, `"md5"` or `"auto"`: told by the length of `file_hash`.
        extract: Whether to unpack the file, an archive, beside itself. Members other than files and folders, and such
            that would lie outside, are refused.
        archive_format: `"tar"` (also compressed), `"zip"` or `"auto"`.
        cache_dir: Folder; `$CYCNN_HOME`, else `~/.cache/cycnn`, where it is `None`.
        force_download: Whether to download it although it is there.

    Returns:
        The path of the file; with `extract` that of the folder it was unpacked to.

    Raises:
        OSError: If it cannot be downloaded or written.
        ValueError: If an argument is wrong, the checksum differs, or the archive cannot be unpacked safely.
    """
    if not isinstance(origin, str):
        raise ValueError(f"`origin` must be the URL of the file. Received: origin={origin!r}.")
    name = os.fspath(fname) if fname else _last_part(origin)
    if not name or name in (".", "..") or os.path.basename(name) != name:
        raise ValueError(
            "`fname` must be a file's name without folders (these go into `cache_dir` and `cache_subdir`). "
            f"Received: fname={fname!r}, origin={origin!r}."
        )
    if file_hash is None and md5_hash is not None:
        file_hash, hash_algorithm = md5_hash, "md5"
    algorithm = None if file_hash is None else _algorithm(hash_algorithm, file_hash)
    folder = os.path.join(os.path.expanduser(cache_dir or config.data_home()), cache_subdir)
    target = unpacked = os.path.join(folder, name)
    if extract or untar:
        stem, dot, _ = name.partition(".")
        if not fname or not dot:  # as Keras names them
            target = f"{unpacked}_archive"
        else:
            unpacked = os.path.join(folder, f"{stem}_extracted")

    fresh = force_download or not os.path.exists(target)
    if not fresh and file_hash is not None and _digest(target, algorithm) != file_hash.lower():
        print(f"{target} differs from the file that is wanted (by its {algorithm}); it is downloaded again.")
        fresh = True
    if fresh:
        _download(origin, target, file_hash, algorithm)
    if extract or untar:
        if fresh or not os.path.isdir(unpacked):
            _extract(target, unpacked, "tar" if untar else archive_format)
        return unpacked
    return target


def _last_part(origin):
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(origin).path).rpartition("/")[2]


def _algorithm(wanted, file_hash):
    if wanted == "auto":
        wanted = {64: "sha256", 32: "md5"}.get(len(file_hash))
    if wanted not in ("sha256", "md5"):
        raise ValueError(
            "A checksum must be sha256 (64 digits) or md5 (32 digits). "
            f"Received: file_hash={file_hash!r}, hash_algorithm={wanted!r}."
        )
    return wanted


def _digest(path, algorithm):
    import hashlib

    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _temporary(target):
    """A path beside `target` to write to; what is left there in the end is removed."""
    import shutil
    import tempfile

    beside, name = os.path.split(target)
    try:
        os.makedirs(beside, exist_ok=True)
        place = tempfile.mkdtemp(prefix=f".{name}.", dir=beside)
    except OSError as error:
        raise OSError(
            f"Cannot write to {beside}: {error.strerror}. Set CYCNN_HOME to a folder that can be written to."
        ) from error
    try:
        yield os.path.join(place, name)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _download(origin, target, file_hash, algorithm):
    """Fetch, check, then rename: `target` is complete or absent at every moment."""
    from http.client import HTTPException
    from urllib.request import urlopen

    print(f"Downloading {origin} to {target}")
    with _temporary(target) as path:
        try:
            with urlopen(origin, timeout=60) as source, open(path, "wb") as file:
                expected, got = source.headers.get("Content-Length"), 0
                while block := source.read(1 << 20):
                    got += file.write(block)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, HTTPException) as error:  # URLError, timeouts, a full disk
            raise OSError(
                f"Cannot download {origin}: {error}. Where there is no network, put the file at {target}."
            ) from error
        if expected is not None and int(expected) != got:
            raise OSError(f"The download of {origin} broke off. Expected {expected} bytes. Received: {got}.")
        if file_hash is not None:
            found = _digest(path, algorithm)
            if found != file_hash.lower():
                raise ValueError(f"{origin} must have the {algorithm} {file_hash}. Received: a file with {found}.")
        os.replace(path, target)


def _extract(archive, folder, archive_format):
    """Unpack into a new folder and swap it in, so that `folder` is complete or absent at every moment."""
    import gzip
    import shutil
    import tarfile
    import zipfile
    import zlib

    if archive_format not in ("auto", "tar", "zip"):
        raise ValueError(f"`archive_format` must be 'auto', 'tar' or 'zip'. Received: {archive_format!r}.")
    if archive_format != "zip" and tarfile.is_tarfile(archive):
        read = _tar_members
    elif archive_format != "tar" and zipfile.is_zipfile(archive):
        read = _zip_members
    else:
        kind = "a tar or zip" if archive_format == "auto" else f"a {archive_format}"
        raise ValueError(f"The file to extract must be {kind} archive. Received: {archive}.")
    with _temporary(folder) as new:
        os.mkdir(new)
        try:
            for name, source in read(archive):
                path = _inside(new, name, archive)
                os.makedirs(path if source is None else os.path.dirname(path), exist_ok=True)
                if source is not None:
                    with source, open(path, "wb") as file:
                        shutil.copyfileobj(source, file, 1 << 20)
        except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"The archive {archive} is damaged: {error}.") from error
        if os.path.isdir(folder):
            os.rename(folder, f"{new}.old")  # removed with the temporary folder
        try:
            os.rename(new, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another process was faster
                raise


def _inside(folder, name, archive):
    """Where a member goes. No member is a link, so that a path without ".." cannot leave the folder."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        raise ValueError(f"Members of an archive must lie inside its folder. Received: {name!r} in {archive}.")
    return os.path.join(folder, *(part for part in parts if part not in ("", ".")))


def _tar_members(path):
    """Pairs of a member's name and its open file (`None`: a folder)."""
    import tarfile

    with tarfile.open(path) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise ValueError(
                    "An archive must hold files and folders only, not links or devices. "
                    f"Received: {member.name!r} in {path}."
                )
            yield member.name, archive.extractfile(member) if member.isfile() else None
        while archive.fileobj.read(1 << 20):  # to the very end, where a compressed stream has its checksum
            pass


def _zip_members(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            yield member.filename, None if member.is_dir() else archive.open(member)
