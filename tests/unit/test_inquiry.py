"""Asking beside the screen: when it is asked, when again, and what stands where there is no answer."""

from typing import Any

import pytest

from swarm_console.known.inquiry import AGAIN_SECONDS, Inquiry, pending, read
from swarm_console.known.mirror import Link, Mirror
from swarm_console.known.picture import Picture
from swarm_node.model.catalogue import Offer
from swarm_node.model.refusal import Refused

GONE = Refused("node_unreachable", "izar does not answer", "curl it")


def picture(now: float = 0.0, live: bool = True, replay: str = "") -> Picture:
    mirror = Mirror(lambda: now)
    mirror.link = Link(live, 0.0)
    return Picture(mirror, now, replay=replay)


def scripted(*answers: Any) -> Inquiry[Any]:
    left = list(answers)

    def ask() -> Any:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Inquiry(ask)


async def test_it_is_asked_once_and_again_when_what_it_depends_on_changes() -> None:
    inquiry = scripted(1, 2)
    assert pending(inquiry, picture()) == "asking …"
    assert inquiry.begin("a", picture())
    assert not inquiry.begin("a", picture()), "it is under way"
    await inquiry.fetch()
    assert (inquiry.answer, pending(inquiry, picture())) == (1, "")
    assert not inquiry.begin("a", picture(100.0))
    assert inquiry.begin("b", picture())
    await inquiry.fetch()
    assert inquiry.answer == 2


async def test_trouble_is_kept_beside_the_last_answer_and_it_is_tried_again() -> None:
    inquiry = scripted(1, GONE, 3)
    for key in ("a", "b"):
        assert inquiry.begin(key, picture())
        await inquiry.fetch()
    assert (inquiry.answer, inquiry.trouble, inquiry.hint) == (1, "izar does not answer", "curl it")
    assert not inquiry.begin("b", picture(AGAIN_SECONDS - 1))
    assert inquiry.begin("b", picture(AGAIN_SECONDS))
    await inquiry.fetch()
    assert (inquiry.answer, inquiry.trouble) == (3, "")


async def test_by_hand_it_is_asked_at_once() -> None:
    inquiry = scripted(1, 2)
    inquiry.begin("a", picture())
    await inquiry.fetch()
    inquiry.renew()
    assert inquiry.begin("a", picture())
    await inquiry.fetch()
    assert inquiry.answer == 2


async def test_nothing_is_asked_of_a_swarm_that_is_gone() -> None:
    inquiry = scripted(1)
    assert not inquiry.begin("a", picture(live=False))
    assert inquiry.begin("a", picture())


async def test_a_bug_is_told_and_ends_nothing() -> None:
    inquiry = scripted(KeyError("x"))
    inquiry.begin("a", picture())
    await inquiry.fetch()
    assert "KeyError" in inquiry.trouble


def test_a_replay_says_that_nothing_is_asked() -> None:
    assert pending(scripted(), picture(replay="session 1")) == "a replay shows its session alone"


def test_a_strange_document_is_refused() -> None:
    assert read({"release": 1, "packages": []}, Offer) == Offer(1, ())
    with pytest.raises(Refused) as refused:
        read({"release": "one"}, Offer)
    assert refused.value.code == "bad_answer"
