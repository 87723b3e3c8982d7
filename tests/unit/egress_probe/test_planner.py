from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from egress_probe.planner import RULE, Round, Rule, Try, Verdict, judge

OURS, OTHER = "203.0.113.10", "198.51.100.99"
ENDPOINTS = ("https://a.example", "https://b.example", "https://c.example")


def _round(answered: int, address: str | None = None) -> Round:
    """The first so many endpoints answer, and return the address."""
    tries = (
        Try(each_round, place < answered, address if place < answered else None)
        for place, each_round in enumerate(ENDPOINTS)
    )
    return Round(tuple(tries))


GOOD, ASTRAY, SILENT = _round(3, OURS), _round(3, OTHER), _round(0)
MUTE = _round(3)  # answers, and no answer has the address

tries = st.builds(Try, st.sampled_from(ENDPOINTS), st.booleans(), st.sampled_from([None, OURS, OTHER]))
rounds = st.lists(st.builds(Round, st.lists(tries, min_size=1, max_size=4).map(tuple)), max_size=8)
rules = st.integers(1, 5).flatmap(lambda of: st.builds(Rule, failed=st.integers(1, of), of=st.just(of)))
bounded = settings(derandomize=True, deadline=None, max_examples=100)


def test_so_many_silent_rounds_of_the_last_so_many_are_an_outage() -> None:
    assert judge([GOOD, SILENT, SILENT, SILENT], (OURS,)) is Verdict.DOWN
    assert judge([SILENT, GOOD, SILENT, SILENT], (OURS,)) is Verdict.DOWN


def test_fewer_are_none() -> None:
    assert judge([GOOD, GOOD, SILENT, SILENT], (OURS,)) is Verdict.SUSPECT
    assert judge([SILENT, SILENT, GOOD, GOOD], (OURS,)) is Verdict.UP


def test_one_endpoint_that_answers_is_enough() -> None:
    lonely = [_round(1)] * 4
    assert judge(lonely, (OURS,)) is Verdict.UP


def test_another_address_is_no_outage_and_no_success() -> None:
    assert judge([ASTRAY] * 3, (OURS,)) is Verdict.WRONG_ADDRESS
    assert judge([GOOD, ASTRAY], (OURS,)) is Verdict.SUSPECT


def test_of_two_nats_either_address_is_right_and_a_third_is_not() -> None:
    assert judge([GOOD] * 4, ("203.0.113.20", OURS)) is Verdict.UP
    assert judge([ASTRAY] * 3, ("203.0.113.20", OURS)) is Verdict.WRONG_ADDRESS


def test_an_address_that_is_not_known_is_not_compared() -> None:
    assert judge([ASTRAY] * 4, ()) is Verdict.UP


def test_without_an_answer_that_has_the_address_it_is_not_called_wrong() -> None:
    assert judge([MUTE] * 4, (OURS,)) is Verdict.UP


def test_one_endpoint_with_another_address_does_not_count() -> None:
    mixed = Round((*_round(1, OTHER).tries, *_round(1, OURS).tries))
    assert judge([mixed] * 4, (OURS,)) is Verdict.UP


@bounded
@given(rounds, rules)
def test_what_is_older_than_the_rule_looks_back_does_not_matter(seen: list[Round], rule: Rule) -> None:
    assert judge([*seen, *[GOOD] * rule.of], (OURS,), rule) is Verdict.UP
    assert judge(seen, (OURS,), rule) is judge(seen[-rule.of :], (OURS,), rule)


@bounded
@given(rounds, rules)
def test_an_endpoint_that_always_answers_rules_an_outage_out(seen: list[Round], rule: Rule) -> None:
    steady = [
        Round((*each_round.tries, Try("https://steady.example", answered=True, address=OURS)))
        for each_round in seen
    ]
    assert judge(steady, (OURS,), rule) is Verdict.UP


@bounded
@given(rounds, rules)
def test_one_more_failure_never_makes_the_verdict_milder(seen: list[Round], rule: Rule) -> None:
    if judge(seen, (OURS,), rule) is Verdict.DOWN:
        worse = [*seen[:-1], SILENT]
        assert judge(worse, (OURS,), rule) is Verdict.DOWN


@bounded
@given(rounds)
def test_an_outage_is_never_called_before_so_many_silent_rounds(seen: list[Round]) -> None:
    if judge(seen, (OURS,)) is Verdict.DOWN:
        assert sum(each_round.silent for each_round in seen[-RULE.of :]) >= RULE.failed
