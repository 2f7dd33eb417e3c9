EAPI=8

DESCRIPTION="Takes memory and keeps it"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	python3 -c 'import time; hoard = b"x" * (300 << 20); print("FULL", flush=True); time.sleep(86400)'
}
