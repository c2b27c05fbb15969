"""Model packs: which are installed and whole, and how to install one."""

import os
import shutil
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import ROOT, SetupError, Unreachable, say
from .download import MEGABYTE, fetch
from .files import is_whole, put, sha256
from .registries import members

MODELS = ROOT / "models"
CACHE = MODELS / ".cache"
#: Names a directory with the publishers' files, for machines that cannot reach the publishers.
MIRROR = "VIVAT_MODELS_MIRROR"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text())
PACKS = [pack["name"] for pack in MANIFEST["pack"]]


def missing(choice: str) -> list[str]:
    """What `setup --pack choice` has to install: packs, or `auto` where that is still to be decided.

    Every installed file is hashed anew: a model that was changed after its installation counts as missing.
    """
    whole = [pack for pack in PACKS if _is_installed(pack)]
    if choice == "auto":
        return [] if whole else ["auto"]
    return [pack for pack in (PACKS if choice == "all" else [choice]) if pack not in whole]


def describe(choice: str) -> None:
    """Says which of the packs of `choice` are installed, and what using them means."""
    for pack in MANIFEST["pack"]:
        name = pack["name"]
        if choice not in (name, "auto", "all"):
            continue
        if _is_installed(name):
            say(f"model pack {name}: {pack['summary']['en']}")
        elif any(_path(model).exists() for model in _models(name)):
            say(f"model pack {name} is incomplete or damaged: ./setup --pack {name} repairs it")


def install(pack: str) -> None:
    """Fetches, verifies and converts every model of the pack that is not there whole."""
    models = [model for model in _models(pack) if not is_whole(_path(model), model["sha256"])]
    for model in models:
        if _path(model).exists():
            say(f"{_path(model).relative_to(ROOT)} is not the file it should be and is replaced")
    with tempfile.TemporaryDirectory() as directory:
        sources = Path(directory)
        _from_archives([model for model in models if "archive" in model["source"]], sources)
        _from_publishers([model for model in models if "archive" not in model["source"]], sources)
        _convert(models, sources)
    shutil.rmtree(CACHE, ignore_errors=True)
    say(f"installed in models/{pack}: {', '.join(model['name'] for model in _models(pack))}")


def _models(pack: str) -> list[dict]:
    return [model for model in MANIFEST["model"] if model["pack"] == pack]


def _path(model: dict) -> Path:
    return MODELS / model["pack"] / model["file"]


def _is_installed(pack: str) -> bool:
    return all(is_whole(_path(model), model["sha256"]) for model in _models(pack))


def _source(directory: Path, file: dict) -> Path:
    """Where a source file lies while its model is converted: by its digest, since the names are the publishers'."""
    return directory / file["sha256"]


def _from_archives(models: list[dict], directory: Path) -> None:
    for archive in MANIFEST["archive"]:
        files = [file for m in models if m["source"]["archive"] == archive["name"] for file in m["source"]["files"]]
        if not files:
            continue
        contents = members(archive, [file["path"] for file in files], CACHE)
        for file in files:
            put(_source(directory, file), contents[file["path"]], file["sha256"])


def _from_publishers(models: list[dict], directory: Path) -> None:
    """From the mirror directory where one is named, else from the publishers, all at once."""
    files = [file for model in models for file in model["source"]["files"]]
    if not files:
        return
    mirror = os.environ.get(MIRROR)
    if mirror:
        say(f"from the mirror directory {mirror} ({MIRROR})")
        for file in files:
            _from_mirror(Path(mirror), file, _source(directory, file))
        return
    total = sum(file["bytes"] for file in files) / MEGABYTE
    say(f"from the publishers, {total:.0f} MB")
    with ThreadPoolExecutor(len(files)) as pool:
        list(pool.map(lambda file: _from_urls(file, _source(directory, file)), files))


def _from_mirror(mirror: Path, file: dict, target: Path) -> None:
    candidate = mirror / file["mirror"]
    if not candidate.is_file():
        raise Unreachable(f"{candidate} is not there.")
    if sha256(candidate) != file["sha256"]:
        raise SetupError(f"{candidate} is not the pinned file (sha256 {file['sha256']}). Replace it or unset {MIRROR}.")
    target.symlink_to(candidate.resolve())


def _from_urls(file: dict, target: Path) -> None:
    """Into the cache, which outlives an interruption; a whole pack empties it."""
    cached = CACHE / file["mirror"]
    fetch(file["urls"], cached, file["bytes"], file["sha256"])
    target.symlink_to(cached)


def _convert(models: list[dict], directory: Path) -> None:
    if not models:
        return
    from convert import CONVERTERS, ConversionError

    for model in models:
        sources = [_source(directory, file) for file in model["source"]["files"]]
        try:
            content = CONVERTERS[model["source"]["converter"]](sources)
        except ConversionError as error:
            raise SetupError(f"{model['name']} could not be converted: {error}") from error
        put(_path(model), content, model["sha256"])
