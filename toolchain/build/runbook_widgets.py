"""make template: puts the pages of docs/runbooks on the stack's dashboard, a text widget each.

Whoever sees an alarm can open the dashboard, but perhaps not the repository: a link to the dashboard is
absolute in every account (docs/decisions/0314). CloudFormation reads no file into a dashboard's body.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from toolchain.build import marked

if TYPE_CHECKING:
    from pathlib import Path

PAGES = marked.ROOT / "docs/runbooks"
BEGIN = "         # generated from docs/runbooks by `make template`; edit the pages there\n"
END = "         # end of the runbooks\n"
TOP = 39  # the row below the last graphs, those of NatMetrics
COLUMNS, HEIGHT = 2, 12  # a longer page scrolls in its widget
GRID = 24  # columns of a dashboard
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)]+)\)")
TITLE = re.compile(r"\A# ")


def markdown(page: Path) -> str:
    """A page as its widget shows it: under its file's name, since links between widgets do not exist."""
    text = LINK.sub(_named, page.read_text(encoding="utf-8"))
    return TITLE.sub(f"# {page.name}: ", text).strip()


def _named(match: re.Match[str]) -> str:
    text, path = match.groups()
    page = f"docs/{path.removeprefix('../')}" if path.startswith("../") else f"**{path}**"
    return page if text == path else f"{text} ({page})"


def widget(number: int, page: Path) -> dict[str, Any]:
    """The page's widget, in its place below the graphs."""
    row, column = divmod(number, COLUMNS)
    width = GRID // COLUMNS
    return {
        "type": "text",
        "x": column * width,
        "y": TOP + row * HEIGHT,
        "width": width,
        "height": HEIGHT,
        "properties": {"markdown": markdown(page)},
    }


def generated(template: str) -> str:
    """The template with every page; a literal block in a map of !Sub, so that nothing is substituted."""
    widgets = [widget(number, page) for number, page in enumerate(sorted(PAGES.glob("*.md")))]
    lines = "".join(f"          ,{json.dumps(it, ensure_ascii=False)}\n" for it in widgets)
    return marked.replaced(template, BEGIN, END, f"         Runbooks: |-\n{lines}")


def main(arguments: list[str]) -> int:
    wanted = generated(marked.TEMPLATE.read_text(encoding="utf-8"))
    return marked.write_or_check(wanted, "docs/runbooks", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
