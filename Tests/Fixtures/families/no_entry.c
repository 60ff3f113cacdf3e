/* A shared library that is something else. */
int answer(void);
int answer(void) { return 42; }
