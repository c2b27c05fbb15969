"""Downloads through curl: resumed after an interruption, shown while they run, verified when they end."""

import subprocess
import sys
import time
from pathlib import Path

from . import SetupError, Unreachable, say
from .files import is_whole

#: Short, because a machine without a way out should learn that soon.
CONNECT_SECONDS = 5
#: A transfer slower than this many bytes a second for STALL_SECONDS is given up (and resumed on the next try).
STALL_BYTES, STALL_SECONDS = 1000, 30
MEGABYTE = 1e6


def fetch(urls: list[str], target: Path, size: int, digest: str, progress: bool = False) -> None:
    """Brings `target` here from the first of `urls` that serves it, and verifies it.

    What a broken transfer left behind is kept as `<target>.part` and continued. Raises `Unreachable` when no address
    could be reached, `SetupError` when one could but served other bytes.
    """
    if is_whole(target, digest):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    failures = []
    for url in urls:
        failure = _attempt(url, part, size, digest, progress)
        if failure is None:
            part.replace(target)
            return
        failures.append(failure)
    raise next((failure for failure in failures if not isinstance(failure, Unreachable)), failures[-1])


def _attempt(url: str, part: Path, size: int, digest: str, progress: bool) -> SetupError | None:
    """One address, and once more from the start when what was there before spoiled it."""
    resumed = part.exists()
    if not resumed or part.stat().st_size < size:
        if resumed and progress:
            say(f"continuing {part.stem} at {_megabytes(part)}")
        error = _transfer(url, part, size, progress)
        if error is not None:
            return error
    if is_whole(part, digest):
        return None
    part.unlink()
    if resumed:
        return _attempt(url, part, size, digest, progress)
    return SetupError(f"{url} serves other bytes than the pinned ones (sha256 {digest}).")


def _transfer(url: str, part: Path, size: int, progress: bool) -> SetupError | None:
    command = ["curl", "--fail", "--location", "--silent", "--show-error", "--retry", "2" if progress else "0",
               "--continue-at", "-",
               "--connect-timeout", str(CONNECT_SECONDS), "--speed-limit", str(STALL_BYTES),
               "--speed-time", str(STALL_SECONDS), "--output", str(part), url]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as curl:
        try:
            if progress:
                _watch(curl, part, size)
            _, message = curl.communicate()
        except BaseException:
            curl.terminate()
            raise
    if curl.returncode == 0:
        return None
    return Unreachable(message.strip().splitlines()[-1] if message.strip() else f"curl failed ({curl.returncode})")


def _watch(curl: subprocess.Popen, part: Path, size: int) -> None:
    """Shows how far a transfer is: one moving line on a terminal, a line every ten seconds in a log."""
    terminal = sys.stderr.isatty()
    step, shown = (0.2 if terminal else 10.0), time.monotonic()
    while curl.poll() is None:
        time.sleep(0.1)
        if time.monotonic() - shown < step:
            continue
        shown = time.monotonic()
        line = f"{_megabytes(part)} of {size / MEGABYTE:.0f} MB"
        if terminal:
            print(f"\r  {line}", end="", file=sys.stderr, flush=True)
        else:
            say(line)
    if terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / MEGABYTE if path.exists() else 0:.0f} MB"
