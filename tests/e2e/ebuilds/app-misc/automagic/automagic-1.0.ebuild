EAPI=8

DESCRIPTION="Declares libaa, and links libhid whenever it happens to be there"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
DEPEND="dev-libs/libaa"
RDEPEND="${DEPEND}"
S="${WORKDIR}"

src_compile() {
	local found=
	[[ -e ${EPREFIX}/usr/lib/libhid.so ]] && found="-Wl,--no-as-needed -lhid"
	printf '#include <aa.h>\nint main(void) { return aa_answer(); }\n' > automagic.c || die
	gcc -I"${EPREFIX}"/usr/include -o automagic automagic.c -L"${EPREFIX}"/usr/lib -laa ${found} || die
}

src_install() { dobin automagic; }
