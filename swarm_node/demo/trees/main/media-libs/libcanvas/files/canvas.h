#ifndef CANVAS_H
#define CANVAS_H
#include <stdio.h>

enum { CANVAS_WIDTH = 48, CANVAS_HEIGHT = 16, CANVAS_MARKS = 64 };

struct canvas_mark {
    double across, down; /* each from 0 to 1 */
    double magnitude;
    const char *label;
};

struct canvas {
    struct canvas_mark marks[CANVAS_MARKS];
    int count;
};

/* Marks beyond CANVAS_MARKS are left out. */
void canvas_add(struct canvas *self, struct canvas_mark mark);
void canvas_print(const struct canvas *self, FILE *out);
/* Only where it was built with USE=svg. */
void canvas_write_svg(const struct canvas *self, FILE *out);

#endif
