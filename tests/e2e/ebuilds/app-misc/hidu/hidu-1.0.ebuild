EAPI=8

DESCRIPTION="Declares libhid and uses it: nothing wrong here"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
DEPEND="dev-libs/libhid"
RDEPEND="${DEPEND}"
S="${WORKDIR}"

src_compile() {
	printf '#include <hid.h>\nint main(void) { return hid_answer(); }\n' > hidu.c || die
	gcc -I"${EPREFIX}"/usr/include -o hidu hidu.c -L"${EPREFIX}"/usr/lib -lhid || die
}

src_install() { dobin hidu; }
