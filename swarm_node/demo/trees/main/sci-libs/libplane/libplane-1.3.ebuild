EAPI=8

C_LIBRARY="plane1"
C_SOURCES="1"

inherit small-c

DESCRIPTION="Maps the sphere to a plane: orthographic"
HOMEPAGE="https://demo.invalid/libplane"
LICENSE="Swarm-Demo"
SLOT="1/1"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
