#include "chart.h"
#include <canvas.h>
#include <sky.h>

static struct canvas drawn(const struct constellation *self) {
    struct sky_place places[CANVAS_MARKS];
    struct constellation shown = *self;
    struct canvas canvas = {.count = 0};
    if (shown.count > CANVAS_MARKS) shown.count = CANVAS_MARKS;
    sky_places(&shown, places);
    for (size_t i = 0; i < shown.count; i++) {
        const struct star *star = &shown.stars[i];
        canvas_add(&canvas, (struct canvas_mark){places[i].across, places[i].down, star->magnitude, star->name});
    }
    return canvas;
}

void chart_print(const struct constellation *self, FILE *out) {
    struct canvas canvas = drawn(self);
    const struct star *brightest = constellation_brightest(self);
    fprintf(out, "%s: %zu stars, brightest %s (%.2f)\n", self->name, self->count, brightest->name, brightest->magnitude);
    canvas_print(&canvas, out);
}

#ifdef CANVAS_SVG
void chart_write_svg(const struct constellation *self, FILE *out) {
    struct canvas canvas = drawn(self);
    canvas_write_svg(&canvas, out);
}
#endif
