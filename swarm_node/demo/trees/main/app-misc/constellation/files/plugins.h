#include <star.h>

/* The constellations in ../lib/constellation beside this program, by name. Returns how many. */
int plugins_load(const struct constellation **found, int most);
