"""What acts on a terminal: the console's own sequences, told from those that came with foreign text."""

from __future__ import annotations

import re
import unicodedata

OURS = re.compile(
    rb"\x1b\[[0-9;:]*m"  # colours
    rb"|\x1b\[[0-9]+;[0-9]+H"  # placing text
    rb"|\x1b\[\?(?:25|1049|1000|1003|1004|1006|1015|1016|2004|2026|2048|7)[hl]"  # modes of the driver
    rb"|\x1b\[\?(?:2026|2048)\$p"  # questions of the driver
    rb"|\x1b\]22;[a-z-]+\x07"  # the shape of the pointer over a field
    rb"|\x1b\[>[0-9]+u|\x1b\[<u|\x1b\[6n"
    rb"|\x1b\]8;[id=0-9-]*;https://app[a-z0-9-]*\.hubspot\.com/contacts/[0-9]+/record/0-[12]/[0-9]+\x1b\\|\x1b\]8;;\x1b\\"
    rb"|\x1b\]2;hubspoke [0-9]+%(?: paused)?\x07|\x1b\[2[23];2t"  # the title while a run is under way
    rb"|\x1b\]9;Hubspoke: run [A-Za-z0-9 .,:%-]+\x07|\x07"  # who looks elsewhere is called
    rb"|\x1b\]52;c;(?!ZXZpbA==|YQ==)[A-Za-z0-9+/=]*\x07"  # what was copied; hostile records try two of their own
)
UNSAFE = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def foreign(raw: bytes) -> list[str]:
    """What acts on a terminal and is not the console's own."""
    text = OURS.sub(b"", raw).decode("utf-8", "replace")
    return sorted(
        {repr(character) for character in text if unicodedata.category(character) in UNSAFE} - {"'\\n'", "'\\r'"}
    )
