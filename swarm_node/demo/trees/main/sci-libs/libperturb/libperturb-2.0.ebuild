EAPI=8

C_LIBRARY="perturb"

inherit small-c

DESCRIPTION="Perturbations of the planets as long series of terms"
HOMEPAGE="https://demo.invalid/libperturb"
LICENSE="Swarm-Demo"
SLOT="0/2"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
BDEPEND="dev-util/starforge"

src_prepare() {
	default
	starforge series perturb 24 900 || die
}
