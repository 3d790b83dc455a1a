"""Secrets on their way to HubSpot: values that do not show themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"


class Secret:
    """A text whose repr, str and format show nothing.

    Crash reports print the local variables of every frame; what those hold must be safe to print.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it only in the expression that hands it on."""
        return self._text

    @property
    def fits_header(self) -> bool:
        """Whether it can stand in an Authorization header: visible ASCII, no blanks."""
        return bool(self._text) and all("!" <= char <= "~" for char in self._text)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


def hide(text: bytes, secrets: Iterable[Secret]) -> bytes:
    """`text` without the secrets, in whatever form a server would echo them."""
    for secret in secrets:
        for form in _forms(secret.reveal()):
            if form in text:
                text = text.replace(form, HIDDEN.encode())
    return text


def _forms(text: str) -> list[bytes]:
    written = json.dumps(text)[1:-1]
    spellings = {text, quote(text, safe=""), quote_plus(text), written, written.replace("/", "\\/")}
    return [form.encode("utf-8", "surrogatepass") for form in sorted(spellings, key=len, reverse=True) if form]
