EAPI=8

inherit star-catalogue

DESCRIPTION="The stars of Pegasus"
HOMEPAGE="https://demo.invalid/catalogue-pegasus"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
