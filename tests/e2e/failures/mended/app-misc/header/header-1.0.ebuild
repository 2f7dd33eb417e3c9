EAPI=8

DESCRIPTION="Includes a header of a library that it does not declare"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"
DEPEND="dev-libs/libmoon"

src_compile() {
	printf '#include <moon.h>\nint main(void) { return moon_phase() - 42; }\n' > phase.c || die
	gcc -I"${EPREFIX}"/usr/include -o phase phase.c || die "no phase"
}

src_install() { newbin phase ${PN}; }
