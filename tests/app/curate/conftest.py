"""The owner: token → a client that has entered."""

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.curate.token import OwnerToken
from tests.app.curate.forms import enter
from tests.conftest import Filled


@pytest.fixture
def token(filled: Filled) -> str:
    return OwnerToken(filled.settings).make()


@pytest.fixture
def owner(filled: Filled, token: str) -> FlaskClient:
    client = create_app(filled.settings).test_client()
    assert enter(client, token).status_code == 303
    return client
