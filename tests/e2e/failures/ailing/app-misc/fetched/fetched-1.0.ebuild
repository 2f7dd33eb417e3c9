EAPI=8

DESCRIPTION="Has a source that is fetched from a mirror that answers"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
SRC_URI="mirror://near/${P}.txt"

src_install() { dodir /usr/share/${PN}; }
