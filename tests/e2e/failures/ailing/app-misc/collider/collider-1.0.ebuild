EAPI=8

DESCRIPTION="Needs two libraries that own the same file"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
DEPEND="dev-libs/tycho dev-libs/clavius"

src_install() { dodir /usr/share/${PN}; }
