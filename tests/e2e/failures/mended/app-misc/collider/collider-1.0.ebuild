EAPI=8

DESCRIPTION="Needs one of two libraries that own the same file"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
DEPEND="dev-libs/tycho"

src_install() { dodir /usr/share/${PN}; }
