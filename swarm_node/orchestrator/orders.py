"""From the state to what a node is told: its open directive, its build, or nothing and why."""

from swarm_node.model.placement import idle_reason
from swarm_node.model.state import State
from swarm_node.model.work import BuildOrder, DirectiveOrder, NoWork, Work


def directive_for(state: State, name: str) -> DirectiveOrder | None:
    """The oldest thing that a node was asked to do beside building and has not answered."""
    for directive in state.directives.values():
        if directive.node == name and directive.finished is None:
            return DirectiveOrder(directive.id, directive.name, directive.params)
    return None


def order_for(state: State, number: int) -> BuildOrder:
    """All that the node of an open attempt needs to know."""
    attempt = state.attempts[number]
    build = state.builds[attempt.build]
    row = build.row
    return BuildOrder(
        attempt=number,
        build=row.id,
        cpv=row.cpv,
        slot=row.slot,
        repository=row.repository,
        build_id=number,
        use=row.use,
        install=row.install,
        accept_keywords=row.accept_keywords,
        accept_license=row.accept_license,
        profile=row.profile,
        jobs=attempt.jobs,
        time_limit=state.policy.time_limit,
        silence_limit=state.policy.silence_limit,
        package_env=row.package_env,
        simulated=row.simulated,
    )


def nothing_for(state: State, name: str) -> Work:
    """The answer to a poll that ran out, with the reason that the node can show."""
    reason = idle_reason(state, state.nodes[name])
    return NoWork(reason or ("nothing is ready" if state.builds else "the queue is empty"))
