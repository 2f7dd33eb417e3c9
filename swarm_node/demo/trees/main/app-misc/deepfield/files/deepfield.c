#include <canvas.h>
#include <nebula.h>

int main(void) {
    struct canvas canvas = {.count = 0};
    for (int i = 0; i < CANVAS_MARKS; i++) {
        double across = (i * 37 % 64) / 63.0, down = (i * 23 % 64) / 63.0;
        canvas_add(&canvas, (struct canvas_mark){across, down, 6 - 6 * nebula_brightness(across, down), "nebula"});
    }
    canvas_print(&canvas, stdout);
    return 0;
}
