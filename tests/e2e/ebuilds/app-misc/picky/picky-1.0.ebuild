EAPI=8

DESCRIPTION="Refuses in pkg_setup, and asks for USE flags that fit"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
IUSE="tui gui"
REQUIRED_USE="^^ ( tui gui )"
S="${WORKDIR}"

pkg_setup() { use tui && die "there is no terminal here"; }
src_install() { dodir /usr/share/picky; }
