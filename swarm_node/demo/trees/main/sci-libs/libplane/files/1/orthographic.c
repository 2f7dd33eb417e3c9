#include "plane1.h"
#include <math.h>

static double radians(double degrees) { return degrees * 3.14159265358979323846 / 180; }

struct plane_point plane1_map(double longitude, double latitude, double centre_longitude, double centre_latitude) {
    double turn = radians(longitude - centre_longitude), a = radians(latitude), b = radians(centre_latitude);
    return (struct plane_point){cos(a) * sin(turn), cos(b) * sin(a) - sin(b) * cos(a) * cos(turn)};
}
