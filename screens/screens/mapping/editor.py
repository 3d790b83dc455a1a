"""One mapping: its rows with what they make of a real person, its settings, its text; nothing is saved unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from screens.keys import bindings
from screens.screens.mapping.draft_screen import ROWS, TEXT
from screens.screens.mapping.editing import EditingRows
from screens.screens.mapping.saving import Saving
from screens.screens.mapping.setting_up import EditingSettings
from screens.widgets.editor import ExpressionEditor
from screens.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from console.session import Session

_DRAFT = ("add", "remove", "options", "compare", "person", "find", "undo", "redo", "editor", "tab")


class MappingEditor(EditingRows, EditingSettings, Saving):
    """The keys of the editor, and the people that its values are of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("mapping_edit"),
        Binding("1", "tab(1)", "Properties", show=False),
        Binding("2", "tab(2)", "Settings", show=False),
        Binding("3", "tab(3)", "Text", show=False),
        Binding("comma", "person(-1)", "Person before", show=False, key_display=","),
        Binding("full_stop", "person(1)", "Person", key_display=", ."),
        Binding("slash", "find", "Find", key_display="/"),
        Binding("c", "compare", "Compare"),
        Binding("a", "add", "Add"),
        Binding("x", "remove", "Remove"),
        Binding("o", "options", "Options"),
        Binding("u", "undo", "Undo"),
        Binding("U", "redo", "Redo", show=False),
        Binding("e", "editor", "Own editor", show=False),
    ]

    def on_record_table_moved(self, message: RecordTable.Moved) -> None:
        """What is below follows the cursor."""
        self.show_row() if message.table.id == "rows-table" else self.show_setting()

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        """Enter edits."""
        if message.table.id == "rows-table":
            self.edit_row()
        else:
            self.edit_setting()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of rows and settings do nothing in the text, and none of them while an expression is typed."""
        typing = self.query(ExpressionEditor) and self.query_one(ExpressionEditor).display
        if action in _DRAFT:
            if typing:
                return False
            if action == "options":
                return self.tab == ROWS
            if action in ("compare", "person", "find"):
                return self.tab != TEXT and self.person is not None
            return self.tab != TEXT or action in ("editor", "tab")
        return super().check_action(action, parameters)

    def offers(self, action: str) -> bool:
        """While an expression is typed its field has all keys."""
        if self.query(ExpressionEditor) and self.query_one(ExpressionEditor).display:
            return action in ("help", "palette", "theme", "quit")
        if action == "person":
            return self.person is not None
        return super().offers(action)

    def action_add(self) -> None:
        """Another property, or another type or association."""
        self.add_row() if self.tab == ROWS else self.add_setting()

    def action_remove(self) -> None:
        """Take the row, or what the file says of a setting, out."""
        self.remove_row() if self.tab == ROWS else self.remove_setting()

    # ---- people

    def action_person(self, by: int) -> None:
        """The person before, or the next one."""
        bench = self.bench
        if bench is None:
            return

        async def go() -> None:
            before = bench.index
            await self.think(lambda one: one.go(one.index + by))
            if bench.index == before:
                self.console.say("That is the last person." if by > 0 else "That is the first person.")

        self.work(go, group="bench")

    def action_find(self) -> None:
        """Look for a person by any words of theirs."""
        from screens.screens.dialogs import Ask

        def answered(text: str | None) -> None:
            if text and text.strip():
                self.work(lambda: self._find(text.strip()), group="bench")

        self.app.push_screen(
            Ask("Find a person", "Words that stand anywhere in the person's row.", label="ada"), answered
        )

    async def _find(self, text: str) -> None:
        found: list[bool] = []
        await self.think(lambda one: found.append(one.find(text)))
        if not found[0]:
            self.console.say(f"Nobody in the source has these words: {text}", severity="warning")

    def action_compare(self) -> None:
        """Ask HubSpot what it has for this person, and what would be sent. Nothing is written."""
        session, person = self.session, self.person
        if session is not None and person is not None and self.bench is not None and self.bench.mapping is not None:
            self.work(lambda: self._compare(session, person.source_id), group="compare", failed=self.console.trouble)

    async def _compare(self, session: Session, source_id: str) -> None:
        from console.provisioning.explain import Explainer
        from console.session import source_secret

        assert self.bench is not None
        mapping = self.bench.mapping
        assert mapping is not None

        async def secret(_name: str) -> str | None:
            return await source_secret(session, mapping.source)

        explainer = Explainer(await session.connector, await session.journal, source_secret=secret)
        self.compared = await explainer.explain(mapping, source_id)
        self.show_row()

    def do_person(self) -> None:
        """This person, from the source to HubSpot; with the mapping as it is saved."""
        from screens.screens.person import PersonScreen

        if self.bench is not None and self.bench.draft.changed:
            self.console.say("The Person screen reads the saved mapping: ^s saves your changes first.")
        self.app.push_screen(PersonScreen(self.called, self.person.source_id if self.person is not None else ""))

    def do_source_preview(self) -> None:
        """The source's columns and first rows."""
        from screens.screens.sources.look import SourceScreen

        if self.bench is not None and self.bench.mapping is not None:
            self.app.push_screen(SourceScreen(self.bench.mapping.source, self.bench.mapping.base))
