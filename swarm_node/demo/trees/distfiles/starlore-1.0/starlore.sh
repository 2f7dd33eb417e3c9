#!/bin/sh
# starlore [NAME]: what is told of a constellation
grep -i "^${1:-}" "@lore@"
