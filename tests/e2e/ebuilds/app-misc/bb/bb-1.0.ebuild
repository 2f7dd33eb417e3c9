EAPI=8

DESCRIPTION="A small C program with a dependency and a USE flag"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
IUSE="loud"
DEPEND="dev-libs/libaa:="
RDEPEND="${DEPEND}"
S="${WORKDIR}"

src_compile() {
	echo '[1/2] writing'
	printf '#include <stdio.h>\n#include <aa.h>\nint main(void) { printf("%%d\\n", aa_answer()); }\n' > bb.c || die
	echo '[2/2] compiling'
	gcc -I"${EPREFIX}"/usr/include -o bb bb.c -L"${EPREFIX}"/usr/lib -laa || die
}

src_install() {
	dobin bb
	use loud && newbin bb bb-loud
}
