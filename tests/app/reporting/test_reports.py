"""Reports of visitors: what is refused, and how many are taken. The way to the owner: curate."""

from app import create_app
from app.reporting.reports import MOST, PictureReports
from tests.conftest import Filled


def test_reports_are_bounded(filled: Filled) -> None:
    visitor = create_app(filled.settings).test_client()
    number = filled.some()[1].partition("-")[2][:12]
    path = f"/i/{number}/report"
    assert visitor.post(path, data={"reason": "because"}).status_code == 400
    assert visitor.post("/i/000000000000/report", data={"reason": "mine"}).status_code == 404
    away = {"Origin": "https://evil.example"}
    assert visitor.post(path, data={"reason": "mine"}, headers=away).status_code == 403
    statuses = [visitor.post(path, data={"reason": "mine"}).status_code for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    flood = PictureReports(filled.settings, a_second=0.0, at_once=3)
    assert [flood.add(f"{n:012x}", "mine") for n in range(5)] == [True] * 3 + [False] * 2
    assert MOST >= 1000 and flood.count() == 4
