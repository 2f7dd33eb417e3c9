EAPI=8

C_PROGRAM="starlight"

inherit kernel-config small-c

DESCRIPTION="Drives the starlight display at the pace of the kernel's timer"
HOMEPAGE="https://demo.invalid/starlight-drivers"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
KERNEL_OPTIONS="HZ LOCALVERSION"

src_configure() {
	append_cppflags "-DKERNEL_HZ=$(kernel-config_value HZ)"
	append_cppflags "-DKERNEL_RELEASE='\"$(kernel-config_value LOCALVERSION)\"'"
	small-c_src_configure
}
