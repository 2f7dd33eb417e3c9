/* skyclock [LONGITUDE] */
#include <ephem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef CLOCK_COLOUR
#include <colour.h>
#else
static const char *colour_of_magnitude(double magnitude) { return (void)magnitude, ""; }
static const char *colour_end(void) { return ""; }
#endif

int main(int argc, char **argv) {
    double hours = ephem_sidereal(ephem_day((double)time(NULL)), argc > 1 ? atof(argv[1]) : 0);
    int minutes = (int)(hours * 60);
    printf("%s%02d:%02d%s sidereal time\n", colour_of_magnitude(0), minutes / 60, minutes % 60, colour_end());
    return 0;
}
