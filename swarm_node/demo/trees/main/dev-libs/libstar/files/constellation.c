#include "star.h"

const struct star *constellation_brightest(const struct constellation *self) {
    const struct star *best = self->stars;
    for (size_t i = 1; i < self->count; i++)
        if (self->stars[i].magnitude < best->magnitude) best = &self->stars[i];
    return best;
}
