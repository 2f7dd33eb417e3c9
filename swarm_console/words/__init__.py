"""How things are said: events, digests, times and sizes in words, text from outside made safe."""
