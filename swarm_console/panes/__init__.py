"""The parts of a screen: given a picture they draw it, and they say what was chosen."""
