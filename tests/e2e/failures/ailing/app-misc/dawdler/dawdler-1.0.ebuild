EAPI=8

DESCRIPTION="Says nothing for a while"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { sleep "${NAP:-3600}"; }
src_install() { dodir /usr/share/${PN}; }
