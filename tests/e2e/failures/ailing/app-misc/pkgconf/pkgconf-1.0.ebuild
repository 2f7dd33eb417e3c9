EAPI=8

DESCRIPTION="Asks pkg-config for a library that it does not declare"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_configure() {
	PKG_CONFIG_PATH="${EPREFIX}"/usr/lib/pkgconfig pkg-config --print-errors --cflags moon > cflags || die "moon not found"
}

src_install() { dodir /usr/share/${PN}; }
