"""`swarm-console --run diagnose`: any log, without a swarm."""

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swarm_console.cli import main

LOG = b">>> Emerging (1 of 1) app-misc/foo-1.2\ngcc: fine\n\xffcc1: error: No space left on device\n"
OWN = """
[[rule]]
kind = "gcc-is-fine"
remedy = "build-local"
summary = "all is well"
confidence = 0.99
patterns = ["gcc: fine"]
"""


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "build-swarm" / "failures.d"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = main(["--run", "diagnose", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_log_is_diagnosed_without_a_swarm(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_bytes(LOG)
    code, (found,) = run(capsys, str(log))
    assert code == 0
    assert (found["file"], found["kind"], found["fix"]) == (str(log), "disk-full", "unblock")
    assert found["command"] == "build-swarm unblock =app-misc/foo-1.2"
    assert 0.9 < found["confidence"] <= 1
    (line,) = found["evidence"]
    assert (line["line"], line["offset"]) == (3, LOG.index(b"\xff"))
    assert line["text"].endswith("cc1: error: No space left on device")


def test_the_facts_and_the_line_that_would_cure_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "emerge.log"
    log.write_text("- app-misc/foo-1.2::guru (masked by: ~amd64 keyword)\n")
    _, (found,) = run(capsys, str(log))
    assert (found["kind"], found["fix"]) == ("masked", "edit-portage-and-fresh")
    assert (found["params"]["atom"], found["params"]["keyword"]) == ("app-misc/foo-1.2", "~amd64")
    assert found["change"] == [{"file": "package.accept_keywords", "line": "=app-misc/foo-1.2 ~amd64"}]
    assert main(["--run", "diagnose", str(log)]) == 0
    told = capsys.readouterr().out
    assert "+ package.accept_keywords: =app-misc/foo-1.2 ~amd64" in told
    log.write_text(" * Detected file collision(s):\n *  /usr/bin/ls\n")
    _, (found,) = run(capsys, str(log))
    assert found["change"] == [] and found["params"] == {"file": "/usr/bin/ls"}


def test_a_file_without_permission_is_an_error_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    log = tmp_path / "build.log"
    log.write_bytes(LOG)
    log.chmod(0)
    code, (found,) = run(capsys, str(log))
    assert code == 1 and "Permission denied" in found["error"]["message"]


def test_standard_input_and_what_cannot_be_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    code, (empty, missing, folder) = run(capsys, "-", str(tmp_path / "none.log"), str(tmp_path))
    assert code == 1
    assert (empty["file"], empty["kind"], empty["fix"], empty["evidence"]) == ("-", "other", "human", [])
    assert "No such file" in missing["error"]["message"] and missing["error"]["hint"]
    assert "directory" in folder["error"]["message"] and "kind" not in folder


def test_without_a_file_it_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys)
    assert code == 2
    assert "FILE" in answer["error"]["hint"]


def test_own_rules_are_taken_and_their_mistakes_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, configuration: Path
) -> None:
    log = tmp_path / "build.log"
    log.write_bytes(LOG)
    configuration.mkdir(parents=True)
    (configuration / "mine.toml").write_text(OWN)
    _, (found,) = run(capsys, str(log))
    assert (found["kind"], found["command"]) == ("gcc-is-fine", "build-swarm build-local =app-misc/foo-1.2")
    (configuration / "mine.toml").write_text(OWN.replace("build-local", "prayer"))
    code, answer = run(capsys, str(log))
    assert code == 2
    assert "mine.toml: rule 1 (gcc-is-fine)" in answer["error"]["message"]


def test_for_people_it_is_text_with_the_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_bytes(LOG)
    assert main(["--run", "diagnose", str(log), str(tmp_path / "none")]) == 1
    told = capsys.readouterr().out
    assert "disk-full, 97% sure" in told
    assert "│ 3: " in told
    assert "Run: build-swarm unblock =app-misc/foo-1.2" in told
    assert "none: No such file" in told
