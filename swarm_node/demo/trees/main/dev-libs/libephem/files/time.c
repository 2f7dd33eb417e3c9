#include "ephem.h"
#include <angle.h>

double ephem_day(double unix_seconds) { return unix_seconds / 86400 + 2440587.5; }

double ephem_sidereal(double day, double longitude) {
    double since = day - 2451545.0;
    return angle_wrap(18.697374558 + 24.06570982441908 * since + longitude / 15, 24);
}
