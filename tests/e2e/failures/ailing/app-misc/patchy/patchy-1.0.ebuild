EAPI=8

DESCRIPTION="Has a patch that fits another version of its source"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

PATCHES=( "${FILESDIR}"/rhyme.patch )

src_unpack() { printf 'one\ntwo\nthree\n' > rhyme || die; }
src_install() { dodir /usr/share/${PN}; }
