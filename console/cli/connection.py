"""`hubspoke test`: the way to HubSpot, stage by stage."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.diagnose import Stage

_MARKS = {"pass": "ok", "warn": "WARN", "fail": "FAIL", "skipped": "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `test`."""
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    stages: list[Stage] = []
    async with context.session() as session:
        from console.connector.diagnose import diagnose
        from console.hubspot.requestlog import RequestLog

        log = RequestLog()
        try:
            async for stage in diagnose(session.profile, await session.secrets, await session.budget, log=log):
                stages.append(stage)
                if not context.args.json:
                    _tell(context, stage)
        finally:
            context.write_log(log)
    failed = any(stage.state == "fail" for stage in stages)
    if context.args.json:
        context.out.json(
            {"id": session.profile.name, "passed": not failed, "stages": [_shape(stage) for stage in stages]}
        )
    return Exit.FAILURE if failed else Exit.OK


def _tell(context: Context, stage: Stage) -> None:
    took = f" ({stage.milliseconds:.0f} ms)" if stage.milliseconds else ""
    context.out.line(f"{_MARKS[stage.state]:<5} {stage.title}{took}{f': {stage.detail}' if stage.detail else ''}")
    if stage.state in ("fail", "warn"):
        for line in filter(None, (stage.cause, stage.advice)):
            context.out.line(f"      {line}")
        if stage.correlation_id:
            context.out.line(f"      HubSpot's correlation id: {stage.correlation_id}")


def _shape(stage: Stage) -> dict[str, object]:
    return {
        "id": stage.name,
        "title": stage.title,
        "state": stage.state,
        "detail": stage.detail,
        "cause": stage.cause,
        "advice": stage.advice,
        "correlationId": stage.correlation_id,
        "milliseconds": round(stage.milliseconds or 0, 1),
    }
