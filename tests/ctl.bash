# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of cordonctl: behind "load helper", and with ctl_setup behind common_setup.

# shellcheck disable=SC2154 # $out, $nobody_dir and so on are the helper's

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

# found NAME: the check of that name of the last "doctor --json", "STATUS DETAIL".
found() {
	jq -r --arg name "$1" '.checks[] | select(.name == $name) | .status + " " + .detail' "$out"
}

# advice NAME: its advice, "null" if there is none.
advice() {
	jq -r --arg name "$1" '.checks[] | select(.name == $name) | .advice' "$out"
}

# assert_found NAME TEXT...: what was found begins with TEXT.
assert_found() {
	local text
	text=$(found "$1")
	if [[ $text != "$2"* ]]; then
		printf '%s: expected "%s...", found "%s"\n' "$1" "$2" "$text" >&2
		return 1
	fi
}
