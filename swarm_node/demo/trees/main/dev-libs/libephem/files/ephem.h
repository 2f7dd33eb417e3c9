#ifndef EPHEM_H
#define EPHEM_H

/* Julian day of a moment in seconds since 1970. */
double ephem_day(double unix_seconds);
/* Sidereal time in hours at a longitude in degrees, east positive. */
double ephem_sidereal(double day, double longitude);
/* Ecliptic longitude of the Sun in degrees. */
double ephem_sun(double day);
/* Declination of the Sun in degrees. */
double ephem_sun_declination(double day);
/* Days since the last new Moon, 0 to 29.53. */
double ephem_moon_age(double day);

#endif
