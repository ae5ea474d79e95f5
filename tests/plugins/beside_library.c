/* The library that beside.c needs. */
__attribute__((visibility("default"))) int number_beside(void);
int number_beside(void) { return 5; }
