from __future__ import annotations


def document(budget: object) -> str:
    return str(budget)
