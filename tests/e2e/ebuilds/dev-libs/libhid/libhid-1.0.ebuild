EAPI=8

DESCRIPTION="A C library of one function"
LICENSE="free"
SLOT="0/1"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	echo 'int hid_answer(void);' > hid.h || die
	echo 'int hid_answer(void) { return 42; }' > hid.c || die
	"${CC:-gcc}" -shared -fPIC -Wl,-soname,libhid.so.1 -o libhid.so.1 hid.c || die
}

src_install() {
	insinto /usr/include
	doins hid.h
	exeinto /usr/lib
	doexe libhid.so.1
	dosym libhid.so.1 /usr/lib/libhid.so
}
