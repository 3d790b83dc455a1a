"""Seeded contacts and companies: the same for the same seed, different enough to look like a real portal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from random import Random
from sys import intern
from typing import TypeVar

from console.simulator.names import CULTURES, JOBS, STEMS, SUFFIX, TRADES, Culture
from console.simulator.store import Record

T = TypeVar("T")
FIRST_CREATED = 1_546_300_800_000  # 2019-01-01
LAST_CREATED = 1_751_328_000_000  # 2025-07-01
STAGES = (
    *("lead",) * 9,
    *("customer",) * 5,
    *("subscriber",) * 3,
    *("marketingqualifiedlead",) * 3,
    *("salesqualifiedlead",) * 2,
    "opportunity",
    "evangelist",
)
LEAD_STATUS = ("NEW", "OPEN", "IN_PROGRESS", "CONNECTED", "ATTEMPTED_TO_CONTACT", "UNQUALIFIED", "BAD_TIMING")
COMPANY_TYPES = ("PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER")
FREE_MAIL = ("example.com", "example.org", "example.net", "mail.example")
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D", "æ": "ae", "ð": "d", "þ": "th"}  # noqa: RUF001 - letters that do not decompose
)


class Firm:
    """What a contact needs to know of the company it works for; `id` is set when the company is made."""

    __slots__ = ("culture", "domain", "id", "name")

    def __init__(self, name: str, domain: str, culture: Culture) -> None:
        self.name = name
        self.domain = domain
        self.culture = culture
        self.id = ""


def latin(text: str) -> str:
    """Plain ASCII letters and digits in lower case: `Müller-Großmann` -> `mullergrossmann`."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())


def firms(count: int, seed: int) -> list[Firm]:
    """`count` companies with distinct names and domains."""
    rng = Random(f"firms {seed}")  # noqa: S311 - a seed must reproduce it
    pairs = [(stem, trade) for stem in STEMS for trade, _ in TRADES]
    rng.shuffle(pairs)
    made = []
    for number in range(count):
        stem, trade = pairs[number % len(pairs)]
        turn = number // len(pairs)
        culture = rng.choice(CULTURES)
        name = f"{stem} {trade} {SUFFIX.get(culture.country, '')}".strip()
        domain = f"{stem}{trade}".lower()
        if turn:
            name, domain = f"{name} {turn + 1}", f"{domain}{turn + 1}"
        made.append(Firm(intern(name), intern(f"{domain}.{culture.domain}"), culture))
    return made


def companies(made: list[Firm], first_id: int, seed: int) -> Iterator[Record]:
    """The companies as records."""
    rng = Random(f"companies {seed}")  # noqa: S311 - a seed must reproduce it
    industries = dict(TRADES)
    id_, step = first_id, _step(len(made))
    for number, firm in enumerate(made):
        created = FIRST_CREATED + number * step + rng.randrange(step)
        trade = firm.name.split()[1]
        staff = int(rng.paretovariate(0.9) * 8)
        values = {
            "name": firm.name,
            "domain": firm.domain,
            "website": firm.domain,
            "phone": _phone(firm.culture.phone, rng),
            "city": intern(rng.choice(firm.culture.cities)),
            "country": intern(firm.culture.country),
            "industry": industries[trade],
            "numberofemployees": str(min(staff, 250_000)),
            "annualrevenue": str(min(staff, 250_000) * rng.randrange(40, 200) * 1000),
            "type": rng.choice(COMPANY_TYPES),
            "lifecyclestage": rng.choice(STAGES),
        }
        firm.id = str(id_)
        yield Record(id_, created, created + rng.randrange(86_400_000 * 300), 0, values)
        id_ += 1 + rng.randrange(9)


def contacts(count: int, made: list[Firm], first_id: int, seed: int) -> Iterator[Record]:
    """`count` contacts, most of whom work for one of the companies."""
    rng = Random(f"contacts {seed}")  # noqa: S311 - a seed must reproduce it
    random, pick = rng.random, _Picker(rng)
    taken: dict[str, int] = {}
    id_, step = first_id, _step(count)
    for number in range(count):
        firm = made[int(random() * len(made))] if made and random() < 0.93 else None
        culture = firm.culture if firm is not None and random() < 0.75 else pick.one(CULTURES)
        first, latin_first = pick.name(culture.first)
        last, latin_last = pick.name(culture.last)
        domain = firm.domain if firm is not None else pick.one(FREE_MAIL)
        email = f"{latin_first}.{latin_last}@{domain}"
        turn = taken[email] = taken.get(email, 0) + 1
        if turn > 1:
            email = f"{latin_first}.{latin_last}{turn}@{domain}"
        values = {"email": email, "firstname": first, "lastname": last}
        if firm is not None:
            values["company"] = firm.name
            values["jobtitle"] = pick.one(JOBS)
            values["associatedcompanyid"] = firm.id
        if random() < 0.8:
            values["phone"] = _phone(culture.phone, rng)
        if random() < 0.9:
            values["city"] = pick.one(culture.cities)
            values["country"] = culture.country
        if random() < 0.3:
            values["hs_language"] = culture.language
        if random() < 0.25:
            values["hs_lead_status"] = pick.one(LEAD_STATUS)
        values["lifecyclestage"] = pick.one(STAGES)
        created = FIRST_CREATED + number * step + int(random() * step)
        yield Record(id_, created, created + int(random() * 86_400_000 * 400), 0, values)
        id_ += 1 + int(random() * 9)


class _Picker:
    """Choices from short tuples, faster than Random.choice."""

    def __init__(self, rng: Random) -> None:
        self._random = rng.random
        self._names: dict[str, tuple[str, str]] = {}

    def one(self, options: tuple[T, ...]) -> T:
        return options[int(self._random() * len(options))]

    def name(self, options: tuple[str, ...]) -> tuple[str, str]:
        """The name as written and its latin form for an address."""
        text = self.one(options)
        found = self._names.get(text)
        if found is None:
            native, _, romanised = text.partition(":")
            found = self._names[text] = (intern(native), latin(romanised or native))
        return found


def _phone(pattern: str, rng: Random) -> str:
    digits = pattern.count("#")
    number = iter(f"{rng.randrange(10**digits):0{digits}d}")
    return "".join(next(number) if mark == "#" else mark for mark in pattern)


def _step(count: int) -> int:
    """Milliseconds between one record's creation and the next one's."""
    return max(1, (LAST_CREATED - FIRST_CREATED) // max(1, count))
