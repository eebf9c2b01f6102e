#include <stdio.h>
#include <string.h>

/* Counts how often a line of the file holds `href=`. */
int main(int argc, char **argv) {
    char line[4096];
    int links = 0;
    FILE *page = fopen(argc > 1 ? argv[1] : "page.html", "r");
    if (page == NULL) {
        perror("href-counter");
        return 1;
    }
    while (fgets(line, sizeof line, page) != NULL)
        for (const char *at = line; (at = strstr(at, "href=")) != NULL; at += strlen("href="))
            links++;
    fclose(page);
    printf("%d links\n", links);
    return 0;
}
