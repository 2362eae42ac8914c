"""A Dockerfile as instructions, and its stages executed in folders that are roots of a system.

Enough of the reference (https://docs.docker.com/reference/dockerfile/) for the file that is here:
`FROM … AS`, WORKDIR, COPY, RUN, ENV, USER, VOLUME, EXPOSE, HEALTHCHECK and CMD.
"""

import json
import re
from dataclasses import dataclass, field


@dataclass
class Stage:
    """What one FROM begins."""

    image: str
    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def last(self, name: str) -> str:
        """Return the arguments of an instruction that is given once, or last."""
        return [text for found, text in self.instructions if found == name][-1]

    @property
    def environment(self) -> dict[str, str]:
        """Return every variable, with what it refers to."""
        known = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        for name, text in self.instructions:
            if name == "ENV":
                for variable, value in re.findall(r"(\w+)=(\S+)", text):
                    known[variable] = re.sub(r"\$(\w+)", lambda m: known[m[1]], value)
        return known

    def words(self, name: str) -> list[str]:
        """Return the arguments of an instruction in its JSON form."""
        found: list[str] = json.loads(self.last(name).partition("CMD ")[2] or self.last(name))
        return found


def read_stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", " ", lines).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            image, _, stage = rest.partition(" AS ")
            stages.append(Stage(image, stage))
        elif name:
            stages[-1].instructions.append((name, rest.strip()))
    return stages
