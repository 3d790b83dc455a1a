"""What a scope can ask for: the columns of a mapping's source, as far as they can be told without asking a server."""

from __future__ import annotations

from console.provisioning.errors import PlanRefused
from console.provisioning.mappings import Mappings
from console.sources.errors import SourceError
from console.sources.opening import open_source, scheme_of


def columns_of(mappings: Mappings, name: str) -> tuple[str, ...]:
    """The columns of the file that a mapping reads; none where it is no file, or cannot be read."""
    try:
        mapping = mappings.load(name)
        if scheme_of(mapping.source):
            return ()
        return open_source(mapping.source, base=mapping.base, types=mapping.types).columns() or ()
    except (PlanRefused, SourceError):
        return ()
