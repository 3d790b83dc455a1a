"""People from a JSON Lines file: one object a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.lines import LINE_LIMIT, PIECE
from console.sources.model import CELL_LIMIT, SourceRow
from console.sources.text_source import TextSource
from console.sources.values import apply_types

_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\x00\ud800-\udfff]")
_DECODER = msgspec.json.Decoder()


class JsonlSource(TextSource):
    """A JSON Lines file."""

    kind = "jsonl"

    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the objects. Every bad line is a Problem; the good ones go on."""
        encoding = self._file.inspect()
        if encoding.size == 0:
            raise SourceError(
                "the file is empty", file=self.name, line=1, remedy="Export the people again: one object a line."
            )
        number = 0
        with self._file.open() as stream:
            while True:
                text = stream.readline(LINE_LIMIT)
                if not text:
                    break
                number += 1
                if len(text) >= LINE_LIMIT and not text.endswith(("\n", "\r")):
                    while (piece := stream.readline(PIECE)) and not piece.endswith(("\n", "\r")):
                        pass
                    yield self._problem(
                        number,
                        f"the line is longer than {LINE_LIMIT:,} characters",
                        "Shorten its values (HubSpot takes 65,536 characters), or write one object a line.",
                    )
                    continue
                if not text.isspace():
                    yield self._row(text, number)
            self._file.finished()

    def _row(self, text: str, number: int) -> SourceRow | Problem:
        try:
            values = _DECODER.decode(text.encode("utf-8", "surrogatepass"))
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            bad = "\ud800" <= max(text) <= "\udfff"
            return self._problem(
                number,
                "the line holds bytes that are not valid text" if bad else f"the line is not JSON: {error}",
                "Save the file as UTF-8." if bad else "Write one complete JSON object a line.",
            )
        if not isinstance(values, dict):
            return self._problem(
                number, "the line is not a JSON object", 'Write an object: {"mail": "ann@example.org", ...}.'
            )
        if len(text) > CELL_LIMIT or _SUSPECT.search(text):
            for name, value in values.items():
                if problem := self._bad_value(name, value, number):
                    return problem
        misfit = apply_types(values, self._types, file=self.name, line=number) if self._types else None
        return SourceRow(number, values, misfit)

    def _bad_value(self, name: str, value: Any, number: int) -> Problem | None:
        for text in _strings(value):
            if len(text) > CELL_LIMIT:
                return self._problem(
                    number,
                    f"{name} is longer than {CELL_LIMIT:,} characters",
                    "Shorten it: HubSpot takes 65,536 characters.",
                    name,
                )
            if _UNREADABLE.search(text):
                return self._problem(
                    number,
                    f"{name} holds a NUL character or half a character",
                    "Remove it from the source system; the field was cut or is binary.",
                    name,
                )
        return None

    def _problem(self, line: int, message: str, remedy: str, field: str = "") -> Problem:
        return Problem(message=message, remedy=remedy, file=self.name, line=line, field=field)


def _strings(value: Any) -> Iterator[str]:
    """All texts within a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
