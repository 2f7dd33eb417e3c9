EAPI=8

C_LIBRARY="nebula"

inherit small-c

DESCRIPTION="Brightness of nebulae as series of terms"
HOMEPAGE="https://demo.invalid/libnebula"
LICENSE="Swarm-Demo"
SLOT="0/0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
BDEPEND="dev-util/starforge"

src_prepare() {
	default
	starforge series nebula 12 900 || die
}
