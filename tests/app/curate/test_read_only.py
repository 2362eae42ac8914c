"""The owner's pages are off where nothing can be written."""

import sqlite3

import pytest

from app import create_app
from store.index.states import LIVE
from tests.app.curate.forms import csrf_token_of, enter, labels, states
from tests.conftest import Filled


@pytest.mark.sqlite
def test_read_only_says_so_and_is_off(
    filled: Filled, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root writes through any mode, so SQLite is asked to refuse: by its own file's mode."""
    client = create_app(filled.settings).test_client()
    enter(client, token)
    path = filled.settings.sqlite_path
    assert path is not None

    def refusing(*_: object) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False,
                               isolation_level=None)  # fmt: skip

    word = csrf_token_of(client)
    monkeypatch.setattr("store.index.database._connect_sqlite", refusing)
    for answer in (
        client.get("/curate"),
        client.get("/curate/c/hat"),
        client.post("/curate/reject", data={"word": word, "picture": labels(filled, "hat")[0]}),
    ):
        assert answer.status_code == 403
        assert "index cannot be written" in answer.text and "readonly" in answer.text
    assert client.get("/").status_code == 200
    result = (
        create_app(filled.settings)
        .test_cli_runner()
        .invoke(args=["curate", "reject", labels(filled, "hat")[0]])
    )
    assert result.exit_code == 1
    assert "nothing can be curated here: the index cannot be written" in result.output
    assert states(filled, "hat") == [LIVE] * 5


@pytest.mark.folder  # a bucket is not asked before it is written to
def test_a_store_that_cannot_be_written_is_off(filled: Filled, token: str) -> None:
    client = create_app(filled.settings).test_client()
    enter(client, token)
    kept = filled.settings.images_folder
    kept.rename(kept.with_name("elsewhere"))
    kept.write_text("no folder")
    answer = client.get("/curate")
    assert answer.status_code == 403 and "the store cannot be written" in answer.text
