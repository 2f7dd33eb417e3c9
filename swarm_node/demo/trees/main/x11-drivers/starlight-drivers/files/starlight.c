#include <stdio.h>

int main(void) {
    printf("starlight display driver for kernel %s, %d ticks a second\n", KERNEL_RELEASE, KERNEL_HZ);
    return 0;
}
