"""Scripts that complete command lines in bash, zsh and fish.

Actions and options stand in the script, read from the registry; the names of packages and nodes are asked of
the swarm when they are wanted (`swarm-console --names package`), silently none when it does not answer.
"""

from __future__ import annotations

from swarm_console.actions.action import Action, Parameter
from swarm_console.actions.registry import ACTIONS
from swarm_console.commandline.options import OPTIONS
from swarm_console.wire.ask import Swarm

GLOBAL = {f"--{option.name}": option.help for option in OPTIONS}


def names(kind: str, swarm: Swarm) -> list[str]:
    """The names of the swarm's packages or nodes, or the numbers of its releases. Raises: Refused."""
    if kind == "release":
        kept = (
            each for each in swarm.get("/api/v1/releases")["releases"] if each.get("status") == "published"
        )
        return [str(each["number"]) for each in kept]
    if kind == "node":
        return [node["name"] for node in swarm.get("/api/v1/nodes")]
    return [build["build"] for build in swarm.get("/api/v1/queue")]


def script(shell: str) -> str:
    """The script for a shell, to be sourced: `source <(swarm-console --completion bash)`."""
    return {"bash": bash, "zsh": zsh, "fish": fish}[shell]()


def options(action: Action) -> list[Parameter]:
    """What an action takes as --options."""
    return [parameter for parameter in action.parameters if not parameter.positional]


def wanted(action: Action) -> str:
    """What the action's words are names of: package, node, release, file or nothing."""
    return next((p.completes for p in action.parameters if p.positional and p.completes), "")


def _cases(line: str) -> str:
    """A shell `case` over every action; `line` is formatted with its name, options and kind of words."""
    rows = [
        line.format(
            name=action.name, options=" ".join(p.option for p in options(action)), kind=wanted(action)
        )
        for action in ACTIONS.values()
    ]
    return "\n".join(rows)


def bash() -> str:
    return f"""# bash completion of swarm-console and build-swarm
_build_swarm() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} action= options= kind= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
            --run) action=${{COMP_WORDS[i+1]}}; [ $((i + 1)) = "$COMP_CWORD" ] && action= ;;
            --gateway|--demo-dir|--completion|--host|--port|--replay) ((i++)) ;;
            -*) ;;
            *) [ -z "$action" ] && [ "${{COMP_WORDS[0]##*/}}" = build-swarm ] && action=${{COMP_WORDS[i]}} ;;
        esac
    done
    case $before in
        --run) COMPREPLY=($(compgen -W '{" ".join(ACTIONS)}' -- "$current")); return ;;
        --completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$current")); return ;;
        --replay) COMPREPLY=($(compgen -W last -- "$current")); return ;;
        --demo-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
        --graph) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --gateway|--host|--port) return ;;
        --node) kind=node ;;
    esac
    case $action in
{_cases("        {name}) options='{options}'; kind=${{kind:-{kind}}} ;;")}
        '') [ "${{COMP_WORDS[0]##*/}}" = build-swarm ] && options='{" ".join(ACTIONS)}' ;;
    esac
    if [ -n "$kind" ] && [[ $current != -* ]]; then
        options=$("${{COMP_WORDS[0]}}" --names "$kind" 2>/dev/null)
    elif [[ $current == -* ]]; then
        options="$options {" ".join(GLOBAL)}"
    fi
    COMPREPLY=($(compgen -W "$options" -- "$current"))
}}
complete -F _build_swarm swarm-console build-swarm
"""


def zsh() -> str:
    described = "\n".join(f"    {_quoted(f'{a.name}:{a.help}')}" for a in ACTIONS.values())
    general = "\n".join(f"    {_quoted(f'{name}:{text}')}" for name, text in GLOBAL.items())
    return f"""#compdef swarm-console build-swarm
_build_swarm() {{
    local -a actions general own
    local action= kind= i
    actions=(
{described}
    )
    general=(
{general}
    )
    for ((i = 2; i < CURRENT; i++)); do
        case $words[i] in
            --run) ((i + 1 < CURRENT)) && action=$words[i+1] ;;
            --gateway|--demo-dir|--completion|--host|--port|--replay) ((i++)) ;;
            -*) ;;
            *) [[ -z $action && ${{words[1]:t}} == build-swarm ]] && action=$words[i] ;;
        esac
    done
    case $words[CURRENT-1] in
        --run) _describe action actions; return ;;
        --completion) compadd bash zsh fish; return ;;
        --replay) compadd last; return ;;
        --demo-dir) _files -/; return ;;
        --graph) _files; return ;;
        --gateway|--host|--port) return ;;
        --node) kind=node ;;
    esac
    case $action in
{_cases("        {name}) own=({options}); kind=${{kind:-{kind}}} ;;")}
        '') [[ ${{words[1]:t}} == build-swarm && $PREFIX != -* ]] && _describe action actions && return ;;
    esac
    if [[ -n $kind && $PREFIX != -* ]]; then
        compadd -- ${{(f)"$($words[1] --names $kind 2>/dev/null)"}}
    else
        compadd -- $own
        _describe option general
    fi
}}
if [[ $funcstack[1] == _build_swarm ]]; then
    _build_swarm "$@"
else
    compdef _build_swarm swarm-console build-swarm
fi
"""


def fish() -> str:
    lines = ["# fish completion of swarm-console and build-swarm"]
    for program in ("swarm-console", "build-swarm"):
        lines += [f"complete -c {program} -f", *(_fish_option(program, *pair) for pair in GLOBAL.items())]
        lines += [
            f"complete -c {program} -l run -x -a {action.name} -d {_quoted(action.help)}"
            for action in ACTIONS.values()
        ]
        lines += [line for action in ACTIONS.values() for line in _fish_action(program, action)]
    return "\n".join(lines) + "\n"


def _fish_option(program: str, name: str, text: str) -> str:
    takes = {
        "--run": " -x",
        "--gateway": " -x",
        "--host": " -x",
        "--port": " -x",
        "--demo-dir": " -r -F",
        "--replay": " -x -a 'last'",
        "--completion": " -x -a 'bash zsh fish'",
    }
    return f"complete -c {program} -l {name[2:]}{takes.get(name, '')} -d {_quoted(text)}"


def _fish_action(program: str, action: Action) -> list[str]:
    seen = f"__fish_seen_subcommand_from {action.name}"
    lines = []
    if program == "build-swarm":
        none = f"not __fish_seen_subcommand_from {' '.join(ACTIONS)}"
        lines.append(f"complete -c {program} -n '{none}' -a {action.name} -d {_quoted(action.help)}")
    if kind := wanted(action):
        lines.append(f"complete -c {program} -n '{seen}' -a '({program} --names {kind} 2>/dev/null)'")
    for parameter in options(action):
        takes = "" if parameter.kind == "flag" else " -x"
        if parameter.completes == "node":
            takes = f" -x -a '({program} --names node 2>/dev/null)'"
        elif parameter.completes == "file":
            takes = " -r -F"
        head = f"complete -c {program} -n '{seen}' -l {parameter.option[2:]}{takes}"
        lines.append(f"{head} -d {_quoted(parameter.help)}")
    return lines


def _quoted(text: str) -> str:
    """A word for every one of the three shells."""
    return "'" + text.replace("'", "’") + "'"
