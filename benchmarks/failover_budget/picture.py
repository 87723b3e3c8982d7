from __future__ import annotations


def picture(budget: object) -> str:
    return str(budget)
