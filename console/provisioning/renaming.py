"""Another name for a mapping. The name is the identity of its links, so they are carried over one by one.

A link is kept under a keyed digest of mapping and source id, never with the id itself: the ids come from the source,
and for people who left it from the plans that are kept.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from console.journal.journal import Journal
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import OwnerLock
from console.provisioning.mapping import Mapping, is_name
from console.provisioning.mappings import Mappings
from console.provisioning.planner_bench import Bench, PlanningTarget, lay_out
from console.provisioning.request import PlanRequest
from console.provisioning.threads import in_thread
from console.provisioning.tomltext import Places
from console.provisioning.tomlwords import toml_text
from console.settings.paths import write_private
from console.sources.model import SourceRow
from console.sources.opening import SecretGetter

_BATCH = 500
_PLANS = 1000
_NAME = re.compile(rb"""(\s*(?:name|"name"|'name')\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*')(.*)""", re.DOTALL)


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. `named_by` are mappings that speak of the old name."""

    old: str
    path: Path
    portal_id: int
    moved: int
    left: int
    named_by: tuple[str, ...] = ()


class Renaming:
    """Renames one mapping in the portal behind the connector; what was interrupted goes on when it is run again."""

    def __init__(
        self, mappings: Mappings, connector: PlanningTarget, journal: Journal, locks: Path, reference: str, name: str
    ) -> None:
        self._mappings = mappings
        self._connector = connector
        self._journal = journal
        self._locks = locks
        self._reference = reference
        self._name = name

    async def run(self, *, secrets: SecretGetter | None = None, leave: int = 0) -> Renamed:
        """Rename.

        Raises what a plan of the mapping raises, and:
            PlanRefused: the new name is taken, or not every link can go along (`leave` accepts their exact number).
            LockedByAnother: a run of one of the two is under way.
        """
        mapping = await in_thread(lambda: self._mappings.load(self._reference))
        target = self._target(mapping)
        portal = (await self._connector.details(fresh=True)).portal_id
        async with OwnerLock(self._locks, portal, mapping.name), OwnerLock(self._locks, portal, self._name):
            links = {digest async for digest in self._links(portal, mapping.name, mapping.target)}
            pairs = await self._pairs(portal, mapping, secrets, links) if links else {}
            if (left := len(links) - len(pairs)) != leave:
                raise PlanRefused(
                    f"{left} of {len(links)} links belong to people whom neither the source nor a kept plan names"
                    if left
                    else f"every link can go along, not all but {leave}",
                    remedy=f"To leave them behind: --leave {left}. They are people who left the source."
                    if left
                    else "Leave out --leave.",
                )
            await self._free(portal, mapping, pairs)
            await self._copy(portal, mapping, pairs)
            await in_thread(lambda: self._rewrite(mapping, target))
            for some in _batches(pairs):
                await self._journal.drop_links(portal, mapping.name, some, object_class=mapping.target)
        named = await in_thread(lambda: tuple(self._naming(mapping.name)))
        return Renamed(old=mapping.name, path=target, portal_id=portal, moved=len(pairs), left=left, named_by=named)

    def _target(self, mapping: Mapping) -> Path:
        """Where the file will be: a mapping of the configuration folder is called as its file."""
        if not is_name(self._name):
            raise PlanRefused(
                f"{self._name!r} is no name for a mapping", remedy="Use letters, digits, dot, dash and underscore."
            )
        if self._name == mapping.name:
            raise PlanRefused(f"the mapping is called {self._name} already")
        path = Path(mapping.path)
        home = self._mappings.path(mapping.name)
        target = self._mappings.path(self._name) if path == home else path
        if target != path and target.exists():
            raise PlanRefused(f"there is a mapping {self._name} already: {target}", remedy="Choose another name.")
        renamed_line(path.read_bytes(), self._name)
        return target

    async def _links(self, portal: int, name: str, object_class: str) -> AsyncIterator[bytes]:
        """The digests of every link of a mapping: those that no entry of no plan has."""
        after = b""
        while True:
            page = await self._journal.unseen_links(
                portal, name, "", object_class=object_class, after=after, limit=_BATCH
            )
            for link in page:
                yield link.digest
            if len(page) < _BATCH:
                return
            after = page[-1].digest

    async def _pairs(
        self, portal: int, mapping: Mapping, secrets: SecretGetter | None, links: set[bytes]
    ) -> dict[bytes, bytes]:
        """New digests by old ones, for every link whose source id can be found."""
        old = self._journal.digester(portal, mapping.name, mapping.target)
        new = self._journal.digester(portal, self._name, mapping.target)
        found: dict[bytes, bytes] = {}

        def know(source_id: str) -> None:
            digest = old.source(source_id)
            if digest in links:
                found[digest] = new.source(source_id)

        bench = await lay_out(self._connector, self._journal, mapping, PlanRequest(), secrets)
        await in_thread(lambda: _read(bench, know))
        plans = await self._journal.plans(_PLANS) if len(found) < len(links) else []
        for plan in plans:  # of any name: the mapping may have had another one before
            if (plan.portal_id, plan.object_class) == (portal, mapping.target):
                await self._read_plan(plan.id, know)
        return found

    async def _read_plan(self, plan_id: str, know: Callable[[str], None]) -> None:
        async for entry in self._journal.stream(plan_id):
            if entry.payload is not None:
                know(entry.payload.source_id)

    async def _free(self, portal: int, mapping: Mapping, pairs: dict[bytes, bytes]) -> None:
        """Links that the new name has already must be those that an interrupted renaming made."""
        wanted = set(pairs.values())
        async for digest in self._links(portal, self._name, mapping.target):
            if digest not in wanted:
                raise PlanRefused(
                    f"{self._name} has links of its own in portal {portal}", remedy="Choose a name that was never used."
                )

    async def _copy(self, portal: int, mapping: Mapping, pairs: dict[bytes, bytes]) -> None:
        """The links once more, under the new name."""
        for some in _batches(pairs):
            found = await self._journal.links(portal, mapping.name, some, object_class=mapping.target)
            moved = [msgspec.structs.replace(link, digest=pairs[old]) for old, link in found.items()]
            await self._journal.put_links(portal, self._name, moved, object_class=mapping.target)

    def _rewrite(self, mapping: Mapping, target: Path) -> None:
        """The file with its new name, in its new place."""
        path = Path(mapping.path)
        write_private(target, renamed_line(path.read_bytes(), self._name))
        if target != path:
            path.unlink()

    def _naming(self, old: str) -> Iterator[str]:
        for name in self._mappings.names():
            try:
                if any(associate.mapping == old for associate in self._mappings.load(name).associate):
                    yield name
            except PlanRefused:
                continue  # one that cannot be read names nothing


def _read(bench: Bench, know: Callable[[str], None]) -> None:
    """Everybody in the source, in scope or not."""
    for number, row in enumerate(bench.source.rows(), start=1):
        if isinstance(row, SourceRow):
            know(bench.preparer.person(row, number).source_id)


def _batches(digests: Iterable[bytes]) -> Iterator[list[bytes]]:
    everyone = iter(digests)
    while some := list(itertools.islice(everyone, _BATCH)):
        yield some


def renamed_line(content: bytes, name: str) -> bytes:
    """The file with another name in its `name =` line and every other byte as it was. Raises PlanRefused."""
    text = content.decode("utf-8-sig")
    lines = content.splitlines(keepends=True)
    number = Places(text).line("name") or 0
    found = _NAME.fullmatch(lines[number - 1]) if 0 < number <= len(lines) else None
    if found is not None:
        lines[number - 1] = found[1] + toml_text(name).encode() + found[3]
        changed = b"".join(lines)
        if tomllib.loads(changed.decode("utf-8-sig")) == tomllib.loads(text) | {"name": name}:
            return changed
    raise PlanRefused(
        "the line with the mapping's name cannot be changed by itself", remedy='Write it as: name = "..."'
    )
