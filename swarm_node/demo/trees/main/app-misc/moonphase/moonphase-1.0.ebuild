EAPI=8

C_PROGRAM="moonphase"
C_LINKS="ephem"

inherit small-c

DESCRIPTION="Prints the age and the phase of the Moon"
HOMEPAGE="https://demo.invalid/moonphase"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="dev-libs/libephem:="
RDEPEND="${DEPEND}"
