EAPI=8

DESCRIPTION="Compiles as many big files at once as there are jobs"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	# Several at once hold what they have until all have theirs, however long that takes.
	local hold=3600
	[[ ${MAKEOPTS} == -j1 ]] && hold=0.5
	printf '%s\n' 'all: a b c' 'a b c:' "	python3 -c 'import time; hoard = b\"x\" * (120 << 20); time.sleep(${hold})'" > Makefile || die
	emake
}

src_install() { dodir /usr/share/${PN}; }
