#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Limits on all processes of a run together. What needs a cgroup's controllers runs where there
# are some: in the virtual machine.

load helper

setup() {
	common_setup
	need jq
	base=
}

teardown() {
	local failed=0
	common_teardown || failed=1
	[[ -z $base ]] || rmdir "$base" || failed=1
	return "$failed"
}

# has_controller NAME: a run's cgroup could have this controller. Then runs are in $base, if cordon
# would not find a base by itself: a user's are beside his session, in what was delegated to him.
has_controller() {
	local place
	place=$(own_cgroup) || return
	place=${place%/}
	if ((EUID != 0)); then
		place=${place%/*}
	fi
	grep -qw "$1" "$place/cgroup.subtree_control" || return
	if [[ -z $base ]] && ((EUID != 0)); then
		base=$place/test-$BASHPID-$RANDOM
		mkdir "$base" || return
		# shellcheck disable=SC2016
		run_as=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$base")
	fi
}

# Skip the test, or in the virtual machine fail it, without this controller.
need_controller() {
	has_controller "$1" && return
	[[ -z ${CORDON_VM-} ]] || lack "the $1 controller"
	skip "no $1 controller here; the virtual machine has one (tests/vm/run)"
}

assert_report() {
	if [[ $(report "$1") != true ]]; then
		echo "not so: $1" >&2
		jq -c '{status, reason, exit_code, signal, wall_seconds, cpu, kill, limits}' "$REPORT" >&2
		return 1
	fi
}

# --- CPU time ----------------------------------------------------------------------------

@test "--cpu-time ends a run that has used that much, however long it takes" {
	cordon_run -q --json=report.json --cpu-time=0.3 "$VICTIM" burn 20
	assert_equal "$status" 124
	assert_report '.reason == "cpu-time" and .kill.reason == "cpu-time"'
	assert_report '.cpu.user_seconds + .cpu.system_seconds >= 0.29'
	assert_report '.cpu.user_seconds + .cpu.system_seconds < 10'
	assert_report '.limits.cpu_time_seconds == 0.3'
}

@test "--cpu-time counts every process, daemons too, with and without a cgroup" {
	local cgroup
	for cgroup in none auto; do
		cordon_run -q --cgroup=$cgroup --json=report.json --cpu-time=0.6 sh -c '
			"$0" burn 20 & setsid "$0" burn 20 & wait' "$VICTIM"
		assert_equal "$cgroup: $status" "$cgroup: 124"
		assert_report '.reason == "cpu-time" and .processes.reaped >= 3'
		assert_report '.cpu.user_seconds + .cpu.system_seconds < 10'
	done
}

# The victim is in the kernel for most of its time.
@test "--cpu-time counts what is spent outside of the kernel" {
	local cgroup
	for cgroup in none auto; do
		cordon_run -q --cgroup=$cgroup --json=report.json --cpu-time=0.5 sh -c 'while :; do :; done'
		assert_equal "$cgroup: $status $(report .reason)" "$cgroup: 124 cpu-time"
		assert_report '.cpu.user_seconds + .cpu.system_seconds < 10'
	done
}

@test "--cpu-time counts who has ended, whether reaped by a parent or as an orphan" {
	cordon_run -q --cgroup=none --json=report.json --cpu-time=0.5 sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do "$0" burn 0.15; done' "$VICTIM"
	assert_equal "$status $(report .reason)" '124 cpu-time'
	cordon_run -q --cgroup=none --json=report.json --cpu-time=0.5 --leftovers=wait sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do
			("$0" burn 0.15 & echo $! >pid)
			while kill -0 $(cat pid) 2>/dev/null; do sleep 0.1; done
		done' "$VICTIM"
	assert_equal "$status $(report .reason)" '124 cpu-time'
}

# A busy machine may be late, so the best of a few tries counts.
@test "--cpu-time is overrun by a tenth of a second at most" {
	local cgroup tries
	for cgroup in none auto; do
		for ((tries = 0; tries < 5; tries++)); do
			cordon_run -q --cgroup=$cgroup --json=report.json --cpu-time=0.5 sh -c '
				"$0" burn 20 & setsid "$0" burn 20 & wait' "$VICTIM"
			assert_equal "$status" 124
			[[ $(report '.cpu.user_seconds + .cpu.system_seconds < 0.6') != true ]] || break
		done
		assert_report '.cpu.user_seconds + .cpu.system_seconds | . >= 0.49 and . < 0.6'
	done
}

@test "a command that sleeps uses no CPU time" {
	cordon_run -q --json=report.json --cpu-time=0.5 sleep 1.5
	assert_equal "$status" 0
	assert_report '.reason == "exited"'
}

@test "CPU time burnt in an orphan is in the account, to a twentieth" {
	local cgroup launch tries
	for cgroup in none auto; do
		# What starting the programs takes is much in an emulated machine.
		cordon_run -q --cgroup=$cgroup --json=report.json --leftovers=wait sh -c '
			("$0" burn 0 &)' "$VICTIM"
		launch=$(report '.cpu.user_seconds + .cpu.system_seconds')
		# It also counts as CPU time when the emulator stands still: the best of a few tries.
		for ((tries = 0; tries < 5; tries++)); do
			cordon_run -q --cgroup=$cgroup --json=report.json --leftovers=wait sh -c '
				("$0" burn 1 &)' "$VICTIM"
			assert_equal "$status" 0
			[[ $(report ".cpu.user_seconds + .cpu.system_seconds < 1.05 + $launch") != true ]] || break
		done
		assert_report ".cpu.user_seconds + .cpu.system_seconds | . >= 0.95 and . < 1.05 + $launch"
	done
}

# --- silence -----------------------------------------------------------------------------

@test "--idle-timeout ends a command that says nothing for so long" {
	local limit
	for limit in 0.5 10; do # until the command is never late
		cordon_run -q --json=report.json --idle-timeout=$limit sh -c '
			for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done; exec sleep 50'
		assert_equal "$status" 124
		[[ $stdout != "$(seq 6)" ]] || break
	done
	assert_equal "$stdout" "$(seq 6)"
	assert_report ".reason == \"idle-timeout\" and .wall_seconds >= 0.9 + $limit and .wall_seconds < 40"
}

@test "output on either stream counts as a sign of life, input does not" {
	local limit nap
	while read -r limit nap; do # until the command is never late
		cordon_run -q --idle-timeout="$limit" sh -c '
			for i in 1 2 3 4; do echo $i >&2; sleep "$0"; done' "$nap"
		((status != 0)) || break
	done <<<$'1 0.4\n10 4'
	assert_equal "$status" 0
	yes | head -c 20000000 >input
	cordon_run --in input -q --stdin=relay --json=report.json --idle-timeout=0.5 sh -c '
		while read -r line; do sleep 0.1; done'
	assert_equal "$status" 124
}

# --- the hook ----------------------------------------------------------------------------

@test "--on-timeout looks at the run before its first signal, and its output goes to stderr" {
	cordon_run -q --json=report.json -t 0.4 --on-timeout='
		echo "hook for $CORDON_REASON"; kill -0 "$CORDON_PID" && echo alive' sleep 20
	assert_equal "$status" 124
	assert_equal "$stdout" ''
	assert_equal "$stderr" $'hook for timeout\nalive'
	assert_report '.reason == "timeout" and .processes.reaped == 1'
	cordon_run -q --stdin=relay --stdout=relay --json=report.json -t 0.4 \
		--on-timeout='"$VICTIM" print-fds | cut -d " " -f 1 | xargs' sleep 20
	assert_equal "$stderr" '0 1 2' # nothing of cordon's
	cordon_run -q --idle-timeout=0.2 --on-timeout='echo "hook for $CORDON_REASON"' sleep 20
	assert_equal "$stderr" 'hook for idle-timeout'
}

@test "a hook has nothing to read, and no signal is blocked" {
	echo input >input
	cordon_run --in input -q -t 0.2 --on-timeout='cat; "$VICTIM" print-mask | grep SigBlk' sleep 20
	assert_equal "$status" 124
	assert_equal "$stderr" $'SigBlk:\t0000000000000000'
}

@test "a hook is not part of the run, and does not hold it up when the command ends" {
	cordon_run -q --json=report.json -t 0.4 --on-timeout='touch hooked; sleep 55 & wait' sh -c '
		until test -e hooked; do sleep 0.1; done'
	wait_until no_process_left
	assert_equal "$status" 124
	assert_report '.wall_seconds < 30 and .kill == null and .leftovers == []'
}

@test "what a hook leaves ends with it, and is not part of the run either" {
	cordon_run -q --json=report.json -k 40 -t 0.4 --on-timeout='
		trap "" TERM
		sleep 50 &
		(sleep 50 | sleep 50 &)
		true & exec sleep 0.1' sleep 20
	wait_until no_process_left
	assert_equal "$status" 124
	assert_report '.wall_seconds < 30 and .processes.reaped == 1 and (.tree_at_kill | length) == 1 and
		.kill.steps[0].processes == 1 and .leftovers == []'
}

@test "a hook that is killed is not accounted with all that it has started" {
	cordon_start -q --json=report.json -t 0.2 --on-timeout='(sleep 50 &); echo started; sleep 50; :' sleep 50
	wait_until grep -q started "$err"
	kill -TERM "$pid"
	cordon_wait
	assert_report '.processes.reaped == 1 and (.tree_at_kill | length) == 1'
}

@test "a signal to cordon does not wait for the hook" {
	cordon_start -q --json=report.json -t 0.2 --on-timeout='echo started; sleep 50' sleep 50
	wait_until grep -q started "$err"
	kill -TERM "$pid"
	cordon_wait
	assert_report '.wall_seconds < 30 and .kill.reason == "interrupted"'
}

@test "a hook dies with cordon, also if both of its processes are killed at once" {
	need pgrep
	local supervisor
	cordon_start -q --cgroup=none -t 0.2 --on-timeout='echo started; exec sleep 300' sleep 300
	wait_until grep -q started "$err"
	supervisor=$(pgrep -P "$pid" -x cordon-super)
	kill -STOP "$pid" "$supervisor"
	kill -KILL "$supervisor" "$pid"
	cordon_wait
	wait_until no_process_left
}

@test "a hook that cannot be run is one line, and the run is ended as it would be after it" {
	need root unshare
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount --bind /dev/null /bin/sh && exec "$@"' sh \
		"$CORDON" -q -t 0.2 --on-timeout='echo started' sleep 20
	assert_equal "$status" 124
	assert_equal "$stderr" 'cordon: --on-timeout: cannot be run: Permission denied'
}

# --- limits that need a controller ---------------------------------------------------------

@test "a limit that cannot be enforced is no run, or with --best-effort a warning" {
	if has_controller memory; then skip 'here it can be'; fi
	need cgroup
	cordon_run --json=report.json -m 100M touch started
	assert_equal "$status" 125
	assert_not_exists started
	assert_regex "$stderr" '^cordon: --memory=100M: cannot be enforced'
	assert_report '.reason == "not-started" and .error.step == "limit"'
	assert_report '.error.option == "--memory=100M"'

	cordon_run -q --json=report.json --best-effort -m 100M --pids=50 true
	assert_equal "$status" 0
	assert_report '.limits.not_enforced == ["--memory=100M", "--pids=50"]'
	cordon_run -q --json=report.json --best-effort -m 100M --pids=50 "$VICTIM" exit 3
	assert_equal "$status $(report .reason)" '3 exited'
	assert_report '.limits.cgroup == {}'
}

@test "a command that needs more than --memory is ended, and the report says why" {
	need_controller memory
	cordon_run --json=report.json -m 40M --swap=0 "$VICTIM" alloc 100
	assert_equal "$status" 137
	assert_regex "$stderr" 'killed for lack of memory \(--memory=40M\)'
	assert_report '.reason == "oom" and .signal == "KILL" and .kill == null'
	assert_report '.limits.cgroup["memory.max"] == "41943040"'
	assert_report '.memory.peak_tree_bytes <= 41943040'
}

@test "memory.oom.group: when one process goes all of them go" {
	need_controller memory
	cordon_run -q --json=report.json -m 40M --swap=0 sh -c '
		sleep 50 & "$0" alloc 100; sleep 50' "$VICTIM"
	assert_equal "$status" 137
	assert_report '.reason == "oom" and .wall_seconds < 40'
}

@test "the peak of the tree is what its processes used together" {
	need_controller memory
	cordon_run -q --json=report.json -m 500M sh -c '
		for mib in 10 20 30; do "$0" alloc $mib 50 >>ready & done
		until [ "$(grep -c ready ready)" = 3 ]; do sleep 0.1; done' "$VICTIM"
	assert_equal "$status" 0
	assert_report '.memory.peak_tree_bytes >= 60 * 1048576'
	assert_report '.memory.peak_tree_bytes <= 64 * 1048576'
	cordon_run -q --json=report.json -m 500M true
	assert_report '.memory.peak_tree_bytes < 5 * 1048576'
}

@test "--pids bounds the number of processes, and hitting it is the reason" {
	need_controller pids
	cordon_run --json=report.json --pids=5 sh -c '
		for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait'
	refute [ "$status" = 0 ]
	assert_regex "$stderr" 'the limit of processes was reached \(--pids=5\)'
	assert_report '.reason == "pids-limit" and .processes.peak <= 5'
}

@test "of a command that copes the limit is not the reason, nor if another has ended it" {
	need_controller pids
	cordon_run --json=report.json --pids=3 sh -c 'sh -c "true & true & true & wait" 2>/dev/null; exit 0'
	assert_equal "$status $(report .reason)" '0 exited'
	assert_regex "$stderr" 'the limit of processes was reached \(--pids=3\)'
	cordon_run -q --json=report.json --pids=3 -t 1 sh -c 'sh -c "true & true & true & wait" 2>/dev/null; exec sleep 50'
	assert_equal "$status $(report .reason)" '124 timeout'
	assert_equal "$stderr" ''
}

@test "--cpus slows a command down to that many processors" {
	need_controller cpu
	cordon_run -q --json=report.json --cpus=0.2 "$VICTIM" burn 0.5
	assert_equal "$status" 0
	assert_report '.cpu.percent < 40 and .wall_seconds > 1'
}

@test "weights and other files of the cgroup are set as they are given" {
	need_controller cpu
	need_controller memory
	need_controller io
	# shellcheck disable=SC2016 # for the inner shell
	cordon_run -q --cpus=1.5 --cpu-weight=50 --io-weight=70 --memory-high=200M --swap=8M \
		--cgroup-set=memory.low=1048576 \
		sh -c 'cd "$0$(sed -n "s/^0:://p" /proc/self/cgroup)" &&
			cat cpu.max cpu.weight io.weight memory.high memory.swap.max memory.low' "$(cgroup_mounts | head -n 1)"
	assert_equal "$status" 0
	assert_equal "$stdout" $'150000 100000\n50\ndefault 70\n209715200\n8388608\n1048576'
}

@test "a value that the cgroup refuses is no run" {
	need_controller memory
	cordon_run --cgroup-set=memory.low=nonsense touch started
	assert_equal "$status" 125
	assert_regex "$stderr" '^cordon: --cgroup-set=memory.low=nonsense: .*: Invalid argument'
	cordon_run -q --cgroup-set=memory.nosuch=1 touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --cgroup-set=memory.nosuch=1: cannot be enforced: this kernel's memory \
controller has no memory.nosuch"
	assert_not_exists started
}
