EAPI=8

C_PROGRAM="skyclock"
C_LINKS="ephem"

inherit small-c

DESCRIPTION="Tells sidereal time"
HOMEPAGE="https://demo.invalid/skyclock"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
IUSE="+colour"
DEPEND="
	dev-libs/libephem:=
	colour? ( media-libs/libcolour:= )
"
RDEPEND="${DEPEND}"

src_configure() {
	if use colour; then
		append_cppflags -DCLOCK_COLOUR
		C_LINKS+=" colour"
	fi
	small-c_src_configure
}
