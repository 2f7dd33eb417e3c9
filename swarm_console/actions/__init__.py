"""Everything that an operator can do, each action declared once."""
