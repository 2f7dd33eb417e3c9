#include "angle.h"
#include <math.h>

static const double pi = 3.14159265358979323846;

double angle_radians(double degrees) { return degrees * pi / 180; }

double angle_degrees(double radians) { return radians * 180 / pi; }

double angle_wrap(double angle, double turn) {
    double rest = fmod(angle, turn);
    return rest < 0 ? rest + turn : rest;
}
