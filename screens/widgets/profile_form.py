"""Every property of a profile as a field, checked as it is left, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input

from console.settings.fields import FIELDS
from console.settings.profile import Profile
from console.settings.profiles import SettingsError, assign, display
from screens.literal import literal, row
from screens.widgets.panel import Line


class ProfileForm(VerticalScroll, can_focus=False):
    """Fields for some keys of a profile, all of them by default."""

    class Edited(Message):
        """A field was changed or checked."""

    def __init__(self, profile: Profile, keys: Iterable[str] | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel fill")
        self._profile = profile
        self._keys = tuple(keys if keys is not None else FIELDS)
        self._shown = display(profile)

    def compose(self) -> ComposeResult:
        """A label, a field and a line for what is wrong, for every key; below, what the field is for."""
        for key in self._keys:
            with Horizontal(classes="form-row"):
                yield Line(literal(key, "$muted"), classes="form-label")
                field = Input(written(self._shown[key]), id=f"field-{key}", compact=True)
                field.cursor_blink = False
                yield field
            yield Line("", id=f"wrong-{key}", classes="form-wrong")

    def take(self, profile: Profile) -> None:
        """Show another profile."""
        self._profile = profile
        self._shown = display(profile)
        for key in self._keys:
            self.query_one(f"#field-{key}", Input).value = written(self._shown[key])

    @property
    def changes(self) -> dict[str, str]:
        """What differs from the profile, as typed."""
        typed = {key: self.query_one(f"#field-{key}", Input).value.strip() for key in self._keys}
        return {key: value for key, value in typed.items() if value != written(self._shown[key])}

    def edited(self) -> Profile | None:
        """The profile with what was typed; None while something is wrong, which the fields then say."""
        for key in self._keys:
            self._check(key)
        try:
            return assign(self._profile, self.changes)
        except SettingsError as error:
            self._complain(error)
            return None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Judge the field."""
        key = (event.input.id or "").removeprefix("field-")
        if key in FIELDS:
            self._check(key)
            self.post_message(self.Edited())

    def _check(self, key: str) -> None:
        value = self.query_one(f"#field-{key}", Input).value.strip()
        line = self.query_one(f"#wrong-{key}", Line)
        wrong: SettingsError | None = None
        if value != written(self._shown[key]):
            try:
                FIELDS[key].read(value) if value else None
            except Exception as error:  # noqa: BLE001 - the reader's own error type is told in its words
                problem = getattr(error, "problem", "is not allowed")
                wrong = SettingsError(f"{key} {problem}.", getattr(error, "remedy", ""), key=key)
        line.display = wrong is not None
        if wrong is not None:
            line.show(_words(wrong))

    def _complain(self, error: SettingsError) -> None:
        key = error.key if error.key in self._keys else self._keys[0]
        line = self.query_one(f"#wrong-{key}", Line)
        line.display = True
        line.show(_words(error))
        self.query_one(f"#field-{key}", Input).focus()


def _words(error: SettingsError) -> Any:
    return row((f"✗ {error.message} ", "$error"), (error.remedy, "$muted"))


def written(value: Any) -> str:
    """A value as an operator types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
