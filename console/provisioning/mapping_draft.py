"""A mapping while somebody edits it: every change can be taken back, and nothing is saved over what others wrote."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from console.journal.model import Problem
from console.provisioning.errors import MappingError, PlanRefused
from console.provisioning.mapping import Mapping, parse
from console.provisioning.toml_lines import NotEditable, Value, drop, literal, put, read
from console.settings.paths import write_private

REMEDY = "Change it in the text (3), or with your own editor (e)."
DEPTH = 200
"""Changes that can be taken back."""
OPTIONS = ("write", "empty", "when", "state")


class ChangedOnDisk(PlanRefused):
    """Somebody else changed, made or removed the file since it was read."""


class NotChanged(PlanRefused):
    """A change that cannot be made; the draft stays as it was."""


class Draft:
    """The text of one mapping file, its changes, and the file as it was read."""

    def __init__(self, path: Path, content: bytes | None) -> None:
        """`content` is what the file holds; None for one that is not there yet."""
        self.path = path
        self._read = content
        self._bom = content is not None and content.startswith(b"\xef\xbb\xbf")
        self._texts = [content.decode("utf-8-sig") if content is not None else ""]
        self._whats = [""]
        self._at = 0
        self._saved = self._texts[0]

    @classmethod
    def open(cls, path: Path) -> Draft:
        """Read a file. Raises MappingError where it is not UTF-8 or cannot be read."""
        try:
            return cls(path, path.read_bytes())
        except UnicodeDecodeError:
            problem = Problem(message="the mapping file is not UTF-8", remedy="Save it as UTF-8.", file=str(path))
            raise MappingError((problem,)) from None
        except OSError as error:
            problem = Problem(message=f"the mapping file cannot be read: {error.strerror}", file=str(path))
            raise MappingError((problem,)) from None

    @property
    def text(self) -> str:
        """The text as it stands now."""
        return self._texts[self._at]

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.text != self._saved

    @property
    def undoable(self) -> str:
        """What `undo` would take back; empty when there is nothing."""
        return self._whats[self._at] if self._at else ""

    @property
    def redoable(self) -> str:
        """What `redo` would do again; empty when there is nothing."""
        return self._whats[self._at + 1] if self._at + 1 < len(self._texts) else ""

    @property
    def data(self) -> dict[str, Any]:
        """The text as parsed TOML; empty where it is none."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError:
            return {}

    def mapping(self) -> Mapping:
        """The mapping that the text says. Raises MappingError."""
        return parse(self.text.replace("\r\n", "\n"), self.path)

    # ---- changes

    def write(self, text: str, what: str) -> None:
        """Take another text, as one change."""
        if text == self.text:
            return
        self._texts[self._at + 1 :] = [text]
        self._whats[self._at + 1 :] = [what]
        drop_first = max(0, len(self._texts) - DEPTH)
        del self._texts[:drop_first], self._whats[:drop_first]
        self._at = len(self._texts) - 1

    def undo(self) -> str:
        """Take the last change back; says which one, "" when there is none."""
        what = self.undoable
        self._at -= 1 if what else 0
        return what

    def redo(self) -> str:
        """Do what was taken back again; says what."""
        what = self.redoable
        self._at += 1 if what else 0
        return what

    def set(self, path: tuple[str, ...], value: Value | None, what: str = "") -> None:
        """Change, add or (None) remove one setting. The result must still be a mapping.

        Raises NotChanged (the file cannot be changed there) and MappingError (it would be no mapping).
        """
        data = self.data
        before = read(data, path)
        if before == value and type(before) is type(value):
            return
        try:
            text = drop(self.text, path) if value is None else put(self.text, path, value)
        except (NotEditable, tomllib.TOMLDecodeError) as error:
            raise NotChanged(f"{'.'.join(path)} was not changed: {error}", remedy=REMEDY) from None
        self._accept(text, what or f"{'.'.join(path)} {'removed' if value is None else 'changed'}")

    def set_all(self, values: Iterable[tuple[tuple[str, ...], Value]], what: str) -> None:
        """Several settings that only together make a mapping, as one change. Raises as `set`."""
        text = self.text
        try:
            for path, value in values:
                text = put(text, path, value)
        except (NotEditable, tomllib.TOMLDecodeError) as error:
            raise NotChanged(f"nothing was changed: {error}", remedy=REMEDY) from None
        self._accept(text, what)

    def set_row(self, name: str, value: str, **options: str) -> None:
        """Write a property's row: its expression and those options that are not empty. Raises as `set`."""
        row: dict[str, Any] = {"value": value, **{key: text for key, text in options.items() if text}}
        before = read(self.data, ("properties", name))
        if isinstance(before, dict) and before.keys() != {"value"} and len(row) > 1:
            self._change_row(name, before, row)
            return
        self.set(("properties", name), row if len(row) > 1 else value, f"{name} {'changed' if before else 'added'}")

    def _change_row(self, name: str, before: dict[str, Any], row: dict[str, Any]) -> None:
        """Key by key, so that what did not change keeps its place and spelling."""
        text = self.text
        try:
            for key in dict.fromkeys((*before, *row)):
                if key in row and before.get(key) != row[key]:
                    text = put(text, ("properties", name, key), row[key])
                elif key not in row:
                    text = drop(text, ("properties", name, key))
        except NotEditable as error:
            raise NotChanged(f"{name} was not changed: {error}", remedy=REMEDY) from None
        self._accept(text, f"{name} changed")

    def _accept(self, text: str, what: str) -> None:
        parse(text.replace("\r\n", "\n"), self.path)
        self.write(text, what)

    # ---- the file

    def look(self) -> None:
        """Raises ChangedOnDisk when the file is not what was read."""
        try:
            now: bytes | None = self.path.read_bytes()
        except FileNotFoundError:
            now = None
        except OSError as error:
            raise ChangedOnDisk(f"{self.path.name} cannot be read any more: {error.strerror}") from None
        if now != self._read:
            what = "removed" if now is None else "made" if self._read is None else "changed"
            raise ChangedOnDisk(
                f"{self.path.name} was {what} by somebody else since it was opened",
                remedy="Load it again (your changes are lost), or save yours under another name.",
            )

    def save(self) -> None:
        """Write the file. Raises ChangedOnDisk, and MappingError where the text is no mapping."""
        self.mapping()
        self.look()
        self._write(self.path)

    def save_as(self, path: Path, name: str) -> None:
        """Write it under another name, which becomes the mapping's own. Raises MappingError."""
        if path.exists():
            problem = Problem(message=f"there is a file {path} already", remedy="Choose another name.")
            raise MappingError((problem,))
        if self.data.get("name") != name:
            self.set(("name",), name, f"saved as {name}")
        self.mapping()
        self._write(path)
        self.path = path

    def _write(self, path: Path) -> None:
        content = self.text.encode()
        content = b"\xef\xbb\xbf" + content if self._bom else content
        write_private(path, content)
        self._read, self._saved = content, self.text

    def differences(self) -> list[str]:
        """The lines that saving would change, as diff writes them."""
        return list(
            difflib.unified_diff(self._saved.splitlines(), self.text.splitlines(), "saved", "now", lineterm="", n=1)
        )


__all__ = ["OPTIONS", "ChangedOnDisk", "Draft", "NotChanged", "literal"]
