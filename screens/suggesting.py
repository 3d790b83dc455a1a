"""A first mapping for a source, for the two screens that offer one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from console.settings.paths import expanded

if TYPE_CHECKING:
    from console.provisioning.mappings import Mappings
    from console.session import Session

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


async def suggest(session: Session, source: str, object_class: str = "contact") -> tuple[str, str]:
    """The text of a mapping for a source, and a name for it."""
    from console.session import source_secret

    mappings = await session.mappings
    schema = await (await session.connector).schema(object_class)
    secret = await source_secret(session, source)
    text = await asyncio.to_thread(mappings.suggest, absolute(source), object_class, schema, secret=secret)
    stem = _NOT_A_NAME.sub("-", Path(source).stem).strip("-.") or "people"
    return text, f"{stem}-to-{'contacts' if object_class == 'contact' else 'companies'}"[:80]


def absolute(source: str) -> str:
    """A path that means the same from the folder of mappings; a URL as it is."""
    from console.sources.opening import scheme_of

    return source if scheme_of(source) else str(expanded(source).absolute())


def free_name(mappings: Mappings, name: str) -> str:
    """A name that no mapping has yet."""
    taken = set(mappings.names())
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
