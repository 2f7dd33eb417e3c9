"""JSON of any shape at every route that takes some: an answer below 500, whatever it is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from swarm_node.orchestrator.actions import ACTIONS
from tests.services.orchestrators import TOKEN, running, settings
from tests.services.test_orchestrator_bad_input import POSTS

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("node", "phase", "fraction", "load", "measures", "sha512", "size", "seconds", "rc", "reason"),
    *("holding", "cores", "ok", "output", "packages", "jobs", "release", "force", "count"),
)
SLOW = ("fresh", "plan", "sync-verify", "sync-fix", "sync-overlays", "sync-all")
"""Actions that wait for nodes."""
fields = st.sampled_from(FIELDS)
paths = st.sampled_from([*POSTS, *(f"/api/v1/actions/{name}" for name in ACTIONS if name not in SLOW)])


class Fuzzed:
    """A service on a loop of its own, for tests that Hypothesis calls many times."""

    def __init__(self, home: Path) -> None:
        self.runner = asyncio.Runner()
        self.context = running(settings(home))
        self.service = self.runner.run(self.context.__aenter__())
        self.drone = self.runner.run(self.service.drone())

    def ask(self, path: str, body: object) -> int:
        return self.runner.run(self._ask(path, msgspec.json.encode(body)))

    async def _ask(self, path: str, body: bytes) -> int:
        headers = {TOKEN: self.drone.token, "Content-Type": "application/json"}
        async with self.service.session.post(
            f"{self.service.url}{path}", data=body, headers=headers
        ) as answer:
            document = await answer.json()
            assert (answer.status < 400) != ("error" in document)
            return answer.status

    def close(self) -> None:
        self.runner.run(self.context.__aexit__(None, None, None))
        self.runner.close()


@pytest.fixture
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    found = Fuzzed(tmp_path_factory.mktemp("fuzzed"))
    yield found
    found.close()


@hypothesis(max_examples=150, suppress_health_check=list(HealthCheck))
@given(path=paths, body=st.dictionaries(fields | st.text(max_size=5), values, max_size=5), own=st.booleans())
def test_any_json_gets_an_answer(path: str, body: dict[str, Any], own: bool, fuzzed: Fuzzed) -> None:
    answer = fuzzed.ask(path, {**body, "node": "izar"} if own else body)
    assert answer < 500
