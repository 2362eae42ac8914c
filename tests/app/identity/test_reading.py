"""site.toml: what it says is read, and what is wrong is named with its line."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from app.identity.cli import STARTER
from app.identity.identity import Identity
from app.identity.reading import KEYS, BadSite, identity_of, read_identity
from core.settings import BadSetting, Settings

# wrong files, the line that is complained about, and what is said
WRONG = [
    ("nmae = 'x'", 1, "nmae means nothing; did you mean name?"),
    ("\nname = 1", 2, "name is 1, not a text"),
    ("name = ''", 1, "name is empty"),
    ("tagline = 'a\\tb'\nname = \"a\\tb\"", 2, "name is not one line of printable characters"),
    ("sentence = 'This {nam} is not'", 1, r"sentence has {nam} in it: did you mean {name}"),
    ("sentence = 'This } is not'", 1, "sentence has a brace that is not one of a pair"),
    ("sentence = '" + "x" * 301 + "'", 1, "sentence has 301 characters, more than 300"),
    ("variants = ['a', 1]", 1, "number 2 of variants is not a text"),
    ("lines = ['By {name}.']", 1, r"number 1 of lines has {name} in it: there is {developer}"),
    ("language = 'Deutsch!'", 1, "language is 'Deutsch!', not the tag of a language"),
    ("icon = 'absent.png'", 1, "icon: .*absent.png cannot be read"),
    ("icon = 'icon.gif'", 1, "icon is 'icon.gif', not the name of a file; name one that ends in"),
    ("icon = 'text.png'", 1, "icon: .*text.png is no file of that kind"),
    ("offers = 1", 1, r"offers is 1, not a table; write a table: \[offers\]"),
    ("[offers]\ngame = 0", 2, "offers.game is 0, not true or false"),
    ("[offers]\ngmae = true", 2, "offers.gmae means nothing; did you mean game?"),
    ("[links]\nImprint = 'example.org'", 2, "links.Imprint is 'example.org', not an address"),
    ("[links]\nX = 'javascript:alert(1)'", 2, "not an address"),
    ("[links]\nX = '//example.org'", 2, "not an address"),
    ("[categories.'Big Hat']", 1, r"'Big Hat' is not the slug.*\[categories.big_hat\]"),
    ("[categories.hat]\nplurals = 'x'", 2, "did you mean plural?"),
    ("[categories]\nhat = 'x'", 2, r"not a table; write a table: \[categories.hat\]"),
    ("[colours]\nhue = 361", 2, "colours.hue is 361, not 0 to 360"),
    ("[colours]\nwall = '#fff'\nink = '#000'", 1, "it lacks colours.accent"),
    ("[colours]\nwall = 'white'\nink = '#000'\naccent = '#000'", 2, "'white', not a colour"),
    ("[colours]\nwall = '#fff'\nink = '#000'\naccent = '#00f'\nhue = 1", 5, "exclude each other"),
    ("[colours.dark]\nwall = '#000'\nink = '#fff'\naccent = '#fff'", 1, "no light ones"),
    ("[typefaces]\ntitle = 'a; b'", 2, "neither a .woff2 file nor names of typefaces"),
    ("[typefaces]\ntitle_italic = 'a.woff2'", 2, "goes with a title that is a file"),
    ("[head]\nhtml = '<div></div>'", 2, "<div> cannot stand in a page's head"),
    ("[head.csp]\nscript = []", 2, "did you mean script-src?"),
    ("[head.csp]\nscript-src = ['example.org']", 2, "has 'example.org', not a source"),
    ("[head.csp]\nscript-src = [\"'unsafe-inline'\"]", 2, "not a source"),
]


def read(text: str, folder: Path = Path()) -> Identity:
    return identity_of(folder / "site.toml", text, Settings())


@pytest.mark.parametrize(("text", "line", "complaint"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_named_with_its_line(
    text: str, line: int, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(BadSite, match=complaint) as raised:
        read(text, tmp_path)
    assert f"site.toml, line {line}:" in str(raised.value)
    assert raised.value.hint


def test_what_is_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSite, match=r"is no TOML: .*line 2.*; see docs/your-own-site.md"):
        read("name = 'x'\nname: y", tmp_path)
    path = tmp_path / "site.toml"
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(BadSite, match="is not UTF-8"):
        read_identity(Settings(instance_folder=tmp_path))
    with pytest.raises(BadSite, match=r"there is no .*other.toml; .*flask site init"):
        read_identity(Settings(site=str(tmp_path / "other.toml")))


def test_environment_beats_file_beats_default(tmp_path: Path) -> None:
    settings = Settings(instance_folder=tmp_path)
    assert read_identity(settings) == Identity()
    (tmp_path / "site.toml").write_text(
        'name = "Horses"\nsentence = "No {name}"\nvariants = ["Never a {name}"]\nlanguage = "de"'
    )
    found = read_identity(settings)
    assert (found.name, found.sentences) == ("Horses", ("No {name}", "Never a {name}"))
    assert (found.tagline, found.lang) == (Identity().tagline, "de")
    given = replace(settings, site_name="Cows", site_sentence="Not one {name}", site_language="fr")
    found = read_identity(given)
    assert (found.name, found.sentences, found.lang) == ("Cows", ("Not one {name}",), "fr")
    with pytest.raises(BadSetting, match=r"NONESUCH_SITE_SENTENCE has {nam} in it: did you mean"):
        read_identity(replace(settings, site_sentence="This {nam}"))
    with pytest.raises(BadSetting, match="NONESUCH_SITE_LANGUAGE is '!', not the tag"):
        read_identity(replace(settings, site_language="!"))


def test_what_flask_site_init_writes_changes_nothing() -> None:
    assert read(STARTER.read_text(encoding="utf-8")) == Identity()


def test_every_key_is_explained_with_an_example_that_is_right(tmp_path: Path) -> None:
    """Each line of the file, without its #, is read."""
    text = re.sub(r"(?m)^#(?! |$)", "", STARTER.read_text(encoding="utf-8"))
    text = text.replace("hue = 150\n", "")  # or colours of one's own
    (tmp_path / "icon.svg").write_text("<svg/>")
    for name in ("title.woff2", "title-italic.woff2"):
        (tmp_path / name).write_bytes(b"wOF2")
    keys = set(tomllib.loads(text))
    assert keys == set(KEYS)
    found = read(text, tmp_path)
    default = Identity()
    for name in ("name", "tagline", "language", "alternative", "offers"):
        assert getattr(found, name) == getattr(default, name)
    assert found.sentences[0] == default.sentences[0]
    assert found.links[1] == ("Imprint", "/about#imprint")
    assert 'id="imprint"' in found.about
    assert found.categories["scissors"].sentence == "These *scissors* do not exist"
    assert found.head.hosts == ("count.example.org",)
    assert found.colours.dark is not None and found.colours.dark.is_dark
