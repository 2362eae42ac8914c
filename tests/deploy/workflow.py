"""A workflow's own `run` steps, executed in their order as a runner does; `uses` is the forge's.

A runner puts expressions in place, writes a step's lines to a file and calls `bash -e` with it.
What a step writes to GITHUB_OUTPUT later steps read as `steps.<id>.outputs.<name>`.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """One run of a workflow in a clone."""

    clone: Path
    environment: dict[str, str]
    workflow: Path
    variables: dict[str, str] = field(default_factory=dict)  # of the repository
    outputs: dict[str, str] = field(default_factory=dict)  # "id.name" → value
    log: str = ""

    def run(self, job: str) -> int:
        """Run a job's steps until one fails; return its exit status."""
        document: dict[str, Any] = yaml.safe_load(self.workflow.read_text(encoding="utf-8"))
        for step in document["jobs"][job]["steps"]:
            if "run" in step:
                status = self._step(step, document.get("env", {}))
                if status:
                    return status
        return 0

    def _step(self, step: dict[str, Any], of_all: dict[str, str]) -> int:
        output = self.clone.parent / "github-output"
        output.write_text("")
        variables = {**of_all, **step.get("env", {})}
        done = subprocess.run(
            ["bash", "-e", "-c", self._put_in(step["run"])],
            cwd=self.clone,
            env={
                **self.environment,
                **{name: self._put_in(str(text)) for name, text in variables.items()},
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.clone.parent / "summary.md"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
        )
        self.log += done.stdout
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"{step['id']}.{name}"] = value
        return done.returncode

    def _put_in(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self._value(match[1]), text)

    def _value(self, expression: str) -> str:
        """Return what an expression means: the first of its alternatives that is not empty."""
        for part in expression.split(" || "):
            if literal := re.fullmatch(r"'(.*)'", part):
                return literal[1]
            context, _, name = part.partition(".")
            if context == "vars":
                found = self.variables.get(name, "")
            elif context == "steps":
                step, kind, value = name.split(".")
                assert kind == "outputs"
                found = self.outputs[f"{step}.{value}"]
            else:
                assert part == "github.token", part
                found = "token of the run"
            if found:
                return found
        return ""
