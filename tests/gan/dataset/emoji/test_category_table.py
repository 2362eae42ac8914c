"""docs/categories.md is what the code says."""

from pathlib import Path

from gan.dataset.emoji.category_table import category_table


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[4] / "docs" / "categories.md"
    assert page.read_text(encoding="utf-8") == category_table(), (
        "python -m gan.dataset.emoji.category_table > docs/categories.md"
    )
