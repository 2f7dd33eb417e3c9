EAPI=8

DESCRIPTION="Tales of the constellations"
HOMEPAGE="https://demo.invalid/starlore"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
SRC_URI="mirror://demo/${P}.tar"

src_compile() {
	emake PREFIX="${EPREFIX}/usr"
}

src_install() {
	emake DESTDIR="${D}" PREFIX="${EPREFIX}/usr" install
}
