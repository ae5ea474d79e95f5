/* What this program was built from. QB_VERSION and QB_BUILD_FLAGS come from meson.build, QB_GIT from git through
 * the generated qb_git.h. */
#include "base/build.h"

#include "qb_git.h"

const char *qb_build_version(void)
{
    return QB_VERSION;
}

const char *qb_build_git(void)
{
    return QB_GIT;
}

const char *qb_build_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

const char *qb_build_flags(void)
{
    return QB_BUILD_FLAGS;
}
