"""Filled-in forms and the key, joined: what each fill was taken for, and how raters agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from bench.rating.forms import GO_ON, VERDICTS, Key

Answers = Mapping[str, str]  # item → answer


def rating_rows(key: Key, forms: Mapping[str, Answers]) -> list[list[str]]:
    """Return a row per fill over all raters, then one per fill and rater where there are several.

    The columns are those of `header`. ``forms``: rater → answers.
    """
    rows = [_row(arm, "all", key, list(forms.values()), arm) for arm in key.arms]
    if len(forms) > 1:
        rows += [
            _row(arm, rater, key, [answers], arm)
            for arm in key.arms
            for rater, answers in forms.items()
        ]
    return rows


def header() -> list[str]:
    """Return the names of the columns of `rating_rows`."""
    return ["fill", "rater", "answers", *VERDICTS, "walls", "would go on looking"]


def _row(title: str, rater: str, key: Key, forms: Sequence[Answers], arm: str) -> list[str]:
    verdicts = _answers(key.pictures, forms, arm)
    walls = _answers(key.walls, forms, arm)
    return [
        title,
        rater,
        f"{verdicts.total():,}",
        *(share(verdicts[word], verdicts.total()) for word in VERDICTS),
        f"{walls.total():,}",
        share(walls[GO_ON[0]], walls.total()),
    ]


def _answers(
    items: Mapping[str, tuple[str, str]], forms: Sequence[Answers], arm: str
) -> Counter[str]:
    return Counter(
        answers[item]
        for answers in forms
        for item, (of, _) in items.items()
        if of == arm and item in answers
    )


def agreement_rows(key: Key, forms: Mapping[str, Answers]) -> list[list[str]]:
    """Return a row per two raters and question: items, share alike, Cohen's kappa."""
    rows = []
    for one, other in combinations(forms, 2):
        for question, items, words in (
            ("pictures", key.pictures, VERDICTS),
            ("walls", key.walls, GO_ON),
        ):
            pairs = [
                (forms[one][item], forms[other][item])
                for item in items
                if item in forms[one] and item in forms[other]
            ]
            if pairs:
                alike = sum(a == b for a, b in pairs)
                rows.append(
                    [
                        f"{one}, {other}", question, f"{len(pairs):,}", share(alike, len(pairs)),
                        kappa(pairs, words),
                    ]
                )  # fmt: skip
    return rows


def kappa(pairs: Sequence[tuple[str, str]], words: Sequence[str]) -> str:
    """Return Cohen's kappa: agreement beyond chance, 1 at most; "–" where chance explains all.

    J. Cohen, "A coefficient of agreement for nominal scales" (1960).
    """
    count = len(pairs)
    observed = sum(a == b for a, b in pairs) / count
    ones, others = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    expected = sum(ones[word] * others[word] for word in words) / count**2
    return "–" if expected == 1 else f"{(observed - expected) / (1 - expected):.2f}"


def embarrassing(key: Key, forms: Mapping[str, Answers]) -> list[str]:
    """Return what any rater called embarrassing, as fill/category and number."""
    return [
        f"{arm}, {slug}: picture {item} ({', '.join(raters)})"
        for item, (arm, slug) in key.pictures.items()
        if (raters := [who for who, said in forms.items() if said.get(item) == VERDICTS[-1]])
    ]


def share(part: int, whole: int) -> str:
    """Return a share in per cent, with as many digits as so few answers bear."""
    return f"{part / whole:.0%}" if whole else "–"
