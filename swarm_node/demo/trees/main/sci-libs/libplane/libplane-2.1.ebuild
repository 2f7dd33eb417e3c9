EAPI=8

C_LIBRARY="plane2"
C_SOURCES="2"

inherit small-c

DESCRIPTION="Maps the sphere to a plane: stereographic"
HOMEPAGE="https://demo.invalid/libplane"
LICENSE="Swarm-Demo"
SLOT="2/2"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
