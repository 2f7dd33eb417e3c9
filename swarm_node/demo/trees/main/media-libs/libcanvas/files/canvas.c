#include "canvas.h"
#include <string.h>
#ifdef CANVAS_COLOUR
#include <colour.h>
#else
static const char *colour_of_magnitude(double magnitude) { return (void)magnitude, ""; }
static const char *colour_end(void) { return ""; }
#endif

void canvas_add(struct canvas *self, struct canvas_mark mark) {
    if (self->count < CANVAS_MARKS) self->marks[self->count++] = mark;
}

static char symbol(double magnitude) { return magnitude < 1 ? '@' : magnitude < 2.5 ? '*' : magnitude < 4 ? '+' : '.'; }

static void print_row(const struct canvas *self, int row, FILE *out) {
    char cells[CANVAS_WIDTH + 1];
    double magnitudes[CANVAS_WIDTH];
    memset(cells, ' ', CANVAS_WIDTH);
    cells[CANVAS_WIDTH] = 0;
    for (int i = 0; i < self->count; i++) {
        const struct canvas_mark *mark = &self->marks[i];
        if ((int)(mark->down * (CANVAS_HEIGHT - 1) + 0.5) != row) continue;
        int column = (int)(mark->across * (CANVAS_WIDTH - 1) + 0.5);
        cells[column] = symbol(mark->magnitude);
        magnitudes[column] = mark->magnitude;
    }
    for (int column = 0; column < CANVAS_WIDTH; column++) {
        if (cells[column] == ' ') fputc(' ', out);
        else fprintf(out, "%s%c%s", colour_of_magnitude(magnitudes[column]), cells[column], colour_end());
    }
    fputc('\n', out);
}

void canvas_print(const struct canvas *self, FILE *out) {
    for (int row = 0; row < CANVAS_HEIGHT; row++) print_row(self, row, out);
}
