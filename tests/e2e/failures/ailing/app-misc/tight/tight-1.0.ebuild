EAPI=8

DESCRIPTION="Is compiled within an address space that may be too small"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	printf '#include <regex>\nint main() { return std::regex("a").mark_count(); }\n' > tight.cc || die
	(ulimit -v "${ADDRESS_SPACE:-1000000}"; g++ -o tight tight.cc) || die "not compiled"
}

src_install() { dodir /usr/share/${PN}; }
