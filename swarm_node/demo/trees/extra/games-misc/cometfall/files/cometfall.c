#include <ephem.h>
#include <stdio.h>
#include <time.h>

int main(void) {
    int column = (int)(ephem_sidereal(ephem_day((double)time(NULL)), 0) * 2);
    for (int row = 0; row < 8; row++) printf("%*s\n", column + row + 1, row < 7 ? "." : "*");
    puts("A comet fell.");
    return 0;
}
