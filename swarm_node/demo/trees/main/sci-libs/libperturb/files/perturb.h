#ifndef PERTURB_H
#define PERTURB_H

/* How far a planet (0 to 7) stands off its mean place at t, in centuries; in arc seconds. */
double perturb_of_planet(int planet, double t);

#endif
