EAPI=8

C_LIBRARY="angle"

inherit small-c

DESCRIPTION="Angles: degrees, hours and their spelling"
HOMEPAGE="https://demo.invalid/libangle"
LICENSE="Swarm-Demo"
SLOT="0/1"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
