#ifndef STAR_H
#define STAR_H
#include <stddef.h>

struct star {
    const char *name;
    double hours;     /* right ascension */
    double degrees;   /* declination */
    double magnitude; /* smaller is brighter */
};

struct constellation {
    const char *name;
    const struct star *stars;
    size_t count;
};

/* What a catalogue, a plugin in usr/lib/constellation, exports as "constellation". */
typedef const struct constellation *constellation_of_plugin(void);

/* Degrees between two stars. */
double star_separation(const struct star *one, const struct star *other);
const struct star *constellation_brightest(const struct constellation *self);
/* Hours until a star next stands in the south, seen from a longitude in degrees. */
double star_hours_to_transit(const struct star *self, double day, double longitude);

#endif
