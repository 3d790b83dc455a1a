"""`hubspoke test`: the way to HubSpot, stage by stage; and accepting the certificate of a server without authority."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json
from console.cli.settings_given import assigned
from console.settings.profile import Profile

if TYPE_CHECKING:
    from console.connector.stages import Stage
    from console.session import Session

_MARKS = {"pass": "ok", "warn": "WARN", "fail": "FAIL", "skipped": "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `test`."""
    parser.add_argument(
        "settings", nargs="*", metavar="KEY=VALUE", help="settings of the profile to try instead of the saved ones"
    )
    parser.add_argument(
        "--accept-certificate",
        metavar="SHA256",
        help="from now on take this one certificate of the server, by its fingerprint; then test",
    )
    parser.add_argument("--only", metavar="STAGE", help="the way to HubSpot and this one stage, such as writeContacts")
    add_json(parser)
    parser.add_argument("--as-array", action="store_true", help="the JSON document as an array of one")
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    arguments = context.args
    if arguments.accept_certificate and arguments.settings:
        raise usage(
            "--accept-certificate stores the fingerprint in the profile, so it does not go with other settings.",
            "Save them first: hubspoke profile set KEY=VALUE",
        )
    if arguments.only:
        from console.connector.stages import STAGES

        if arguments.only not in STAGES:
            raise usage(f"There is no stage {arguments.only}.", f"The stages are: {', '.join(STAGES)}.")
    async with context.session(profile=_tried(context)) as session:
        profile = await _accepted(context, session) if arguments.accept_certificate else session.profile
        stages = await _stages(context, session, profile)
    if arguments.json or arguments.as_array:
        from console.connector.status import status_of

        status = status_of(profile, stages)
        context.out.json([status] if arguments.as_array else status)
    return Exit.FAILURE if any(stage.state == "fail" for stage in stages) else Exit.OK


def _tried(context: Context) -> Profile | None:
    """The profile with the settings of the command line, which nothing saves; None for the saved one."""
    if not context.args.settings:
        return None
    from console.session import chosen_profile
    from console.settings.profiles import Profiles

    return assigned(chosen_profile(Profiles(context.paths), context.args.profile), context.args.settings)


async def _stages(context: Context, session: Session, profile: Profile) -> list[Stage]:
    from console.connector.diagnose import diagnose
    from console.hubspot.requestlog import RequestLog

    stages: list[Stage] = []
    log = RequestLog()
    log.on_entry = session.requests.add
    try:
        async for stage in diagnose(
            profile, await session.secrets, session.budget, log=log, only=context.args.only or ""
        ):
            stages.append(stage)
            if not (context.args.json or context.args.as_array):
                _tell(context, stage)
    finally:
        context.write_log(log)
    return stages


async def _accepted(context: Context, session: Session) -> Profile:
    """The profile with the certificate pinned, and saved."""
    from console.connector.acceptance import accept_certificate
    from console.connector.stages import Problem

    before = session.profile
    wanted = assigned(before, [f"certificateFingerprint={context.args.accept_certificate}"])
    try:
        after = await accept_certificate(before, await session.secrets, wanted.certificate_fingerprint)
    except Problem as problem:
        raise Stop(Exit.FAILURE, problem.what, "\n".join(filter(None, (problem.cause, problem.advice)))) from None
    session.profiles.save(after)
    instead = before.certificate_fingerprint
    context.out.note(
        f"Accepted for profile {after.name}: SHA-256 {after.certificate_fingerprint}"
        + (f", instead of {instead}." if instead and instead != after.certificate_fingerprint else ".")
    )
    return after


def _tell(context: Context, stage: Stage) -> None:
    took = f" ({stage.milliseconds:.0f} ms)" if stage.milliseconds else ""
    context.out.line(f"{_MARKS[stage.state]:<5} {stage.title}{took}{f': {stage.detail}' if stage.detail else ''}")
    if stage.state in ("fail", "warn"):
        for line in filter(None, (stage.cause, stage.advice)):
            context.out.line(f"      {line}")
        if stage.correlation_id:
            context.out.line(f"      HubSpot's correlation id: {stage.correlation_id}")
