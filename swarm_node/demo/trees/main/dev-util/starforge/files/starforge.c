/* starforge catalogue NAME < stars.csv    a plugin for constellation, on standard output
 * starforge series NAME FILES TERMS       NAME_1.c … and NAME_table.c in the current directory */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int catalogue(const char *name) {
    char line[256];
    int number = 0;
    printf("#include <star.h>\n\nstatic const struct star stars[] = {\n");
    while (fgets(line, sizeof line, stdin)) {
        char label[64];
        double hours, degrees, magnitude;
        number++;
        if (line[0] == '#') continue;
        if (sscanf(line, "%63[^,],%lf,%lf,%lf", label, &hours, &degrees, &magnitude) != 4) {
            fprintf(stderr, "stars.csv:%d: expected name,hours,degrees,magnitude\n", number);
            return 1;
        }
        printf("    {\"%s\", %.5f, %.5f, %.2f},\n", label, hours, degrees, magnitude);
    }
    printf("};\n\nstatic const struct constellation self = {\n    \"%s\", stars, sizeof stars / sizeof stars[0]};\n", name);
    printf("\nconst struct constellation *constellation(void) { return &self; }\n");
    printf("\nconst struct star *brightest(void) { return constellation_brightest(&self); }\n");
    return number == 0;
}

/* The same seed gives the same terms on every machine. */
static double next_term(unsigned long *seed) {
    *seed = (*seed * 1103515245UL + 12345UL) & 0x7fffffffUL;
    return (double)*seed / 0x7fffffffUL;
}

static FILE *source(const char *name, const char *part) {
    char path[256];
    snprintf(path, sizeof path, "%s_%s.c", name, part);
    FILE *out = fopen(path, "w");
    if (!out) perror(path);
    return out;
}

static int series(const char *name, int files, int terms) {
    unsigned long seed = 42;
    for (int file = 1; file <= files; file++) {
        char part[16];
        snprintf(part, sizeof part, "%d", file);
        FILE *out = source(name, part);
        if (!out) return 1;
        fprintf(out, "#include <math.h>\n\ndouble %s_%d(double t) {\n    double sum = 0;\n", name, file);
        for (int term = 1; term <= terms; term++) {
            double amplitude = next_term(&seed) / term, rate = 10 * next_term(&seed), phase = next_term(&seed);
            fprintf(out, "    sum += %.9f * sin(%.9f * t + %.9f);\n", amplitude, rate, phase);
        }
        fprintf(out, "    return sum;\n}\n");
        fclose(out);
    }
    FILE *table = source(name, "table");
    if (!table) return 1;
    for (int file = 1; file <= files; file++) fprintf(table, "double %s_%d(double t);\n", name, file);
    fprintf(table, "\ndouble (*const %s_table[])(double) = {\n", name);
    for (int file = 1; file <= files; file++) fprintf(table, "    %s_%d,\n", name, file);
    fprintf(table, "};\n\nconst int %s_count = %d;\n", name, files);
    return fclose(table) != 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "catalogue")) return catalogue(argv[2]);
    if (argc == 5 && !strcmp(argv[1], "series")) return series(argv[2], atoi(argv[3]), atoi(argv[4]));
    fprintf(stderr, "usage: starforge catalogue NAME < stars.csv | starforge series NAME FILES TERMS\n");
    return 2;
}
