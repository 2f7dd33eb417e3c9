EAPI=8

inherit lens
DESCRIPTION="Inherits an eclass"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() { dodir /usr/share/${PN}; }
