EAPI=8

DESCRIPTION="A program whose own tests pass"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	printf 'check:\n\t@echo "PASS: waxing"\n\t@echo "PASS: waning"\n\t@true\n' > Makefile || die
}

src_install() { dodir /usr/share/${PN}; }
