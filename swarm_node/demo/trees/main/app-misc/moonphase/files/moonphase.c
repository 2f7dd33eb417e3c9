#include <ephem.h>
#include <stdio.h>
#include <time.h>

int main(void) {
    static const char *const phases[] = {"new", "waxing crescent", "first quarter", "waxing gibbous",
                                         "full", "waning gibbous", "last quarter", "waning crescent"};
    double age = ephem_moon_age(ephem_day((double)time(NULL)));
    printf("%s Moon, %.1f days old\n", phases[(int)(age / 29.530588853 * 8 + 0.5) % 8], age);
    return 0;
}
