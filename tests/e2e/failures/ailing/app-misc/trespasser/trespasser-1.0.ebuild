EAPI=8

DESCRIPTION="Writes outside its own directory"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { touch "${EPREFIX}"/etc/trespassed || die "not let in"; }
src_install() { dodir /usr/share/${PN}; }
