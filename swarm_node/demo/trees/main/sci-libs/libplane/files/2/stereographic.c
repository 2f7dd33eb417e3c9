#include "plane2.h"
#include <math.h>

static double radians(double degrees) { return degrees * 3.14159265358979323846 / 180; }

struct plane_point plane2_map(double longitude, double latitude, double centre_longitude, double centre_latitude) {
    double turn = radians(longitude - centre_longitude), a = radians(latitude), b = radians(centre_latitude);
    double scale = 2 / (1 + sin(b) * sin(a) + cos(b) * cos(a) * cos(turn));
    return (struct plane_point){scale * cos(a) * sin(turn), scale * (cos(b) * sin(a) - sin(b) * cos(a) * cos(turn))};
}
