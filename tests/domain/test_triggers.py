"""When triggers fire."""

import pytest

from app.domain.triggers import Transition, fires

TRUE, EVERY, FALSE = Transition.BECOMES_TRUE, Transition.EVERY_MATCH, Transition.BECOMES_FALSE


@pytest.mark.parametrize(
    ("before", "after", "fired"),
    [
        (False, False, set()),
        (False, True, {TRUE, EVERY}),
        (True, True, {EVERY}),
        (True, False, {FALSE}),
    ],
)
def test_what_fires(before: bool, after: bool, fired: set[Transition]) -> None:
    assert {each for each in Transition if fires(each, before, after)} == fired
