"""Every way the swarm says no: one table of codes, read by the services, the console and the tests."""

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """How a refusal travels: its HTTP status and the exit code of the headless console."""

    status: int
    exit_code: int


DONE, FAILED, USAGE, UNANSWERED, FORBIDDEN = 0, 1, 2, 3, 4
"""Exit codes of every headless command."""

CODES: Final[dict[str, Kind]] = {
    "bad_json": Kind(400, FAILED),
    "bad_request": Kind(400, FAILED),
    "bad_name": Kind(400, FAILED),
    "unauthorized": Kind(401, FORBIDDEN),
    "forbidden": Kind(403, FORBIDDEN),
    "unknown_action": Kind(404, USAGE),
    "unknown_attempt": Kind(404, FAILED),
    "unknown_directive": Kind(404, FAILED),
    "unknown_event": Kind(404, FAILED),
    "unknown_node": Kind(404, FAILED),
    "unknown_overlay": Kind(404, FAILED),
    "unknown_package": Kind(404, FAILED),
    "unknown_path": Kind(404, FAILED),
    "unknown_release": Kind(404, FAILED),
    "unknown_session": Kind(404, FAILED),
    "wrong_method": Kind(405, FAILED),
    "too_slow": Kind(408, FAILED),
    "already_running": Kind(409, FAILED),
    "conflicting_result": Kind(409, FAILED),
    "name_taken": Kind(409, FAILED),
    "nothing_to_do": Kind(409, FAILED),
    "no_package": Kind(409, FAILED),
    "stale_attempt": Kind(409, FAILED),
    "stale_verify": Kind(409, FAILED),
    "too_risky": Kind(412, FAILED),
    "too_large": Kind(413, FAILED),
    "unsupported_encoding": Kind(415, FAILED),
    "bad_package": Kind(422, FAILED),
    "unresolvable": Kind(422, FAILED),
    "too_many": Kind(429, FAILED),
    "internal": Kind(500, FAILED),
    "bad_state": Kind(500, FAILED),
    "bad_answer": Kind(502, FAILED),
    "log_unavailable": Kind(503, FAILED),
    "gateway_unreachable": Kind(503, UNANSWERED),
    "node_unreachable": Kind(503, UNANSWERED),
    "no_orchestrator": Kind(503, UNANSWERED),
    "orchestrator_unreachable": Kind(503, UNANSWERED),
    "shutting_down": Kind(503, UNANSWERED),
    "disk_full": Kind(507, FAILED),
}


class Refused(Exception):
    """A request that the swarm turns down, with the reason and the next step to take.

    Raises: KeyError when `code` is not in CODES.
    """

    def __init__(self, code: str, message: str, hint: str = "", **detail: object) -> None:
        super().__init__(message)
        self.code = code
        self.kind = CODES[code]
        self.message = message
        self.hint = hint
        self.detail = detail

    def document(self) -> dict[str, object]:
        """The refusal as the JSON body that every service answers with."""
        body: dict[str, object] = {"code": self.code, "message": self.message, "hint": self.hint}
        return {"error": {**body, **self.detail}}
