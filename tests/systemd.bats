#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where systemd looks after cgroups. For the virtual machine with systemd in it: tests/vm/run.

load helper

setup() {
	[[ ${CORDON_VM-} == systemd ]] || skip 'needs the virtual machine with systemd (tests/vm/run)'
	common_setup
	need jq systemd-run
	mode=()
	((EUID == 0)) || mode=(--user)
}

teardown() {
	[[ ${CORDON_VM-} == systemd ]] || return 0
	common_teardown
}

# in_scope COMMAND [ARG]...: a run in a scope whose cgroup is left to it.
in_scope() {
	bounded_run systemd-run "${mode[@]}" --quiet --scope --property=Delegate=yes -- "$@"
}

@test "systemd is pid 1, and its user manager is there" {
	assert_equal "$(</proc/1/comm)" systemd
	assert systemctl "${mode[@]}" show-environment >/dev/null
	assert_equal "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
}

@test "in a delegated scope a run has a cgroup below the scope's" {
	in_scope "$CORDON" -q --require-cgroup --json=report.json sed -n s/^0:://p /proc/self/cgroup
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" '\.scope/cordon-[0-9]+-[0-9a-f]+$'
	assert_equal "$(report .cgroup.path)" "/sys/fs/cgroup$stdout"
	assert_equal "$(report .cgroup.created)" true
	refute test -e "/sys/fs/cgroup$stdout"
}

@test "in a delegated scope limits on memory and processes bind" {
	in_scope "$CORDON" -q --json=report.json -m 200M --pids=50 "$VICTIM" alloc 30 0
	assert_equal "$status $stderr" '0 '
	assert_equal "$(report '.memory.peak_tree_bytes | . >= 30 * 1048576 and . < 50 * 1048576')" true
	assert_equal "$(report '.limits.cgroup | ."memory.max", ."pids.max"')" $'209715200\n50'
	in_scope "$CORDON" -q --json=report.json -m 30M --swap=0 "$VICTIM" alloc 100 0
	assert_equal "$status $(report .reason)" '137 oom'
}
