EAPI=8

C_LIBRARY="chart"
C_LINKS="sky star canvas"

inherit small-c

DESCRIPTION="Charts of constellations"
HOMEPAGE="https://demo.invalid/libchart"
LICENSE="Swarm-Demo"
SLOT="0/1"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
IUSE="svg"
DEPEND="
	dev-libs/libstar:=
	dev-libs/libsky:=
	media-libs/libcanvas:=[svg?]
"
RDEPEND="${DEPEND}"

src_configure() {
	use svg && append_cppflags -DCANVAS_SVG
	small-c_src_configure
}
