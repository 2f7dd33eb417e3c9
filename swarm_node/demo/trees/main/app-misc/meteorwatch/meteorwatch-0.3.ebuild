EAPI=8

C_PROGRAM="meteorwatch"
C_LINKS="ephem"

inherit small-c

DESCRIPTION="Tells which meteor showers are active"
HOMEPAGE="https://demo.invalid/meteorwatch"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="~amd64 ~arm ~arm64 ~loong ~ppc64 ~riscv ~x86"
DEPEND="dev-libs/libephem:="
RDEPEND="${DEPEND}"
