#include "sky.h"
#include <math.h>
#include <plane2.h>

struct centre {
    double longitude, latitude;
};

/* The mean direction, so that a constellation on both sides of 0h is no exception. */
static struct centre centre_of(const struct constellation *self) {
    const double degree = 3.14159265358979323846 / 180;
    double x = 0, y = 0, z = 0;
    for (size_t i = 0; i < self->count; i++) {
        double a = self->stars[i].hours * 15 * degree, d = self->stars[i].degrees * degree;
        x += cos(d) * cos(a), y += cos(d) * sin(a), z += sin(d);
    }
    return (struct centre){atan2(y, x) / degree, atan2(z, hypot(x, y)) / degree};
}

void sky_places(const struct constellation *self, struct sky_place *places) {
    struct centre centre = centre_of(self);
    double reach = 1e-9;
    for (size_t i = 0; i < self->count; i++) {
        const struct star *star = &self->stars[i];
        struct plane_point at = plane2_map(star->hours * 15, star->degrees, centre.longitude, centre.latitude);
        places[i] = (struct sky_place){-at.x, -at.y};
        reach = fmax(reach, fmax(fabs(at.x), fabs(at.y)));
    }
    for (size_t i = 0; i < self->count; i++) {
        places[i].across = 0.5 + places[i].across / (2 * reach);
        places[i].down = 0.5 + places[i].down / (2 * reach);
    }
}
