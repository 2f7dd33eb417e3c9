EAPI=8

DESCRIPTION="Keeps to its own directory"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { touch trespassed || die; }
src_install() { dodir /usr/share/${PN}; }
