EAPI=8

DESCRIPTION="Leaves a daemon behind in src_compile"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { setsid sleep "${DAEMON_SECONDS:-86400}" < /dev/null > /dev/null 2>&1 & }
src_install() { dodir /usr/share/daemonic; }
