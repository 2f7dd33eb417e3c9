EAPI=8

C_PROGRAM="starforge"

inherit small-c

DESCRIPTION="Writes C sources from star catalogues and from series of terms"
HOMEPAGE="https://demo.invalid/starforge"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
