#include <stdio.h>

int main(void) {
    puts("Hello from an image that holds nothing but me.");
    return 0;
}
