# @ECLASS: small-c.eclass
# @SUPPORTED_EAPIS: 8
# @BLURB: builds a C library or program whose sources lie flat in ${FILESDIR}
# @DESCRIPTION:
# Set C_LIBRARY (a name without "lib") or C_PROGRAM, and C_LINKS to the libraries to link. Every *.c in ${S} is
# compiled; src_prepare may generate more. A library's soname follows the subslot of the package.
# Run paths are relative to the file ($ORIGIN), so that a package works in a prefix of any path.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} is not supported" ;;
esac

: "${C_LIBRARY:=}"
: "${C_PROGRAM:=}"
: "${C_LINKS:=}"
# Installed below usr/lib without a soname, for programs that load it with dlopen.
: "${C_PLUGIN:=}"
# The folder of ${FILESDIR} with the sources, for a package whose slots have sources of their own.
: "${C_SOURCES:=.}"

small-c_compiler() {
	type -P "${CC:-${CHOST}-gcc}" || type -P gcc || type -P cc || die "no C compiler: install gcc"
}

small-c_soversion() {
	local subslot=${SLOT#*/}
	echo "${subslot:-0}"
}

append_cppflags() {
	export CPPFLAGS="${CPPFLAGS:+${CPPFLAGS} }$*"
}

small-c_src_unpack() {
	mkdir -p "${S}" || die
	cp -R "${FILESDIR}/${C_SOURCES}"/. "${S}" || die
}

# One explicit rule a source, so that each line of output tells how far the build has come.
small-c_src_configure() {
	local sources=( *.c ) output links=() source flag number=0
	[[ -e ${sources[0]} ]] || die "no C source in ${S}"
	for flag in ${C_LINKS}; do links+=( "-l${flag}" ); done
	if [[ -n ${C_LIBRARY} ]]; then
		output="lib${C_LIBRARY}.so.$(small-c_soversion)"
	else
		output=${C_PROGRAM:-${C_PLUGIN##*/}}
	fi
	{
		echo "CC = $(small-c_compiler)"
		echo "CPPFLAGS += -I. -I${ESYSROOT}/usr/include"
		echo "CFLAGS += -fPIC"
		echo "LDFLAGS += -L${ESYSROOT}/usr/lib -Wl,-rpath-link,${ESYSROOT}/usr/lib"
		echo "OBJECTS = ${sources[*]/%.c/.o}"
		echo "${output}: \$(OBJECTS)"
		printf '\t@echo "[%d/%d] Linking %s"\n' $(( ${#sources[@]} + 1 )) $(( ${#sources[@]} + 1 )) "${output}"
		if [[ -n ${C_LIBRARY} ]]; then
			printf '\t$(CC) -shared -Wl,-soname,%s $(LDFLAGS)' "${output}"
			printf " -Wl,-rpath,'\$\$ORIGIN'"
		elif [[ -n ${C_PLUGIN} ]]; then
			printf "\t\$(CC) -shared \$(LDFLAGS) -Wl,-rpath,'\$\$ORIGIN/..'"
		else
			printf "\t\$(CC) \$(LDFLAGS) -Wl,-rpath,'\$\$ORIGIN/../lib'"
		fi
		echo " -o \$@ \$(OBJECTS) ${links[*]} -lm"
		for source in "${sources[@]}"; do
			printf '%s: %s\n' "${source%.c}.o" "${source}"
			printf '\t@echo "[%d/%d] Compiling %s"\n' $(( ++number )) $(( ${#sources[@]} + 1 )) "${source}"
			printf '\t@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<\n'
		done
	} > Makefile || die
}

small-c_src_compile() {
	emake
}

small-c_src_install() {
	local header output
	if [[ -n ${C_LIBRARY} ]]; then
		output="lib${C_LIBRARY}.so.$(small-c_soversion)"
		exeinto /usr/lib
		doexe "${output}"
		dosym "${output}" "/usr/lib/lib${C_LIBRARY}.so"
		insinto /usr/include
		for header in *.h; do doins "${header}"; done
	elif [[ -n ${C_PLUGIN} ]]; then
		exeinto "/usr/lib/${C_PLUGIN%/*}"
		doexe "${C_PLUGIN##*/}"
	else
		dobin "${C_PROGRAM}"
	fi
}

EXPORT_FUNCTIONS src_unpack src_configure src_compile src_install
