#include <star.h>
#include <stdio.h>

int main(void) {
    static const struct star polaris = {"Polaris", 2.5303, 89.264, 1.98}, crux = {"Acrux", 12.4433, -63.099, 0.77};
#ifdef SKY_NORTH
    printf("north: turn the map around %s\n", polaris.name);
#endif
#ifdef SKY_SOUTH
    printf("south: turn the map opposite %s\n", crux.name);
#endif
    printf("%s and %s: %.1f degrees apart\n", polaris.name, crux.name, star_separation(&polaris, &crux));
    return 0;
}
