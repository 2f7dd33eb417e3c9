#include "angle.h"
#include <math.h>
#include <stdio.h>

void angle_spell_hours(double hours, char *text, size_t size) {
    long seconds = lround(angle_wrap(hours, 24) * 3600) % 86400;
    snprintf(text, size, "%02ldh %02ldm %02lds", seconds / 3600, seconds / 60 % 60, seconds % 60);
}
