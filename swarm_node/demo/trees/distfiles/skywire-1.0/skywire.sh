#!/bin/sh
# skywire: the circulars of the week
cat "@circulars@"
