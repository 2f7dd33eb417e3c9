#include "colour.h"
#include <stdlib.h>
#include <unistd.h>

static int wanted(void) { return isatty(STDOUT_FILENO) && !getenv("NO_COLOR"); }

const char *colour_of_magnitude(double magnitude) {
    if (!wanted()) return "";
    if (magnitude < 1) return "\033[1;36m";
    return magnitude < 2.5 ? "\033[1;37m" : "\033[2;37m";
}

const char *colour_end(void) { return wanted() ? "\033[0m" : ""; }
