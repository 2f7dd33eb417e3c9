"""The handbook's configuration files: what is read, what is refused, and in which words."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.settings import (
    BadSettings,
    DroneSettings,
    GatewaySettings,
    OrchestratorSettings,
    Settings,
    load,
    sample,
)
from swarm_node.settings.load import shown
from swarm_node.settings.shell_file import parse

KINDS: list[type[Settings]] = [GatewaySettings, OrchestratorSettings, DroneSettings]
HANDBOOK_DRONE = """\
# Required
GATEWAY_URL="http://10.42.0.199:8090"

# Optional
NODE_NAME="my-drone" # Display name (default: hostname)
REPORT_IP="100.64.0.9" # Override reported IP (Tailscale)
UPLOAD_HOST="100.64.0.9" # Override upload destination
HEARTBEAT_INTERVAL=30 # Seconds between gateway heartbeats
POLL_INTERVAL=30 # Seconds between work polling
AUTO_REBOOT=true # Kill on stuck builds (1hr timeout)
"""
HANDBOOK_ORCHESTRATOR = """\
GATEWAY_URL="http://10.42.0.199:8090"
ORCHESTRATOR_PORT=8080
BUILD_MODE="delegate_first" # delegate_only, delegate_first, hybrid
"""


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        for name in kind.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "drone.conf"


def refused(file: Path, text: str, kind: type[Settings] = DroneSettings) -> BadSettings:
    file.write_text(text)
    with pytest.raises(BadSettings) as caught:
        load(kind, file)
    assert caught.value.hint, "a refusal names the next step"
    return caught.value


def test_handbook_files_are_understood(file: Path) -> None:
    file.write_text(HANDBOOK_DRONE)
    drone = load(DroneSettings, file)
    assert drone.gateway_url == "http://10.42.0.199:8090"
    assert (drone.node_name, drone.heartbeat_interval, drone.auto_reboot) == ("my-drone", 30.0, True)
    assert drone.url(8070) == "http://100.64.0.9:8070"
    file.write_text(HANDBOOK_ORCHESTRATOR)
    orchestrator = load(OrchestratorSettings, file)
    assert (orchestrator.port, orchestrator.build_mode) == (8080, "delegate_first")
    assert orchestrator.staging_dir == Path("/var/cache/binpkgs-staging")
    assert orchestrator.production_dir == Path("/var/cache/binpkgs")


def test_defaults_bind_loopback() -> None:
    gateway = GatewaySettings()
    assert (gateway.bind, gateway.port, gateway.token) == ("127.0.0.1", 8090, None)
    assert gateway.url() == "http://127.0.0.1:8090"


def test_missing_default_file_is_fine_and_a_missing_named_one_is_not(tmp_path: Path) -> None:
    assert load(GatewaySettings).port == 8090
    with pytest.raises(BadSettings, match="no such file") as caught:
        load(GatewaySettings, tmp_path / "none.conf")
    assert "--sample" in caught.value.hint


def test_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('GATEWAY_URL="http://a:1"\nNODE_NAME="from-file"\n')
    monkeypatch.setenv("NODE_NAME", "from-environment")
    assert load(DroneSettings, file).node_name == "from-environment"
    monkeypatch.setenv("DRONE_PORT", "many")
    with pytest.raises(BadSettings, match="environment: DRONE_PORT='many': expected a whole number"):
        load(DroneSettings, file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HARTBEAT_INTERVAL=3", ":2: unknown key HARTBEAT_INTERVAL"),
        ("POLL_INTERVAL=soon", ":2: POLL_INTERVAL='soon': expected a number"),
        ("POLL_INTERVAL=nan", ":2: POLL_INTERVAL='nan'"),
        ("POLL_INTERVAL=0", "greater than 0"),
        ("AUTO_REBOOT=perhaps", "expected true or false"),
        ("DRONE_PORT=65536", "less than or equal to 65535"),
        ("NODE_NAME=../x", "letters, digits"),
        ("NODE_NAME='$(id)'", "letters, digits"),
        ("REPORT_IP='a b'", "an address or a host name"),
        ("SCRATCH_DIR=here", "an absolute path"),
        ("PUBLIC_URL=ftp://x", "expected a URL"),
        ("PUBLIC_URL=http://user:word@x", "expected a URL"),
        ("NODE_NAME = x", ":2: not an assignment"),
        ('NODE_NAME="x', ":2: the value of NODE_NAME: no closing quotation"),
        ("NODE_NAME=a b", ":2: more than one word for NODE_NAME"),
        ("NODE_NAME=$HOSTNAME", "not expanded here"),
        ("source other.conf", ":2: not an assignment"),
        ("GATEWAY_URL=http://b:1", ":2: GATEWAY_URL is already set in line 1"),
        ("CORES=0", "greater than or equal to 1"),
    ],
)
def test_a_bad_line_is_named(file: Path, text: str, words: str) -> None:
    assert words in str(refused(file, f"GATEWAY_URL=http://a:1\n{text}\n"))


def test_nearest_key_is_offered(file: Path) -> None:
    assert refused(file, "GATEWAY_URI=http://a:1").hint == "did you mean GATEWAY_URL?"


def test_required_key_is_named(file: Path) -> None:
    assert "GATEWAY_URL is missing" in str(refused(file, ""))


def test_files_that_are_no_text(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"GATEWAY_URL=http://a:1\nNODE_NAME=\xff\n")
    with pytest.raises(BadSettings, match=":2: not UTF-8"):
        load(DroneSettings, file)
    file.write_bytes(b"\0" * 100)
    with pytest.raises(BadSettings, match="not a text file"):
        load(DroneSettings, file)
    with pytest.raises(BadSettings, match="cannot be read: Is a directory"):
        load(DroneSettings, tmp_path)


def test_unreadable_file_says_so(file: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    file.write_text("")
    file.chmod(0)
    with pytest.raises(BadSettings, match="Permission denied"):
        load(GatewaySettings, file)


def test_the_secret_must_be_private_long_and_is_never_shown(file: Path) -> None:
    secret = "correct-horse-battery"
    file.write_text(f"SWARM_TOKEN={secret}\n")
    file.chmod(0o644)
    with pytest.raises(BadSettings, match="others may read it") as caught:
        load(GatewaySettings, file)
    assert caught.value.hint == f"chmod 600 {file}"
    file.chmod(0o600)
    settings = load(GatewaySettings, file)
    assert settings.token == secret
    assert secret not in shown(settings) + repr(settings)
    file.write_text("SWARM_TOKEN=tooshort\n")
    with pytest.raises(BadSettings) as caught:
        load(GatewaySettings, file)
    assert "tooshort" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_sample_names_every_key_and_loads_as_it_is_and_with_every_default_written_out(
    kind: type[Settings], file: Path
) -> None:
    text = sample(kind).replace('\nGATEWAY_URL=""', '\nGATEWAY_URL="http://a:1"')
    assert all(f"{name.upper()}=" in text for name in kind.model_fields)
    file.write_text(text)
    plain = load(kind, file)
    file.write_text(re.sub(r"^#([A-Z])", r"\1", text, flags=re.MULTILINE))
    assert load(kind, file) == plain


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: type[Settings]) -> None:
    assert [name for name, field in kind.model_fields.items() if not field.description] == []


@given(
    st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True),
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="'"), min_size=1),
)
def test_what_a_shell_would_take_from_single_quotes_comes_back(key: str, value: str) -> None:
    assert parse(f"{key}='{value}' # why", "f")[key].value == value


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "f")
    except BadSettings as no:
        assert no.where.startswith("f:")
