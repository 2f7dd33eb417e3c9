EAPI=8

DESCRIPTION="Masked by its repository"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() { dodir /usr/share/${PN}; }
