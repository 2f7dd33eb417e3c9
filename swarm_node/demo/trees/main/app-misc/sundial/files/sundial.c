#include <ephem.h>
#include <plane1.h>
#include <stdio.h>
#include <time.h>

int main(void) {
    double declination = ephem_sun_declination(ephem_day((double)time(NULL)));
    printf("The Sun stands %+.1f degrees from the equator.\n", declination);
    for (int hour = 6; hour <= 18; hour++) {
        struct plane_point shadow = plane1_map(15.0 * (hour - 12), declination, 0, 48);
        printf("%02d:00  %+.3f %+.3f\n", hour, -shadow.x, -shadow.y);
    }
    return 0;
}
