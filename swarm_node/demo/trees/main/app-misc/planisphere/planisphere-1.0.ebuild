EAPI=8

C_PROGRAM="planisphere"
C_LINKS="star"

inherit small-c

DESCRIPTION="A turning map of the northern or of the southern sky"
HOMEPAGE="https://demo.invalid/planisphere"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
IUSE="north south"
REQUIRED_USE="|| ( north south )"
DEPEND="dev-libs/libstar:="
RDEPEND="${DEPEND}"

src_configure() {
	use north && append_cppflags -DSKY_NORTH
	use south && append_cppflags -DSKY_SOUTH
	small-c_src_configure
}
