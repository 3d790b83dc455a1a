"""A new mapping for a source, made by suggestion and opened in the editor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.session import Session
    from screens.screens.base import ConsoleScreen


async def suggest_mapping(screen: ConsoleScreen[None], session: Session, source: str) -> str:
    """Suggest, keep under a name that is free, open the editor; says the name."""
    from console.provisioning.toml_lines import put
    from screens.screens.mapping.editor import MappingEditor
    from screens.suggesting import free_name, suggest

    text, name = await suggest(session, source)
    mappings = await session.mappings
    name = await asyncio.to_thread(free_name, mappings, name)
    await asyncio.to_thread(mappings.write, name, put(text, ("name",), name))
    screen.app.push_screen(MappingEditor(name))
    return name
