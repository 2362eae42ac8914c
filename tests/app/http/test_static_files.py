"""The site's own files name each other by the names that they are sent by."""

import posixpath
import re
from pathlib import Path

from flask.testing import FlaskClient

from app.http.static_files import StaticFiles


def answer(files: StaticFiles, address: str) -> tuple[dict[str, str], bytes]:
    found = files.answer({"PATH_INFO": address, "REQUEST_METHOD": "GET"})
    assert found is not None
    return dict(found.headers), b"".join(found.body)


def test_every_name_in_them_leads_to_a_file() -> None:
    files = StaticFiles()
    count = 0
    for name, address in files.addresses.items():
        kinds = {".js": rb'"(\.\.?/[^"]+\.js)"', ".css": rb"url\(([^)]+)\)"}
        pattern = kinds.get(Path(name).suffix)
        for other in re.findall(pattern, answer(files, address)[1]) if pattern else ():
            assert (
                posixpath.normpath(f"{posixpath.dirname(address)}/{other.decode()}")
                in files.addresses.values()
            )
            count += 1
    assert count > 20


def test_a_file_has_another_name_where_one_that_it_names_is_changed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "by").mkdir()
    (tmp_path / "in" / "a.js").write_text('import "./b.js";')
    (tmp_path / "in" / "b.js").write_text('import { c } from "../by/c.js";')
    (tmp_path / "by" / "c.js").write_text("export const c = 1;")
    before = StaticFiles(tmp_path).addresses
    (tmp_path / "by" / "c.js").write_text("export const c = 2;")
    after = StaticFiles(tmp_path).addresses
    assert set(before) == {"in/a.js", "in/b.js", "by/c.js"}
    assert all(before[name] != after[name] for name in before)
    body = answer(StaticFiles(tmp_path), after["in/a.js"])[1].decode()
    assert body == f'import "./{after["in/b.js"].rpartition("/")[2]}";'


def test_workers_alone_may_compile_programs(client: FlaskClient) -> None:
    workers = {name for name in StaticFiles().addresses if name.endswith(".worker.js")}
    assert workers == {"generator/generator.worker.js"}
    for name, address in StaticFiles().addresses.items():
        response = client.get(address)
        policy = response.headers.getlist("Content-Security-Policy")
        assert len(policy) == 1 and policy[0].startswith("default-src 'none'")
        assert ("'wasm-unsafe-eval'" in policy[0]) is (name in workers), name
