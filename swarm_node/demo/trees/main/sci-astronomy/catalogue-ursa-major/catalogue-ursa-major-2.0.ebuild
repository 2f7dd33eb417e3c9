EAPI=8

inherit star-catalogue

DESCRIPTION="The stars of Ursa Major"
HOMEPAGE="https://demo.invalid/catalogue-ursa-major"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
