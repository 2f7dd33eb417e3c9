EAPI=8

C_PROGRAM="deepfield"
C_LINKS="canvas nebula"

inherit small-c

DESCRIPTION="Draws a patch of deep sky"
HOMEPAGE="https://demo.invalid/deepfield"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
DEPEND="
	media-libs/libcanvas:=
	sci-libs/libnebula:=
"
RDEPEND="${DEPEND}"
