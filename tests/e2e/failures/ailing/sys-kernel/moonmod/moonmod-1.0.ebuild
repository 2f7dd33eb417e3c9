EAPI=8

DESCRIPTION="A module for the kernel of the machine that builds it"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { emake -C "${KERNEL_DIR:-${EPREFIX}/usr/src/linux}" M="${S}" modules; }
src_install() { dodir /usr/share/${PN}; }
