"""The public-domain portraits of fixtures/photos.toml, for the demo and the tests."""

import tomllib

from . import ROOT, say
from .files import is_whole, put
from .registries import members

PHOTOS = ROOT / "fixtures" / "photos"


def _wanted() -> tuple[list[dict], list[dict]]:
    manifest = tomllib.loads((ROOT / "fixtures" / "photos.toml").read_text())
    photos = [photo for photo in manifest["photo"] if not is_whole(PHOTOS / photo["file"], photo["sha256"])]
    return manifest["archive"], photos


def missing() -> list[str]:
    """Names of the photos that are not there whole."""
    _, photos = _wanted()
    return [photo["file"] for photo in photos]


def install() -> None:
    """Fetches what is missing."""
    archives, photos = _wanted()
    for archive in archives:
        own = [photo for photo in photos if photo["archive"] == archive["name"]]
        if own:
            contents = members(archive, [photo["path"] for photo in own], PHOTOS)
            for photo in own:
                put(PHOTOS / photo["file"], contents[photo["path"]], photo["sha256"])
    say(f"photos in {PHOTOS.relative_to(ROOT)}")
