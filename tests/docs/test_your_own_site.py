"""docs/your-own-site.md to the letter: its commands, its site.toml, and the site that they make."""

import html
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from app import create_app
from core.settings import PROJECT, Settings
from store.index.database import open_engine
from store.index.migrating import upgrade

TEXT = (PROJECT / "docs/your-own-site.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.slow
def test_the_commands_make_the_site_that_the_file_describes(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "scissors").mkdir(parents=True)
    for number, size in enumerate((64, 200, 700)):
        colour = (90 * number, 200 - 60 * number, 40)
        Image.new("RGB", (size, size), colour).save(home / "scissors" / f"A {number}.PNG")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    upgrade(open_engine(settings, write=True))
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    done = []
    for command in commands():
        program, *words = shlex.split(command)
        if program != "flask":
            continue
        words = [word.replace("~", str(home)) for word in words]
        result = create_app(settings).test_cli_runner().invoke(args=words)
        assert result.exit_code == 0, (command, result.output)
        done.append(words[:2])
        if words[0] == "adopt":
            settings.site_file.write_text(example, encoding="utf-8")
    assert ["site", "init"] in done and ["export-site", "public"] in done

    out = tmp_path / "public"
    pages = {path.parent.name: path.read_text() for path in (out / "i").rglob("index.html")}
    assert len(pages) == 3
    for page in pages.values():
        assert heading(page) == "These <em>scissors</em> do not exist"
        assert '<a class="mark" href="../../index.html">Blunt</a>' in page
        assert "<p>Nothing here was ever sharp.</p>" in page
        assert "Imprint</a>" in page and "mailto:jane@example.org" in page
        assert ">Play</a>" not in page and ">Live</a>" not in page
        assert "in a drawer that is not there." in page or "who could not cut it." in page
    about = (out / "about" / "index.html").read_text()
    assert '<h2 id="imprint">Imprint</h2>' in about and "Jane Doe" in about
    (style,) = (out / "static").glob("style.*.css")
    assert "--accent: #a3123a;" in style.read_text() and "--accent: #ff8fab;" in style.read_text()
    assert not (out / "play").exists() and not (out / "live").exists()
    assert "3 <em>pairs of scissors</em>" in (out / "c" / "scissors" / "index.html").read_text()


def test_what_goes_wrong_is_said_as_the_document_shows_it(tmp_path: Path) -> None:
    from app.identity.reading import BadSite, identity_of

    said_of = r"error: instance/site.toml, line \d+: ([^\n]+(?:\n    (?!error)[^\n]+)*)"
    shown = re.findall(said_of, TEXT)
    texts = [
        "\n\nnmae = 'x'",
        "[colours]\nwall = '#ffffff'\nink = '#000000'\naccent = '#ffcc00'",
    ]
    for text, said in zip(texts, shown, strict=True):
        with pytest.raises(BadSite) as raised:
            identity_of(tmp_path / "site.toml", text, Settings())
        assert str(raised.value).partition(": ")[2] == " ".join(said.split())
