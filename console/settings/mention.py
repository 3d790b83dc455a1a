"""An email address as it stands in texts: as a whole, and whose it is by the property that it stands in."""

from __future__ import annotations

import re

EMAILS = frozenset({"email", "work_email", "hs_additional_emails"})
"""Properties whose value says whose record it is; an address anywhere else only mentions the person."""
ERASED = "(erased)"
"""What stands in a text where an address was taken out."""


def whole(email: str) -> re.Pattern[str]:
    """Finds an address as a whole: `ann@x.com` is not in `joann@x.com`. Letter case does not count."""
    return re.compile(rf"(?<![\w.+%-]){re.escape(email.strip())}(?![\w-]|\.\w)", re.IGNORECASE)
