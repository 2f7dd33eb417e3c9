#ifndef SKY_H
#define SKY_H
#include <star.h>

struct sky_place {
    double across, down; /* each from 0 to 1 */
};

/* Places the stars of a constellation on a square map, east on the left as seen from below. */
void sky_places(const struct constellation *self, struct sky_place *places);

#endif
