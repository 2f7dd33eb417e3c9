#include "nebula.h"
#include <math.h>

extern double (*const nebula_table[])(double);
extern const int nebula_count;

double nebula_brightness(double across, double down) {
    double sum = 0;
    for (int i = 0; i < nebula_count; i++) sum += nebula_table[i](i % 2 ? across : down);
    return 0.5 + 0.5 * tanh(sum / 4);
}
