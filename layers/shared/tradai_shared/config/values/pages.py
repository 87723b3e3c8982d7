"""The pages that the values were read from, and the functions that name them.

The platform's notes name few of its pages, and most days of reading to the year alone: what is not
known is not invented here.
"""

from __future__ import annotations

from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.provenance import Page, Provenance, Source, Sourced

SEED = Page("canonical document 9.3.0", "2026-03-28")
DOCUMENTATION = Page("platform documentation, page not recorded", "2026")
INVENTORY = Page("live inventory of dev", "2026")
CAPACITY = Page("ECS capacity providers", "2026")


def function_page(component: str, read: str) -> Page:
    return Page(f"reference/lambdas/{component}", read)


def seed(value: object) -> Sourced:
    return Sourced(value, Provenance.SEED, Source(SEED))


def documented(value: object, page: Page = DOCUMENTATION) -> Sourced:
    """A value from another page; assumed where the page is stale on the day of the current version."""
    stale = page.is_stale(CHANGES[-1].day)
    return Sourced(value, Provenance.ASSUMED if stale else Provenance.DOCUMENTED, Source(page))


def contradicted(value: object, page: Page, other_value: object, other_page: Page) -> Sourced:
    """A value that another page contradicts."""
    return Sourced(value, Provenance.CONTRADICTED, Source(page, other_value, other_page))
