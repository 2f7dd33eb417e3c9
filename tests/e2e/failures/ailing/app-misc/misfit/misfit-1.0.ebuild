EAPI=8

DESCRIPTION="Installs a program that it does not build"
LICENSE="free"
SLOT="0"
KEYWORDS="amd64"
S="${WORKDIR}"

src_compile() { printf '#!/bin/sh\n' > lamp || die; }
src_install() { dobin lantern; }
