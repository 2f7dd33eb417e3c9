EAPI=8

DESCRIPTION="Wants to know which half of the sky"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
IUSE="north south"
REQUIRED_USE="^^ ( north south )"

src_install() { dodir /usr/share/${PN}; }
