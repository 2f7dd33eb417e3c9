#ifndef CHART_H
#define CHART_H
#include <star.h>
#include <stdio.h>

void chart_print(const struct constellation *self, FILE *out);
/* Only where it was built with USE=svg. */
void chart_write_svg(const struct constellation *self, FILE *out);

#endif
