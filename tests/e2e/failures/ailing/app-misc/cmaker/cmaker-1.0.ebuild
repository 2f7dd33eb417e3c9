EAPI=8

DESCRIPTION="Looks for a CMake package that it does not declare"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_configure() {
	printf '%s\n' 'cmake_minimum_required(VERSION 3.10)' 'project(orbit NONE)' 'find_package(Moon REQUIRED)' > CMakeLists.txt || die
	cmake -DCMAKE_PREFIX_PATH="${EPREFIX}"/usr . || die "cmake failed"
}

src_install() { dodir /usr/share/${PN}; }
