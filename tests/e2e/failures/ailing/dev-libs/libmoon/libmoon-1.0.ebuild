EAPI=8

DESCRIPTION="A header, a pkg-config file, a CMake package and a Python module"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	echo 'static inline int moon_phase(void) { return 42; }' > moon.h || die
	printf '%s\n' 'Name: moon' 'Description: phases' 'Version: 1.0' "Cflags: -I${EPREFIX}/usr/include" > moon.pc || die
	echo 'set(Moon_FOUND 1)' > MoonConfig.cmake || die
	echo 'PHASE = 42' > moon.py || die
}

src_install() {
	insinto /usr/include
	doins moon.h
	insinto /usr/lib/pkgconfig
	doins moon.pc
	insinto /usr/lib/cmake/Moon
	doins MoonConfig.cmake
	insinto /usr/lib/moon
	doins moon.py
}
