#include "star.h"
#include <ephem.h>
#include <math.h>

static double radians(double degrees) { return degrees * 3.14159265358979323846 / 180; }

double star_separation(const struct star *one, const struct star *other) {
    double a = radians(one->degrees), b = radians(other->degrees);
    double turn = radians(15 * (one->hours - other->hours));
    double cosine = sin(a) * sin(b) + cos(a) * cos(b) * cos(turn);
    return acos(cosine > 1 ? 1 : cosine) * 180 / 3.14159265358979323846;
}

double star_hours_to_transit(const struct star *self, double day, double longitude) {
    double hours = self->hours - ephem_sidereal(day, longitude);
    return (hours < 0 ? hours + 24 : hours) * 0.99726957;
}
