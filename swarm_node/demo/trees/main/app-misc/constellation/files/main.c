/* constellation [--svg] [NAME]    charts of the installed constellations, or of one */
#include "plugins.h"
#include <chart.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const struct constellation *all[128];
    int svg = argc > 1 && !strcmp(argv[1], "--svg");
    const char *name = argc > 1 + svg ? argv[1 + svg] : NULL;
    int count = plugins_load(all, 128), shown = 0;
    for (int i = 0; i < count; i++) {
        if (name && strcmp(name, all[i]->name)) continue;
        (svg ? chart_write_svg : chart_print)(all[i], stdout);
        shown++;
    }
    if (name && !shown) {
        fprintf(stderr, "constellation: no catalogue of %s; install sci-astronomy/catalogue-%s\n", name, name);
        return 1;
    }
    if (!name) printf("%d constellations\n", shown);
    return shown == 0;
}
