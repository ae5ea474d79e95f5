# shellcheck shell=sh
# Sourced by quickstart and check: the Debian packages that qatbench needs, how they get here, and how to configure.
# The sourcing script has set -eu, and `here` to the folder of the checkout.
# shellcheck disable=SC2154 # here

# The one list. The last line is not needed to build: plots, and the default data set.
packages='gcc libc6-dev meson ninja-build pkg-config
  libdnnl-dev libyaml-dev libjansson-dev libmd-dev librandom123-dev zlib1g-dev libarchive-dev
  libjpeg62-turbo-dev libpng-dev check
  gnuplot-nox dataset-fashion-mnist'

say() { printf '==> %s\n' "$*" >&2; }

# stop STATUS TEXT...
stop() {
  status=$1
  shift
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit "$status"
}

# Names of the packages that are not installed, on one line; nothing when all are there.
missing_packages() {
  for package in $packages; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || printf '%s ' "$package"
  done
}

# Installs what is missing with apt, as root or through sudo. Exit 69 with the line to type where it may not.
install_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "this is no Debian system: what is needed has to be there already (Debian names: $packages)"
    return 0
  fi
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  line="apt-get install --no-install-recommends ${missing% }"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=''
  elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root='sudo'
  else
    stop 69 "some packages are missing and this user may not install them; please type as root:
  $line"
  fi
  say "installing with apt: $missing"
  $as_root apt-get update -q >&2 </dev/null ||
    say 'apt-get update failed; trying with the package lists that are there'
  # shellcheck disable=SC2086 # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2 </dev/null ||
    stop 69 "apt could not install them; please type as root:
  $line"
}

# quietly LOGFILE COMMAND...: its output goes to the file, and to the terminal when it fails.
quietly() {
  log=$1
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log" >&2
    stop 1 "failed: $*
  the whole output is in $log"
  fi
}

# configure FOLDER OPTIONS...: sets up a build folder of the checkout $here, or changes the options of one.
configure() {
  folder=$1
  shift
  mkdir -p "$folder" || stop 74 "$folder: cannot be made"
  if [ -f "$folder/build.ninja" ]; then
    quietly "$folder/setup.log" meson configure "$folder" "$@"
  elif [ -f "$folder/meson-private/coredata.dat" ]; then # an earlier attempt was cut off
    quietly "${TMPDIR:-/tmp}/qatbench-setup.log" meson setup --wipe "$folder" "$here" "$@"
  else
    quietly "$folder/setup.log" meson setup "$folder" "$here" "$@"
  fi
}
