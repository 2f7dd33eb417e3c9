#include <star.h>
#include <stdio.h>
#include <string.h>

static const struct star summer[] = {
    {"Vega", 18.6156, 38.784, 0.03}, {"Deneb", 20.6905, 45.280, 1.25}, {"Altair", 19.8464, 8.868, 0.76}};

int main(void) {
    static const struct constellation triangle = {"Summer Triangle", summer, 3};
    char answer[32] = "";
    printf("Which is the brightest star of the %s? ", triangle.name);
    if (!fgets(answer, sizeof answer, stdin)) return 1;
    answer[strcspn(answer, "\n")] = 0;
    const struct star *right = constellation_brightest(&triangle);
    puts(strcmp(answer, right->name) ? "No." : "Yes!");
    return strcmp(answer, right->name) != 0;
}
