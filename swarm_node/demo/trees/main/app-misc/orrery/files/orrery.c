#include <ephem.h>
#include <perturb.h>
#include <stdio.h>
#include <time.h>

int main(void) {
    static const char *const names[] = {"Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"};
    double day = ephem_day((double)time(NULL));
    printf("day %.1f\n", day);
    for (int planet = 0; planet < 8; planet++)
        printf("%-8s %+8.3f arc seconds off its mean place\n", names[planet],
               perturb_of_planet(planet, (day - 2451545.0) / 36525));
    return 0;
}
