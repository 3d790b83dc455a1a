"""views.toml: what is saved is what is read, and what is wrong in it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings import views
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.settings.views import View, Views


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))


def test_what_is_saved_is_read_again(paths: Paths) -> None:
    assert views.load(paths) == Views()
    one = View(
        name="In Galle", object_class="contact", filter='city eq "Galle"', columns=("email",), sort="-createdate"
    )
    two = View(name="All", object_class="company")
    views.save(paths, one)
    views.save(paths, two)
    views.remember_columns(paths, "contact", ("email", "city"))
    assert views.load(paths) == Views(views=(one, two), columns={"contact": ("email", "city")})
    changed = View(name="in galle", object_class="contact", text="x")
    views.save(paths, changed)
    assert views.load(paths).views == (two, changed)
    views.remove(paths, "ALL")
    assert views.remember_columns(paths, "contact", ()) == Views(views=(changed,))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("view = 1", "holds"),
        ("views = []", "Unknown key"),
        ('[[view]]\nname = ""\nclass = "contact"', "name is wrong"),
        ('[[view]]\nname = "a\\u001bb"\nclass = "contact"', "name is wrong"),
        ('[[view]]\nname = "a"\nclass = "deal"', "class must be"),
        ('[[view]]\nname = "a"\nclass = "contact"\nsort = "a b"', "sort must name"),
        ('[[view]]\nname = "a"\nclass = "contact"\nfilter = 3', "filter must be a text"),
        ('[[view]]\nname = "a"\nclass = "contact"\ncolumns = ["x", "x"]', "columns must be a list"),
        ('[[view]]\nname = "a"\nclass = "contact"\nfitler = "x"', 'Unknown key "fitler"'),
        ('[[view]]\nname = "a"\nclass = "contact"\n[[view]]\nname = "A"\nclass = "contact"', "Two views"),
        ("[columns]\ndeal = []", "Unknown key"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(paths: Paths, text: str, said: str) -> None:
    paths.config.mkdir(parents=True)
    views.views_file(paths).write_text(text)
    with pytest.raises(SettingsError, match=said) as caught:
        views.load(paths)
    assert caught.value.file == views.views_file(paths)
    assert caught.value.remedy


def test_a_name_that_is_not_there_gets_the_one_that_was_meant(paths: Paths) -> None:
    views.save(paths, View(name="In Galle", object_class="contact"))
    with pytest.raises(SettingsError, match="no view") as caught:
        views.remove(paths, "in gale")
    assert "In Galle" in caught.value.remedy
