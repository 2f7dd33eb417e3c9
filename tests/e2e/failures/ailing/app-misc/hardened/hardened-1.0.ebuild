EAPI=8

DESCRIPTION="Is compiled for a processor that its CFLAGS name"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	printf 'int main(void) { return 0; }\n' > hardened.c || die
	gcc ${CFLAGS} -o hardened hardened.c || die "not compiled"
}

src_install() { dodir /usr/share/${PN}; }
