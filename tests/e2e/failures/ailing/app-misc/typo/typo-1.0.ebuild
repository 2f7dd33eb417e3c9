EAPI=8

DESCRIPTION="A C program without one of its semicolons"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	printf 'int main(void)\n{\n    return 0\n}\n' > typo.c || die
	emake CC=gcc typo
}

src_install() { dobin typo; }
