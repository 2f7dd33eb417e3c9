EAPI=8

DESCRIPTION="Declares libaa, and secretly includes a header of libhid"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
DEPEND="dev-libs/libaa"
RDEPEND="${DEPEND}"
S="${WORKDIR}"

src_compile() {
	printf '#include <aa.h>\n#include <hid.h>\nint main(void) { return aa_answer(); }\n' > sneaky.c || die
	gcc -I"${EPREFIX}"/usr/include -o sneaky sneaky.c -L"${EPREFIX}"/usr/lib -laa || die
}

src_install() { dobin sneaky; }
