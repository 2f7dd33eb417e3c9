EAPI=8

DESCRIPTION="Has all of its source"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { mkdir part || die; }

src_install() { dodir /usr/share/${PN}; }
