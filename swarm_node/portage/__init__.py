"""Everything that knows Gentoo: packages, their index, emerge, prefixes, trees and profiles."""
