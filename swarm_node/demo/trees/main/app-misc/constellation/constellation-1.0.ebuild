EAPI=8

C_PROGRAM="constellation"
C_LINKS="chart star dl"

inherit small-c

DESCRIPTION="Prints the constellations of the night sky"
HOMEPAGE="https://demo.invalid/constellation"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="
	dev-libs/libstar:=
	media-libs/libchart:=[svg]
"
RDEPEND="${DEPEND}
	sci-astronomy/catalogue-andromeda
	sci-astronomy/catalogue-cassiopeia
	sci-astronomy/catalogue-cygnus
	sci-astronomy/catalogue-draco
	sci-astronomy/catalogue-lyra
	sci-astronomy/catalogue-orion
	sci-astronomy/catalogue-pegasus
	sci-astronomy/catalogue-ursa-major
"
