"""Step 6: how a person becomes a contact: suggested, shown on a real person, edited, checked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from screens.literal import literal, row
from screens.screens.setup.step import Step
from screens.widgets.editor import Editor
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.hubspot.model import PropertyDefinition
    from console.journal.model import Problem
    from console.provisioning.mapping_preview import PersonPreview, ValuePreview

LOOKED_AT = 50
"""People among whom one is looked for who could be sent."""
EDITS = "The file in full: ^n checks it and goes on, F6 shows the preview again."
SHOWS = "Suggested from the columns, shown on the first person. F6 edits it; Enter goes on."


class Values(RecordTable):
    """One person's values; Enter opens none of them, it goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Next", show=False)]


class MappingStep(Step):
    """The suggestion as values of one person; its text in an editor; on when nothing is wrong."""

    TITLE = "Mapping"
    INTRO = SHOWS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f6", "edit", "Edit / preview", key_display="F6", priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self._source = ""
        self._problems: list[Problem] = []

    def fields(self) -> ComposeResult:
        """One person, value by value; or the editor; what a check found."""
        yield Line("", id="setup-person")
        yield Values(
            Column("HubSpot", 14),
            Column("Value", 18, grow=3),
            Column("From", 14, grow=2),
            empty="Reading HubSpot's properties and the source …",
            id="setup-values",
        )
        editor = Editor(id="setup-mapping")
        editor.display = False
        yield editor
        with VerticalScroll(id="setup-problems", can_focus=False):
            yield Line("", id="setup-check")

    def enter(self) -> None:
        """Suggest, unless the source is the one before."""
        self._face.focus()
        if self._source != self.state.source:
            self.setup.work(self._suggest, group="suggest", failed=self._failed)

    @property
    def _face(self) -> Editor | RecordTable:
        editor = self.query_one(Editor)
        return editor if editor.display else self.query_one(RecordTable)

    def action_edit(self) -> None:
        """Between the text and what it makes of a person."""
        editor, table = self.query_one(Editor), self.query_one(RecordTable)
        editor.display = not editor.display
        table.display = self.query_one("#setup-person").display = not editor.display
        self.query_one(".step-intro", Line).show(literal(EDITS if editor.display else SHOWS, "$muted"))
        self._face.focus()
        if table.display:
            self.setup.work(self._look_again, group="suggest", failed=self._failed)

    async def _look_again(self) -> None:
        await self._judge()

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        """Enter goes on."""
        message.stop()
        self.setup.go_on()

    def _failed(self, error: BaseException) -> None:
        self.query_one(RecordTable).say_empty("Nothing to show.")
        self.complain(error)

    async def _suggest(self) -> None:
        from screens.suggesting import free_name, suggest

        session = self.session
        if session is None:
            return
        editor, mappings = self.query_one(Editor), await session.mappings
        kept = self.state.mapping
        if kept in mappings.names():  # left after this step: what was edited then counts
            editor.text = await asyncio.to_thread(mappings.path(kept).read_text, "utf-8")
        else:
            text, name = await suggest(session, self.state.source)
            self.state.mapping = await asyncio.to_thread(free_name, mappings, name)
            editor.text = text.replace(f'name = "{name}"', f'name = "{self.state.mapping}"')
        self._source = self.state.source
        await self._judge()

    async def _judge(self) -> bool:
        """Check the text, and show what it makes of the first person."""
        session = self.session
        if session is None:
            return False
        mappings = await session.mappings
        schema = await (await session.connector).schema("contact")
        text, path = self.query_one(Editor).text, mappings.path(self.state.mapping)
        self._problems = await asyncio.to_thread(lambda: mappings.check_text(text, path, schema=schema))
        if not self._problems:
            from console.session import source_secret

            secret = await source_secret(session, self.state.source)
            person = await asyncio.to_thread(first_person, text, path, schema, secret)
            self._show(person)
        self._tell()  # last: whoever reads it may go on
        return not self._problems

    def _tell(self) -> None:
        key = "^n" if self.query_one(Editor).display else "Enter"
        good = literal(f"✓ No problems. {key} goes on.", "$success")
        self.query_one("#setup-check", Line).show(problem_rows(self._problems) if self._problems else good)

    def _show(self, person: PersonPreview | None) -> None:
        table = self.query_one(RecordTable)
        if person is None:
            table.say_empty("The source has nobody to show.")
            return
        where = f"   line {person.line}" if person.line else ""
        out = "" if person.in_scope else "   outside the scope"
        self.query_one("#setup-person", Line).show(
            row((person.label or person.source_id, "bold"), (where, "$muted"), (out, "$warning"))
        )
        rows: PagedRows[ValuePreview] = PagedRows.of(list(person.values), value_row)
        table.show(rows)

    async def commit(self) -> bool:
        """Check and write it."""
        session = self.session
        if session is None or not self.state.mapping:
            return False
        if not await self._judge():
            return False
        mappings = await session.mappings
        try:
            await asyncio.to_thread(mappings.write, self.state.mapping, self.query_one(Editor).text)
        except Exception as error:  # noqa: BLE001 - what is wrong with it is said in its words
            self.complain(error)
            return False
        return True


def first_person(
    text: str, path: Path, schema: Mapping[str, PropertyDefinition], secret: str | None
) -> PersonPreview | None:
    """The first person of the source who could be sent, else the first one; None where there is nobody. For a thread."""
    from console.provisioning.mapping import parse
    from console.provisioning.mapping_preview import preview_person
    from console.sources.model import SourceRow
    from console.sources.opening import open_source

    mapping = parse(text, path)
    source = open_source(mapping.source, base=mapping.base, types=mapping.types, secret=secret)
    first: PersonPreview | None = None
    rows = (one for one in source.rows() if isinstance(one, SourceRow))
    for person in islice(rows, LOOKED_AT):
        shown = preview_person(mapping, person, schema, source.name)
        first = first or shown
        if shown.valid and shown.in_scope:
            return shown
    return first


def value_row(value: ValuePreview) -> Row:
    """A property with its value and where that comes from."""
    wrong = value.problem is not None
    shown = value.problem.message if value.problem is not None else value.canonical or value.result or "(blank)"
    blank = not wrong and not (value.canonical or value.result)
    inputs = ", ".join(name for name, _ in value.inputs)
    return Row((value.name, f"✗ {shown}" if wrong else shown, inputs), "error" if wrong else "muted" if blank else "")
