"""Keeps a receipt as a file of its own: new, readable by its owner alone, in the form that its name asks for."""

from __future__ import annotations

from pathlib import Path

from console.provisioning.receipt import Receipt, ReceiptFormat, render_receipt
from console.settings.new_file import new_private

_FORMS: dict[str, ReceiptFormat] = {".html": "html", ".htm": "html", ".json": "json"}


def suggested(run_id: str) -> Path:
    """A name in the current folder that is not taken."""
    folder = Path.cwd()
    names = (folder / f"receipt-{run_id}{f'-{number}' if number else ''}.txt" for number in range(1000))
    return next((path for path in names if not path.exists()), folder / f"receipt-{run_id}.txt")


def keep(receipt: Receipt, path: Path) -> None:
    """Write the receipt; nothing is overwritten.

    Raises:
        SettingsError: the file is there already, or cannot be written.
    """
    text = render_receipt(receipt, _FORMS.get(path.suffix.lower(), "text"))
    with new_private(path) as file:
        file.write(f"{text.rstrip()}\n".encode())
