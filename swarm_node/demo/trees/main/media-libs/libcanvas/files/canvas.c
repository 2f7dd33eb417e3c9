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

struct row {
    char cells[CANVAS_WIDTH + 1];
    double magnitudes[CANVAS_WIDTH]; /* of the marks; labels stay uncoloured */
};

static int column_of(const struct canvas_mark *mark) { return (int)(mark->across * (CANVAS_WIDTH - 1) + 0.5); }

static void put_mark(struct row *row, const struct canvas_mark *mark) {
    row->cells[column_of(mark)] = symbol(mark->magnitude);
    row->magnitudes[column_of(mark)] = mark->magnitude;
}

/* Beside its mark, on the right or on the left, where nothing else stands. */
static void put_label(struct row *row, const struct canvas_mark *mark) {
    int length = (int)strlen(mark->label), places[] = {column_of(mark) + 2, column_of(mark) - 1 - length};
    for (int i = 0; i < 2; i++) {
        int start = places[i];
        if (start < 0 || start + length > CANVAS_WIDTH) continue;
        if ((int)strspn(row->cells + start, " ") < length) continue;
        memcpy(row->cells + start, mark->label, length);
        return;
    }
}

static void print_row(const struct canvas *self, int number, FILE *out) {
    struct row row;
    memset(row.cells, ' ', CANVAS_WIDTH);
    row.cells[CANVAS_WIDTH] = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < self->count; i++)
            if ((int)(self->marks[i].down * (CANVAS_HEIGHT - 1) + 0.5) == number)
                (pass ? put_label : put_mark)(&row, &self->marks[i]);
    for (int column = 0; column < CANVAS_WIDTH; column++) {
        if (!strchr("@*+.", row.cells[column])) fputc(row.cells[column], out);
        else fprintf(out, "%s%c%s", colour_of_magnitude(row.magnitudes[column]), row.cells[column], colour_end());
    }
    fputc('\n', out);
}

void canvas_print(const struct canvas *self, FILE *out) {
    for (int row = 0; row < CANVAS_HEIGHT; row++) print_row(self, row, out);
}
