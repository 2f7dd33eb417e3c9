#ifndef NEBULA_H
#define NEBULA_H

/* Brightness of the sky at a place, each coordinate from 0 to 1; the answer too. */
double nebula_brightness(double across, double down);

#endif
