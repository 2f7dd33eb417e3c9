#include "perturb.h"

extern double (*const perturb_table[])(double);
extern const int perturb_count;

double perturb_of_planet(int planet, double t) {
    double sum = 0;
    for (int i = planet; i < perturb_count; i += 8) sum += perturb_table[i](t);
    return sum;
}
