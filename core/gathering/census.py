"""What became of each file of a folder: counts by reason that add up to the number of files."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click

from core.gathering.walk import FoundFile

NAMED_AT_MOST = 5  # files of one reason that are shown by name

allow_partial_option = click.option(
    "--allow-partial",
    is_flag=True,
    help="End with status 0 although files were left out that look like pictures.",
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not taken, or a folder of ``count`` of them."""

    label: str
    reason: str
    detail: str = ""
    count: int = 1

    @property
    def line(self) -> str:
        """Return the file and why it was left out."""
        return f"{self.label}: {self.reason}" + (f", {self.detail}" if self.detail else "")


@dataclass
class Census:
    """Counts each file once: taken, there before, a helper file, or left out."""

    taken: int = 0
    helpers: int = 0
    others: Counter[str] = field(default_factory=Counter)  # neither taken nor lost, by what it is
    left_out: list[LeftOut] = field(default_factory=list)
    missed: int = 0  # of those left out, what looks like a picture

    def leave_out(
        self, label: str, reason: str, detail: str = "", *, looks_like_picture: bool, count: int = 1
    ) -> None:
        """Count a file that is not taken; ``reason``: one of a few."""
        self.left_out.append(LeftOut(label, reason, detail, count))
        self.missed += count if looks_like_picture else 0

    def refuse(self, found: FoundFile, reason: str = "", detail: str = "") -> None:
        """Count a file that is not taken, for its own reason or for another."""
        self.leave_out(
            found.label,
            reason or found.reason,
            detail or ("" if reason else found.detail),
            looks_like_picture=found.looks_like_picture,
        )

    def sort_out(self, found: FoundFile) -> bool:
        """Count a file that is no picture; return whether it is one, which is still to count."""
        if found.is_helper:
            self.helpers += 1
        elif found.reason:
            self.refuse(found)
        else:
            return True
        return False

    @property
    def by_reason(self) -> dict[str, int]:
        """Return how many files were left out for each reason."""
        counted: Counter[str] = Counter()
        for each in self.left_out:
            counted[each.reason] += each.count
        return dict(counted.most_common())

    @property
    def files(self) -> int:
        """Return how many files there are."""
        return self.taken + self.helpers + self.others.total() + sum(self.by_reason.values())

    def lines(self, at_most: int = NAMED_AT_MOST) -> Iterator[str]:
        """Yield a line per file that was left out, up to ``at_most`` of each reason."""
        grouped: dict[str, list[LeftOut]] = defaultdict(list)
        for each in self.left_out:
            grouped[each.reason].append(each)
        for reason, files in grouped.items():
            yield from (f"left out {each.line}" for each in files[:at_most])
            more = sum(each.count for each in files[at_most:])
            if more:
                yield f"left out {more:,} more: {reason}"

    def summary(self, verb: str = "taken") -> str:
        """Return one line of counts: ``"23 files: 15 taken, 3 helper files, 5 left out (…)"``."""
        parts = [f"{self.taken:,} {verb}"]
        parts += [
            f"{count:,} {what}"
            for what, count in sorted(self.others.items(), reverse=True)
            if count
        ]
        if self.helpers:
            parts.append(f"{self.helpers:,} helper {'file' if self.helpers == 1 else 'files'}")
        if reasons := self.by_reason:
            each = "; ".join(f"{count:,}: {reason}" for reason, count in reasons.items())
            parts.append(f"{sum(reasons.values()):,} left out ({each})")
        return f"{self.files:,} {'file' if self.files == 1 else 'files'}: {', '.join(parts)}"

    def tell(self, echo: Callable[[str], object], verb: str = "taken") -> None:
        """Say what was left out, then the counts."""
        for line in self.lines():
            echo(line)
        echo(self.summary(verb))

    def end(self, *, allow_partial: bool) -> None:
        """End the program with status 1 where what was left out looks like pictures."""
        if self.missed and not allow_partial:
            files = (
                "file that looks like a picture was"
                if self.missed == 1
                else ("files that look like pictures were")
            )
            click.echo(
                f"Error: {self.missed:,} {files} left out; mend or remove what is named above, or "
                "add --allow-partial",
                err=True,
            )
            raise SystemExit(1)
