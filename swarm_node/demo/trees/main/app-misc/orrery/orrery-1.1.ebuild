EAPI=8

C_PROGRAM="orrery"
C_LINKS="ephem perturb"

inherit small-c

DESCRIPTION="Prints where the planets stand"
HOMEPAGE="https://demo.invalid/orrery"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="
	dev-libs/libephem:=
	sci-libs/libperturb:=
"
RDEPEND="${DEPEND}"
