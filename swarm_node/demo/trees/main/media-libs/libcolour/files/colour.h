#ifndef COLOUR_H
#define COLOUR_H

/* What to print before and after a star of a magnitude; empty where standard output is no terminal. */
const char *colour_of_magnitude(double magnitude);
const char *colour_end(void);

#endif
