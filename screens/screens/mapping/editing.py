"""Editing rows: an expression in its place, a row added, removed, suggested, and its options."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, get_args

from console.provisioning.mapping import EmptyRule, RowState, WriteRule
from screens.literal import literal
from screens.screens.dialogs import Ask
from screens.screens.mapping.dialogs import Fields, Pick
from screens.screens.mapping.draft_screen import TEXT, DraftScreen
from screens.widgets.choices import Choice
from screens.widgets.editor import ExpressionEditor
from screens.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from console.provisioning.expressions import ExpressionError
    from console.provisioning.mapping import MappingRow
    from console.provisioning.mapping_preview import ValuePreview
    from console.provisioning.suggest_rows import RowSuggestion

HELPS = {
    "write": "When a value is sent.",
    "empty": "What a blank value does to what HubSpot has.",
    "when": "A condition, such as has(source.phone); empty: always.",
    "state": "draft and deprecated rows are kept, but not sent.",
}
CHOICES = {"write": get_args(WriteRule), "empty": get_args(EmptyRule), "state": get_args(RowState)}
DEFAULTS = {"write": "always", "empty": "keep", "when": "", "state": "active"}


class EditingRows(DraftScreen):
    """What the editor does on its first tab."""

    def edit_row(self) -> None:
        """The expression under the cursor, in its place."""
        mapped: MappingRow | None = self.query_one("#rows-table", RecordTable).current()
        if mapped is None or self.bench is None:
            return
        if "\n" in mapped.value:
            self.console.say("This expression has several lines: edit it in the text.")
            self.action_tab(TEXT)
            return
        self._type(mapped.name, mapped.value)

    def _type(self, name: str, value: str) -> None:
        assert self.bench is not None
        self.typed_name = name
        self.tried = self.value(name)
        self.query_one(ExpressionEditor).begin(value, self.bench.fields)
        self.query_one("#row-detail").scroll_home(animate=False)
        self.show_row()
        self.refresh_bindings()

    def _end_typing(self) -> None:
        self.query_one(ExpressionEditor).display = False
        self.typed_name, self.tried = "", None
        self.query_one("#rows-table").focus()
        self.show_row()
        self.refresh_bindings()

    def on_expression_editor_typed(self, message: ExpressionEditor.Typed) -> None:
        """Judge it and show what it makes of the person."""
        self.work(lambda: self._look(message.text), group="typed")

    async def _look(self, text: str) -> None:
        await self._judge(text)

    async def _judge(self, text: str) -> bool:
        """Say what is wrong with an expression, or show what comes out; whether it can be taken."""
        wrong, tried = await self._try(text)
        if self.query_one(ExpressionEditor).display:
            column = wrong.column if wrong is not None and wrong.line == 1 else len(text) + 1
            self.query_one(ExpressionEditor).complain(wrong.message if wrong is not None else "", column)
            self.tried = tried
            self.show_row()
        return wrong is None

    async def _try(self, text: str) -> tuple[ExpressionError | None, ValuePreview | None]:
        from console.provisioning.mapping_preview import misspelt

        bench, name = self.bench, self.typed_name
        assert bench is not None

        def judge() -> tuple[ExpressionError | None, ValuePreview | None]:
            wrong = misspelt(text)
            return wrong, None if wrong is not None else bench.try_row(name, text)

        return await asyncio.to_thread(bench.ask, judge)

    def on_expression_editor_given_up(self) -> None:
        """Escape."""
        self._end_typing()

    def on_expression_editor_accepted(self, message: ExpressionEditor.Accepted) -> None:
        """Enter takes it, if it is an expression."""
        self.work(lambda: self._accept(message.text), group="typed", failed=self.refused)

    async def _accept(self, text: str) -> None:
        name = self.typed_name
        if not text:
            self.query_one(ExpressionEditor).complain("Write an expression, such as source.mail.", 1)
            return
        if not await self._judge(text):
            return
        assert self.bench is not None
        old = next((one for one in self.mapped if one.name == name), None)
        self.bench.draft.set_row(name, text, **(_options(old) if old is not None else {}))
        self._end_typing()
        await self.renew()
        self._stand_on(name)

    def _stand_on(self, name: str) -> None:
        names = [one.name for one in self.mapped]
        if name in names:
            self.query_one("#rows-table", RecordTable).cursor = names.index(name)

    def action_options(self) -> None:
        """write, empty, when, state of the row."""
        mapped: MappingRow | None = self.query_one("#rows-table", RecordTable).current()
        if mapped is None:
            return
        now = {"write": mapped.write, "empty": mapped.empty, "when": mapped.when, "state": mapped.state}

        def check(answers: dict[str, str]) -> str:
            from console.provisioning.mapping_preview import misspelt

            wrong = misspelt(answers["when"], condition=True) if answers["when"] else None
            return f"{wrong.message}\n{wrong.caret}" if wrong is not None else ""

        def answered(answers: dict[str, str] | None) -> None:
            if answers is not None:
                changed = {key: "" if value == DEFAULTS[key] else value for key, value in answers.items()}
                self.change(lambda draft: draft.set_row(mapped.name, mapped.value, **changed))

        self.app.push_screen(
            Fields(f"Options of {mapped.name}", "", now, choices=CHOICES, helps=HELPS, check=check), answered
        )

    def remove_row(self) -> None:
        """Take the row out; undo brings it back."""
        mapped: MappingRow | None = self.query_one("#rows-table", RecordTable).current()
        if mapped is not None:
            self.change(lambda draft: draft.set(("properties", mapped.name), None, f"{mapped.name} removed"))

    def add_row(self) -> None:
        """Another property."""
        bench = self.bench
        if bench is None:
            return

        def wrong(name: str) -> str:
            return self._property_wrong(name.strip())

        def answered(name: str | None) -> None:
            if name:
                self._type(name.strip(), "")

        text = "HubSpot's name of it. s suggests rows from the source instead."
        self.app.push_screen(Ask("Add a property", text, label="jobtitle", check=wrong), answered)

    def _property_wrong(self, name: str) -> str:
        import difflib

        schema = self.bench.schema if self.bench is not None else None
        if not name:
            return "Name a property."
        if any(one.name == name for one in self.mapped):
            return f"{name} has a row already."
        if schema is None or (name in schema and schema[name].writable):
            return ""
        if name in schema:
            return f"{name} is read-only in HubSpot."
        near = difflib.get_close_matches(name, schema, 1, 0.6)
        return f"HubSpot has no property {name}." + (f" Did you mean {near[0]}?" if near else "")

    def do_mapping_rows(self) -> None:
        """Rows for properties that have none, from the names and contents of the source's fields."""
        bench = self.bench
        if bench is None or bench.mapping is None:
            return

        async def suggest() -> None:
            found = await asyncio.to_thread(bench.ask, bench.suggestions)
            if bench.schema is None:
                self.console.say("HubSpot's properties could not be asked, so nothing can be suggested.")
            elif not found:
                self.console.say("No other field of the source looks like a property without a row.")
            else:
                self._offer(found)

        self.work(suggest, group="suggest", failed=self.console.trouble)

    def _offer(self, found: list[RowSuggestion]) -> None:
        offered = [Choice(one.name, f"{one.name} = {one.expression}", _why(one)) for one in found]

        def answered(name: str | None) -> None:
            chosen = next((one for one in found if one.name == name), None)
            if chosen is not None:
                self._type(chosen.name, chosen.expression)

        text = literal("Enter takes one into the editor; nothing is added before you say so there.", "$muted")
        self.app.push_screen(Pick("Suggested rows", text, offered), answered)


def _why(one: RowSuggestion) -> str:
    return f"{one.label}   from {one.column}: {one.filled:.0%} filled, {one.distinct} different"


def _options(mapped: MappingRow) -> dict[str, str]:
    """The options that the file says."""
    now = {"write": mapped.write, "empty": mapped.empty, "when": mapped.when, "state": mapped.state}
    return {key: value for key, value in now.items() if value != DEFAULTS[key]}
