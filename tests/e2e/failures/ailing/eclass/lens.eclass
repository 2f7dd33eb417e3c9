# @ECLASS: lens.eclass
# @SUPPORTED_EAPIS: 8
# @BLURB: for packages that look through a lens

lens_src_compile() { echo "ground" > lens || die; }

EXPORT_FUNCTIONS src_compile
