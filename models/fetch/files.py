"""Files that must be exactly what was pinned: hashing, checking, putting in place."""

import hashlib
import os
from pathlib import Path

from . import SetupError


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """Whether the file is there and hashes to `digest`."""
    return path.is_file() and sha256(path) == digest


def put(path: Path, content: bytes, digest: str) -> None:
    """Writes a file in one step, so that it is there whole or not at all."""
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise SetupError(f"{path.name} came out with sha256 {found}, pinned is {digest}. Please report this.")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
