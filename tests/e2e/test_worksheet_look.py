"""The lesson's worksheet on paper."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

pytest.importorskip("lab")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_worksheet_prints_on_two_pages(page: Page, paper: str, tmp_path: Path) -> None:
    """One sheet for two people, front and back, with all ten questions on it."""
    page.goto("/learn/worksheet")
    assert page.locator(".sheet h2").count() == 10

    printed = page.pdf(format=paper, path=tmp_path / "worksheet.pdf", prefer_css_page_size=False)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
