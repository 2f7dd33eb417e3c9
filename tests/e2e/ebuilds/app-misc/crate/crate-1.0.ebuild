EAPI=8

DESCRIPTION="Says what cargo says when it is asked to draw its bar"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() {
	[[ ${CARGO_TERM_PROGRESS_WHEN}/${CARGO_TERM_PROGRESS_WIDTH} == always/80 ]] || die "it is not asked to"
	printf '   Compiling bb v0.1.0\n    Building [======>                      ] 1/4: bb     \r'
	printf '   Compiling cc v0.1.0\n    Building [====================>        ] 3/4: cc     \r'
	printf '    Finished `release` profile [optimized] target(s) in 0.01s\n'
}
src_install() { dodir /usr/share/crate; }
