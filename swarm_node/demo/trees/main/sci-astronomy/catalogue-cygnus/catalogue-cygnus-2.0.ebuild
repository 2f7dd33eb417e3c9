EAPI=8

inherit star-catalogue

DESCRIPTION="The stars of Cygnus"
HOMEPAGE="https://demo.invalid/catalogue-cygnus"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
