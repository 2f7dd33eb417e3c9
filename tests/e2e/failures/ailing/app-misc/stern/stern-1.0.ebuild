EAPI=8

DESCRIPTION="Under a licence that must be accepted"
LICENSE="Strict"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() { dodir /usr/share/${PN}; }
