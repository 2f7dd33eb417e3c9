EAPI=8

DESCRIPTION="Takes the library as it is"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
RDEPEND=">=dev-libs/aa-2"

src_install() { dodir /usr/share/${PN}; }
