"""The files of recorded answers: JSON, compressed, because most of it says the same again and again. `zcat` shows it."""

import gzip
import json
from pathlib import Path

FOLDER = Path(__file__).parent


def load(name, otherwise=None):
    """The answers in NAME.json.gz; `otherwise`, where that is given and there is no such file."""
    path = FOLDER / f"{name}.json.gz"
    if otherwise is not None and not path.exists():
        return otherwise
    return json.loads(gzip.decompress(path.read_bytes()))


def save(name, answers):
    """Write NAME.json.gz; the same answers give the same bytes."""
    text = json.dumps(answers, ensure_ascii=False, separators=(",", ":"))
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
