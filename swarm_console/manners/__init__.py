"""How a person wants the console, and how it behaves to one: themes, memory, bell, title, shell."""
