"""Counters of a service in Prometheus' text format 0.0.4, at GET /metrics."""

from functools import cache
from typing import Final

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

disable_created_metrics()  # type: ignore[no-untyped-call]

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
"""Bounds of the request histogram's buckets."""


class Metrics:
    """One service's registry: `registry` takes the role's own collectors beside those of every request."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        requests = Counter("swarm_http_requests", "Answers", ("route", "status"), registry=self.registry)
        seconds = Histogram(
            "swarm_http_request_seconds",
            "Time to the answer",
            ("route",),
            registry=self.registry,
            buckets=SECONDS,
        )
        self.counter = cache(lambda route, status: requests.labels(route, status))
        self.histogram = cache(lambda route: seconds.labels(route))

    def gauge(self, name: str, help_text: str) -> Gauge:
        """A gauge of the role's own, without labels."""
        return Gauge(name, help_text, registry=self.registry)

    def observe(self, request: web.Request, status: int, seconds: float) -> None:
        """Count one answer under the pattern of its route."""
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical}" if resource else "none"
        self.counter(route, status).inc()
        self.histogram(route).observe(seconds)


METRICS: Final = web.AppKey("metrics", Metrics)


async def show(request: web.Request) -> web.Response:
    """GET /metrics."""
    text = generate_latest(request.app[METRICS].registry)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
