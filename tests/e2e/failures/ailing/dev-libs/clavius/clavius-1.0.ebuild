EAPI=8

DESCRIPTION="Owns /usr/share/moon/crater as well"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_install() {
	echo Clavius > crater || die
	insinto /usr/share/moon
	doins crater
}
