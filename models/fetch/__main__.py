"""`python3 -m fetch COMMAND`, from the directory `models`; run by `setup`.

Exit codes: 0 done, 1 failed (the message says what to do), 75 no source could be reached.
"""

import argparse
import signal
import sys

from . import SetupError, Unreachable, packs, photos

UNREACHABLE = 75


def main() -> int:
    """Runs one command and says what went wrong, if anything did."""
    parser = argparse.ArgumentParser(prog="fetch", description="Model packs and demo photos.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("missing", "print the packs that are not installed"), ("describe", "say what is installed")):
        commands.add_parser(name, help=text).add_argument("choice", choices=["auto", "all", *packs.PACKS])
    commands.add_parser("install", help="install a pack").add_argument("pack", choices=packs.PACKS)
    commands.add_parser("missing-photos", help="print the photos that are not here")
    commands.add_parser("photos", help="install the photos")
    arguments = parser.parse_args()
    # A kill unwinds as Ctrl-C does, so that no download goes on behind our back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        match arguments.command:
            case "missing":
                print(*packs.missing(arguments.choice))
            case "describe":
                packs.describe(arguments.choice)
            case "install":
                packs.install(arguments.pack)
            case "missing-photos":
                print(*photos.missing())
            case "photos":
                photos.install()
    except Unreachable as error:
        print(f"  {error}", file=sys.stderr)
        return UNREACHABLE
    except (SetupError, OSError) as error:
        print(f"  {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


sys.exit(main())
