"""What the documents say must be there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from app import create_app
from core.settings import PROJECT, read_settings
from docs.generate import DOCUMENTS, main
from pregen.planning.request import choose_categories
from sources.spec.description import read_model

WRITTEN = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"] + [
    f"docs/{path.name}"
    for path in sorted((PROJECT / "docs").glob("*.md"))
    if path.name not in DOCUMENTS
]
# what examples call their own, and what they show as wrong or as a placeholder
OTHERS_CATEGORIES = {"scissors", "tarantula", "krasnyy_drakon", "quan", "hat"}
ABOUT_HIDDEN = "docs/models.md"  # names categories that a new site lacks, and says so


def read_document(name: str) -> str:
    """Return a document in which a command on several lines is one line."""
    return (PROJECT / name).read_text(encoding="utf-8").replace("\\\n", " ")


def test_generated_documents_are_current() -> None:
    assert main(["--check"]) == 0, "run: make docs"


def test_an_outdated_document_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("docs.generate.DOCS", tmp_path)
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("error: docs/cli.md and docs/settings.md outdated")
    assert main([]) == 0 and main(["--check"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(DOCUMENTS)


@pytest.mark.parametrize("name", WRITTEN)
def test_links_lead_somewhere(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    missing = [link for link in links if not ((PROJECT / name).parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", WRITTEN)
def test_commands_exist_and_take_these_options(name: str) -> None:
    text = read_document(name)
    root = create_app(read_settings({"SECRET_KEY": "test"})).cli
    for line in re.findall(r"(?:^|`)flask ([a-z][^`\n#]*)", text, re.MULTILINE):
        command: click.Command = root
        words = shlex.split(line)
        with click.Context(root, info_name="flask") as context:
            while words and isinstance(command, click.Group):
                found = command.get_command(context, words[0])
                assert found is not None, f"flask {line}: there is no {words[0]}"
                command, words = found, words[1:]
            known = {option for parameter in command.params for option in parameter.opts}
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert used <= known, f"flask {line}: there is no {used - known}"


@pytest.mark.parametrize("name", [*WRITTEN, "docs/cli.md"])
def test_examples_name_categories_that_a_new_site_has(name: str) -> None:
    text = read_document(name)
    named = re.findall(
        r"(?:--category |--categories |CATEGORIES=|[?&]category=|/c/|category off )"
        r"([a-z][a-z_]*(?:(?:,| +)[a-z_]+)*)(?![\w<])",
        text,
    )
    newest = max((PROJECT / "models/emoji").iterdir(), key=lambda folder: int(folder.name))
    model = read_model(newest)
    made = {category.slug for category in choose_categories(model, "60", seed=0)}
    if name == ABOUT_HIDDEN:
        made |= {category.slug for category in model.categories if category.hidden}
    used = {word for words in named for word in re.split("[, ]+", words)}
    assert used <= made | OTHERS_CATEGORIES


@pytest.mark.parametrize("name", WRITTEN)
def test_make_targets_exist(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert used <= targets


def test_the_model_of_the_how_to_can_be_read(tmp_path: Path) -> None:
    text = (PROJECT / "docs/models.md").read_text(encoding="utf-8")
    (tmp_path / "model.tflite").write_bytes(b"weights")
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    models = []
    for block in blocks:
        (tmp_path / "model.toml").write_text(block)
        models.append(read_model(tmp_path))
    assert [model.name for model in models] == ["faces", "blobs", "monsters"]
    model = models[-1]
    assert [category.name for category in model.categories] == ["swamp thing", "yeti"]
    assert [given.kind for given in model.inputs] == ["latent", "category", "truncation"]


@pytest.mark.parametrize(("document", "least"), [("security.md", 20), ("faults.md", 10)])
def test_attacks_and_faults_are_shown_by_tests_that_exist(document: str, least: int) -> None:
    text = (PROJECT / "docs" / document).read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > least
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"def {test}(" not in (PROJECT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
