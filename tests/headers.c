/* A public header compiles alone, as the first line of a C11 and of a C++17 file; HEADER is it. */
#include HEADER

int qb_header_is_there(void);
int qb_header_is_there(void) { return 1; }
