#include "ephem.h"
#include <angle.h>

/* Counted in mean months from the new Moon of 6 January 2000. */
double ephem_moon_age(double day) { return angle_wrap(day - 2451550.26, 29.530588853); }
