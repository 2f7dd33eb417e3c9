# Portage unpacks with gtar, a name that GNU tar has on Gentoo and hardly anywhere else.
type -P gtar > /dev/null || gtar() { tar "$@"; }
