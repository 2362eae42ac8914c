"""`/translate` on the production server: bad uploads, ten at once, a worker that stays small."""

import http.client
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.live.test_load import Site, granian
from tests.app.translate.photographs import BAD, encoded, photograph
from tests.conftest import Filled
from tests.tiny_translator import build_tiny_translator

BOUNDARY = "a-boundary"
ROUNDS = 4


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_translator(folder)
    return folder


@pytest.fixture
def site(filled: Filled, models: Path) -> Iterator[Site]:
    with granian(filled, models) as running:
        yield running


def form(data: bytes | None) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="direction"\r\n\r\na_to_b\r\n'
    if data is None:
        return f"{head}--{BOUNDARY}--\r\n".encode()
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    )
    return f"{head}{file}".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def send(
    site: Site, data: bytes | None, chunked: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Send a form over a connection of its own; return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json",
    }  # fmt: skip
    body = form(data)
    try:
        if chunked:
            parts = (body[i : i + 2**16] for i in range(0, len(body), 2**16))
            connection.request("POST", "/translate", parts, headers, encode_chunked=True)
        else:
            connection.request("POST", "/translate", body, headers)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, named, answer.read()
    finally:
        connection.close()


def test_bad_uploads_get_a_clear_answer_and_the_site_goes_on(site: Site) -> None:
    for name, (make, status, words) in BAD.items():
        data = make()
        found, _, body = send(site, data)
        assert found == status, (name, found, body)
        assert words in json.loads(body)["error"]["message"], name
    found, _, body = send(site, bytes(50 * 10**6), chunked=True)
    assert (found, json.loads(body)["error"]["message"]) == (413, "this form is too long")
    assert send(site, encoded(photograph()))[0] == 200
    assert site.get("/healthz")[0] == 200


def test_of_ten_at_once_each_gets_its_picture_or_503(site: Site) -> None:
    noise = np.random.RandomState(3).randint(0, 256, (1200, 1200, 3)).astype(np.uint8)
    picture = encoded(Image.fromarray(noise))
    answers: list[tuple[int, dict[str, str], bytes]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(site, picture))) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 10
    made = [body for status, _, body in answers if status == 200]
    refused = [(headers, body) for status, headers, body in answers if status == 503]
    assert len(made) + len(refused) == 10
    assert len(made) >= 1
    assert len(refused) >= 1
    assert len(set(made)) == 1
    assert {headers["retry-after"] for headers, _ in refused} == {"1"}
    messages = {json.loads(body)["error"]["message"] for _, body in refused}
    assert messages == {"too many pictures are being translated at the moment"}


@pytest.mark.long
def test_the_workers_memory_stays_flat(filled: Filled, models: Path) -> None:
    uploads = [make() for make, _, _ in BAD.values()]
    noise = np.random.RandomState(3).randint(0, 256, (1500, 2000, 3)).astype(np.uint8)
    uploads += [encoded(Image.fromarray(noise), "JPEG", quality=95), encoded(photograph())]

    def send_all(site: Site) -> None:
        for data in uploads:
            send(site, data)

    # one worker: of two, chance decides which of them has seen the largest upload
    with granian(filled, models, workers=1) as site:
        before = site.worker_megabytes()
        assert before[-1] < 90, before  # no LiteRT before the first picture
        for _ in range(8):  # it has its model now, and each thread has seen the largest forms
            send_all(site)
        warm = site.worker_megabytes()
        for _ in range(ROUNDS):
            send_all(site)
        after = site.worker_megabytes()
    assert after[-1] - warm[-1] < 12, (before, warm, after)


def test_a_picture_in_parts_is_read_as_a_whole(site: Site) -> None:
    data = encoded(photograph(600, 600))
    status, headers, body = send(site, data, chunked=True)
    assert status == 200, body
    assert headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (32, 32)
