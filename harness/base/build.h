/* What this program was built from: version, commit, compiler. */
#ifndef QB_BUILD_H
#define QB_BUILD_H

const char *qb_build_version(void);  /* "0.1.0" */
const char *qb_build_git(void);      /* "abc1234", "abc1234-dirty", or "" when not built from a git checkout */
const char *qb_build_compiler(void); /* "gcc 12.2.0" */
const char *qb_build_flags(void);    /* "optimization=3 sanitize=none", as Meson was told */

#endif
