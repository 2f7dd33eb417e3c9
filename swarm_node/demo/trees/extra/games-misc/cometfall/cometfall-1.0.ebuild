EAPI=8

C_PROGRAM="cometfall"
C_LINKS="ephem"

inherit small-c

DESCRIPTION="Catch the comets before they fall"
HOMEPAGE="https://demo.invalid/cometfall"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="dev-libs/libephem:="
RDEPEND="${DEPEND}"
