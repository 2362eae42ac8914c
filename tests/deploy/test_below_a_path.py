"""The site below a path of a host, behind nginx as docs/web-tier.md says: every link leads on."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from core.settings import PROJECT
from store.index.database import open_engine
from store.index.migrating import upgrade
from tests.app.crawling import Page, addresses_in, crawl
from tests.conftest import Filled, fill, settings_in
from tests.servers.nginx import Nginx
from tests.servers.ports import free_port
from tests.servers.site import SiteServer

FLUSHED_S = 20  # the log is written once a second: docs/nginx.conf

pytestmark = [pytest.mark.sqlite, pytest.mark.folder]


def documented() -> dict[str, str]:
    """Return the lines of docs/nginx.conf that docs/web-tier.md changes, and into what."""
    text = (PROJECT / "docs" / "web-tier.md").read_text(encoding="utf-8")
    section = text.partition("\n## Below a path of a host\n")[2].partition("\n## ")[0]
    _, pictures, curate = re.findall(r"^```conf\n(.*?)\n```$", section, re.DOTALL | re.MULTILINE)
    was = pictures.partition("\n")[0].replace("/pictures", "", 1)
    return {was: pictures, curate.replace("/pictures", ""): curate}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    settings = settings_in(tmp_path_factory.mktemp("below"))
    engine = open_engine(settings, write=True)
    upgrade(engine)
    return fill(settings, engine)


@pytest.fixture(scope="module")
def nginx(store: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    server = SiteServer(
        store.settings, free_port(), NONESUCH_URL="https://faces.example.org/pictures",
        NONESUCH_TRUSTED_HOSTS="Faces.Example.org", NONESUCH_PROXY_COUNT="1",
    )  # fmt: skip
    server.start()  # by an address, which is no trusted host
    folder, ports = tmp_path_factory.mktemp("nginx"), [server.port, server.port]
    front = Nginx(folder, store.settings.images_folder, ports, documented())
    front.start()
    yield front
    front.stop()
    server.stop()


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def ask(nginx: Nginx, address: str) -> Page:
    told = {"Host": "faces.example.org", "Accept": "text/html,*/*;q=0.8"}
    request = urllib.request.Request(nginx.url + address, headers=told)
    try:
        answer = urllib.request.build_opener(_Stays).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        text = answer.read().decode() if is_page else ""
        return Page(answer.status, answer.headers.get("Location", ""), text)


def sent_by_nginx(nginx: Nginx) -> set[str]:
    """Return the paths that nginx answered by itself, as far as its log has whole lines."""
    whole, _, _ = (nginx.folder / "access.log").read_text().rpartition("\n")
    lines = map(json.loads, whole.splitlines())
    return {line["path"] for line in lines if not line["upstream"]}


def test_every_link_leads_to_a_page_below_it(nginx: Nginx, store: Filled) -> None:
    pages = crawl(lambda address: ask(nginx, address), "/pictures/")
    assert {address: page.status for address, page in pages.items() if page.status >= 400} == {}
    strays = {
        address: found
        for address, page in pages.items()
        if (found := [each for each in addresses_in(page.text)
                      if not each[1].startswith("/pictures/")])
    }  # fmt: skip
    assert strays == {}
    pictures = {address for address in pages if address.startswith("/pictures/images/")}
    assert len(pictures) == len(store.files)
    expected = {address.removeprefix("/pictures") for address in pictures}
    end = time.monotonic() + FLUSHED_S
    while (by_nginx := sent_by_nginx(nginx)) != expected and time.monotonic() < end:
        time.sleep(0.1)
    assert by_nginx == expected
    for address, page in pages.items():
        if 'property="og:image"' in page.text:
            assert 'content="https://faces.example.org/pictures/sized/512/' in page.text, address
