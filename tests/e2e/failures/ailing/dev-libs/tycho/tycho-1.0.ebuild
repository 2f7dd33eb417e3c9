EAPI=8

DESCRIPTION="Owns /usr/share/moon/crater"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() {
	echo Tycho > crater || die
	insinto /usr/share/moon
	doins crater
}
