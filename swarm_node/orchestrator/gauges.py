"""The orchestrator's own figures at GET /metrics, read from the state when asked."""

from collections.abc import Iterator

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from swarm_node.http.metrics import METRICS
from swarm_node.model.status import totals
from swarm_node.orchestrator.parts import Parts


class SwarmCollector(Collector):
    """Queue, nodes, log and release as gauges."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self._parts.swarm.state
        count = totals(state)
        builds = GaugeMetricFamily("swarm_builds", "Builds of the session by status", labels=("status",))
        for status in ("needed", "building", "complete", "blocked"):
            builds.add_metric((status,), getattr(count, status))
        yield builds
        up = sum(node.up for node in state.nodes.values())
        yield GaugeMetricFamily("swarm_nodes_up", "Nodes heard within their lease", value=up)
        yield GaugeMetricFamily(
            "swarm_ready_builds", "Builds that could start now", value=len(state.queue.ready)
        )
        yield GaugeMetricFamily("swarm_log_events", "Events in the log", value=state.seq)
        yield GaugeMetricFamily("swarm_release", "The release that clients see", value=state.current or 0)
        risk = state.verified.score if state.verified else float("nan")
        yield GaugeMetricFamily(
            "swarm_risk_score", "Risk score of staging; NaN while not verified", value=risk
        )


def register(app: web.Application, parts: Parts) -> None:
    """Add the collector to the service's registry."""
    app[METRICS].registry.register(SwarmCollector(parts))
