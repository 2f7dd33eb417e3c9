EAPI=8

C_LIBRARY="colour"

inherit small-c

DESCRIPTION="Colours of stars on a terminal"
HOMEPAGE="https://demo.invalid/libcolour"
LICENSE="Swarm-Demo"
SLOT="0/1"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
