#ifndef ANGLE_H
#define ANGLE_H
#include <stddef.h>

double angle_radians(double degrees);
double angle_degrees(double radians);
/* The same angle between 0 and a whole turn (360 degrees, 24 hours). */
double angle_wrap(double angle, double turn);
/* 5.9195 hours as "05h 55m 10s". */
void angle_spell_hours(double hours, char *text, size_t size);

#endif
