EAPI=8

DESCRIPTION="Takes memory for a moment, deep below its make"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	echo "import time; hoard = b'x' * ${SPIKE_BYTES}; time.sleep(0.05)" > spike.py || die
	printf 'all:\n\tsh -c "python3 spike.py; true"\n' > Makefile || die
	emake
}
src_install() { dodir /usr/share/spiky; }
