"""What went wrong, in words: what, where, what to do next; and the exit code that says it to a script.

An exception that nobody foresaw becomes one line with a reference; the report file of that name
holds where it happened, without messages, values or local variables.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

from console.cli.exits import Exit, Stop
from console.cli.output import Output
from console.settings.paths import Paths, write_private
from console.settings.trail import trail

_CODES = {
    "LockedByAnother": Exit.LOCKED,
    "GuardHolds": Exit.GUARD,
    "GuardRefused": Exit.GUARD,
    "NeedsOtherEyes": Exit.GUARD,
    "Usage": Exit.USAGE,
}
"""Exit codes by the name of the error's class: looking at the name imports nothing."""

_PROBLEMS_SHOWN = 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = "Make room where the output goes, or send it elsewhere."


def explain(error: BaseException, output: Output, paths: Paths | None) -> Exit:
    """Tell the operator; returns the exit code."""
    if isinstance(error, Stop):
        code, message, remedy = error.code, error.message, error.remedy
    elif isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        code, message, remedy = Exit.INTERRUPTED, "Interrupted.", ""
    elif _is_ours(error):
        code, (message, remedy) = _code(error), _words(error)
    elif isinstance(error, OSError) and error.filename is not None:
        code, message, remedy = Exit.FAILURE, f"{error.filename}: {error.strerror}", ""
    elif isinstance(error, OSError) and error.errno in _NO_ROOM:
        code, message, remedy = Exit.FAILURE, f"Something could not be written: {error.strerror}.", _ROOM
    else:
        code, (message, remedy) = Exit.FAILURE, _unforeseen(error, paths)
    # nobody may be there to be told; the exit code tells all the same
    if output.documents:
        with suppress(OSError):
            output.json({"error": _document(error, message, remedy, code)})
    with suppress(OSError):
        _tell(error, output, message, remedy)
    return code


def _tell(error: BaseException, output: Output, message: str, remedy: str) -> None:
    if message:
        output.note(f"hubspoke: {message}")
    for line in remedy.splitlines():
        output.note(f"  {line}")
    for problem in tuple(getattr(error, "problems", ()))[1:_PROBLEMS_SHOWN]:
        output.note(f"  {_problem(problem)}")


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("console.") and bool(str(getattr(error, "message", "") or error))


def _code(error: BaseException) -> Exit:
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((code for name, code in _CODES.items() if name in names), Exit.FAILURE)


def _words(error: BaseException) -> tuple[str, str]:
    """Message and remedy of one of our errors: the place first, a caret where there is one."""
    message = str(getattr(error, "message", "") or error)
    if hasattr(error, "http_status"):  # the framework's word for it is what people look up
        message = f"{getattr(error, 'name', '')}: {message}"
    place = str(getattr(error, "place", "") or _place(error))
    caret = getattr(error, "caret", None)
    remedy = str(getattr(error, "remedy", "") or getattr(error, "advice", ""))
    correlation = getattr(error, "correlation_id", "")
    more = [
        caret() if callable(caret) else "",
        remedy,
        f"HubSpot's correlation id: {correlation}" if correlation else "",
    ]
    return (f"{place}: {message}" if place and place not in message else message), "\n".join(filter(None, more))


def _document(error: BaseException, message: str, remedy: str, code: Exit) -> dict[str, object]:
    """The failure for a program: the framework's class of error, and what else is known of it."""
    icf = None if isinstance(error, Stop) else _icf(error)
    return {
        "icfError": getattr(icf, "name", None),
        "httpStatus": getattr(icf, "http_status", None),
        "message": getattr(error, "message", "") or message,
        "advice": getattr(error, "advice", "") or getattr(error, "remedy", "") or ("" if icf else remedy) or None,
        "uid": getattr(icf, "uid", "") or None,
        "existingId": getattr(icf, "existing_id", None),
        "outcomeUnknown": getattr(icf, "outcome_unknown", False),
        "correlationId": getattr(error, "correlation_id", "") or None,
        "line": getattr(error, "line", 0) or _line(error),
        "column": getattr(error, "column", 0) or None,
        "problems": [_problem(problem) for problem in tuple(getattr(error, "problems", ()))],
        "exitCode": int(code),
        **({"writes": error.writes} if hasattr(error, "writes") else {}),
    }


def _line(error: BaseException) -> int | None:
    """The line of the place, `file:7`, that an error was given."""
    number = str(getattr(error, "place", "") or "").rpartition(":")[2]
    return int(number) if number.isdecimal() and number != "0" else None


def _icf(error: BaseException) -> object:
    """The error as one of the framework's, where it is ours at all."""
    if not isinstance(error, Exception) or not _is_ours(error):
        return None
    from console.connector.errors import icf_error

    return icf_error(error, "")


def _problem(problem: object) -> str:
    """One more thing that is wrong, in one line."""
    file, line, field, message, remedy = (
        str(getattr(problem, name, "") or "") for name in ("file", "line", "field", "message", "remedy")
    )
    place = f"{file}:{line}: " if file and line else ""
    message = message.partition("\n")[0]
    if remedy and not message.endswith((".", "!", "?", ":")):
        message += "."
    return f"{place}{f'{field}: ' if field else ''}{message} {remedy}".rstrip()


def _place(error: BaseException) -> str:
    file, line, field = (getattr(error, name, None) for name in ("file", "line", "field"))
    place = f"{file}:{line}" if file and line else str(file or "")
    return f"{place} ({field})" if place and field else place


def _unforeseen(error: BaseException, paths: Paths | None) -> tuple[str, str]:
    reference = f"{time.strftime('%Y%m%d')}-{secrets.token_hex(3)}"
    message = f"Something went wrong that should not ({type(error).__name__}), reference {reference}."
    if paths is None:
        return message, "\n".join(trail(error))
    file = paths.state / "reports" / f"{reference}.txt"
    try:
        write_private(file, "\n".join(_report(error, reference)).encode())
    except (OSError, Exception) as trouble:  # noqa: BLE001 - a report that cannot be written must not hide the failure
        return message, f"The report could not be written ({type(trouble).__name__})."
    return message, f"Where it happened, without any data of yours: {file}"


def _report(error: BaseException, reference: str) -> Iterator[str]:
    from console import __version__

    yield f"reference {reference}"
    yield f"hubspoke {__version__}, Python {sys.version.split()[0]}, {sys.platform}"
    yield from trail(error)
    yield ""
