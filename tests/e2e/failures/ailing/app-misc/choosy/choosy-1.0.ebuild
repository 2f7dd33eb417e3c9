EAPI=8

DESCRIPTION="Wants a flag of a library"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
RDEPEND="dev-libs/aa[extra]"

src_install() { dodir /usr/share/${PN}; }
