# @ECLASS: star-catalogue.eclass
# @SUPPORTED_EAPIS: 8
# @BLURB: builds a catalogue of stars, ${FILESDIR}/stars.csv, into a plugin that app-misc/constellation loads

C_PLUGIN="constellation/${PN#catalogue-}.so"
C_LINKS="star"

inherit small-c

SLOT="0"
DEPEND="dev-libs/libstar:="
RDEPEND="${DEPEND}"
BDEPEND="dev-util/starforge"

star-catalogue_src_prepare() {
	default
	starforge catalogue "${PN#catalogue-}" < stars.csv > catalogue.c || die "stars.csv was refused"
}

EXPORT_FUNCTIONS src_prepare
