EAPI=8

C_LIBRARY="ephem"
C_LINKS="angle"

inherit small-c

DESCRIPTION="Days, sidereal time, the Sun and the Moon"
HOMEPAGE="https://demo.invalid/libephem"
LICENSE="Swarm-Demo"
SLOT="0/2"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="dev-libs/libangle:="
RDEPEND="${DEPEND}"
