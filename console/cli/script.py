"""`hubspoke script`: a script beside the connector; its writes are listed, and sent only with `--write`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.given import pairs_of, text_of
from console.cli.operation import runs
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.connector.script import Script, ScriptWrite
    from console.session import Session

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `script`."""
    parser.add_argument("file", metavar="FILE", help="the script; - for standard input")
    parser.add_argument(
        "--arg", action="append", default=[], metavar="NAME=VALUE", help="in the script: arguments[NAME]"
    )
    parser.add_argument("--write", action="store_true", help="really write; without it writes are only listed")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds in all (60)")
    parser.add_argument("--memory", type=int, default=64, metavar="MIB", help="memory of the script (64)")
    parser.add_argument("--max-calls", type=int, default=1_000, metavar="N", help="calls of the connector (1000)")
    parser.add_argument("--max-output", type=int, default=1_024, metavar="KIB", help="printed text (1024)")
    add_json(parser)
    runs(parser, _run)


async def _run(context: Context, _session: Session, operations: Operations) -> int:
    from console.connector.script import ScriptLimits
    from console.connector.script_operation import ScriptOperation

    args = context.args
    if not (0 < args.timeout <= 86_400 and 0 < args.memory <= 4_096 and args.max_calls > 0 and args.max_output > 0):
        raise usage("A limit is out of bounds.", "Seconds up to 86400, memory up to 4096 MiB, the others above 0.")
    limits = ScriptLimits(args.timeout, args.memory, args.max_calls, args.max_output)
    script = _script(args.file, pairs_of(args.arg, "--arg"))
    operation = ScriptOperation(operations, write=args.write)
    said: list[str] = []

    def printed(text: str) -> None:
        said.append(text)
        if not args.json:
            for line in text.splitlines():
                context.out.note(line)

    try:
        result = await operation.run(script, limits, printed)
    except BaseException as error:
        _tell(context, operation.writes, dry=operation.dry)
        error.writes = [_shape(write) for write in operation.writes]  # type: ignore[attr-defined]
        raise
    if args.json:
        writes = [_shape(write) for write in operation.writes]
        context.out.json({"result": result, "dryRun": operation.dry, "writes": writes, "output": "".join(said)})
    else:
        _answer(context, result)
        _tell(context, operation.writes, dry=operation.dry)
    return Exit.OK


def _script(file: str, arguments: dict[str, str]) -> Script:
    from console.connector.script import Script

    name = "script" if file == "-" else Path(file).name
    try:
        return Script(text_of(file).decode("utf-8-sig"), name, arguments)
    except UnicodeDecodeError as error:
        raise usage(f"{name} is not UTF-8 at byte {error.start}.", "Scripts are text files in UTF-8.") from None


def _answer(context: Context, result: Any) -> None:
    if isinstance(result, str):
        context.out.line(result)
    elif result is not None:
        context.out.json(result)


def _tell(context: Context, writes: Sequence[ScriptWrite], *, dry: bool) -> None:
    """The writes, the first of them in full."""
    for write in writes[:_SHOWN]:
        values = " ".join(f"{name}={value}" for name, value in write.properties.items())
        words = " ".join(filter(None, (_mood(write), write.operation, write.object_class, write.uid, values)))
        context.out.note(words)
    if len(writes) > _SHOWN:
        context.out.note(f"and {len(writes) - _SHOWN:,} more (--json lists them all)")
    if writes and dry:
        context.out.note(f"{len(writes):,} writes were not sent. Add --write to send them.")


def _mood(write: ScriptWrite) -> str:
    if write.uncertain:
        return "may have done"
    return "would" if write.dry else "did"


def _shape(write: ScriptWrite) -> dict[str, Any]:
    return {
        "operation": write.operation,
        "class": write.object_class,
        "id": write.uid or None,
        "properties": dict(write.properties),
        "dry": write.dry,
        "outcomeUnknown": write.uncertain,
    }
