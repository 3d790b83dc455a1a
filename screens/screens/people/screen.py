"""People: the managed repository, whom operators add by hand, pulls bring and identity servers send."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row
from screens.screens.base import ConsoleScreen
from screens.screens.people.words import changes, person_detail, person_row
from screens.widgets.paged_rows import Fetched, PagedRows
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.provisioning.of_people import Reader
    from console.repository.people import People
    from console.repository.person import Person
    from console.session import Session

PAGE = 200
NOBODY = "Nobody yet. n adds a person; hubspoke pull brings them from HubSpot."
NO_MAPPING = "No mapping reads people: yet. Make one with the source people: (Mappings, n)."


class PeopleTable(RecordTable):
    """Enter edits."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Edit", key_display="⏎")]


class PeopleScreen(ConsoleScreen[None]):
    """A list, one person beside it; Enter edits, `a` provisions that one person."""

    PLACE = "people"
    CSS_PATH = theme.sheets("widgets", "people")
    HEADING = "People"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("people"),
        Binding("ctrl+r", "again", "Read again", key_display="^r", show=False),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self) -> None:
        super().__init__()
        self._people: People | None = None
        self._text = ""
        self._total = 0

    # ---- looks

    def body(self) -> ComposeResult:
        """Everybody, or who is looked for; one in full where there is room."""
        with Horizontal(id="people-top"):
            yield Line(literal("Reading …", "$muted"), id="people-count")
            field = Input(placeholder="words: name, address, any attribute", id="people-text", compact=True)
            field.cursor_blink = False
            field.display = False
            yield field
        yield Line("", id="people-problem")
        with Horizontal(id="people-both"):
            yield PeopleTable(
                Column("userName", 18, grow=2), Column("Name", 16, grow=2), Column("Mail", 20, grow=3),
                Column("State", 10), Column("Changed", 16), empty="Reading …", id="people-table",
            )  # fmt: skip
            with VerticalScroll(id="people-detail", classes="panel wide-only", can_focus=False) as pane:
                pane.border_title = "Person"
                yield Line("", id="people-one")

    def session_opened(self, session: Session) -> None:
        """Open the repository."""

        async def read() -> None:
            self._people = await session.people
            await self._show()

        self.work(read, group="people", failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        told = self.console.trouble(error)
        self.query_one(RecordTable).say_empty("Nobody to show. ^r reads again.")
        self.query_one("#people-count", Line).show(literal("✗ not read", "$error"))
        self._say_problem(told.text.replace("\n", " "))

    def _say_problem(self, text: str) -> None:
        line = self.query_one("#people-problem", Line)
        line.display = bool(text)
        line.show(literal(text, "$muted"))

    def action_again(self) -> None:
        """Read again."""
        if self.session is not None:
            self.session_opened(self.session)

    async def _show(self) -> None:
        """Show who is meant, from the beginning."""
        people = self._people
        if people is None:
            return
        self._total = await people.count()
        table = self.query_one(RecordTable)
        table.say_empty(f"Nobody with {self._text!r}." if self._text else NOBODY)
        rows: PagedRows[Person] = PagedRows(lambda after: _page(people, self._text, after), person_row)
        table.show(rows, keep_cursor=True)
        parts = [(f"{words.number(self._total)} people", "bold")]
        if self._text:
            parts.append((f"   with {self._text!r}", "$accent"))
        if not people.sealed:
            parts.append(("   ▲ not sealed on disk: there is no vault", "$warning"))
        self.query_one("#people-count", Line).show(row(*parts))
        self._say_problem("")
        self._show_one()

    @property
    def person(self) -> Person | None:
        """The person under the cursor."""
        if not self.is_mounted or self._people is None:
            return None
        chosen: Person | None = self.query_one(RecordTable).current()
        return chosen

    def _show_one(self) -> None:
        person = self.person
        self.query_one("#people-one", Line).show(person_detail(person) if person is not None else literal(""))
        self.refresh_bindings()

    def on_record_table_moved(self) -> None:
        """Pane and keys follow the cursor."""
        self._show_one()

    def on_record_table_loaded(self, message: RecordTable.Loaded) -> None:
        """The first people are here, or could not be read."""
        if message.error is not None:
            self._failed(message.error)
        else:
            self._show_one()

    def on_record_table_chosen(self) -> None:
        """Edit."""
        self.do_people_edit()

    def offers(self, action: str) -> bool:
        """What is about one person needs one."""
        if action in ("people_edit", "people_deactivate", "people_remove", "people_provision"):
            return self.person is not None
        if action in ("people_add", "search"):
            return self._people is not None
        return super().offers(action)

    # ---- finding

    def do_search(self) -> None:
        """Type words; Enter looks for them."""
        field = self.query_one("#people-text", Input)
        field.display = True
        field.value = self._text
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for the words; people are sealed, so that all of them are opened one after another."""
        self._text = event.value.strip()
        event.input.display = False
        self.query_one(RecordTable).focus()
        self.work(self._show, group="people", failed=self._failed)

    def do_back(self) -> None:
        """Leave the words first, then the screen."""
        field = self.query_one("#people-text", Input)
        if field.display or self._text:
            self._text = ""
            field.display = False
            self.query_one(RecordTable).focus()
            self.work(self._show, group="people", failed=self._failed)
        else:
            self.console.do_back()

    # ---- changing

    def do_people_add(self) -> None:
        """A new person."""
        self._form(None)

    def do_people_edit(self) -> None:
        """The person under the cursor."""
        if self.person is not None:
            self._form(self.person)

    def _form(self, person: Person | None) -> None:
        from screens.screens.people.form import PersonForm

        if self._people is None:
            return

        def saved(now: Person | None) -> None:
            if now is None:
                return
            if person is not None and now == person:
                self.console.say("Nothing to change.")
                return
            changed = f" ({', '.join(changes(person, now))})" if person is not None else ""
            self._after(f"Saved {now.user_name}{changed}.", now)

        self.app.push_screen(PersonForm(self._people, person), saved)

    def do_people_deactivate(self) -> None:
        """Active becomes inactive, and the other way round."""
        person, people = self.person, self._people
        if person is None or people is None:
            return

        async def turn() -> None:
            now = await people.replace(person.uid, active=not person.active, if_change=person.change)
            self._after(f"{now.user_name} is {'active' if now.active else 'inactive'} now.", now)

        self.work(turn, group="change", failed=self._told)

    def do_people_remove(self) -> None:
        """Take the person out, after a question."""
        from screens.screens.dialogs import Confirm

        person, people = self.person, self._people
        if person is None or people is None:
            return

        async def remove() -> None:
            await people.remove(person.uid)
            self._after(f"Removed {person.user_name}.", person)

        def answered(yes: bool | None) -> None:
            if yes:
                self.work(remove, group="change", failed=self._told)

        text = "Only Hubspoke's own store forgets the person. What happens in HubSpot is a matter of the next plan."
        self.app.push_screen(Confirm(f"Remove {person.user_name}?", text, "Remove", "Keep"), answered)

    def _told(self, error: BaseException) -> None:
        self.console.trouble(error)

    def _after(self, said: str, person: Person) -> None:
        """It is saved: show it, and offer to bring it to HubSpot."""

        async def show() -> None:
            await self._show()
            readers = await self._readers()
            if not readers:
                self.console.say(f"{said} {NO_MAPPING}")
                return
            self._offer(said, person, readers)

        self.work(show, group="after", failed=self._told)

    # ---- provisioning

    async def _readers(self) -> list[Reader]:
        import asyncio

        from console.provisioning.of_people import readers

        if self.session is None:
            return []
        return await asyncio.to_thread(readers, await self.session.mappings)

    def _offer(self, said: str, person: Person, readers: list[Reader]) -> None:
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self._choose(person, readers)

        text = f"{said} Plan what that means in HubSpot now, for this one person? Nothing is written without your approval."
        self.app.push_screen(Confirm("Saved", text, "Plan now", "Later"), answered)

    def do_people_provision(self) -> None:
        """Plan, approve and apply this one person."""
        person = self.person
        if person is None:
            return

        async def go() -> None:
            readers = await self._readers()
            if readers:
                self._choose(person, readers)
            else:
                self.console.say(NO_MAPPING, severity="warning")

        self.work(go, group="after", failed=self._told)

    def _choose(self, person: Person, readers: list[Reader]) -> None:
        """One mapping is gone to at once; of several, one is chosen."""
        from console.provisioning.of_people import source_id_of

        def go(reader: Reader) -> None:
            from screens.screens.person.screen import PersonScreen

            self.app.push_screen(PersonScreen(reader.name, source_id_of(person, reader)))

        if len(readers) == 1:
            go(readers[0])
            return
        self._ask_which(readers, go)

    def _ask_which(self, readers: list[Reader], go: Callable[[Reader], None]) -> None:
        from screens.screens.dialogs import Ask

        names = {reader.name: reader for reader in readers}

        def check(name: str) -> str:
            return "" if name.strip() in names else f"One of: {', '.join(names)}."

        def answered(name: str | None) -> None:
            if name is not None:
                go(names[name.strip()])

        text = f"Several mappings read people: {', '.join(names)}."
        self.app.push_screen(Ask("By which mapping?", text, value=readers[0].name, check=check), answered)


async def _page(people: People, text: str, after: Any | None) -> Fetched:
    """The next people after a uid; with words, pages are read until enough fit."""
    from console.repository.person import texts

    wanted, last = text.casefold(), after or ""
    found: list[Person] = []
    while len(found) < PAGE:
        page = await people.do(lambda store, last=last: store.page(last, PAGE))  # type: ignore[misc]
        found += [
            person
            for person in page
            if not wanted or any(wanted in one.casefold() for one in texts([person.user_name, person.attributes]))
        ]
        if len(page) < PAGE:
            return Fetched(found, None)
        last = page[-1].uid
    return Fetched(found, last)
