"""install.sh into a folder: programs, settings and services of each role, and what it refuses."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Install = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DESTDIR whose environment already sees this one's packages, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("destdir")
    environment = folder / "opt/build-swarm/venv"
    venv.create(environment, with_pip=True)
    site = next(environment.glob("lib/python3*/site-packages"))
    (site / "seen.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def install(target: Path, tmp_path: Path) -> Install:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in {"SWARM_TOKEN", "INIT"}}
        clean |= {"DESTDIR": str(target), "INIT": "openrc", "HOME": str(tmp_path), "PYTHON": sys.executable}
        return subprocess.run(
            [ROOT / "install.sh", *arguments],
            env=clean | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=800,
        )

    return run


def settings(target: Path, role: str) -> dict[str, str]:
    lines = (target / "etc/build-swarm" / f"{role}.conf").read_text().splitlines()
    return {
        key: value.strip('"')
        for key, _, value in (line.partition("=") for line in lines if line[:1].isalpha())
    }


def test_a_drone_with_openrc(install: Install, target: Path) -> None:
    done = install("drone", "10.42.0.199")
    assert done.returncode == 0, done.stderr
    assert settings(target, "drone") == {"GATEWAY_URL": "http://10.42.0.199:8090", "BIND": "0.0.0.0"}
    script = target / "etc/init.d/swarm-drone"
    assert os.access(script, os.X_OK)
    assert 'role="${RC_SVCNAME#swarm-}"' in script.read_text()
    assert "rc-service swarm-drone restart" in done.stdout.splitlines()[-1]
    for program in ("swarm-node", "swarm-console", "build-swarm"):
        link = target / "usr/local/bin" / program
        assert str(link.readlink()) == f"/opt/build-swarm/venv/bin/{program}"
        installed = target / "opt/build-swarm/venv/bin" / program
        assert installed.read_text().startswith("#!/opt/build-swarm/venv/bin/python")


def test_the_installed_programs_are_a_copy_of_the_checkout(
    install: Install, target: Path, tmp_path: Path
) -> None:
    assert install("gateway").returncode == 0
    python = target / "opt/build-swarm/venv/bin/python"
    code = "import swarm_node, swarm_console; print(swarm_node.__file__); print(*swarm_console.__path__)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(Path(line).is_relative_to(target) for line in done.stdout.splitlines())


def test_settings_are_never_overwritten(install: Install, target: Path) -> None:
    conf = target / "etc/build-swarm/orchestrator.conf"
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text('GATEWAY_URL="http://mine:1"\n')
    done = install("orchestrator", "10.42.0.199")
    assert done.returncode == 0, done.stderr
    assert conf.read_text() == 'GATEWAY_URL="http://mine:1"\n'
    assert f"kept    {conf}" in done.stdout


def test_a_gateway_with_systemd_and_a_secret(install: Install, target: Path) -> None:
    conf = target / "etc/build-swarm/gateway.conf"
    conf.unlink(missing_ok=True)
    done = install("gateway", INIT="systemd", SWARM_TOKEN="a-long-secret/with&more")
    assert done.returncode == 0, done.stderr
    assert settings(target, "gateway")["SWARM_TOKEN"] == "a-long-secret/with&more"
    assert conf.stat().st_mode & 0o777 == 0o600
    unit = (target / "etc/systemd/system/swarm-gateway.service").read_text()
    assert "ExecStart=/opt/build-swarm/venv/bin/python -m swarm_node gateway\n" in unit
    assert "@ROLE@" not in unit


def test_a_console_knows_its_gateway(install: Install, target: Path) -> None:
    done = install("console", "fd00::1")
    assert done.returncode == 0, done.stderr
    assert settings(target, "console") == {"GATEWAY_URL": "http://[fd00::1]:8090"}
    assert done.stdout.splitlines()[-1] == "next step: build-swarm status"
    assert not (target / "etc/init.d/swarm-console").exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "message"),
    [
        ((), {}, 2, "Which part?"),
        (("dron", "10.0.0.1"), {}, 2, "no part named dron"),
        (("gateway", "10.0.0.1", "more"), {}, 2, "Too many arguments"),
        (("gateway",), {"PYTHON": "/bin/false", "DESTDIR": "/proc/nowhere"}, 1, "Python 3.11 or newer"),
    ],
)
def test_refusals_name_the_next_step(
    install: Install, arguments: tuple[str, ...], environment: dict[str, str], code: int, message: str
) -> None:
    done = install(*arguments, **environment)
    assert done.returncode == code
    assert message in done.stderr
    assert "next step: " in done.stderr


def test_a_bad_gateway_leaves_no_settings(install: Install, target: Path) -> None:
    conf = target / "etc/build-swarm/drone.conf"
    conf.unlink(missing_ok=True)
    done = install("drone", "ftp://10.42.0.199")
    assert done.returncode == 1
    assert "next step: " in done.stderr
    assert not list(conf.parent.glob("drone.conf*"))
