"""What the pages and pictures must say and have, without a browser."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from benchmarks.failover_budget.picture import STYLE as BUDGET
from drift_check.report.as_html import STYLE as DRIFT
from simulator.demo.html_report import FRAME, STYLE
from simulator.demo.svg_colours import DECLARATION, VARIABLE
from tests.pages.samples import drift

ROOT = Path(__file__).parents[2]
SVGS = sorted((ROOT / "docs").glob("*.svg"))
LEAST = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
LINEAR = 0.04045
BARS = ("up", "down", "boot", "wait", "run")
# What axe does not look at: text in SVG, as (colour, ground).
TEXTS = {
    STYLE: [
        *product(["--ink", "--soft"], ["--card", "--paper", "--gone-soft"]),
        *(("--ink", f"--{bar}-soft") for bar in BARS),
        ("--card", "--accent"),
        ("--down", "--paper"),
    ],
    BUDGET: list(product(["--ink", "--soft", "--a", "--b", "--peer"], ["--paper"])),
}


def text_of(style: Path | str) -> str:
    return style if isinstance(style, str) else style.read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    """Of WCAG: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    digits = colour.strip().lstrip("#")
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("style", TEXTS, ids=["timeline", "budget"])
def test_text_in_pictures_has_contrast_in_both_schemes(style: Path | str) -> None:
    defined = VARIABLE.findall(text_of(style))
    light, dark = dict(reversed(defined)), dict(defined)
    assert light != dark
    for scheme in (light, dark):
        low = [(text, on) for text, on in TEXTS[style] if contrast(scheme[text], scheme[on]) < LEAST]
        assert low == []


@pytest.mark.parametrize("picture", SVGS, ids=lambda path: path.name)
def test_a_picture_has_its_colours_where_variables_are_unknown(picture: Path) -> None:
    """librsvg drops a declaration with var(), with a fallback inside or not: a plain one comes before it."""
    drawn = picture.read_text(encoding="utf-8")
    style = re.findall(r"<style>(.*?)</style>", drawn, re.DOTALL)[0]
    assert "var(" not in drawn.replace(style, "")
    found = list(DECLARATION.finditer(style))
    assert found
    for declaration in found:
        before = style[: declaration.start()].rstrip()
        assert re.search(rf"{declaration[1]}: [^;{{}}]*#[0-9a-f]{{6}}[^;{{}}]*;$", before), declaration[0]


def test_every_page_names_its_place_and_links_its_sections() -> None:
    report, frame = drift(), text_of(FRAME)
    assert "account 123456789012 · region eu-central-1 · environment prod" in report
    assert "account $account · region $region · environment $environment" in frame
    for text in (report, frame):
        headings = re.findall(r"<h2.*?</h2>", text)
        linked = [re.search(r'<a href="#([\w-]+)"', heading) for heading in headings]
        assert headings
        assert all(link and f'id="{link[1]}"' in text for link in linked)
        assert "hover for" not in text


@pytest.mark.parametrize("style", [DRIFT, FRAME], ids=["drift", "failover"])
def test_every_page_shows_the_focus_and_can_be_printed(style: Path) -> None:
    text = text_of(style)
    assert ":focus-visible {" in text
    assert "@media print {" in text


@pytest.mark.parametrize("page", [FRAME, DRIFT], ids=["failover", "drift"])
def test_print_is_light_whatever_the_reader_prefers(page: Path | str) -> None:
    printed = text_of(page).partition("@media print")[2]
    assert "color-scheme: light;" in printed
