"""Records that may be a person's, side by side with what the source says of them, for a human who chooses."""

from __future__ import annotations

import msgspec

from console.journal.journal import Journal
from console.provisioning.errors import PlanRefused
from console.provisioning.explain import Explainer, rows_of
from console.provisioning.mapping import Mapping
from console.provisioning.planner_bench import PlanningTarget, lay_out
from console.provisioning.request import PlanRequest
from console.provisioning.threads import in_thread
from console.sources.opening import SecretGetter

_ALSO = {
    "contact": ("email", "firstname", "lastname", "phone", "jobtitle", "company", "city"),
    "company": ("name", "domain", "phone", "city", "country"),
}
"""What tells people apart besides the mapped properties."""
_DATES = ("createdate", "lastmodifieddate")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One record that may be the person's; `owned` says that it is linked to another person, so it cannot be chosen."""

    uid: str
    label: str = ""
    key: str = ""
    values: dict[str, str] = {}
    owned: bool = False


class Choosing(msgspec.Struct, frozen=True, kw_only=True):
    """A person and the records to choose from. `names` are the properties to look at, those that differ first."""

    source_id: str
    label: str
    wanted: dict[str, str] = {}
    names: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    linked_to: str = ""


async def choosing(
    connector: PlanningTarget,
    journal: Journal,
    mapping: Mapping,
    source_id: str,
    *,
    source_secret: SecretGetter | None = None,
) -> Choosing:
    """The person and the records that their keys and their name lead to. Reads only.

    Raises PlanRefused, SourceError, HubSpotError and JournalError.
    """
    bench = await lay_out(connector, journal, mapping, PlanRequest(only=source_id), source_secret)
    rows = await in_thread(lambda: rows_of(bench, source_id))
    if not rows:
        raise PlanRefused(
            f"nobody in {bench.source.name} has the source id {source_id}", remedy="Look at the source, and plan again."
        )
    person = rows[0][0]
    explainer = Explainer(connector, journal, source_secret=source_secret)
    candidates = await explainer.candidates(mapping, source_id)
    names = tuple(dict.fromkeys([*person.wanted, *_ALSO[mapping.target], *_DATES]))
    uids = [one.uid for one in candidates]
    outcomes = await connector.batch_read(mapping.target, uids, properties=names) if uids else []
    owners = await journal.links_by_uid(bench.portal_id, mapping.name, uids, object_class=mapping.target)
    link = (await journal.links(bench.portal_id, mapping.name, [person.digest], object_class=mapping.target)).get(
        person.digest
    )
    choices = tuple(
        Choice(
            uid=one.uid,
            label=one.label,
            key=one.key,
            values={name: value or "" for name, value in outcome.record.properties.items()},
            owned=(owner := owners.get(one.uid)) is not None and owner.digest != person.digest,
        )
        for one, outcome in zip(candidates, outcomes, strict=True)
        if outcome.record is not None
    )
    wanted = {name: value or "" for name, value in person.wanted.items()}
    return Choosing(
        source_id=source_id,
        label=person.label,
        wanted=wanted,
        names=_telling(names, wanted, choices),
        choices=choices,
        linked_to=link.uid if link is not None else "",
    )


def _telling(names: tuple[str, ...], wanted: dict[str, str], choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """Properties that somebody has a value of; those in which the records differ come first."""
    present = [name for name in names if wanted.get(name) or any(one.values.get(name) for one in choices)]
    return tuple(sorted(present, key=lambda name: len({one.values.get(name, "") for one in choices}) < 2))
