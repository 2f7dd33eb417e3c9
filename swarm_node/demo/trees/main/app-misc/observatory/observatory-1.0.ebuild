EAPI=8

DESCRIPTION="Everything that an observatory needs"
HOMEPAGE="https://demo.invalid/observatory"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
RDEPEND="
	app-misc/constellation
	app-misc/deepfield
	app-misc/moonphase
	app-misc/orrery
	app-misc/skyclock
	app-misc/sundial
	app-text/almanac
	games-misc/starquiz
"
