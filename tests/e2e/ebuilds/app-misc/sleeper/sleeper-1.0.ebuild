EAPI=8

DESCRIPTION="Never ends; leaves a daemon behind as well"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	setsid sleep "${DAEMON_SECONDS:-86400}" < /dev/null > /dev/null 2>&1 &
	# The daemon counts from the moment that it is one, not from the fork.
	until [[ $(tr '\0' ' ' < /proc/$!/cmdline) == "sleep "* ]]; do :; done
	echo "ASLEEP"
	while [[ -n ${CHATTER} ]]; do
		echo "still here"
		sleep 0.1
	done
	sleep 86400
}
