"""Regular expressions in mappings, for which a value can never take long.

Python's engine goes back and tries again, which some patterns and values turn into hours. So a pattern is weighed
when it is compiled: by how many ways it has to try, which is bounded because a repetition may stand after a
character or a class only, not after a group. A value that is too long for its pattern is refused.
"""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any, NamedTuple

from console.provisioning.functions_text import BadArgument, text_of

STEPS = 2_000_000
"""Steps that one value may take at most: some hundredths of a second."""
_LONGEST = 500
_ATOM = re.compile(
    r"\\[dDwWsSbB]|\\[^A-Za-z0-9]|\\[nrt]|\\[A-Za-z0-9](?P<escape>)|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\((?:\?:)?)"
    r"|(?P<close>\))|(?P<or>\|)|(?P<repeat>(?:[*+?]|\{[0-9]*,?[0-9]*\})[?+]?)|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")
_REFERENCE = re.compile(r"\\([0-9])|\\(.)", re.DOTALL)


class Pattern(NamedTuple):
    """A compiled pattern: `ways` to try at each place, times the length to the power of `powers`."""

    compiled: re.Pattern[str]
    ways: int
    powers: int

    def fits(self, text: str) -> bool:
        """Whether the work for a text is bounded by STEPS."""
        length = len(text) + 1
        return bool(length * self.ways * length**self.powers <= STEPS)


def regex_replace(value: Any, pattern: Any, replacement: Any) -> str:
    r"""Every match replaced; `\1` in the replacement is what the first group matched."""
    text, found = _prepared("regexReplace", value, pattern)
    if not text:
        return ""
    wanted = text_of("regexReplace", replacement)

    def made(match: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda part: _group(match, int(part[1])) if part[1] else part[2], wanted)

    return found.compiled.sub(made, text)


def regex_extract(value: Any, pattern: Any) -> str:
    """What the first group matched (without groups: the pattern); blank when nothing does."""
    text, found = _prepared("regexExtract", value, pattern)
    match = found.compiled.search(text) if text else None
    return "" if match is None else _group(match, 1 if found.compiled.groups else 0)


def check_pattern(pattern: str) -> None:
    """Whether a pattern can be used. Raises BadArgument."""
    _weighed(pattern)


def _group(match: re.Match[str], number: int) -> str:
    try:
        return match[number] or ""
    except IndexError:
        raise BadArgument(f"the pattern has no group {number}") from None


def _prepared(function: str, value: Any, pattern: Any) -> tuple[str, Pattern]:
    text, found = text_of(function, value), _weighed(text_of(function, pattern))
    if not found.fits(text):
        raise BadArgument(
            f"a value of {len(text):,} characters could take too long with the pattern {found.compiled.pattern!r}; "
            "use fewer * and + in it"
        )
    return text, found


@functools.lru_cache(maxsize=256)
def _weighed(pattern: str) -> Pattern:
    if len(pattern) > _LONGEST:
        raise BadArgument(f"a pattern has at most {_LONGEST} characters")
    try:
        with warnings.catch_warnings(action="error"):  # a class that may mean something else one day
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise BadArgument(f"{pattern!r} is no regular expression: {error}") from None
    ways, powers, before = 1, 0, ""
    for atom in _ATOM.finditer(pattern):
        if atom["escape"] is not None or (atom["open"] and pattern[atom.end() : atom.end() + 1] == "?"):
            raise BadArgument(f"{pattern!r}: {pattern[atom.start() : atom.end() + 2]} is not available here")
        if atom["or"]:
            ways *= 2
        elif atom["repeat"]:
            if before == ")":
                raise BadArgument(
                    f"{pattern!r}: {atom[0]} may not stand behind a group, only behind a character or a class"
                )
            counted, endless = _choices(atom[0])
            if atom.end() < len(pattern):  # nothing behind the last repetition can fail and make it try again
                ways *= counted
                powers += endless
            before = ""
            continue
        before = atom[0]
    return Pattern(compiled, min(ways, STEPS + 1), powers)


def _choices(repeat: str) -> tuple[int, int]:
    """In how many ways a repetition can match: a number, and whether that grows with the text."""
    if repeat[0] in "*+":
        return 1, 1
    if repeat[0] == "?":
        return 2, 0
    found = _COUNT.match(repeat)
    if found is None or not (found[1] or found[3]):
        return 1, 1  # "{" may be a character of its own; then this is only too careful
    if not found[2]:
        return 1, 0
    return (int(found[3]) - int(found[1] or 0) + 1, 0) if found[3] else (1, 1)
