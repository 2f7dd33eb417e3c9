EAPI=8

C_PROGRAM="starquiz"
C_LINKS="star"

inherit small-c

DESCRIPTION="Asks for stars by constellation"
HOMEPAGE="https://demo.invalid/starquiz"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="dev-libs/libstar:="
RDEPEND="${DEPEND}"
