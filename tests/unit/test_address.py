"""The address that a service gives others."""

import ipaddress

import pytest

from swarm_node.settings.address import base_url, reachable


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "::1", "gateway.lan"])
def test_an_address_is_its_own(host: str) -> None:
    assert reachable(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_becomes_one_that_can_be_asked(host: str) -> None:
    assert not ipaddress.ip_address(reachable(host)).is_unspecified


def test_urls() -> None:
    assert base_url("10.0.0.7", 80) == "http://10.0.0.7:80"
    assert base_url("::1", 80) == "http://[::1]:80"
