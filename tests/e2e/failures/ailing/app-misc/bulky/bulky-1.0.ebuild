EAPI=8

DESCRIPTION="Writes more than may fit"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { head -c 16M /dev/zero > filler || die "no room for the filler"; }
src_install() { dodir /usr/share/${PN}; }
