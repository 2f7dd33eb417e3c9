#include <canvas.h>
#include <nebula.h>

int main(void) {
    struct canvas canvas = {.count = 0};
    for (int i = 0; i < CANVAS_MARKS; i++) {
        double across = (i * i * 37 % 101) / 100.0, down = (i * 61 % 103) / 102.0;
        canvas_add(&canvas, (struct canvas_mark){across, down, 6 - 6 * nebula_brightness(across, down), ""});
    }
    canvas_print(&canvas, stdout);
    return 0;
}
