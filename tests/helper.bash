# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What every tests/*.bats begins with:
#
#     load helper
#
# A file with a setup or teardown of its own calls common_setup first and common_teardown
# last in it. Each test begins in an empty directory, $BATS_TEST_TMPDIR, and ends in failure if
# it leaves a process or a cgroup behind. At the end of a file, the reports that its tests have made
# are validated, all at once.
#
# The environment says what is tested: CORDON, VICTIM (victim.c), ENTRY (entry.c) and
# ESCAPE (escape.c), all absolute. common_setup adds
#     SRC      the source tree
#     out err  the files with what the last run wrote
#     REPORT   the report that `report` and `validate_report` look at: report.json
#
# bats does not see a `! command` fail in the middle of a test: write `refute command`.

bats_require_minimum_version 1.5.0

# load_library NAME: what bats_load_library does, without 12 processes for each test.
load_library() {
	local directory file directories
	IFS=: read -ra directories <<<"${BATS_LIB_PATH-}:/usr/lib/bats:/usr/lib/bats-core:/usr/lib"
	for directory in "${directories[@]}"; do
		if [[ -n $directory && -d $directory/$1/src ]]; then
			for file in "$directory/$1"/src/*.bash; do
				# shellcheck source=/dev/null
				source "$file"
			done
			return
		fi
	done
	echo "there is no library $1 for bats" >&2
	return 1
}

load_library bats-support
load_library bats-assert

SRC=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
: "${CORDON:=$SRC/build/cordon}" "${VICTIM:=$SRC/build/tests/victim}"
: "${ESCAPE:=$SRC/build/tests/escape}" "${ENTRY:=$SRC/build/tests/entry}" "${CORDON_SANITIZED:=}" "${CORDON_STRICT:=}"
export SRC CORDON VICTIM ENTRY ESCAPE

# No run may take longer, whatever cordon does; and how long what it left may take to disappear.
BOUND_SECONDS=60
GRACE_SECONDS=15

setup() {
	common_setup
}

teardown() {
	common_teardown
}

teardown_file() {
	validate_all_reports
}

common_setup() {
	trace_test_alone
	unset CORDON_OPTIONS CORDON_RUN_ID MAKEFLAGS MFLAGS MAKELEVEL
	export LC_ALL=C.UTF-8
	# Whoever has this mark in its environment was started by this test.
	export CORDON_TEST_ID=$$.$BATS_SUITE_TEST_NUMBER.$RANDOM
	out=$BATS_TEST_TMPDIR.out
	err=$BATS_TEST_TMPDIR.err
	REPORT=$BATS_TEST_TMPDIR/report.json
	nobody_dir=
	run_as=()
	entry_options=()
	children_before=
	[[ ! -r /proc/$$/task/$$/children ]] || read -r children_before <"/proc/$$/task/$$/children" ||
		true
	processes_before=(/proc/[0-9]*)
	cgroups_before=' '
	if any_cgroup; then
		cgroups_before+=$(dead_cgroups)' '
		cgroups_before=${cgroups_before//$'\n'/ }
	fi
	cd "$BATS_TEST_TMPDIR" || return
}

# bats' trap costs 0.1 ms for each command of bash's, most of which are the helper's and the
# libraries'. What it is for is to name the line of the test that has failed: it is kept for those.
trace_test_alone() {
	# shellcheck disable=SC2016,SC2128 # for the trap; the command's file
	trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
}

common_teardown() {
	local failed=0
	if [[ -z ${BATS_TEST_COMPLETED:-}${BATS_TEST_SKIPPED:-} ]]; then
		show_last_run
	fi
	if [[ -n ${BATS_TEST_SKIPPED:-} && -z $nobody_dir && ! -e $out ]]; then
		return # nothing was started
	fi
	cd / || failed=1
	wait_for_nothing_left || failed=1
	collect_reports || failed=1
	if [[ -n $nobody_dir ]]; then
		rm -rf "$nobody_dir"
	fi
	return "$failed"
}

show_last_run() {
	if [[ -v status && -e $out ]]; then
		printf 'the last run: status %s\n' "$status"
		sed 's/^/stdout: /; 40q' "$out"
		sed 's/^/stderr: /; 40q' "$err"
	fi
}

# --- running ---------------------------------------------------------------------------

# cordon_run [--in FILE] ARG...: run cordon with ARGs, see bounded_run.
cordon_run() {
	if [[ ${1-} == --in ]]; then
		bounded_run --in "$2" "$CORDON" "${@:3}"
	else
		bounded_run "$CORDON" "$@"
	fi
}

# bounded_run [--in FILE] COMMAND [ARG]...: run COMMAND in a session of its own and a clean
# state, with stdin from FILE (/dev/null), into the files $out and $err. Sets $status, $stdout
# (also called $output, for bats-assert) and $stderr; these two without newlines at the end
# and without NULs, and not more than a megabyte. It is a failure if COMMAND takes a minute.
bounded_run() {
	local input=/dev/null began=$SECONDS
	if [[ $1 == --in ]]; then
		input=$2
		shift 2
	fi
	status=0
	bounded "$@" <"$input" >"$out" 2>"$err" || status=$?
	read_output
	if ((status == 137 && SECONDS - began >= BOUND_SECONDS)); then
		echo "killed after $BOUND_SECONDS s: $*" >&2
		return 1
	fi
}

# cordon_run [OPTION]... "${ended_when_ready[@]}" COMMAND [ARG]...: a run that a limit ends when COMMAND
# has written its first line, however long that takes. Of its output there is only "begun".
# shellcheck disable=SC2016,SC2034 # for that shell; the test's
ended_when_ready=(--line-limit=1 sh -c 'echo begun; exec "$@"' -)

# Nothing of bats' own descriptors reaches the command: a leftover would hang the suite.
bounded() {
	timeout -s KILL "$BOUND_SECONDS" "$ENTRY" --clean "${entry_options[@]}" "${run_as[@]}" \
		"$@" 3>&- 4>&-
}

read_output() {
	read_text stdout "$out"
	read_text stderr "$err"
	# shellcheck disable=SC2034 # bats-assert's
	output=${stdout-}
}

# read_text NAME FILE: into the variable NAME; without a process, of which each test has many.
read_text() {
	local text=''
	LC_ALL=C read -r -N 1048576 text 2>/dev/null <"$2" || true
	while [[ $text == *$'\n' ]]; do
		text=${text%$'\n'}
	done
	printf -v "$1" %s "$text"
}

# cordon_start ARG..., bounded_start COMMAND [ARG]...: the same in the background. $pid is
# its pid, but whether it has come far enough for a signal is the test's to find out.
# cordon_wait: wait for it, and set what cordon_run sets.
cordon_start() {
	bounded_start "$CORDON" "$@"
}

bounded_start() {
	local pid_file=$BATS_TEST_TMPDIR.pid
	rm -f "$pid_file"
	entry_options=(--pid-file="$pid_file")
	bounded "$@" </dev/null >"$out" 2>"$err" &
	started_job=$!
	entry_options=()
	wait_until test -s "$pid_file"
	# shellcheck disable=SC2034 # the test's
	pid=$(<"$pid_file")
}

cordon_wait() {
	status=0
	wait "$started_job" || status=$?
	read_output
}

# as_nobody COMMAND [ARG]...: run COMMAND, one of the functions above or a program, as the
# user nobody. The first time it copies $CORDON, $VICTIM, $ENTRY and $ESCAPE to where nobody
# can reach them, and goes to that directory, which is nobody's: call it outside of subshells.
as_nobody() {
	local run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	if [[ -z $nobody_dir ]]; then
		nobody_setup
	fi
	if declare -F "$1" >/dev/null; then
		"$@"
	else
		"${run_as[@]}" "$@"
	fi
}

nobody_setup() {
	nobody_dir=$(mktemp -d "${TMPDIR:-/tmp}/cordon-nobody.XXXXXX") || return
	cp "$CORDON" "$VICTIM" "$ENTRY" "$ESCAPE" "$nobody_dir" || return
	CORDON=$nobody_dir/${CORDON##*/}
	VICTIM=$nobody_dir/${VICTIM##*/}
	ENTRY=$nobody_dir/${ENTRY##*/}
	ESCAPE=$nobody_dir/${ESCAPE##*/}
	REPORT=$nobody_dir/report.json
	chmod 755 "$nobody_dir" "$nobody_dir"/* || return
	chown 65534:65534 "$nobody_dir" || return
	cd "$nobody_dir" || return
}

# --- waiting ---------------------------------------------------------------------------

# wait_until COMMAND [ARG]...: try it until it succeeds, for half a minute.
wait_until() {
	local end=$((SECONDS + 30))
	until "$@"; do
		if ((SECONDS > end)); then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# is_gone PID...: none of them exists, or all of them are dead and only wait to be reaped.
is_gone() {
	local each
	for each; do
		if [[ -z $each || $(ps -o stat= -p "$each") == [!Z]* ]]; then
			return 1
		fi
	done
}

# is_asleep COMMAND [ARG]...: the process whose pid COMMAND writes sleeps, and has done nothing for a
# moment; one that is never preempted has no switches.
is_asleep() {
	local pid before
	pid=$("$@") && [[ -n $pid ]] || return
	before=$(activity "$pid")
	sleep 0.2
	[[ $before == *'State:	S'* && $before == "$(activity "$pid")" ]]
}

activity() {
	grep -hE 'ctxt_switches|^State:' "/proc/$1/status"
	cut -d ' ' -f 1 "/proc/$1/schedstat"
}

# executes PROGRAM PID: this process does by now, which has only just been started.
executes() {
	[[ $(cat "/proc/$2/comm" 2>/dev/null) == "$1" ]]
}

# once CONDITION: the option of a limit that is hit, but ends nothing before CONDITION is true for a
# shell: whatever it is to end has to be there.
once() {
	echo "--on-timeout=until $1; do sleep 0.01; done"
}

# has_line FILE TEXT: FILE has a line that is TEXT.
has_line() {
	grep -qsxF -- "$2" "$1"
}

# --- what a test needs -----------------------------------------------------------------

# need WHAT...: skip the test, or with CORDON_STRICT fail it, unless there is
#     root     the superuser
#     nobody   a way to become the user nobody
#     cgroup   a cgroup2 directory that may be written to
#     landlock, landlock-files, landlock-net, landlock-scopes
#              a kernel that has Landlock; whose Landlock has all rules for files (ABI 3), those
#              for ports (4), those for signals and sockets (6) (always a skip: a kernel cannot
#              be installed as a program can)
#     schema   python3 with jsonschema
#     plain    a build without sanitizers (always a skip)
# and any other WHAT as a program.
need() {
	local what
	for what; do
		case $what in
		root) ((EUID == 0)) || lack root ;;
		nobody) { ((EUID == 0)) && command -v setpriv >/dev/null; } || lack nobody ;;
		cgroup) can_make_cgroup || lack 'a writable cgroup2 directory' ;;
		landlock) has_landlock 1 || skip 'needs a kernel with Landlock' ;;
		landlock-files) has_landlock 3 || skip 'needs a kernel with Landlock of ABI 3' ;;
		landlock-net) has_landlock 4 || skip 'needs a kernel with Landlock of ABI 4' ;;
		landlock-scopes) has_landlock 6 || skip 'needs a kernel with Landlock of ABI 6' ;;
		schema) can_validate || lack "python3's jsonschema" ;;
		plain) [[ -z $CORDON_SANITIZED ]] || skip 'needs a build without sanitizers' ;;
		*) command -v "$what" >/dev/null || lack "$what" ;;
		esac
	done
}

# CORDON_WITHOUT has the words that nothing can be done about, for whom the tests are run as.
lack() {
	if [[ -z $CORDON_STRICT || " ${CORDON_WITHOUT-} " == *" $1 "* ]]; then
		skip "needs $1"
	else
		echo "needs $1" >&2
		return 1
	fi
}

cgroup_mounts() {
	awk '/ - cgroup2 / { print $5 }' /proc/self/mountinfo
}

# own_cgroup: the directory of the cgroup that the test itself is in.
own_cgroup() {
	[[ -n $own_cgroup ]] || return
	echo "$own_cgroup"
}

has_landlock() {
	(($("$VICTIM" print-landlock) >= $1))
}

# Looked for when the file is loaded: inside a test each command of bash's costs ten, by bats' trap.
find_own_cgroup() {
	local mounts groups
	mounts=$(</proc/self/mountinfo) groups=$'\n'$(</proc/self/cgroup)
	if [[ $mounts == *' - cgroup2 '* && $groups == *$'\n'0::* ]]; then
		mounts=${mounts%%' - cgroup2 '*}
		read -r _ _ _ _ own_cgroup _ <<<"${mounts##*$'\n'}"
		groups=${groups#*$'\n'0::}
		own_cgroup+=${groups%%$'\n'*}
	fi
}

own_cgroup=
find_own_cgroup 2>/dev/null

can_make_cgroup() {
	local probe
	probe=$(own_cgroup) || return
	probe=${probe%/}/probe-$BASHPID-$RANDOM
	mkdir "$probe" 2>/dev/null && rmdir "$probe"
}

# --- files and reports -----------------------------------------------------------------

assert_exists() {
	[[ -e $1 ]] || fail "$1 does not exist"
}

assert_not_exists() {
	[[ ! -e $1 ]] || fail "$1 exists"
}

# jq takes ten times as long to start as gojq does, which is the same language; but its objects have
# their keys in the order of the alphabet.
if command -v gojq >/dev/null; then
	jq() {
		gojq "$@"
	}
fi

# report [-c] FILTER [FILE]: what jq's FILTER finds in the report, unquoted; -c: a line each.
report() {
	local options=(-r)
	if [[ $1 == -c ]]; then
		options+=(-c)
		shift
	fi
	jq "${options[@]}" "$1" "${2:-$REPORT}"
}

# validate_report [FILE]...: each follows the schema; *.jsonl line by line. 77: that cannot be told.
validate_report() {
	local files=("$@")
	((${#files[@]} > 0)) || files=("$REPORT")
	/usr/bin/python3 "$SRC/tests/validate.py" "$SRC/src/report/report.schema.json" "${files[@]}"
}

can_validate() {
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null
}

# Whatever *.json and *.jsonl there is that says it is a report goes to $CORDON_REPORTS or, if
# nobody validates what is there when all files are over, to a directory of the file's.
collect_reports() {
	local directory files=() place=${CORDON_REPORTS:-$BATS_FILE_TMPDIR/reports}
	shopt -s dotglob globstar nullglob
	for directory in "$BATS_TEST_TMPDIR" ${nobody_dir:+"$nobody_dir"}; do
		files+=("$directory"/**/*.{json,jsonl})
	done
	shopt -u dotglob globstar nullglob
	((${#files[@]} > 0)) || return 0
	mapfile -t files < <(grep -lsF -d skip -D skip cordon.report/1 "${files[@]}")
	if ((${#files[@]} > 0)); then
		mkdir -p "$place"
		cp --parents -t "$place" "${files[@]}"
	fi
}

# A path in a complaint has the number of the test.
validate_all_reports() {
	local files
	[[ -d $BATS_FILE_TMPDIR/reports ]] || return 0
	mapfile -t files < <(find "$BATS_FILE_TMPDIR/reports" -type f)
	validate_report "${files[@]}" || [[ $? == 77 && -z $CORDON_STRICT ]]
}

# --- what a test leaves ----------------------------------------------------------------

# leftover_pids: who was started by this test, a pid a line; by the mark in the environment, by
# the working directory, and by being a child. For $(…) only.
leftover_pids() {
	local children='' child pid self=$BASHPID
	local -A found=()
	[[ ! -r /proc/$$/task/$$/children ]] || read -r children <"/proc/$$/task/$$/children" || true
	cd /
	export -n CORDON_TEST_ID # else the programs below would find each other
	while IFS=/ read -r _ _ pid _; do
		found[$pid]=
	done < <(
		grep -lszxF "CORDON_TEST_ID=$CORDON_TEST_ID" /proc/[0-9]*/environ
		find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$BATS_TEST_TMPDIR*" \
			${nobody_dir:+-o -lname "$nobody_dir*"} \) 2>/dev/null
	)
	for child in $children; do
		if [[ " $children_before " != *" $child "* ]]; then
			found[$child]=
		fi
	done
	unset "found[$$]" "found[$self]"
	if ((${#found[@]} > 0)); then
		printf '%s\n' "${!found[@]}" | sort -n
	fi
}

any_cgroup() {
	compgen -G "${own_cgroup%/}/cordon-*/" >/dev/null
}

# dead_cgroups: directories that a run has made in the test's own cgroup and that nobody has
# locked any longer, one a line. The locks are read, not tried: that would disturb a run that
# begins at this moment.
dead_cgroups() {
	local directory device inode
	for directory in "${own_cgroup%/}"/cordon-*/; do
		directory=${directory%/}
		if [[ $cgroups_before == *" $directory "* || ! -d $directory ]]; then
			continue
		fi
		# of < <(stat) nobody waits for the end, and it has the mark
		inode=$(stat -c '%d %i' "$directory" 2>/dev/null) || continue
		device=${inode% *} inode=${inode#* }
		printf -v device '%02x:%02x' $((device >> 8 & 0xfff)) \
			$((device & 0xff | device >> 12 & 0xfff00))
		if ! grep -q " FLOCK .* $device:$inode " /proc/locks; then
			printf '%s\n' "$directory"
		fi
	done
}

# no_process_left: true if the test has no process at this moment; sets $left_pids. Where nothing
# else is run, those that there are were mostly there before, and no program is needed to find out.
no_process_left() {
	local processes=(/proc/[0-9]*)
	left_pids=
	if [[ ${processes[*]} != "${processes_before[*]}" ]]; then
		left_pids=$(leftover_pids)
	fi
	[[ -z $left_pids ]]
}

# nothing_left: true if it has no cgroup either; sets $left_pids and $left_cgroups. Tests that run at
# the same time may have begun or ended a run just now, so a cgroup has to be seen twice.
nothing_left() {
	no_process_left || true
	left_cgroups=
	if any_cgroup; then
		left_cgroups=$(dead_cgroups)
	fi
	if [[ -n $left_cgroups ]]; then
		sleep 0.2
		left_cgroups=$(dead_cgroups | grep -xF "$left_cgroups") || true
	fi
	[[ -z $left_pids$left_cgroups ]]
}

# Whoever was killed last may still be on the way out: a test that expects it gone at once
# asks nothing_left itself.
wait_for_nothing_left() {
	local end=$((SECONDS + GRACE_SECONDS))
	until nothing_left; do
		if ((SECONDS > end)); then
			complain_of_what_is_left
			return 1
		fi
		sleep 0.02
	done
}

complain_of_what_is_left() {
	echo 'left over by the test:' >&2
	if [[ -n $left_pids ]]; then
		# shellcheck disable=SC2086 # one word a pid
		ps -o pid,ppid,pgid,sid,stat,args -p ${left_pids//$'\n'/,} >&2 || true
		# shellcheck disable=SC2086
		kill -KILL $left_pids 2>/dev/null || true
	fi
	if [[ -n $left_cgroups ]]; then
		printf '%s\n' "$left_cgroups" >&2
		printf '%s\n' "$left_cgroups" | xargs -d '\n' rmdir
	fi
}
