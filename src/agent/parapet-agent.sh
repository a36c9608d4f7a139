#!/bin/sh
# Parapet's agent for Linux. It tells a Parapet service what is installed on this server: the packages of dpkg, rpm or
# apk, some applications, the distribution, the running kernel and the addresses. It changes nothing on the server and
# listens on no port. `parapet-agent help` says how to use it; `parapet-agent report --print` shows what it would send.
#
# POSIX sh, for dash, busybox ash and bash. It needs awk, sed, sort, find, uname, and curl or GNU wget. Secrets are never
# in the arguments of a command: curl and wget read them from a file or a pipe. What the report looks like, byte by byte,
# is written in src/inventory/report.ts of Parapet.
set -u
LC_ALL=C
export LC_ALL
umask 077

VERSION=0.1.0

# Exit codes.
FAILED=1          # something is wrong with this machine: said on stderr
USAGE=2           # the command line is wrong
NOT_ENROLLED=3
AWAY=4            # the service cannot be reached or is busy: the report is kept and sent later
REFUSED=5         # the service answered and said no
RUNNING=6         # another run is under way

CONNECT_TIMEOUT_SECONDS=30
REQUEST_TIMEOUT_SECONDS=300
PACKAGE_LIST_TIMEOUT_SECONDS=300
ANSWER_BYTES_MAX=65536
REPORT_BYTES_MAX=33554432
BACKOFF_FIRST_SECONDS=1800
BACKOFF_MAX_SECONDS=21600
APPLICATION_FILES_MAX=20000
PACKAGE_FILE_BLOCKS_MAX=256        # of 512 bytes: one package's own file
COMPOSER_FILE_BLOCKS_MAX=4096      # of 512 bytes: the list of all packages of a project
CMS_FILE_BLOCKS_MAX=1024           # of 512 bytes: a file by which a content management system is known
SBOM_BYTES_MAX=67108864
SBOM_ENCODED_BYTES_MAX=16777216    # all of them together, packed
APPLICATION_DEPTH_MAX=12
APPLICATION_TIMEOUT_SECONDS=120
APPLICATION_ROOTS="/usr/local/lib /opt /srv /var/www /app"
ADDRESSES_MAX=64
TIMER_DELAY_SECONDS=3600

# PARAPET_AGENT_DIR holds the enrolment and, where it is given, the spool too. PARAPET_AGENT_ROOT is another file system
# to look at instead of this machine's own (a mounted image, or a test).
ROOT=${PARAPET_AGENT_ROOT:-}
CONF_DIR=${PARAPET_AGENT_DIR:-/etc/parapet}
if [ -n "${PARAPET_AGENT_DIR:-}" ]; then SPOOL=$PARAPET_AGENT_DIR/spool; else SPOOL=/var/lib/parapet-agent; fi
PROGRAM=${PARAPET_AGENT_BIN:-/usr/local/sbin/parapet-agent}
CONF=$CONF_DIR/agent.conf
LOCK=$SPOOL/lock
WORK=
QUIET=

# cron and some shells leave out the folders in which `ip` lies.
case ":${PATH:-/usr/bin:/bin}:" in *:/usr/sbin:*) ;; *) PATH=${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin ;; esac
export PATH

say() { [ -n "$QUIET" ] || printf '%s\n' "$*"; }
warn() { printf 'parapet-agent: %s\n' "$*" >&2; }
die() {
  die_code=$1
  shift
  warn "$*"
  exit "$die_code"
}
has() { command -v "$1" >/dev/null 2>&1; }

# Kept from a terminal and from the report: control characters, in whatever a stranger wrote.
clean() { tr '\000-\011\013-\037\177' ' ' | sed 's/  *$//'; }

now() { date +%s; }
time_text() { date -u -d "@$1" '+%Y-%m-%d %H:%M:%S UTC' 2>/dev/null || printf '%s seconds since 1970' "$1"; }
is_number() { case $1 in '' | *[!0-9]* | ????????????*) return 1 ;; *) return 0 ;; esac; }

random_below() {
  random_value=$(od -An -N2 -tu2 /dev/urandom 2>/dev/null | tr -dc '0-9')
  is_number "$random_value" || random_value=$$
  echo $((random_value % $1))
}

# ---------------------------------------------------------------- the enrolment

# agent.conf: one `key value` a line. It is read, never executed.
conf_get() { [ -r "$CONF" ] && sed -n "s/^$1 //p" "$CONF" | head -n 1; }

load_enrolment() {
  if [ -e "$CONF" ] && [ ! -r "$CONF" ]; then die "$FAILED" "$CONF cannot be read: run it as root"; fi
  URL=$(conf_get url)
  SERVER_ID=$(conf_get server-id)
  CREDENTIAL=$(conf_get credential)
  CA=$(conf_get ca)
  PROXY=$(conf_get proxy)
  [ -n "$URL" ] && [ -n "$CREDENTIAL" ]
}

require_enrolment() {
  load_enrolment ||
    die "$NOT_ENROLLED" "this server is not enrolled: parapet-agent enrol URL TOKEN (a token comes from: parapet enrolment-token create)"
}

# Written beside and renamed, so that a full disk or a power cut leaves the old one.
save_enrolment() {
  {
    printf 'url %s\nserver-id %s\ncredential %s\n' "$URL" "$SERVER_ID" "$CREDENTIAL"
    [ -z "$CA" ] || printf 'ca %s\n' "$CA"
    [ -z "$PROXY" ] || printf 'proxy %s\n' "$PROXY"
  } >"$CONF.new" && chmod 600 "$CONF.new" && mv -f "$CONF.new" "$CONF" ||
    die "$FAILED" "$CONF could not be written: is the disk full, or read-only?"
  sync "$CONF" 2>/dev/null || true
}

# ---------------------------------------------------------------- one run at a time

make_folders() {
  mkdir -p "$CONF_DIR" "$SPOOL" 2>/dev/null && chmod 700 "$SPOOL" 2>/dev/null && [ -w "$SPOOL" ] ||
    die "$FAILED" "$CONF_DIR and $SPOOL cannot be written: run it as root, or choose another folder with PARAPET_AGENT_DIR"
}

# A symbolic link is made in one step together with what it says: the process that holds the lock.
take_lock() {
  make_folders
  lock_boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo -)
  lock_mine="$$.$lock_boot"
  lock_tries=0
  until ln -s "$lock_mine" "$LOCK" 2>/dev/null; do
    lock_tries=$((lock_tries + 1))
    [ "$lock_tries" -le 5 ] || die "$FAILED" "the lock $LOCK can neither be taken nor read"
    lock_held=$(readlink "$LOCK" 2>/dev/null) || continue
    if is_alive "$lock_held"; then
      say "another run is under way (process ${lock_held%%.*}); nothing was done"
      exit "$RUNNING"
    fi
    # Of a process that is gone. It is moved away rather than removed, and looked at again: another run may have been
    # faster, and then it is its lock that was moved.
    mv -f "$LOCK" "$LOCK.stale.$$" 2>/dev/null || continue
    if [ "$(readlink "$LOCK.stale.$$")" = "$lock_held" ]; then
      rm -f "$LOCK.stale.$$"
    else
      mv -f "$LOCK.stale.$$" "$LOCK"
    fi
  done
  trap 'release' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # What a run left that was killed.
  rm -rf "$SPOOL"/run.*
  WORK=$SPOOL/run.$$
  mkdir "$WORK" || die "$FAILED" "$SPOOL cannot be written: is the disk full?"
}

is_alive() {
  alive_pid=${1%%.*}
  is_number "$alive_pid" && [ "${1#*.}" = "$lock_boot" ] && kill -0 "$alive_pid" 2>/dev/null || return 1
  # A number that went to another program since.
  [ ! -r "/proc/$alive_pid/cmdline" ] || tr '\0' ' ' <"/proc/$alive_pid/cmdline" | grep -q 'parapet-agent'
}

release() {
  [ -z "$WORK" ] || rm -rf "$WORK"
  [ "$(readlink "$LOCK" 2>/dev/null)" != "$lock_mine" ] || rm -f "$LOCK"
}

# ---------------------------------------------------------------- what is installed

# A number of seconds, then a command: with a time limit where the machine can set one.
limited() {
  limited_seconds=$1
  shift
  if timeout 5 true 2>/dev/null; then timeout "$limited_seconds" "$@"; else "$@"; fi
}

problem() { printf '%s\n' "$*" | clean >>"$WORK/problems"; }

collect_dpkg() {
  [ -f "$ROOT/var/lib/dpkg/status" ] && has dpkg-query || return 0
  # shellcheck disable=SC2016 # the placeholders are dpkg's own
  limited "$PACKAGE_LIST_TIMEOUT_SECONDS" dpkg-query ${ROOT:+"--admindir=$ROOT/var/lib/dpkg"} -W \
    -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Status}\n' \
    >"$WORK/dpkg.list" 2>"$WORK/error" || unlistable dpkg
}

collect_rpm() {
  has rpm || return 0
  rpm_database=
  for rpm_folder in var/lib/rpm usr/lib/sysimage/rpm usr/share/rpm; do
    for rpm_file in Packages Packages.db rpmdb.sqlite; do
      [ ! -f "$ROOT/$rpm_folder/$rpm_file" ] || rpm_database=yes
    done
  done
  [ -n "$rpm_database" ] || return 0
  # Before 4.14 rpm knows no module labels and refuses a format with them.
  rpm_label=
  if rpm --querytags 2>/dev/null | grep -q '^MODULARITYLABEL$'; then rpm_label='%{MODULARITYLABEL}'; fi
  limited "$PACKAGE_LIST_TIMEOUT_SECONDS" rpm ${ROOT:+--root "$ROOT"} -qa --queryformat \
    "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t$rpm_label\\t%{VENDOR}\\n" \
    >"$WORK/rpm.list" 2>"$WORK/error" || unlistable rpm
}

collect_apk() {
  for apk_file in "$ROOT/lib/apk/db/installed" "$ROOT/usr/lib/apk/db/installed"; do
    [ -f "$apk_file" ] || continue
    awk '
      function end_record() {
        if (name != "") printf "%s\t%s\t%s\t%s\n", name, version, arch, origin
        name = version = arch = origin = ""
      }
      /^P:/ { name = substr($0, 3) }
      /^V:/ { version = substr($0, 3) }
      /^A:/ { arch = substr($0, 3) }
      /^o:/ { origin = substr($0, 3) }
      /^$/ { end_record() }
      END { end_record() }
    ' "$apk_file" >"$WORK/apk.list" 2>"$WORK/error" || unlistable apk
    return 0
  done
}

# A list that could not be read must not be taken for an empty one: every finding would count as fixed. Only where the
# machine is known to be of another package manager is it a side matter.
unlistable() {
  unlistable_reason=$(head -n 3 "$WORK/error" | tr '\n' ' ' | cut -c 1-200)
  rm -f "$WORK/$1.list"
  if [ "$1" = rpm ] && [ -s "$WORK/dpkg.list" ] && grep -Eq '^ID(_LIKE)?=.*(debian|ubuntu)' "$WORK/os-release"; then
    problem "rpm: $unlistable_reason"
  else
    printf '%s could not list its packages: %s\n' "$1" "$unlistable_reason" | clean >>"$WORK/fatal"
  fi
}

collect_os_release() {
  : >"$WORK/os-release"
  for os_file in etc/os-release usr/lib/os-release etc/euleros-release etc/redhat-release etc/centos-release etc/system-release; do
    [ -r "$ROOT/$os_file" ] || continue
    head -c 65536 "$ROOT/$os_file" | tr -d '\r\000' | grep -v -e '^\[' -e '^[[:space:]]*$' >"$WORK/os-release"
    [ ! -s "$WORK/os-release" ] || return 0
  done
  problem 'no os-release file was found'
}

collect_kernel() {
  uname -r | clean
  uname -v | clean
  [ ! -r "$ROOT/proc/version_signature" ] || head -n 1 "$ROOT/proc/version_signature" | clean
}

# What takes effect only with a restart, as the machine itself says: Debian's and Ubuntu's files, or needs-restarting of
# rpm systems, which ends with 1 and a list where a restart is needed.
collect_restart() {
  if [ -e "$ROOT/run/reboot-required" ] || [ -e "$ROOT/var/run/reboot-required" ]; then
    {
      cat "$ROOT/run/reboot-required.pkgs" 2>/dev/null || cat "$ROOT/var/run/reboot-required.pkgs" 2>/dev/null || echo unnamed
    } | head -c 65536 | grep -E '^[A-Za-z0-9][A-Za-z0-9.+:~_-]*$' | head -n 200
  elif has needs-restarting; then
    limited "$PACKAGE_LIST_TIMEOUT_SECONDS" needs-restarting -r 2>/dev/null | head -c 65536 |
      sed -n 's/^ *\* *\([A-Za-z0-9][A-Za-z0-9.+:~_-]*\) *$/\1/p' | head -n 200
  fi
}

# Addresses that others can reach the server under: none of loopback, of bridges and pairs that containers have, and
# none that changes by itself (temporary IPv6 ones).
collect_addresses() {
  {
    if has ip && ip -o addr show scope global >"$WORK/ip" 2>/dev/null; then
      awk '$0 !~ / (temporary|deprecated|tentative|dadfailed)( |$)/ && ($3 == "inet" || $3 == "inet6") {
        if ($2 !~ /^(lo|docker|br-|veth|virbr|vnet|cni|flannel|cali|cilium|kube|lxc|lxd|podman|nodelocaldns)/) print $4
      }' "$WORK/ip"
    elif has hostname && hostname -I >"$WORK/ip" 2>/dev/null; then
      tr ' ' '\n' <"$WORK/ip"
    elif has ifconfig && ifconfig >"$WORK/ip" 2>/dev/null; then
      awk '
        /^[^ \t]/ { skip = ($1 ~ /^(lo|docker|br-|veth|virbr|vnet|cni|flannel|cali|cilium|kube|lxc|lxd|podman)/) }
        !skip && $1 == "inet" { sub(/^addr:/, "", $2); print $2 }
        !skip && $1 == "inet6" && tolower($0) ~ /(global|scopeid 0x0)/ { print ($2 == "addr:" ? $3 : $2) }
      ' "$WORK/ip"
    elif [ -r /proc/net/fib_trie ]; then
      awk '/32 host LOCAL/ { print address } { address = $2 }' /proc/net/fib_trie | sort -u
    fi
  } | sed 's,/.*,,' | grep -E '^[0-9A-Fa-f:.]+$' | grep -v '^127\.' | awk '!seen[$0]++' | head -n "$ADDRESSES_MAX"
}

machine_id() {
  for id_file in "$ROOT/etc/machine-id" "$ROOT/var/lib/dbus/machine-id"; do
    [ -r "$id_file" ] || continue
    id_text=$(head -c 64 "$id_file" | head -n 1 | tr -dc '0-9A-Za-z-')
    case $id_text in '' | uninitialized) continue ;; esac
    printf '%s\n' "$id_text"
    return 0
  done
}

server_name() { uname -n | clean | cut -c 1-64; }

# Applications as their own installers record them, in the folders where servers have them. Folders of the distribution
# are left out: what lies there belongs to packages, with the distribution's own fixes.
collect_applications() {
  set --
  app_roots="$(printf '%s\n' $APPLICATION_ROOTS; settings look-in)"
  while IFS= read -r app_root; do
    if [ -L "$ROOT$app_root" ] || [ ! -d "$ROOT$app_root" ]; then
      case " $APPLICATION_ROOTS " in
        *" $app_root "*) ;;
        *) problem "$app_root is no folder (links are not followed) and was not looked into" ;;
      esac
      continue
    fi
    app_network=$(network_type "$app_root")
    if [ -n "$app_network" ]; then
      problem "$app_root lies on a network file system ($app_network) and was not looked into"
    else
      set -- "$@" "$ROOT$app_root"
    fi
  done <<ROOTS
$app_roots
ROOTS
  problem "applications were looked for in $(printf '%s\n' "$app_roots" | tr '\n' ' ')only: packages of npm, PyPI, RubyGems and Composer, and content management systems; programs in Go, Rust, Java and .NET were not looked into"
  if [ $# -eq 0 ]; then
    rm -f "$SPOOL/applications"
    return 0
  fi
  if limited "$APPLICATION_TIMEOUT_SECONDS" find "$@" -xdev -maxdepth "$APPLICATION_DEPTH_MAX" -type f \
    ! -path '*[[:cntrl:]]*' \( \
    -path '*/node_modules/*/package.json' -size "-$PACKAGE_FILE_BLOCKS_MAX" -o \
    -path '*.dist-info/METADATA' -size "-$PACKAGE_FILE_BLOCKS_MAX" -o \
    -path '*.egg-info/PKG-INFO' -size "-$PACKAGE_FILE_BLOCKS_MAX" -o \
    -path '*/specifications/*.gemspec' -size "-$PACKAGE_FILE_BLOCKS_MAX" -o \
    -path '*/vendor/composer/installed.json' -size "-$COMPOSER_FILE_BLOCKS_MAX" -o \
    -name '*.[jwe]ar' -o \
    -size "-$CMS_FILE_BLOCKS_MAX" \( \
    -path '*/wp-includes/version.php' -o \
    -path '*/wp-content/*plugins/*.php' ! -path '*/wp-content/*plugins/*/*/*' -o \
    -path '*/app/*plugins/*.php' ! -path '*/app/*plugins/*/*/*' -o \
    -path '*/themes/*/style.css' ! -path '*/themes/*/*/*' -o \
    -path '*/core/lib/Drupal.php' -o -path '*/includes/bootstrap.inc' -o \
    -name '*.info.yml' ! -path '*/core/*' -o -path '*/modules/*.info' -o \
    -path '*/administrator/manifests/files/joomla.xml' -o -path '*/administrator/manifests/packages/pkg_*.xml' -o \
    -path '*/administrator/components/com_*/*.xml' ! -path '*/com_*/*/*' -o \
    -path '*/modules/mod_*/mod_*.xml' -o -path '*/templates/*/templateDetails.xml' -o \
    -path '*/plugins/*/*/*.xml' ! -path '*/wp-content/*' ! -path '*/plugins/*/*/*/*' -o \
    -path '*/app/Mage.php' -o -path '*/ext_emconf.php' \) \) \
    >"$WORK/found" 2>/dev/null || [ $? -eq 1 ]; then
    # 1: a folder went away or could not be read, as happens on a running system.
    sort -u "$WORK/found" >"$WORK/files"
    if [ "$(wc -l <"$WORK/files")" -gt "$APPLICATION_FILES_MAX" ]; then
      problem "more than $APPLICATION_FILES_MAX application packages; the rest was not looked into"
    fi
    head -n "$APPLICATION_FILES_MAX" "$WORK/files" >"$WORK/read"
    if limited "$APPLICATION_TIMEOUT_SECONDS" awk -v root="$ROOT" "$APPLICATION_READER" "$WORK/read" \
      >"$WORK/applications.read" 2>/dev/null; then
      sed -n 's/^PROBLEM\t//p' "$WORK/applications.read" | while IFS= read -r app_problem; do problem "$app_problem"; done
      grep -v "^PROBLEM" "$WORK/applications.read" >"$WORK/applications.list" || true
      cp "$WORK/applications.list" "$WORK/applications.kept" && mv -f "$WORK/applications.kept" "$SPOOL/applications"
      return 0
    fi
  fi
  # Half a list would make findings look fixed: that of the last run that came to its end stands in for it.
  problem "looking into the applications failed or took longer than $APPLICATION_TIMEOUT_SECONDS seconds; those of an earlier run are told"
  if [ -f "$SPOOL/applications" ]; then cat "$SPOOL/applications"; fi >"$WORK/applications.list"
}

# Reads the files named on its input. JSON is split at its quotes: every second piece is a string, the others are
# structure, so that depth and keys are known without a whole parser.
# shellcheck disable=SC2016
APPLICATION_READER='
  function tell(text) { printf "PROBLEM\t%s\n", text }
  function shown(file) { return substr(file, length(root) + 1) }
  function add(ecosystem, name, version, file) {
    if (name == "" || version == "" || (name version) ~ /[[:cntrl:]]/ || length(name version) > 600) return
    file = substr(file, length(root) + 1)
    printf "%s\t%s\t%s\t%s\n", ecosystem, name, version, file
  }
  function read_headers(file,    line, name, version, lines) {
    while (lines++ < 200 && (getline line < file) > 0) {
      sub(/\r$/, "", line)
      if (line == "") break
      if (name == "" && line ~ /^Name:[ \t]/) name = trimmed(substr(line, 6))
      if (version == "" && line ~ /^Version:[ \t]/) version = trimmed(substr(line, 9))
    }
    add("PyPI", name, version, folder(file))
  }
  function read_gemspec(file,    line, words, lines) {
    while (lines++ < 5 && (getline line < file) > 0) {
      if (line !~ /^# stub: /) continue
      split(line, words, " ")
      add("RubyGems", words[3], words[4], file)
      break
    }
  }
  function trimmed(text) { sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text); return text }
  function folder(file) { sub(/\/[^\/]*$/, "", file); return file }
  # Name and version of the objects at the depth where packages stand: 1 in package.json; in installed.json 2 (a list,
  # Composer 1) or 3 (a list under "packages", Composer 2).
  function read_json(file, ecosystem, isList,    line, part, text, count, pieces, i, j, char, depth, wanted, name, version, key, list) {
    # In parts: a text that grows line by line would be copied as often as there are lines.
    while ((getline line < file) > 0) {
      part = part line " "
      if (length(part) > 4096) { text = text part; part = "" }
    }
    text = text part
    gsub(/\\\\/, "\\u005c", text)
    gsub(/\\"/, "\\u0022", text)
    count = split(text, pieces, "\"")
    wanted = isList ? (pieces[1] ~ /^[^{]*\[/ ? 2 : 3) : 1
    for (i = 1; i <= count; i++) {
      if (i % 2 == 0) {
        if (pieces[i + 1] ~ /^[ \t]*:/) {
          key = pieces[i]
          if (depth == 1) list = key
          # The value is the next string where nothing but the colon stands between.
          if (depth == wanted && (wanted < 3 || list == "packages") && pieces[i + 1] ~ /^[ \t]*:[ \t]*$/) {
            if (key == "name") name = pieces[i + 2]
            if (key == "version") version = pieces[i + 2]
          }
        }
        continue
      }
      for (j = 1; j <= length(pieces[i]); j++) {
        char = substr(pieces[i], j, 1)
        if (char == "{" || char == "[") {
          depth++
          if (depth == wanted) name = version = ""
        } else if (char == "}" || char == "]") {
          if (char == "}" && depth == wanted && (wanted < 3 || list == "packages"))
            add(ecosystem, name, version, isList ? folder(folder(file)) "/" name : folder(file))
          depth--
        }
      }
    }
  }
  function last_of(path) { sub(/^.*\//, "", path); return path }
  # The beginning of a file, some kilobytes, as one text with its line ends.
  function read_text(file, most,    line, text, lines) {
    while (lines++ < 5000 && length(text) < most && (getline line < file) > 0) {
      sub(/\r$/, "", line)
      text = text line "\n"
    }
    close(file)
    return text
  }
  # What follows a beginning, up to an end, both regular expressions; nothing where either is missing.
  function between(text, before, after) {
    if (!match(text, before)) return ""
    text = substr(text, RSTART + RLENGTH)
    return match(text, after) ? substr(text, 1, RSTART - 1) : ""
  }
  # A field in the header comment of a plugin or theme, as WordPress finds it.
  function header(text, field,    value) {
    value = between("\n" text, "\n([ \t]*<[?]php)?[ \t/*#@]*" field ":", "\n")
    sub(/[ \t]*([*]\/|[?]>).*$/, "", value)
    return trimmed(value)
  }
  function read_wordpress(file, kind, slug,    text, place) {
    text = read_text(file, 8192)
    if (header(text, kind == "theme" ? "Theme Name" : "Plugin Name") == "") return
    if (slug == "hello") slug = "hello-dolly"
    place = file ~ /plugins\/[^\/]+[.]php$/ ? file : folder(file)
    text = header(text, "Version")
    sub(/^[vV]/, "", text)
    if (text == "") tell(shown(file) ": a " kind " of WordPress without a version")
    else add("WordPress", kind "/" tolower(slug), text, place)
  }
  function yaml_field(text, field,    value) {
    value = between("\n" text, "\n" field "[ \t]*[:=][ \t]*", "\n")
    gsub(/["\047 \t]/, "", value)
    return value
  }
  function read_drupal(file,    text, project, version) {
    text = read_text(file, 65536)
    project = yaml_field(text, "project")
    version = yaml_field(text, "version")
    if (project == "" || project == "drupal" || version == "" || project !~ /^[a-z0-9_]+$/) return
    if (version ~ /^[5-7][.]x-/) { old_modules++; if (old_first == "") old_first = shown(folder(file)) }
    else add("Packagist", "drupal/" project, version, folder(file))
  }
  function read_joomla(file, name,    text) {
    text = read_text(file, 65536)
    if (text !~ /<(extension|install|mosinstall)[ \t\n]/) return
    if (name == "") name = "joomla/joomla-cms"
    else if (text ~ /<author>[ \t\n]*Joomla! Project/) return
    text = trimmed(between(text, "<version>[ \t\n]*", "[ \t\n]*</version>"))
    if (name ~ /\//) add("Packagist", name, text, folder(folder(folder(folder(file)))))
    else add("Joomla", tolower(name), text, folder(file))
  }
  function read_typo3(file,    version, name) {
    version = between(read_text(file, 65536), "[\"\047]version[\"\047][ \t]*=>[ \t]*[\"\047]", "[\"\047]")
    if (file ~ /\/typo3\/sysext\/[^\/]+\/ext_emconf[.]php$/) {
      name = last_of(folder(file))
      gsub(/_/, "-", name)
      add("Packagist", "typo3/cms-" name, version, folder(file))
    } else if (file ~ /\/typo3conf\/ext\/[^\/]+\/ext_emconf[.]php$/) {
      name = between(read_text(folder(file) "/composer.json", 65536), "\"name\"[ \t]*:[ \t]*\"", "\"")
      if (name ~ /\//) add("Packagist", name, version, folder(file))
    }
  }
  function number_of(text, part) { return between(text, "\047" part "\047[ \t]*=>[ \t]*\047", "\047") }
  function read_magento(file,    text, version, body) {
    text = read_text(file, 65536)
    if (!match(text, /function getVersionInfo/)) return
    body = substr(text, RSTART, 800)
    version = number_of(body, "major") "." number_of(body, "minor") "." number_of(body, "revision") "." number_of(body, "patch")
    sub(/[.]+$/, "", version)
    body = text ~ /_currentEdition[ \t]*=[ \t]*self::EDITION_ENTERPRISE/ ? "magento/magento1ee" : "magento/magento1ce"
    if (version ~ /^[0-9]/) add("Packagist", body, version, folder(folder(file)))
  }
  function read_cms(file) {
    if (file ~ /\/wp-includes\/version[.]php$/)
      add("WordPress", "wordpress", between(read_text(file, 65536), "\n[ \t]*[$]wp_version[ \t]*=[ \t]*\047", "\047"), folder(folder(file)))
    else if (file ~ /\/(wp-content|app)\/(mu-)?plugins\/[^\/]+\/[^\/]+[.]php$/)
      read_wordpress(file, "plugin", last_of(folder(file)))
    else if (file ~ /\/(wp-content|app)\/(mu-)?plugins\/[^\/]+[.]php$/) {
      if (file !~ /\/index[.]php$/) read_wordpress(file, "plugin", substr(last_of(file), 1, length(last_of(file)) - 4))
    } else if (file ~ /\/(wp-content|app)\/themes\/[^\/]+\/style[.]css$/)
      read_wordpress(file, "theme", last_of(folder(file)))
    else if (file ~ /\/core\/lib\/Drupal[.]php$/)
      add("Packagist", "drupal/core", between(read_text(file, 65536), "const VERSION = \047", "\047"), folder(folder(folder(file))))
    else if (file ~ /\/includes\/bootstrap[.]inc$/) {
      text = read_text(file, 65536)
      if (text ~ /DRUPAL_/) add("Packagist", "drupal/core", between(text, "define\\(\047VERSION\047, \047", "\047"), folder(folder(file)))
    } else if (file ~ /\/(modules|themes|profiles)\/.*[.]info([.]yml)?$/)
      read_drupal(file)
    else if (file ~ /\/administrator\/manifests\/files\/joomla[.]xml$/)
      read_joomla(file, "")
    else if (file ~ /\/administrator\/components\/com_[^\/]+\/[^\/]+[.]xml$/)
      read_joomla(file, last_of(folder(file)))
    else if (file ~ /\/modules\/mod_[^\/]+\/mod_[^\/]+[.]xml$/)
      read_joomla(file, last_of(folder(file)))
    else if (file ~ /\/administrator\/manifests\/packages\/pkg_[^\/]+[.]xml$/)
      read_joomla(file, substr(last_of(file), 1, length(last_of(file)) - 4))
    else if (file ~ /\/templates\/[^\/]+\/templateDetails[.]xml$/)
      read_joomla(file, "tpl_" last_of(folder(file)))
    else if (file ~ /\/plugins\/[^\/]+\/[^\/]+\/[^\/]+[.]xml$/) {
      if (last_of(file) == last_of(folder(file)) ".xml") read_joomla(file, "plg_" last_of(folder(folder(file))) "_" last_of(folder(file)))
    } else if (file ~ /\/ext_emconf[.]php$/)
      read_typo3(file)
    else if (file ~ /\/app\/Mage[.]php$/)
      read_magento(file)
  }
  {
    if ($0 ~ /[.][jwe]ar$/) { archives++; if (archives == 1) archive_first = shown($0) }
    else if ($0 ~ /\/node_modules\/(@[^\/]+\/)?[^\/@][^\/]*\/package\.json$/) read_json($0, "npm", 0)
    else if ($0 ~ /\/installed\.json$/) read_json($0, "Packagist", 1)
    else if ($0 ~ /\.(dist|egg)-info\/(METADATA|PKG-INFO)$/) read_headers($0)
    else if ($0 ~ /\.gemspec$/) read_gemspec($0)
    else read_cms($0)
    close($0)
  }
  END {
    if (archives > 0) tell(archives " Java archives were not looked into (first: " archive_first "): parapet scan on the machine tells what is in them, or an SBOM that is sent along")
    if (old_modules > 0) tell(old_modules " modules and themes of Drupal 7, which no feed tells of (first: " old_first ")")
  }
'

# What the operator wants besides, in collect.conf: one `key path` a line. It is read, never executed.
settings() { [ ! -r "$CONF_DIR/collect.conf" ] || sed -n "s/^$1 *\(\/.*[^ ]\) *$/\1/p" "$CONF_DIR/collect.conf" | grep -v '[[:cntrl:]]'; }

# The type of the network file system that a path lies on; nothing where it lies on a disk of this machine.
network_type() {
  [ -r "$ROOT/proc/mounts" ] || return 0
  awk -v path="$1/" '
    { mount = $2; gsub(/\\040/, " ", mount); if (mount != "/") mount = mount "/" }
    index(path, mount) == 1 && length(mount) >= longest { longest = length(mount); type = $3 }
    END { if (type ~ /^(nfs[0-9]*|cifs|smb.*|ceph|glusterfs|lustre|gpfs|afs|9p|ocfs2|gfs2|beegfs|fuse(\..*)?|virtiofs)$/) print type }
  ' "$ROOT/proc/mounts"
}

# SBOMs that other tools wrote on this machine, packed and as text, with their places.
collect_sboms() {
  : >"$WORK/sboms"
  sbom_files=$(settings sbom)
  [ -n "$sbom_files" ] || return 0
  while IFS= read -r sbom_file; do
    if [ ! -f "$ROOT$sbom_file" ] || [ ! -r "$ROOT$sbom_file" ]; then
      problem "SBOM $sbom_file is not there or cannot be read"
      continue
    fi
    if [ "$(wc -c <"$ROOT$sbom_file")" -gt "$SBOM_BYTES_MAX" ]; then
      problem "SBOM $sbom_file has more than $SBOM_BYTES_MAX bytes and was not sent"
      continue
    fi
    if has gzip; then gzip -nc <"$ROOT$sbom_file"; else cat "$ROOT$sbom_file"; fi >"$WORK/sbom.packed" 2>/dev/null
    if has base64; then base64; else openssl base64; fi <"$WORK/sbom.packed" >"$WORK/sbom.text" 2>/dev/null ||
      { problem "SBOM $sbom_file was not sent: neither base64 nor openssl was found"; continue; }
    if [ $(($(wc -c <"$WORK/sboms") + $(wc -c <"$WORK/sbom.text"))) -gt "$SBOM_ENCODED_BYTES_MAX" ]; then
      problem "SBOM $sbom_file was not sent: it has more than $SBOM_ENCODED_BYTES_MAX bytes, packed"
      continue
    fi
    { printf '[sbom]\nfile %s\n' "$sbom_file" && cat "$WORK/sbom.text"; } >>"$WORK/sboms"
  done <<SBOMS
$sbom_files
SBOMS
}

section() {
  [ ! -s "$2" ] && return 0
  printf '[%s]\n' "$1" && sort -u "$2"
}

write_body() {
  printf '[server]\nname %s\nmachine-id %s\nagent %s\n' "$(server_name)" "$(machine_id)" "$VERSION" &&
    sed 's/^/address /' "$WORK/addresses" &&
    printf '[os-release]\n' && cat "$WORK/os-release" &&
    printf '[kernel]\n' && cat "$WORK/kernel" &&
    section restart "$WORK/restart" &&
    section 'packages dpkg' "$WORK/dpkg.list" &&
    section 'packages rpm' "$WORK/rpm.list" &&
    section 'packages apk' "$WORK/apk.list" &&
    section applications "$WORK/applications.list" &&
    cat "$WORK/sboms" &&
    section problems "$WORK/problems" &&
    printf '[end]\n'
}

sha256_of() {
  if has sha256sum; then
    sum_text=$(sha256sum <"$1")
    sum_text=${sum_text%% *}
  elif has openssl; then
    sum_text=$(openssl dgst -sha256 <"$1")
    sum_text=${sum_text##*[ =]}
  else
    sum_text=
  fi
  case $sum_text in
    *[!0-9a-f]*) echo - ;;
    ????????????????????????????????????????????????????????????????) printf 'sha256:%s\n' "$sum_text" ;;
    *) echo - ;;
  esac
}

# Makes the report in $WORK/report and its digest in $DIGEST. Fails, with the reasons in $WORK/fatal, where a list of
# packages could not be read.
collect() {
  : >"$WORK/problems"
  : >"$WORK/fatal"
  collect_os_release
  collect_kernel >"$WORK/kernel"
  collect_restart >"$WORK/restart"
  collect_addresses >"$WORK/addresses"
  collect_dpkg
  collect_rpm
  collect_apk
  if [ ! -s "$WORK/dpkg.list" ] && [ ! -s "$WORK/rpm.list" ] && [ ! -s "$WORK/apk.list" ]; then
    problem 'no packages of dpkg, rpm or apk were found'
  fi
  collect_applications
  collect_sboms
  [ ! -s "$WORK/fatal" ] || return 1
  write_body >"$WORK/body" || { echo "the report could not be written to $WORK: is the disk full?" >"$WORK/fatal"; return 1; }
  DIGEST=$(sha256_of "$WORK/body")
  { printf 'parapet-report 1\ncollected-at %s\ndigest %s\n' "$(now)" "$DIGEST" && cat "$WORK/body"; } >"$WORK/report" ||
    { echo "the report could not be written to $WORK: is the disk full?" >"$WORK/fatal"; return 1; }
  if [ "$(wc -c <"$WORK/report")" -gt "$REPORT_BYTES_MAX" ]; then
    echo "the report is larger than $REPORT_BYTES_MAX bytes, more than the service takes" >"$WORK/fatal"
    return 1
  fi
}

# ---------------------------------------------------------------- asking the service

quoted() { printf '%s\n' "$1" | sed 's/[\\"]/\\&/g'; }

# request PATH SECRET CONTENT_TYPE FILE: posts the file. Sets http_status (000 where no whole answer came) and
# http_problem; the answer is in $WORK/answer.
request() {
  http_status=000
  http_problem=
  : >"$WORK/answer"
  if has curl; then
    request_curl "$@"
  elif has wget && wget --version 2>/dev/null | grep -q '^GNU Wget'; then
    request_wget "$@"
  else
    die "$FAILED" 'neither curl nor GNU wget was found: install one of them (the wget of busybox would show the credential to every user of this machine)'
  fi
  case $http_status in [1-5][0-9][0-9]) ;; *) http_status=000 ;; esac
}

request_curl() {
  http_status=$(
    {
      printf 'url = "%s%s"\n' "$URL" "$1"
      printf 'header = "Authorization: Bearer %s"\n' "$2"
      printf 'header = "Content-Type: %s"\nheader = "Accept: application/json"\nheader = "Expect:"\n' "$3"
      printf 'data-binary = "@%s"\n' "$(quoted "$4")"
      printf 'output = "%s"\n' "$(quoted "$WORK/answer")"
      printf 'user-agent = "parapet-agent/%s"\n' "$VERSION"
      [ -z "$CA" ] || printf 'cacert = "%s"\n' "$(quoted "$CA")"
      [ -z "$PROXY" ] || printf 'proxy = "%s"\n' "$(quoted "$PROXY")"
    } | curl -q -sS --config - --connect-timeout "$CONNECT_TIMEOUT_SECONDS" --max-time "$REQUEST_TIMEOUT_SECONDS" \
      --max-filesize "$ANSWER_BYTES_MAX" -w '%{http_code}' 2>"$WORK/error"
  ) || {
    http_status=000
    http_problem=$(head -n 1 "$WORK/error" | sed 's/^curl: ([0-9]*) //')
  }
}

request_wget() {
  {
    printf 'header = Authorization: Bearer %s\nheader = Content-Type: %s\nheader = Accept: application/json\n' "$2" "$3"
    printf 'user_agent = parapet-agent/%s\n' "$VERSION"
    [ -z "$CA" ] || printf 'ca_certificate = %s\n' "$CA"
    [ -z "$PROXY" ] || printf 'use_proxy = on\nhttp_proxy = %s\nhttps_proxy = %s\n' "$PROXY" "$PROXY"
  } >"$WORK/wgetrc"
  wget --config="$WORK/wgetrc" -nv -S -O "$WORK/answer" --content-on-error --tries=1 --max-redirect=0 \
    --connect-timeout="$CONNECT_TIMEOUT_SECONDS" --read-timeout="$REQUEST_TIMEOUT_SECONDS" \
    --post-file="$4" "$URL$1" 2>"$WORK/error"
  wget_code=$?
  rm -f "$WORK/wgetrc"
  http_status=$(awk '/^ *HTTP\// { status = $2 } END { print status }' "$WORK/error")
  # 8 is an answer that says no, 6 one that says who are you; anything else went wrong on the way.
  case $wget_code in
    0 | 6 | 8) ;;
    *)
      http_status=000
      http_problem=$(grep -v '^ ' "$WORK/error" | head -n 2 | tr '\n' ' ')
      ;;
  esac
}

# answer KEY: a text, number or boolean of the flat JSON object that the service answered.
answer() {
  awk -v key="$1" '
    { text = text $0 " " }
    END {
      gsub(/\\\\/, "\001", text)
      gsub(/\\"/, "\002", text)
      count = split(text, pieces, "\"")
      for (i = 2; i < count; i += 2) {
        if (pieces[i] != key || pieces[i + 1] !~ /^[ \t]*:/) continue
        value = pieces[i + 1]
        if (value ~ /^[ \t]*:[ \t]*$/) value = pieces[i + 2]
        else { sub(/^[ \t]*:[ \t]*/, "", value); sub(/[^a-z0-9.-].*$/, "", value) }
        gsub(/\002/, "\"", value)
        gsub(/\001/, "\\", value)
        print substr(value, 1, 1000)
        exit
      }
    }
  ' "$WORK/answer" | clean
}

# What the service said, else what the status means.
said() {
  said_text=$(answer error_msg)
  [ -n "$said_text" ] || said_text="it answered $http_status"
  printf '%s\n' "$said_text"
}

is_away() { case $http_status in 000 | 408 | 429 | 5??) return 0 ;; *) return 1 ;; esac; }

explain_away() {
  if [ "$http_status" = 000 ]; then
    printf '%s cannot be reached: %s' "$URL" "$(printf '%s' "${http_problem:-no answer}" | clean)"
  else
    printf '%s is not ready: %s' "$URL" "$(said)"
  fi
}

explain_refusal() {
  case $http_status in
    401 | 403) printf '%s does not accept this credential: %s' "$URL" "$(said)" ;;
    404 | 3??) printf '%s answered %s: there is no Parapet at this address' "$URL" "$http_status" ;;
    *) printf '%s refused it: %s' "$URL" "$(said)" ;;
  esac
}

# A server that was cloned together with its enrolment is given one of its own in the answer.
adopt_credential() {
  new_credential=$(answer credential)
  [ -n "$new_credential" ] || return 0
  is_secret "$new_credential" || die "$FAILED" "the credential that $URL answered is not one"
  CREDENTIAL=$new_credential
  SERVER_ID=$(answer server_id | tr -dc '0-9A-Za-z-')
  save_enrolment
  say "this machine is a clone of an enrolled server: the service has made it a server of its own, $SERVER_ID"
}

is_secret() { case $1 in '' | *[!0-9A-Za-z_.~-]*) return 1 ;; *) [ ${#1} -le 256 ] ;; esac; }

# ---------------------------------------------------------------- sending and keeping

# attempts: how often the service was away in a row, and when it may be asked again.
note_away() {
  away_count=$(cut -d' ' -f1 "$SPOOL/attempts" 2>/dev/null)
  is_number "$away_count" || away_count=0
  [ "$away_count" -lt 10 ] || away_count=9
  away_wait=$BACKOFF_FIRST_SECONDS
  away_step=0
  while [ "$away_step" -lt "$away_count" ]; do
    away_wait=$((away_wait * 2))
    away_step=$((away_step + 1))
  done
  [ "$away_wait" -le "$BACKOFF_MAX_SECONDS" ] || away_wait=$BACKOFF_MAX_SECONDS
  away_next=$(($(now) + away_wait - $(random_below $((away_wait / 4)))))
  printf '%s %s\n' "$((away_count + 1))" "$away_next" >"$SPOOL/attempts"
  warn "$(explain_away). The report is kept in $SPOOL and sent later; a timed run tries again after $(time_text "$away_next")"
  exit "$AWAY"
}

note_refusal() {
  refusal_text=$(explain_refusal)
  rm -f "$SPOOL/attempts"
  case $http_status in
    # It will not get better by being sent again.
    400 | 413) rm -f "$SPOOL/pending" "$SPOOL/pending-digest" ;;
  esac
  case $http_status in
    401) die "$REFUSED" "$refusal_text. Enrol this server again: parapet-agent enrol --again $URL TOKEN" ;;
    *) die "$REFUSED" "$refusal_text" ;;
  esac
}

note_accepted() {
  rm -f "$SPOOL/attempts" "$SPOOL/pending" "$SPOOL/pending-digest"
  printf '%s %s\n' "$(now)" "$DIGEST" >"$SPOOL/accepted"
}

# Sends the report that lies in the spool: first its digest alone, and the whole only where the service wants it.
send_pending() {
  if [ "$DIGEST" != - ]; then
    printf '{"digest":"%s","machine_id":"%s"}' "$DIGEST" "$(machine_id)" >"$WORK/question"
    request /parapet/v1/agent/unchanged "$CREDENTIAL" application/json "$WORK/question"
    if is_away; then note_away; fi
    [ "$http_status" = 200 ] || note_refusal
    adopt_credential
    if [ "$(answer full_report_wanted)" = false ]; then
      note_accepted
      say "nothing has changed since the last report; the service has noted it"
      return 0
    fi
  fi
  send_type='text/plain; charset=utf-8'
  send_file=$SPOOL/pending
  if has gzip && gzip -nc "$SPOOL/pending" >"$WORK/report.gz" 2>/dev/null; then
    send_file=$WORK/report.gz
    send_type=application/gzip
  fi
  request /parapet/v1/agent/report "$CREDENTIAL" "$send_type" "$send_file"
  if is_away; then note_away; fi
  [ "$http_status" = 200 ] || note_refusal
  adopt_credential
  note_accepted
  accepted_packages=$(answer packages)
  case $accepted_packages in
    1) say "the report was accepted: 1 package, server $SERVER_ID" ;;
    *) say "the report was accepted: $accepted_packages packages, server $SERVER_ID" ;;
  esac
}

cmd_report() {
  report_scheduled=
  report_print=
  while [ $# -gt 0 ]; do
    case $1 in
      --scheduled) report_scheduled=yes ;;
      --print) report_print=yes ;;
      --quiet) QUIET=yes ;;
      *) die "$USAGE" "report: unknown argument $1; known are --scheduled, --print and --quiet" ;;
    esac
    shift
  done
  [ -n "$report_print" ] || require_enrolment
  take_lock
  if [ -n "$report_print" ]; then
    collect || die "$FAILED" "$(cat "$WORK/fatal")"
    cat "$WORK/report"
    return 0
  fi
  report_next=$(cut -d' ' -f2 "$SPOOL/attempts" 2>/dev/null)
  # A clock that was set back must not silence the server.
  if [ -n "$report_scheduled" ] && is_number "$report_next" && [ "$report_next" -gt "$(now)" ] &&
    [ "$report_next" -le $(($(now) + BACKOFF_MAX_SECONDS)) ]; then
    say "the service was away; the next timed attempt is after $(time_text "$report_next"). To try at once: parapet-agent report"
    exit "$AWAY"
  fi
  if collect; then
    { printf '%s\n' "$DIGEST" >"$SPOOL/pending-digest" && mv -f "$WORK/report" "$SPOOL/pending"; } ||
      die "$FAILED" "$SPOOL cannot be written: is the disk full?"
    send_pending
    return 0
  fi
  warn "no report was made, so that nothing is taken for removed: $(cat "$WORK/fatal")"
  if [ -s "$SPOOL/pending" ] && DIGEST=$(cat "$SPOOL/pending-digest" 2>/dev/null) && [ -n "$DIGEST" ]; then
    warn 'the report that was kept from an earlier run is sent instead'
    send_pending
  fi
  exit "$FAILED"
}

# ---------------------------------------------------------------- the other verbs

read_options() {
  # Sets option_ca, option_proxy and option_again, and leaves the rest in option_rest_1 and option_rest_2.
  option_ca=
  option_proxy=
  option_again=
  option_rest=0
  option_rest_1=
  option_rest_2=
  while [ $# -gt 0 ]; do
    case $1 in
      --ca | --proxy)
        [ $# -ge 2 ] || die "$USAGE" "$1 needs a value"
        if [ "$1" = --ca ]; then option_ca=$2; else option_proxy=$2; fi
        shift
        ;;
      --again) option_again=yes ;;
      --quiet) QUIET=yes ;;
      -?*) die "$USAGE" "enrol: unknown option $1; known are --ca FILE, --proxy URL, --again and --quiet" ;;
      *)
        option_rest=$((option_rest + 1))
        case $option_rest in 1) option_rest_1=$1 ;; 2) option_rest_2=$1 ;; *) die "$USAGE" "too many arguments: enrol URL TOKEN" ;; esac
        ;;
    esac
    shift
  done
}

check_url() {
  case $1 in
    *[!0-9A-Za-z:/.~_%\]\[-]*) return 1 ;;
    http://?* | https://?*) return 0 ;;
    *) return 1 ;;
  esac
}

cmd_enrol() {
  read_options "$@"
  [ "$option_rest" = 2 ] || die "$USAGE" 'usage: parapet-agent enrol [--ca FILE] [--proxy URL] [--again] URL TOKEN (TOKEN may be -, then it is read from stdin)'
  enrol_url=${option_rest_1%/}
  check_url "$enrol_url" || die "$USAGE" "enrol: $option_rest_1 is no address: it begins with https:// or http://, and has no query and no user"
  enrol_token=$option_rest_2
  if [ "$enrol_token" = - ]; then IFS= read -r enrol_token || true; fi
  is_secret "$enrol_token" || die "$USAGE" 'enrol: the token is not one: it begins with parapet-enrol- and has letters, digits, - and _ only'
  case $option_proxy in *[[:space:]]*) die "$USAGE" 'enrol: the proxy is no address' ;; esac
  take_lock
  CREDENTIAL=
  if load_enrolment && [ -z "$option_again" ]; then
    if [ "$URL" = "$enrol_url" ]; then
      say "this server is enrolled already, as $SERVER_ID; nothing was changed (--again gives it a new credential)"
      return 0
    fi
    die "$FAILED" "this server is enrolled at $URL, as $SERVER_ID; to move it: parapet-agent enrol --again $enrol_url TOKEN"
  fi
  # The credential in force proves which server asks for a new one; another service is not told it.
  enrol_proof=
  if [ "$URL" = "$enrol_url" ] && is_secret "$CREDENTIAL"; then enrol_proof=$CREDENTIAL; fi
  URL=$enrol_url
  PROXY=$option_proxy
  CA=
  if [ -n "$option_ca" ]; then
    grep -q 'BEGIN CERTIFICATE' "$option_ca" 2>/dev/null || die "$USAGE" "enrol: $option_ca is no file of PEM certificates"
    cat "$option_ca" >"$CONF_DIR/ca.pem" && chmod 644 "$CONF_DIR/ca.pem" || die "$FAILED" "$CONF_DIR/ca.pem could not be written"
    CA=$CONF_DIR/ca.pem
  elif [ -n "$option_again" ] && [ -f "$CONF_DIR/ca.pem" ]; then
    CA=$CONF_DIR/ca.pem
  fi
  case $URL in
    https://* | http://127.* | http://localhost* | http://\[::1\]*) ;;
    *) warn "$URL is not encrypted: the credential and the list of packages can be read on the way. Use https:// outside a trusted network" ;;
  esac
  enrol_name=$(server_name | sed 's/[\\"]/_/g')
  {
    printf '{"machine_id":"%s","name":"%s"' "$(machine_id)" "$enrol_name"
    [ -z "$enrol_proof" ] || printf ',"credential":"%s"' "$enrol_proof"
    printf '}'
  } >"$WORK/question"
  request /parapet/v1/agent/enrol "$enrol_token" application/json "$WORK/question"
  if is_away; then die "$AWAY" "$(explain_away). Nothing was changed; try again"; fi
  case $http_status in
    200) ;;
    401) die "$REFUSED" "the service did not accept the token: $(said)" ;;
    *) die "$REFUSED" "$(explain_refusal)" ;;
  esac
  CREDENTIAL=$(answer credential)
  SERVER_ID=$(answer server_id | tr -dc '0-9A-Za-z-')
  is_secret "$CREDENTIAL" && [ -n "$SERVER_ID" ] || die "$REFUSED" "$URL did not answer as Parapet does: is it the right address?"
  save_enrolment
  rm -f "$SPOOL/attempts" "$SPOOL/accepted"
  say "enrolled at $URL as server $SERVER_ID"
}

cmd_status() {
  if ! load_enrolment; then
    echo 'not enrolled'
    return "$NOT_ENROLLED"
  fi
  echo "service      $URL"
  echo "server id    $SERVER_ID"
  [ -z "$PROXY" ] || echo 'proxy        set'
  [ -z "$CA" ] || echo "ca           $CA"
  status_accepted=$(cut -d' ' -f1 "$SPOOL/accepted" 2>/dev/null)
  if is_number "$status_accepted"; then
    echo "last report  $(time_text "$status_accepted")"
  else
    echo 'last report  none yet'
  fi
  echo "timer        $(timer_kind)"
  if [ -s "$SPOOL/pending" ]; then
    echo "waiting      a report is kept in $SPOOL until the service can be reached"
    return "$AWAY"
  fi
}

timer_kind() {
  if [ -f "$ROOT/etc/systemd/system/parapet-agent.timer" ]; then
    echo 'systemd: parapet-agent.timer'
  elif [ -f "$ROOT/etc/cron.d/parapet-agent" ]; then
    echo 'cron: /etc/cron.d/parapet-agent'
  elif has crontab && crontab -l 2>/dev/null | grep -q ' # parapet-agent$'; then
    echo "cron: the crontab of $(id -un)"
  else
    echo 'none: nothing runs the agent by itself (parapet-agent install)'
  fi
}

# Variables that a timed run needs, where they are not the usual ones.
timer_environment() {
  [ -z "${PARAPET_AGENT_DIR:-}" ] || printf 'PARAPET_AGENT_DIR=%s\n' "$PARAPET_AGENT_DIR"
}

cmd_install() {
  [ $# -eq 0 ] || die "$USAGE" 'install takes no arguments'
  case $PROGRAM$CONF_DIR in *[!0-9A-Za-z/._-]*) die "$USAGE" "install: the paths $PROGRAM and $CONF_DIR may hold letters, digits, /, ., _ and - only" ;; esac
  if [ "$0" != "$PROGRAM" ] && [ -f "$0" ]; then
    mkdir -p "${PROGRAM%/*}" && cat "$0" >"$PROGRAM.new" && chmod 755 "$PROGRAM.new" && mv -f "$PROGRAM.new" "$PROGRAM" ||
      die "$FAILED" "$PROGRAM could not be written: run it as root, or choose another place with PARAPET_AGENT_BIN"
  fi
  if [ -d "$ROOT/run/systemd/system" ] && has systemctl; then
    install_systemd
  elif [ -d "$ROOT/etc/cron.d" ]; then
    install_cron_file
  elif has crontab; then
    install_crontab
  else
    say "This machine has neither systemd nor cron, so nothing runs the agent by itself. Have this run once an hour: $PROGRAM report --scheduled"
  fi
}

install_systemd() {
  systemd_folder=$ROOT/etc/systemd/system
  mkdir -p "$systemd_folder" || die "$FAILED" "$systemd_folder cannot be made: run it as root"
  {
    printf '[Unit]\nDescription=Report to Parapet what is installed on this server\nWants=network-online.target\nAfter=network-online.target\n'
    printf '\n[Service]\nType=oneshot\n'
    timer_environment | sed 's/^/Environment=/'
    printf 'ExecStart=%s report --scheduled\n' "$PROGRAM"
    # The run that was under way already does the work of this one.
    printf 'SuccessExitStatus=%s\n' "$RUNNING"
    printf 'TimeoutStartSec=1800\nNice=10\nIOSchedulingClass=idle\nUMask=0077\nNoNewPrivileges=yes\n'
    # A folder of one's own choice may lie in /home or /tmp.
    [ -n "${PARAPET_AGENT_DIR:-}" ] || printf 'PrivateTmp=yes\nProtectHome=read-only\n'
  } >"$systemd_folder/parapet-agent.service" &&
    {
      printf '[Unit]\nDescription=Report to Parapet once an hour\n\n[Timer]\nOnBootSec=2min\nOnCalendar=hourly\n'
      printf 'RandomizedDelaySec=%s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n' "$TIMER_DELAY_SECONDS"
    } >"$systemd_folder/parapet-agent.timer" &&
    chmod 644 "$systemd_folder/parapet-agent.service" "$systemd_folder/parapet-agent.timer" ||
    die "$FAILED" "$systemd_folder could not be written: run it as root"
  systemctl daemon-reload && systemctl enable --now parapet-agent.timer ||
    die "$FAILED" 'systemctl could not start parapet-agent.timer; see: systemctl status parapet-agent.timer'
  say 'installed: the systemd timer parapet-agent.timer reports once an hour'
}

cron_command() {
  cron_environment=$(timer_environment | tr '\n' ' ')
  printf '%s%s report --scheduled --quiet' "$cron_environment" "$PROGRAM"
}

install_cron_file() {
  cron_file=$ROOT/etc/cron.d/parapet-agent
  {
    printf '# Report to Parapet what is installed on this server, once an hour.\n'
    printf 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n'
    printf '%s * * * * root %s\n' "$(random_below 60)" "$(cron_command)"
  } >"$cron_file" && chmod 644 "$cron_file" || die "$FAILED" "$cron_file could not be written: run it as root"
  say 'installed: cron reports once an hour (/etc/cron.d/parapet-agent)'
}

install_crontab() {
  crontab_text=$(crontab -l 2>/dev/null | grep -v ' # parapet-agent$')
  {
    [ -z "$crontab_text" ] || printf '%s\n' "$crontab_text"
    printf '%s * * * * %s # parapet-agent\n' "$(random_below 60)" "$(cron_command)"
  } | crontab - || die "$FAILED" 'crontab could not be changed'
  say "installed: cron reports once an hour (the crontab of $(id -un))"
}

cmd_uninstall() {
  uninstall_keep=
  case ${1:-} in
    '') ;;
    --keep-enrolment) uninstall_keep=yes ;;
    *) die "$USAGE" "uninstall: unknown argument $1; known is --keep-enrolment" ;;
  esac
  if [ -f "$ROOT/etc/systemd/system/parapet-agent.timer" ]; then
    ! has systemctl || systemctl disable --now parapet-agent.timer >/dev/null 2>&1
    rm -f "$ROOT/etc/systemd/system/parapet-agent.timer" "$ROOT/etc/systemd/system/parapet-agent.service"
    ! has systemctl || systemctl daemon-reload >/dev/null 2>&1
  fi
  rm -f "$ROOT/etc/cron.d/parapet-agent"
  if has crontab && crontab -l 2>/dev/null | grep -q ' # parapet-agent$'; then
    crontab -l | grep -v ' # parapet-agent$' | crontab -
  fi
  load_enrolment || SERVER_ID=
  rm -rf "$SPOOL"
  if [ -z "$uninstall_keep" ]; then
    rm -f "$CONF" "$CONF_DIR/ca.pem"
    rmdir "$CONF_DIR" 2>/dev/null
  fi
  rm -f "$PROGRAM"
  say 'the agent, its timer and what it kept are removed'
  [ -z "$SERVER_ID" ] || say "the server itself stays listed until it is removed at the service: parapet server remove $SERVER_ID"
}

cmd_help() {
  cat <<HELP
parapet-agent $VERSION: tells a Parapet service what is installed on this server

  parapet-agent enrol [--ca FILE] [--proxy URL] [--again] URL TOKEN
        makes this server known at the service; TOKEN - reads the token from stdin
        --ca     certificates that the service's own is checked with, beside those of the system
        --again  gives an enrolled server a new credential, or moves it to another service
  parapet-agent report [--scheduled] [--print] [--quiet]
        sends what is installed; --print shows it and sends nothing; --scheduled waits after failures
  parapet-agent status      what is enrolled, sent and waiting
  parapet-agent install     runs the report once an hour, by systemd or cron
  parapet-agent uninstall [--keep-enrolment]
  parapet-agent help | version

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not enrolled, 4 service away (the report is kept), 5 refused,
6 another run is under way.
Files: $CONF (enrolment, secret), $CONF_DIR/collect.conf (look-in FOLDER, sbom FILE),
$SPOOL (reports that wait).
HELP
}

# Read to its end before anything runs, so that a file that is replaced meanwhile does no harm.
main() {
  verb=${1:-help}
  [ $# -eq 0 ] || shift
  case $verb in
    enrol | enroll) cmd_enrol "$@" ;;
    report) cmd_report "$@" ;;
    status) cmd_status "$@" ;;
    install) cmd_install "$@" ;;
    uninstall) cmd_uninstall "$@" ;;
    help | --help | -h) cmd_help ;;
    version | --version) echo "$VERSION" ;;
    *) die "$USAGE" "unknown command $verb: see parapet-agent help" ;;
  esac
  exit $?
}

main "$@"
