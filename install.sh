#!/usr/bin/env bash
# sudo ./install.sh drone|gateway|orchestrator|console [GATEWAY]
#
# Puts one part of a build swarm on this Gentoo or Debian machine, or brings it up to date:
#
#   /opt/build-swarm/venv            the programs, with every dependency pinned by digest
#   /usr/local/bin                   swarm-node, swarm-console, build-swarm
#   /etc/build-swarm/ROLE.conf       written once, never overwritten
#   /etc/init.d or systemd/system    swarm-ROLE, not started
#
# GATEWAY is an address (10.42.0.199), address:port or URL.  The environment may give SWARM_TOKEN (the swarm's
# shared secret), DESTDIR (a folder to install into), INIT (openrc or systemd) and PYTHON.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
root=${DESTDIR:-}
venv=$root/opt/build-swarm/venv
role=${1:-}
gateway=${2:-}

say() { printf '%s\n' "$*"; }
refuse() { printf '%s\nnext step: %s\n' "$2" "$3" >&2; exit "$1"; }
usage() { refuse 2 "$1" "sudo ./install.sh drone|gateway|orchestrator|console [GATEWAY]"; }

gateway_url() {
    case $1 in
        http://* | https://*) say "$1" ;;
        *:*:*) say "http://[$1]:8090" ;;
        *:*) say "http://$1" ;;
        *) say "http://$1:8090" ;;
    esac
}

init_system() {
    if [ -n "${INIT:-}" ]; then say "$INIT"
    elif [ -d /run/systemd/system ]; then say systemd
    elif [ -x /sbin/openrc-run ]; then say openrc
    else say none; fi
}

set_key() { # KEY VALUE: in the sample on stdin, whether it is commented there or not
    VALUE=$2 awk -v key="$1" '
        $0 ~ "^#?" key "=" { print key "=\"" ENVIRON["VALUE"] "\""; next }
        { print }'
}

sample() {
    if [ "$role" = console ]; then
        printf '# %s\n%s\n\n' 'The gateway that the console talks to.' 'GATEWAY_URL=""' \
            "The swarm's secret; only the owner may read this file then." '#SWARM_TOKEN=""'
    else "$venv/bin/python" -m swarm_node "$role" --sample | set_key BIND 0.0.0.0; fi |
        if [ -n "$gateway" ]; then set_key GATEWAY_URL "$(gateway_url "$gateway")"; else cat; fi |
        if [ -n "${SWARM_TOKEN:-}" ]; then set_key SWARM_TOKEN "$SWARM_TOKEN"; else cat; fi
}

write_settings() {
    local conf=$root/etc/build-swarm/$role.conf
    if [ -e "$conf" ]; then say "kept    $conf"; return; fi
    install -d -m 755 "${conf%/*}"
    (umask 077 && sample >"$conf.new")
    if [ "$role" != console ]; then
        "$venv/bin/python" -m swarm_node "$role" --check --config "$conf.new" >/dev/null ||
            { rm -f "$conf.new"; refuse 1 "$conf was not written." "correct GATEWAY or SWARM_TOKEN, and say it again"; }
    fi
    [ -n "${SWARM_TOKEN:-}" ] || chmod 644 "$conf.new"
    mv "$conf.new" "$conf"
    say "written $conf"
}

link_programs() {
    local program
    install -d "$root/usr/local/bin"
    for program in swarm-node swarm-console build-swarm; do
        [ -z "$root" ] || sed -i "1s|$root||" "$venv/bin/$program"
        ln -sfn "/opt/build-swarm/venv/bin/$program" "$root/usr/local/bin/$program"
    done
    say "linked  $root/usr/local/bin/{swarm-node,swarm-console,build-swarm}"
}

prefer_own_portage() { # a Gentoo's own Portage knows its paths; the one in the environment is for other systems
    [ -x /usr/bin/emerge ] && [ -d /etc/portage ] || return 0
    "$venv/bin/python" -m pip uninstall -q -y portage
}

install_service() {
    case $1 in
        systemd)
            install -d "$root/etc/systemd/system"
            sed "s/@ROLE@/$role/g" "$here/install/swarm.service" >"$root/etc/systemd/system/swarm-$role.service"
            say "written $root/etc/systemd/system/swarm-$role.service"
            [ -n "$root" ] || systemctl daemon-reload
            start="systemctl enable swarm-$role && systemctl restart swarm-$role" ;;
        openrc)
            install -D -m 755 "$here/install/swarm.openrc" "$root/etc/init.d/swarm-$role"
            say "written $root/etc/init.d/swarm-$role"
            start="rc-update add swarm-$role default && rc-service swarm-$role restart" ;;
        none) start="swarm-node $role   (neither systemd nor OpenRC runs here)" ;;
        *) refuse 2 "INIT=$1 is neither openrc nor systemd." "leave INIT away" ;;
    esac
    install -d "$root/var/log/build-swarm"
    install -D -m 644 "$here/install/logrotate" "$root/etc/logrotate.d/build-swarm"
}

case $role in
    gateway) ;;
    drone | orchestrator | console)
        [ -n "$gateway" ] || [ -e "$root/etc/build-swarm/$role.conf" ] ||
            usage "A new $role has to know the gateway's address." ;;
    '') usage "Which part?" ;;
    *) usage "There is no part named $role." ;;
esac
[ $# -le 2 ] || usage "Too many arguments."
[ -n "$root" ] || [ "$(id -u)" = 0 ] || refuse 1 "Only root may install." "sudo ./install.sh $*"

case $role in drone | orchestrator) [ -n "$root" ] || "$here/.ci/install-system-packages" demo ;; esac
"$here/.ci/make-venv" --node "$venv"
prefer_own_portage
link_programs
write_settings
if [ "$role" = console ]; then
    say "next step: build-swarm status"
else
    install_service "$(init_system)"
    say "next step: look at /etc/build-swarm/$role.conf, then: $start"
fi
