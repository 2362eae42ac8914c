"""The owner adds: pictures of their own by upload, more of a generator's by a job."""

import re
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, request
from werkzeug.wrappers import Response as Answer

from app.curate.desk import Desk
from app.curate.more import more_of
from app.curate.uploading import upload_into
from app.http.errors import BadParameter
from app.jobs.running import Jobs, OwnerJob
from app.rendering.negotiation import prefers_json
from app.translate.uploads import MOST_BYTES, read_form, uploaded_picture

_DONE = {"taken": "taken", "there already": "there", "rejected before": "before"}


def adding_routes(pages: Blueprint, desk: Desk, jobs: Jobs) -> None:
    """Add the routes to those of `/curate`."""

    @pages.post("/upload")
    def upload() -> Answer:
        request.max_content_length = MOST_BYTES + 2**16
        fields, files = read_form(request)
        desk.sessions.check_csrf(request, desk.sessions.read(request), fields.get("word", ""))
        data = uploaded_picture(files, "picture")
        taken = upload_into(desk, fields.get("category", ""), data)
        if prefers_json(request):
            return jsonify(
                done=taken.outcome, category=taken.slug, picture=f"{taken.slug}/{taken.file}"
            )
        return redirect(f"/curate/c/{taken.slug}?done={_DONE[taken.outcome]}-1", 303)

    @pages.get("/job")
    def job() -> Answer:
        found = jobs.now()
        return jsonify(job=None if found is None else told(found))

    @pages.post("/job")
    def act() -> Answer:
        what = request.form.get("act", "")
        if what == "top-up":
            begun = jobs.start("Top up all categories", ["top-up"])
        elif what == "more":
            begun = more_of(desk, jobs, request.form.get("category", ""))
        elif what == "stop":
            begun = jobs.stop()
        elif what == "continue":
            begun = jobs.resume()
        else:
            raise BadParameter(f"there is nothing to do called {what[:40]!r}", "go back to /curate")
        current_app.logger.info("job %s: %s", what, begun.title)
        if prefers_json(request):
            return jsonify(job=told(begun))
        return desk.back("begun-1" if what != "stop" else "ending-1")


def told(job: OwnerJob) -> dict[str, Any]:
    """Return what the pages and their script are told of a job."""
    return {
        "title": job.title,
        "state": job.state,
        "is_running": job.is_running,
        "can_continue": job.can_continue,
        "done": job.done,
        "total": job.total,
        "lines": [re.sub(r"^Error: ", "", line) for line in job.lines],
    }
