"""What a person types for a package or a node."""

import time

import pytest

from swarm_node.model.names import closest, find_builds
from swarm_node.model.refusal import Refused
from tests.unit.stories import Story, row


@pytest.fixture
def story() -> Story:
    story = Story()
    story.plan(
        row("dev-libs/libfoo-1.2-r3"),
        row("app-misc/foo-2.0_rc1"),
        row("net-misc/foo-7"),
        row("app-misc/bar-1", id="app-misc/bar-1@laptop"),
        row("app-misc/bar-1", id="app-misc/bar-1@server"),
    )
    return story


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dev-libs/libfoo-1.2-r3", {"dev-libs/libfoo-1.2-r3"}),
        ("=dev-libs/libfoo-1.2-r3", {"dev-libs/libfoo-1.2-r3"}),
        ("dev-libs/libfoo", {"dev-libs/libfoo-1.2-r3"}),
        ("libfoo", {"dev-libs/libfoo-1.2-r3"}),
        ("libfoo-1.2-r3", {"dev-libs/libfoo-1.2-r3"}),
        ("foo", {"app-misc/foo-2.0_rc1", "net-misc/foo-7"}),
        ("app-misc/bar", {"app-misc/bar-1@laptop", "app-misc/bar-1@server"}),
        ("app-misc/bar-1@server", {"app-misc/bar-1@server"}),
        ("=app-misc/bar-1", {"app-misc/bar-1@laptop", "app-misc/bar-1@server"}),
    ],
)
def test_every_spelling_of_a_package(story: Story, text: str, found: set[str]) -> None:
    assert {build.id for build in find_builds(story.state, text)} == found


@pytest.mark.parametrize("text", ["", "=", "fo", "libfo", "x" * 10_000, "'; DROP TABLE", "\0", "../../etc"])
def test_what_is_no_package_is_refused(story: Story, text: str) -> None:
    with pytest.raises(Refused) as refused:
        find_builds(story.state, text)
    assert refused.value.code == "unknown_package"
    assert refused.value.hint
    assert len(refused.value.message) < 200


def test_a_slip_is_answered_with_the_nearest_names(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        find_builds(story.state, "libfooo")
    assert refused.value.hint == "did you mean libfoo, foo?"


def test_a_name_near_nothing_is_answered_with_the_list() -> None:
    assert closest("zzz", ["alpha", "beta"], "build-swarm nodes") == "see them all: build-swarm nodes"


def test_a_long_queue_is_searched_quickly() -> None:
    story = Story()
    story.plan(*(row(f"cat{number % 90}/package{number}-1.{number}") for number in range(5_000)))
    begin = time.process_time()
    assert find_builds(story.state, "package4711")
    with pytest.raises(Refused):
        find_builds(story.state, "pakage4711")
    assert time.process_time() - begin < 2.0
