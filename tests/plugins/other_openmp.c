/* Stands for another OpenMP runtime: a library called libomp.so.5. */
int omp_get_max_threads(void);
int omp_get_max_threads(void) { return 1; }
