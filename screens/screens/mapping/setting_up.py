"""Editing settings: each one by its own kind of question, with only the answers that are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sources.values import CONVERTERS
from screens.literal import literal
from screens.screens.dialogs import Ask
from screens.screens.mapping.dialogs import Fields, Pick
from screens.screens.mapping.draft_screen import DraftScreen
from screens.widgets.choices import Choice
from screens.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.provisioning.mapping_settings import Setting

SILENT = "(say nothing)"


class EditingSettings(DraftScreen):
    """What the editor does on its second tab."""

    @property
    def setting(self) -> Setting | None:
        """The setting under the cursor."""
        found: Setting | None = self.query_one("#settings-table", RecordTable).current()
        return found

    def edit_setting(self) -> None:
        """Ask for its value."""
        setting = self.setting
        if setting is None:
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self._set(setting, "" if text == SILENT else text)

        if setting.choices:
            offered = [Choice(SILENT, f"{SILENT}: {setting.default or 'nothing'}")] if self._optional(setting) else []
            offered += [Choice(choice, choice) for choice in setting.choices if choice]
            self.app.push_screen(Pick(setting.title, setting.help, offered, at=setting.value), answered)
        else:
            label = setting.default or "empty: nothing is said"
            check = self._wrong_with(setting)
            self.app.push_screen(
                Ask(setting.title, setting.help, label=label, value=setting.value, check=check), answered
            )

    @staticmethod
    def _optional(setting: Setting) -> bool:
        return setting.path[0] != "types" and setting.path[-1] != "class"

    def _wrong_with(self, setting: Setting) -> Callable[[str], str]:
        """What the engine says of an answer before it is taken."""

        def wrong(text: str) -> str:
            from console.provisioning.errors import PlanRefused
            from console.provisioning.mapping_draft import Draft
            from console.provisioning.mapping_preview import misspelt
            from console.provisioning.mapping_settings import value_of

            assert self.bench is not None
            if setting.path[-1] == "key" and text.strip() and (bad := misspelt(text.strip())) is not None:
                return f"{bad.message} (column {bad.column})"
            value = value_of(setting, text)
            tried = Draft(self.bench.draft.path, self.bench.draft.text.encode())
            try:
                if value is not None or setting.value:
                    tried.set(setting.path, value)
            except PlanRefused as refused:
                return f"{refused.problems[0].message.partition(chr(10))[0] if refused.problems else refused.message}"
            return ""

        return wrong

    def _set(self, setting: Setting, text: str) -> None:
        from console.provisioning.mapping_settings import value_of

        value = value_of(setting, text)
        if value is None and not setting.value:
            return
        told = f"{setting.title} {'removed' if value is None else 'changed'}"
        self.change(lambda draft: draft.set(setting.path, value, told))

    def remove_setting(self) -> None:
        """Let the file say nothing of it; of an association, all of it goes."""
        setting = self.setting
        if setting is None or not setting.value:
            return
        path = setting.path[:2] if setting.path[0] == "associate" else setting.path
        told = f"{setting.group if path != setting.path else setting.title} removed"
        self.change(lambda draft: draft.set(path, None, told))

    def add_setting(self) -> None:
        """A type for a field, or an association."""

        def answered(kind: str | None) -> None:
            if kind == "type":
                self._add_type()
            elif kind == "associate":
                self._add_association()

        offered = [
            Choice("type", "A type", "What a field of a file is, besides text: a number, yes or no, a date."),
            Choice("associate", "An association", "The person's company, found by a key such as the address's domain."),
        ]
        self.app.push_screen(Pick("Add", literal("What should the mapping say?", "$muted"), offered), answered)

    def _add_type(self) -> None:
        assert self.bench is not None
        fields = self.bench.fields

        def wrong(answers: dict[str, str]) -> str:
            return "" if not fields or answers["field"] in fields else f"The source has no field {answers['field']}."

        def answered(answers: dict[str, str] | None) -> None:
            if answers is not None and answers["field"]:
                self.change(lambda draft: draft.set(("types", answers["field"]), answers["type"]))

        self.app.push_screen(
            Fields(
                "A type",
                "",
                {"field": "", "type": "bool"},
                choices={"type": tuple(CONVERTERS), **({"field": fields} if fields else {})},
                helps={"field": "A field of the source.", "type": "What it is."},
                check=wrong,
            ),
            answered,
        )

    def _add_association(self) -> None:
        assert self.bench is not None
        target = self.bench.mapping.target if self.bench.mapping is not None else "contact"
        other = "company" if target == "contact" else "contact"
        number = len(self.bench.mapping.associate) if self.bench.mapping is not None else 0

        def wrong(answers: dict[str, str]) -> str:
            from console.provisioning.mapping_preview import misspelt

            bad = misspelt(answers["key"]) if answers["key"] else None
            return "The key is an expression." if not answers["key"] else f"{bad.message}\n{bad.caret}" if bad else ""

        def answered(answers: dict[str, str] | None) -> None:
            if answers is not None:
                where = ("associate", str(number))
                values = [((*where, key), value) for key, value in answers.items() if value]
                self.change(lambda draft: draft.set_all(values, "association added"))

        key = "domain(source.mail)" if target == "contact" else "source.mail"
        self.app.push_screen(
            Fields(
                "An association",
                "",
                {"class": other, "key": key},
                choices={"class": (other,)},
                helps={"class": "What it is.", "key": "An expression: which one."},
                check=wrong,
            ),
            answered,
        )
