EAPI=8

DESCRIPTION="Imports a Python module that it does not declare"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	echo 'import moon; print(moon.PHASE)' > setup.py || die
	PYTHONPATH="${EPREFIX}"/usr/lib/moon python3 setup.py || die "setup.py failed"
}

src_install() { dodir /usr/share/${PN}; }
