EAPI=8

DESCRIPTION="A library, the second version"
LICENSE="free"
SLOT="0/2"
KEYWORDS="amd64"
S="${WORKDIR}"
IUSE="extra"

src_install() { dodir /usr/share/${PN}; }
