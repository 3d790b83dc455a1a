"""A source tested stage by stage: its address, its credentials, reading it, the people in it; with what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec

from console.sources.errors import SourceError
from console.sources.model import Preview, Source
from console.sources.opening import SecretGetter, open_source, secret_name

STAGES = {"address": "Address", "credentials": "Credentials", "reading": "Reading", "people": "People"}
_EXAMINED = 1000


class SourceStage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: how it went, what was found, why it failed, what to do."""

    id: str
    state: Literal["pass", "warn", "fail", "skipped"]
    detail: str = ""
    cause: str = ""
    advice: str = ""
    milliseconds: float = 0.0

    @property
    def title(self) -> str:
        """The stage's name."""
        return STAGES[self.id]


async def try_source(
    spec: str, *, base: Path | None = None, secrets: SecretGetter | None = None
) -> AsyncIterator[SourceStage]:
    """Test a source; after a stage that failed, the others are skipped. Raises nothing that is the source's fault."""
    source: Source | None = None
    secret: str | None = None
    failed = False
    for name in STAGES:
        if failed:
            yield SourceStage(id=name, state="skipped")
            continue
        begun = time.monotonic()
        try:
            if name == "address":
                open_source(spec, base=base)
                stage = SourceStage(id=name, state="pass", detail=f"{spec} can be a source")
            elif name == "credentials":
                secret, stage = await _credentials(spec, secrets)
            elif name == "reading":
                source = open_source(spec, base=base, secret=secret)
                notes = await asyncio.to_thread(source.test)
                stage = SourceStage(id=name, state="pass", detail="; ".join((f"{source.kind}, readable", *notes)))
            else:
                assert source is not None
                stage = _people(await asyncio.to_thread(source.preview, 1, _EXAMINED))
        except SourceError as error:
            failed = True
            stage = SourceStage(id=name, state="fail", cause=_placed(error), advice=error.remedy)
        yield msgspec.structs.replace(stage, milliseconds=(time.monotonic() - begun) * 1000)


async def _credentials(spec: str, secrets: SecretGetter | None) -> tuple[str | None, SourceStage]:
    name = secret_name(spec)
    if not name or name == "source/people:":
        secret = await secrets(name) if name and secrets is not None else None
        return secret, SourceStage(id="credentials", state="pass", detail="none are needed")
    secret = await secrets(name) if secrets is not None else None
    if secret:
        return secret, SourceStage(id="credentials", state="pass", detail=f"{name} is there")
    return None, SourceStage(
        id="credentials",
        state="warn",
        detail=f"there is no {name}",
        cause="Without it only a source that asks nobody who they are can be read.",
        advice=f"Store it: hubspoke credentials set {name}",
    )


def _people(preview: Preview) -> SourceStage:
    columns = ", ".join(column.name for column in preview.columns[:6])
    more = f" and {len(preview.columns) - 6} more" if len(preview.columns) > 6 else ""
    told = f"{preview.examined:,} looked at; {len(preview.columns)} fields: {columns}{more}"
    if not preview.examined:
        return SourceStage(
            id="people", state="warn", detail="nobody is in it", advice="An empty source never plans a deletion."
        )
    if preview.problems:
        first = preview.problems[0]
        place = f"line {first.line}: " if first.line else ""
        many = len(preview.problems)
        return SourceStage(
            id="people",
            state="warn",
            detail=told,
            cause=f"{many} row{'' if many == 1 else 's'} cannot be used; {place}{first.message}",
            advice=first.remedy,
        )
    return SourceStage(id="people", state="pass", detail=told)


def _placed(error: SourceError) -> str:
    return f"line {error.line}: {error.message}" if error.line else error.message
