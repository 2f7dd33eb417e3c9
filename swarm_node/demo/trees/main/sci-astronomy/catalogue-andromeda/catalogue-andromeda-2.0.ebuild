EAPI=8

inherit star-catalogue

DESCRIPTION="The stars of Andromeda"
HOMEPAGE="https://demo.invalid/catalogue-andromeda"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
