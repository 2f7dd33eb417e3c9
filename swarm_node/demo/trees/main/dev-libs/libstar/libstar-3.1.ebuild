EAPI=8

C_LIBRARY="star"
C_LINKS="ephem"

inherit small-c

DESCRIPTION="Stars, constellations and what plugins with catalogues look like"
HOMEPAGE="https://demo.invalid/libstar"
LICENSE="Swarm-Demo"
SLOT="0/3"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="dev-libs/libephem:="
RDEPEND="${DEPEND}"
