EAPI=8

DESCRIPTION="A library, the first version"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() { dodir /usr/share/${PN}; }
