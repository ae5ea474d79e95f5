#include <stdio.h>

int main(void)
{
    return printf("qatbench %s\n", QB_VERSION) < 0;
}
