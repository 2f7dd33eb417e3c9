# @ECLASS: kernel-config.eclass
# @SUPPORTED_EAPIS: 8
# @BLURB: for packages that are built against the kernel of the machine that builds them
# @DESCRIPTION:
# Set KERNEL_OPTIONS to the options that must be on. Only a build from source looks at the kernel: a binary package
# was built against one already.

: "${KERNEL_DIR:=${EPREFIX}/usr/src/linux}"
: "${KERNEL_OPTIONS:=}"

# @FUNCTION: kernel-config_value
# @USAGE: <option>
# @DESCRIPTION:
# What the kernel's configuration says of CONFIG_<option>; nothing when it is off.
kernel-config_value() {
	sed -n "s/^CONFIG_$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}$/\\1/p" "${KERNEL_DIR}/.config"
}

kernel-config_pkg_setup() {
	[[ ${MERGE_TYPE} == binary ]] && return
	local option
	einfo "Looking for the kernel sources at ${KERNEL_DIR}"
	if [[ ! -f ${KERNEL_DIR}/.config ]]; then
		eerror "No kernel sources at ${KERNEL_DIR}: kernel configuration (.config) not found."
		eerror "This package must be built on the machine whose kernel it is for."
		die "${KERNEL_DIR}/.config: kernel configuration not found"
	fi
	for option in ${KERNEL_OPTIONS}; do
		[[ -n $(kernel-config_value "${option}") ]] || die "the kernel needs CONFIG_${option}"
	done
}

EXPORT_FUNCTIONS pkg_setup
