#ifndef PLANE2_H
#define PLANE2_H

/* Where a point of the sphere falls on a plane that touches it at the centre; all angles in degrees. */
struct plane_point {
    double x, y;
};

struct plane_point plane2_map(double longitude, double latitude, double centre_longitude, double centre_latitude);

#endif
