"""The `hubspoke` command: no argument opens the console, anything else goes to the command line."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # the typing module costs more than --version may
if TYPE_CHECKING:
    from console.demo import Demo
    from console.settings.paths import Paths


def main(argv: list[str] | None = None) -> int:
    """Run `hubspoke`; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        from console import __version__  # and nothing else: scripts ask this often

        sys.stdout.write(f"hubspoke {__version__}\n")
        return 0
    from console.cli import main as command_line

    return command_line(arguments, open_console)


def open_console(paths: Paths, profile: str | None, demo: Demo | None) -> int:
    """Run the console in this terminal; Textual is imported here and not before."""
    from screens.app import run_console

    return run_console(paths, profile, demo)


if __name__ == "__main__":
    sys.exit(main())
