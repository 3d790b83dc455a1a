"""The command line: one module per group of subcommands; with the reports, the only place that prints."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.context import Context, OpenConsole


def main(arguments: Sequence[str] | None = None, open_console: OpenConsole | None = None) -> int:
    """Run one command; returns its exit code. `open_console` opens the console, where there is one."""
    from console.cli.output import Output

    _open_streams()
    _tame_streams()
    output = Output()
    paths = None
    try:
        from console.cli.context import Context
        from console.cli.parser import parse
        from console.settings.paths import Paths

        args = parse(sys.argv[1:] if arguments is None else arguments)
        output.verbose = args.verbose
        output.documents = bool(getattr(args, "json", False))
        paths = Paths.resolve(args.config, args.state)
        code = _dispatch(Context(args, paths, output, open_console))
        output.flush()
    except BrokenPipeError:
        code = 1  # whoever read us has seen enough
    except SystemExit as ended:  # argparse after --help
        code = int(ended.code or 0)
    except BaseException as error:  # noqa: BLE001 - the last place that can put it into words
        from console.cli.failures import explain

        code = int(explain(error, output, paths))
    _let_go()
    return int(code)


def _dispatch(context: Context) -> int:
    args = context.args
    if args.version:
        from console import __version__

        context.out.line(f"hubspoke {__version__}")
        return 0
    if args.command is None:
        if context.open_console is None:
            from console.cli.exits import usage

            raise usage("A command is needed here.", "hubspoke --help")
        return context.open_console(context.paths, args.profile, None)
    code: int = args.run(context)
    return code


def _open_streams() -> None:
    """Streams that whoever started us had closed lead nowhere; else the next file that is opened would be one of them."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        handle = os.open(os.devnull, os.O_RDWR)
        if handle != number:
            os.dup2(handle, number)
            os.close(handle)
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _let_go() -> None:
    """Python must not complain at exit about what can no longer be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):  # a stream of a test has no number
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except ValueError:
            pass  # closed


def _tame_streams() -> None:
    """A stream that is not UTF-8 shows what it cannot say as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            reconfigure(errors="backslashreplace")
