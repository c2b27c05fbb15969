"""Brings model packs and demo photos onto this machine: fetched, verified, converted. Called by `setup`.

Only the standard library, git-ignored places, and nothing trusted that does not hash to its pin. The converters
(`convert`, which want numpy and onnx) are imported when something has to be converted, so that asking whether
all is in place works with any Python from 3.11.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class SetupError(Exception):
    """Something that the person who runs `setup` can act on; the message says what to do."""


class Unreachable(SetupError):
    """A source could not be reached from this machine; another one may."""


def say(text: str) -> None:
    """One line for the person who waits."""
    print(f"  {text}", file=sys.stderr, flush=True)
