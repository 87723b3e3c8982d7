"""The pages as a browser shows them: axe-core finds nothing, in light and dark, wide and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.demo import failover
from tests.pages import browser
from tests.pages.samples import drift

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.any_python,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "at hand"),
]
FEWEST_RULES = 10  # fewer that passed would mean that axe saw an empty page


def demo() -> str:
    assert failover.main(()) == 0
    return (failover.OUT / "failover.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("make", [drift, demo])
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(
    make: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contrast, names, roles, headings, what scrolls without a mouse; each colour scheme once."""
    monkeypatch.chdir(tmp_path)
    html = make()
    wide = browser.look(html, tmp_path, dark=False)
    phone = browser.look(html, tmp_path, dark=True, width=browser.PHONE)
    assert wide.rules > FEWEST_RULES
    assert list(wide.violations) == []
    assert list(phone.violations) == []
    assert list(phone.wide) == []
