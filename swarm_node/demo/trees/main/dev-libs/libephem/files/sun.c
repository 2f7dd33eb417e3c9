#include "ephem.h"
#include <angle.h>
#include <math.h>

double ephem_sun(double day) {
    double since = day - 2451545.0;
    double anomaly = angle_radians(357.529 + 0.98560028 * since);
    return angle_wrap(280.459 + 0.98564736 * since + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly), 360);
}

double ephem_sun_declination(double day) {
    double tilt = angle_radians(23.439);
    return angle_degrees(asin(sin(tilt) * sin(angle_radians(ephem_sun(day)))));
}
