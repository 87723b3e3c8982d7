"""docs/decisions/README.md lists every decision with the status and date that its file states."""

import re
from pathlib import Path

import pytest

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"
FILES = sorted(DECISIONS.glob("0*.md"))
HEAD = re.compile(r"# (\d{4}) (.+)\n\nStatus: (accepted|superseded)\. Date: (\d{4}-\d\d-\d\d)\.\n")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_decision_is_in_the_index_with_its_status_and_date(file: Path) -> None:
    head = HEAD.match(file.read_text(encoding="utf-8"))
    assert head, "it begins with: # NNNN title, an empty line, Status: accepted. Date: YYYY-MM-DD."
    number, title, status, date = head.groups()
    assert file.name.startswith(f"{number}-")
    row = f"| [{number}]({file.name}) | {title} | {status} | {date} |"
    assert row in (DECISIONS / "README.md").read_text(encoding="utf-8").splitlines()


def test_the_index_lists_nothing_else() -> None:
    rows = re.findall(
        r"^\| \[\d{4}\]\((.+?)\)", (DECISIONS / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [file.name for file in FILES]
