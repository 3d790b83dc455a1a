"""Which encoding a file has, judged by all of its bytes, in constant memory."""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import BinaryIO

import msgspec

CHUNK = 1 << 18
MARK = "console.sources.mark"
"""A codec error handler: what cannot be decoded becomes half a character, which no text holds."""
codecs.register_error(MARK, lambda error: ("\udcff", getattr(error, "end", 0)))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BAD = re.compile("[\udc80-\udcff]")
_GOOD = re.compile("[^\x00-\x7f\udc80-\udcff]")
_WINDOWS = re.compile(b"[\x80-\x9f]")
_NOT_WINDOWS = re.compile(b"[\x81\x8d\x8f\x90\x9d]")


class Encoding(msgspec.Struct, frozen=True, kw_only=True):
    """How to decode a file, and what a reader has to look out for."""

    codec: str
    digest: str
    size: int
    errors: str = "strict"
    note: str = ""
    has_nul: bool = False
    has_bad_bytes: bool = False


class _Tally:
    """Counts what speaks for UTF-8 and what speaks against it."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self.nul = self.windows = self.not_windows = False
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        if not self.nul and b"\0" in chunk:
            self.nul = True
        pending = self._decoder.getstate()[0]
        if chunk.isascii() and not pending:
            return
        text = self._decoder.decode(chunk, final)
        self.bad += len(_BAD.findall(text))
        self.good += len(_GOOD.findall(text))
        self.windows = self.windows or _WINDOWS.search(chunk) is not None
        self.not_windows = self.not_windows or _NOT_WINDOWS.search(chunk) is not None


def detect(stream: BinaryIO) -> Encoding:
    """Read a file from its start to its end and judge it.

    A byte order mark decides. Else the text is UTF-8 unless more of its bytes contradict
    that than confirm it; then it is Windows-1252 or Latin-1, which the note says. A
    UTF-8 file with some broken bytes stays UTF-8: only the rows that hold them are bad.
    """
    digest = hashlib.sha256()
    tally = _Tally()
    head = b""
    size = 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if len(head) < 4096:
            head += chunk[: 4096 - len(head)]
        tally.feed(chunk)
    tally.feed(b"", final=True)
    return _judge(head, tally, digest.hexdigest(), size)


def _judge(head: bytes, tally: _Tally, digest: str, size: int) -> Encoding:
    for mark, codec in _BOMS:
        if head.startswith(mark):
            wide = codec != "utf-8-sig"
            return Encoding(
                codec=codec,
                digest=digest,
                size=size,
                errors=MARK if wide else "surrogateescape",
                has_nul=wide or tally.nul,
                has_bad_bytes=wide or tally.bad > 0,
            )
    if codec := _wide_without_mark(head):
        note = f"Read as {codec.upper()} without a byte order mark."
        return Encoding(codec=codec, digest=digest, size=size, errors=MARK, note=note, has_nul=True, has_bad_bytes=True)
    if tally.bad <= tally.good:
        return Encoding(
            codec="utf-8",
            digest=digest,
            size=size,
            errors="surrogateescape",
            has_nul=tally.nul,
            has_bad_bytes=tally.bad > 0,
        )
    windows = tally.windows and not tally.not_windows
    name = "Windows-1252" if windows else "Latin-1"
    return Encoding(
        codec="cp1252" if windows else "latin-1",
        digest=digest,
        size=size,
        note=f"The file is not UTF-8; it is read as {name}. Check accented letters in the preview, "
        "or save the file as UTF-8.",
        has_nul=tally.nul,
    )


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 text in Latin letters has a zero in every second byte."""
    sample = head[: len(head) // 2 * 2]
    if len(sample) < 4:
        return ""
    pairs = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return ""
