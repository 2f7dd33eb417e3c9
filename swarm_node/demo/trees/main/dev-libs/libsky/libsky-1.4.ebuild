EAPI=8

C_LIBRARY="sky"
C_LINKS="star plane2"

inherit small-c

DESCRIPTION="Places the stars of a constellation on a map"
HOMEPAGE="https://demo.invalid/libsky"
LICENSE="Swarm-Demo"
SLOT="0/1"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="
	dev-libs/libstar:=
	sci-libs/libplane:2=
"
RDEPEND="${DEPEND}"
