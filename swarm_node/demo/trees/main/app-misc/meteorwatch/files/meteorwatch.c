#include <ephem.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

struct shower {
    const char *name;
    double sun; /* longitude of the Sun at the peak, degrees */
};

int main(void) {
    static const struct shower showers[] = {{"Quadrantids", 283.2}, {"Lyrids", 32.3},  {"Perseids", 140.0},
                                            {"Orionids", 208.0},    {"Leonids", 235.3}, {"Geminids", 262.2}};
    double sun = ephem_sun(ephem_day((double)time(NULL)));
    for (int i = 0; i < 6; i++) {
        double days = fmod(showers[i].sun - sun + 360, 360) / 0.9856;
        printf("%-12s peak in %3.0f days\n", showers[i].name, days);
    }
    return 0;
}
