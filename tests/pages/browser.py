"""Opens a page in headless Chromium with axe-core's rules and returns what they find."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

AXE = Path(__file__).parents[2] / ".tools/axe/axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = 360  # CSS pixels
# Chromium's window is never narrower than 500 pixels, so the document itself is made as narrow as a phone.
RUN = """
document.querySelectorAll("details").forEach((part) => { part.open = true; });
const width = %(width)d;
if (width) document.documentElement.style.width = width + "px";
const isTooWide = (element) => width && !element.closest(".scroll svg")
  && element.getBoundingClientRect().right > width + 1;
const shown = (element) => element.outerHTML.slice(0, 90);
const wide = [...document.querySelectorAll("body *")].filter(isTooWide).map(shown);
axe.run({ resultTypes: ["violations"] }).then((result) => {
  const nodes = (rule) => rule.nodes.map((node) => node.html).join(" | ");
  const violations = result.violations.map((rule) => `${rule.id}: ${nodes(rule)}`);
  const looked = { violations, wide, rules: result.passes.length };
  document.documentElement.dataset.looked = JSON.stringify(looked);
});
"""


@dataclass(frozen=True)
class Look:
    """What was found: violations of axe's rules, what is wider than the screen, and how many rules passed."""

    violations: Sequence[str]
    wide: Sequence[str]
    rules: int


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str:
    """Why no page can be looked at here; empty where one can."""
    if chromium() is None:
        return "Chromium is not at hand: .ci/run installs it by apt"
    return "" if AXE.exists() else "axe-core is not at hand: make .tools/axe/axe.min.js needs npm"


def look(html: str, folder: Path, *, dark: bool, width: int = 0) -> Look:
    """Open the page, with its details open.

    Args:
        html: the page.
        folder: for the copy with axe in it, and for Chromium's profile.
        dark: whether the reader prefers the dark scheme; --force-dark-mode would recolour the page itself.
        width: of the screen in CSS pixels; 0 is a wide one.
    """
    axe = AXE.read_text(encoding="utf-8")
    script = f"<script>{axe}</script><script>{RUN % {'width': width}}</script>"
    copy = folder / "page.html"
    copy.write_text(html.replace("</body>", f"{script}</body>"), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - a browser on a page of ours
        [
            str(chromium()),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",  # a container's is small
            f"--user-data-dir={folder / 'profile'}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--window-size={'500' if width else '1200'},1600",
            "--virtual-time-budget=20000",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search(r'<html[^>]* data-looked="([^"]*)"', done.stdout)
    assert found, done.stderr
    return Look(**json.loads(unescape(found.group(1))))
