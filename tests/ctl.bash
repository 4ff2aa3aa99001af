# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of cordonctl: behind "load helper", and with ctl_setup behind common_setup.

# shellcheck disable=SC2034,SC2154 # what is for the tests; $out and so on are the helper's

DOCTOR_SCHEMA=$SRC/src/ctl/doctor.schema.json

# $CTL is cordonctl; $mount the cgroup2 mount, if there is one.
ctl_setup() {
	mkdir "$BATS_TEST_TMPDIR.bin"
	CTL=$BATS_TEST_TMPDIR.bin/cordonctl
	ln -s "$CORDON" "$CTL"
	mount=$(cgroup_mounts | head -n 1)
	base=
}

ctl_teardown() {
	local failed=0
	common_teardown || failed=1
	if [[ -n $base ]]; then
		find "$base" -depth -type d -exec rmdir {} + || failed=1
	fi
	return "$failed"
}

# ctl ARG...: run it, as bounded_run does.
ctl() {
	bounded_run "$CTL" "$@"
}

# Makes $CTL one that the user nobody can execute.
ctl_for_nobody() {
	as_nobody true
	ln -s "$CORDON" "$nobody_dir/cordonctl"
	CTL=$nobody_dir/cordonctl
}

# make_base: a cgroup for this test, $base.
make_base() {
	base=$(own_cgroup)
	base=${base%/}/test-$BASHPID-$RANDOM
	mkdir "$base"
}

# in_world COMMAND...: a run in which $base is the top of all cgroups, as in a container; that it
# is not really the top, the kernel knows. $base/inner is where COMMAND is.
in_world() {
	mkdir -p "$base/inner"
	# shellcheck disable=SC2016
	bounded_run sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare -mC sh -c "$1" "$@"' "$base" '
		umount "$1" && mount -t cgroup2 cgroup2 "$1" &&
		echo $$ >"$1/inner/cgroup.procs" && shift && exec "$@"' "$mount" "$@"
}

# without_cgroup2 COMMAND...: a run in a mount namespace that has none.
without_cgroup2() {
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'umount $(awk "/ - cgroup2 / { print \$5 }" /proc/self/mountinfo) &&
		exec "$@"' - "$@"
}

# take_diagnosis: what the last "doctor --json" has said, to the arrays below.
take_diagnosis() {
	local name text command
	if [[ $stdout == "${taken-}" ]]; then
		return
	fi
	taken=$stdout
	declare -gA found=() advice=()
	while IFS= read -r name && IFS= read -r text && IFS= read -r command; do
		found[$name]=$text
		advice[$name]=$command
	done < <(jq -r '.checks[] | .name, .status + " " + .detail, .advice' <<<"$stdout")
}

# assert_found NAME TEXT: it is "STATUS DETAIL" and begins with TEXT.
assert_found() {
	take_diagnosis
	if [[ ${found[$1]-} != "$2"* ]]; then
		printf '%s: expected "%s...", found "%s"\n' "$1" "$2" "${found[$1]-}" >&2
		return 1
	fi
}

# assert_found_matching NAME REGEX
assert_found_matching() {
	take_diagnosis
	assert_regex "${found[$1]-}" "$2"
}

# assert_advice NAME COMMAND: that, or null, is the advice.
assert_advice() {
	take_diagnosis
	assert_equal "$1: ${advice[$1]-}" "$1: $2"
}

# assert_advice_matching NAME REGEX
assert_advice_matching() {
	take_diagnosis
	assert_regex "${advice[$1]-}" "$2"
}
