EAPI=8

DESCRIPTION="Says nothing for a while"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { sleep 12; }
src_install() { dodir /usr/share/${PN}; }
