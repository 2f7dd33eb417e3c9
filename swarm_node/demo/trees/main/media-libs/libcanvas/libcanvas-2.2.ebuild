EAPI=8

C_LIBRARY="canvas"

inherit small-c

DESCRIPTION="Draws points and lines with characters, and as SVG"
HOMEPAGE="https://demo.invalid/libcanvas"
LICENSE="Swarm-Demo"
SLOT="0/2"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
IUSE="+colour svg"
DEPEND="colour? ( media-libs/libcolour:= )"
RDEPEND="${DEPEND}"

src_prepare() {
	default
	use svg || rm svg.c || die
}

src_configure() {
	use svg && append_cppflags -DCANVAS_SVG
	if use colour; then
		append_cppflags -DCANVAS_COLOUR
		C_LINKS="colour"
	fi
	small-c_src_configure
}
