"""Releases: from a verified staging to what clients see, and back."""

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.refusal import Refused
from swarm_node.model.rules import Rules
from swarm_node.model.state import Release, State


def record_verify(state: State, command: c.RecordVerify, now: float) -> list[e.Event]:
    return [
        e.StagingVerified(
            at=now,
            verify_id=command.verify_id,
            score=command.score,
            findings=command.findings,
            packages=command.packages,
            size=command.size,
        )
    ]


def prepare_release(state: State, command: c.PrepareRelease, now: float) -> list[e.Event]:
    """Exactly the set that was verified, below the risk limit or with a reason, and one at a time."""
    for release in state.releases.values():
        if release.status == "prepared":
            raise Refused(
                "already_running",
                f"release {release.number} is being made",
                "wait for it: build-swarm releases",
            )
    staged = tuple(build.id for build in state.by_status("staged"))
    if not staged:
        raise Refused("nothing_to_do", "staging holds nothing to release", "build-swarm status")
    verified = state.verified
    if verified is None or verified.verify_id != command.verify_id:
        raise Refused("stale_verify", "staging changed since it was verified", "build-swarm verify")
    limit = state.policy.risk_limit
    if verified.score >= limit and not command.force.strip():
        raise Refused(
            "too_risky",
            f"risk score {verified.score} is not below {limit}",
            "mend the findings of build-swarm verify, or: build-swarm finalize --force REASON",
        )
    return [
        e.ReleasePrepared(
            at=now,
            release=max(state.releases, default=0) + 1,
            verify_id=command.verify_id,
            builds=staged,
            score=verified.score,
            forced=command.force.strip() if verified.score >= limit else "",
        )
    ]


def publish_release(state: State, command: c.PublishRelease, now: float) -> list[e.Event]:
    release = _known(state, command.release)
    if release.status == "published":
        return []
    if release.status != "prepared":
        raise Refused(
            "unknown_release", f"release {release.number} is {release.status}", "build-swarm releases"
        )
    return [
        e.ReleasePublished(
            at=now,
            release=release.number,
            packages=command.packages,
            size=command.size,
            added=command.added,
            left=state.current,
        )
    ]


def abandon_release(state: State, command: c.AbandonRelease, now: float) -> list[e.Event]:
    if _known(state, command.release).status != "prepared":
        return []
    return [e.ReleaseAbandoned(at=now, release=command.release, reason=command.reason)]


def roll_back(state: State, command: c.RollBack, now: float) -> list[e.Event]:
    """Only to a published release that is still kept."""
    if state.current is None:
        raise Refused("nothing_to_do", "nothing has been released yet", "build-swarm finalize")
    kept = [r.number for r in state.releases.values() if r.status == "published"]
    older = [number for number in kept if number < state.current]
    target = command.release if command.release is not None else max(older, default=None)
    if target is None:
        raise Refused(
            "nothing_to_do", f"no release older than {state.current} is kept", "build-swarm releases"
        )
    if target not in kept:
        raise Refused("unknown_release", f"release {target} is not kept", "build-swarm releases")
    if target == state.current:
        raise Refused(
            "nothing_to_do", f"release {target} is what clients see already", "build-swarm releases"
        )
    return [e.ReleaseRolledBack(at=now, release=target, left=state.current)]


def forget_release(state: State, command: c.ForgetRelease, now: float) -> list[e.Event]:
    release = _known(state, command.release)
    if release.number == state.current or release.status != "published":
        return []
    return [e.ReleaseForgotten(at=now, release=release.number)]


def _known(state: State, number: int) -> Release:
    release = state.releases.get(number)
    if release is None:
        raise Refused("unknown_release", f"there is no release {number}", "build-swarm releases")
    return release


RULES: Rules = {
    c.RecordVerify: record_verify,
    c.PrepareRelease: prepare_release,
    c.PublishRelease: publish_release,
    c.AbandonRelease: abandon_release,
    c.RollBack: roll_back,
    c.ForgetRelease: forget_release,
}
