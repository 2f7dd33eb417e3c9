#include "canvas.h"

void canvas_write_svg(const struct canvas *self, FILE *out) {
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-20 -20 440 440\">\n"
                 "<rect x=\"-20\" y=\"-20\" width=\"440\" height=\"440\" fill=\"#0b1026\"/>\n");
    for (int i = 0; i < self->count; i++) {
        const struct canvas_mark *mark = &self->marks[i];
        double x = 400 * mark->across, y = 400 * mark->down, size = mark->magnitude < 5 ? 6 - mark->magnitude : 1;
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#fff\"/>\n", x, y, size);
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" fill=\"#9ab\" font-size=\"11\">%s</text>\n", x + 8, y, mark->label);
    }
    fprintf(out, "</svg>\n");
}
