EAPI=8

C_PROGRAM="sundial"
C_LINKS="ephem plane1"

inherit small-c

DESCRIPTION="Draws the hour lines of a sundial"
HOMEPAGE="https://demo.invalid/sundial"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="
	dev-libs/libephem:=
	sci-libs/libplane:1=
"
RDEPEND="${DEPEND}"
