EAPI=8

DESCRIPTION="A C library of one function"
LICENSE="free"
SLOT="0/1"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	echo 'int aa_answer(void);' > aa.h || die
	echo 'int aa_answer(void) { return 42; }' > aa.c || die
	"${CC:-gcc}" -shared -fPIC -Wl,-soname,libaa.so.1 -o libaa.so.1 aa.c || die
}

src_install() {
	insinto /usr/include
	doins aa.h
	exeinto /usr/lib
	doexe libaa.so.1
	dosym libaa.so.1 /usr/lib/libaa.so
}
