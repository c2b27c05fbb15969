"""Files out of packages of the npm and Python registries, through the registries' own clients.

The clients know which registry or mirror this machine uses; no address of one stands here. A package is verified as a
whole, then each file again. The package itself is thrown away once its files are out: an unfinished download stays, to
be continued, a finished one would be 144 MB kept for four models that are pinned and here.
"""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from . import SetupError, Unreachable, say
from .download import MEGABYTE, fetch
from .files import sha256


def members(archive: dict, paths: list[str], cache: Path) -> dict[str, bytes]:
    """The contents of `paths` in a package that the manifest describes."""
    size = archive["bytes"] / MEGABYTE
    say(f"{archive['package']} {archive['version']} from the {archive['registry']} registry ({size:.0f} MB)")
    if archive["registry"] == "npm":
        package = _npm_package(archive, cache)
        contents = _unpack(package, paths)
        package.unlink()
        return contents
    with tempfile.TemporaryDirectory() as directory:
        return _unpack(_python_package(archive, Path(directory)), paths)


def _npm_package(archive: dict, cache: Path) -> Path:
    """Asks the npm client where the tarball lies and fetches it with curl, which can continue a broken transfer."""
    package = f"{archive['package']}@{archive['version']}"
    url = _run(["npm", "view", "--loglevel=error", package, "dist.tarball"], "npm").strip()
    target = cache / f"{archive['name']}-{archive['version']}.tgz"
    fetch([url], target, archive["bytes"], archive["sha256"], progress=True)
    return target


def _python_package(archive: dict, directory: Path) -> Path:
    """Has pip download one source package or wheel, by its hash."""
    requirements = directory / "requirements.txt"
    pin = f"{archive['package']}=={archive['version']} --hash=sha256:{archive['sha256']}\n"
    requirements.write_text(pin)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--dest",
               str(directory), "--requirement", str(requirements), *archive["pip"]]  # fmt: skip
    _run(command, "pip")
    (package,) = (path for path in directory.iterdir() if path != requirements)
    if sha256(package) != archive["sha256"]:
        raise SetupError(f"pip brought another {package.name} than the pinned one.")
    return package


def _run(command: list[str], client: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SetupError(f"{client} is not installed.") from None
    if done.returncode != 0:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Unreachable(f"{client} could not get the package:\n{reason}")
    return done.stdout


def _unpack(package: Path, paths: list[str]) -> dict[str, bytes]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return {path: wheel.read(path) for path in paths}
    contents, wanted = {}, set(paths)
    with tarfile.open(package, "r|gz") as tarball:
        for member in tarball:
            if member.name in wanted and member.isfile():
                contents[member.name] = tarball.extractfile(member).read()
            if len(contents) == len(wanted):
                return contents
    raise SetupError(f"{package.name} lacks {sorted(wanted - contents.keys())}.")
