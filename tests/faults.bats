#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When the system does not do what cordon asks of it: before the command runs that is the end,
# said in one line; afterwards it ends nothing.

load helper

setup() {
	common_setup
	need strace jq plain
}

# Which system call fails how and how often, strace(1)'s SYSCALL:FAULT, while cordon runs with
# ARGs. In one process (--no-die-with-parent), because strace cannot tell the second from the
# command. False if there is no such call.
inject() {
	rm -f trace report.json
	bounded_run strace -qq -o trace -e inject="$1" "$CORDON" -q --no-die-with-parent \
		--json=report.json "${@:2}"
	grep -Eq 'INJECTED|DELAYED' trace
}

# inject_both: the same with both processes of cordon, and with the command, which does not
# make such a call.
inject_both() {
	rm -f trace report.json
	bounded_run strace -qq -f -o trace -e inject="$1" "$CORDON" -q --json=report.json "${@:2}"
	grep -Eq 'INJECTED|--- SIG' trace
}

# calls COMMAND [ARG]...: the system calls that it makes, a line each: NAME:when=COUNT; without
# those that are many or mean little.
calls() {
	bounded_run strace -qq -o trace "$@"
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' trace |
		grep -Ev '^(execve|exit_group|mmap|munmap|mprotect|brk|close|fcntl|getpid|newfstatat)$' |
		awk '{ print $1 ":when=" ++count[$1] }'
}

assert_not_started() {
	assert_equal "$1: $status" "$1: 125"
	assert_regex "$1: $(grep -v "^Try 'cordon --help' " "$err")" "^$1: cordon: .+: cannot [^:]+: .+"
	assert_equal "$1: $(grep -vc "^Try 'cordon --help' " "$err")" "$1: 1"
	assert_not_exists ran
	if [[ -s report.json ]]; then
		assert_equal "$1: $(report '[.status, .reason] | join(" ")')" "$1: 125 not-started"
	fi
}

assert_ran_well() {
	assert_equal "$1: $status" "$1: 0"
	assert_equal "$1: $(report '[.status, .reason] | join(" ")')" "$1: 0 exited"
	assert_equal "$1: $stderr" "$1: "
	assert is_gone "$(<ran)"
}

# --- before the command ----------------------------------------------------------------

@test "with hardly any open files allowed a limit still holds" {
	local most
	for most in 7 8 9 10 11 12; do
		bounded_run bash -c 'ulimit -n "$1"; exec "$2" -q -t 0.3 sleep 50' - "$most" "$CORDON"
		[[ $status == 125 ]] || assert_equal "$most: $status" "$most: 124"
	done
	assert_equal "$status" 124
}

@test "whatever cannot be set up is said in one line, and nothing is started" {
	local fault count
	for fault in pipe2:error=EMFILE signalfd4:error=ENFILE signalfd4:error=ENOMEM \
		prctl:error=EINVAL rt_sigaction:error=EINVAL; do
		for ((count = 1; ; count++)); do
			rm -f ran
			inject "$fault:when=$count" "$VICTIM" daemonise ran || break
			assert_not_started "$fault:when=$count"
		done
		assert_not_equal "$fault: $count" "$fault: 1"
	done
	for fault in clone3:error=EAGAIN clone3:error=ENOMEM; do
		rm -f ran
		inject "$fault" "$VICTIM" daemonise ran
		assert_not_started "$fault"
	done
}

@test "any file that cannot be opened or looked at means 125 or nothing" {
	local call count started=0 refused=0
	for call in openat newfstatat; do
		# The first two are the dynamic linker's.
		for ((count = 3; ; count++)); do
			rm -f ran
			inject "$call:error=EMFILE:when=$count" -k 0.2 "$VICTIM" daemonise ran || break
			if [[ -e ran ]]; then
				assert_equal "$call $count: $status" "$call $count: 0"
				assert is_gone "$(<ran)"
				assert_equal "$call $count: $(report .reason)" "$call $count: exited"
				((++started))
			else
				assert_not_started "$call $count"
				((++refused))
			fi
		done
	done
	assert [ "$started" -gt 10 ]
	assert [ "$refused" -gt 0 ]
}

@test "nor does it leave a directory of a name that nobody sweeps" {
	local count name=cordon-test-$$ mount
	need cgroup
	mount=$(cgroup_mounts)
	for ((count = 3; ; count++)); do
		inject "openat:error=EMFILE:when=$count" --cgroup="$name/run" true || break
		assert_not_exists "$mount/$name"
	done
	assert [ "$count" -gt 10 ]
}

@test "where the init of a pid namespace cannot be ready nothing is started" {
	local count
	need root
	for count in 1 2; do
		rm -f ran
		inject_both "dup2:error=EBUSY:when=$count" --pid-ns "$VICTIM" daemonise ran
		assert_not_started "dup2 $count"
		assert no_process_left
	done
}

@test "where there can be no second process nothing is started" {
	bounded_run strace -qq -o trace -e inject=clone,fork,vfork:error=EAGAIN "$CORDON" -q \
		--json=report.json "$VICTIM" daemonise ran
	if ! grep -q INJECTED trace; then
		skip 'needs a cordon of two processes'
	fi
	assert_not_started clone
	assert_equal "$(report .error.step)" spawn
}

# --- kernels and containers that lack something ----------------------------------------

@test "without clone3 the command is started, if not in a cgroup" {
	inject clone3:error=ENOSYS "$VICTIM" daemonise ran
	assert_ran_well clone3
	assert_equal "$(report .cgroup.created)" false
	inject clone3:error=ENOSYS --cgroup=none "$VICTIM" daemonise ran
	assert_ran_well clone3
	inject clone3:error=ENOSYS --cgroup=none "$VICTIM" exit 7
	assert_equal "$status" 7
	inject clone3:error=ENOSYS --cgroup=none ./missing
	assert_equal "$status" 127
}

@test "where the kernel will not have the command in the cgroup, it runs without" {
	need cgroup
	inject clone3:error=EOPNOTSUPP:when=1 "$VICTIM" daemonise ran
	assert_ran_well clone3
	assert_equal "$(report '[.cgroup.created, .cgroup.error] | join(" ")')" \
		'false cannot start a process in it: Operation not supported'
	inject clone3:error=EOPNOTSUPP:when=1 --require-cgroup touch started
	assert_equal "$status" 125
	assert_not_exists started
}

@test "without cgroup.kill everybody is killed one by one" {
	need cgroup
	bounded_run strace -qq -f -o trace -P cgroup.kill -e inject=openat:error=ENOENT "$CORDON" -q \
		--json=report.json --line-limit=1 -s KILL sh -c 'echo first; exec "$VICTIM" setsid-children 5'
	assert grep -q INJECTED trace
	assert_equal "$status" 137
	assert_equal "$(report '[.kill.steps[] | "\(.signal) \(.processes)"] | join(", ")')" 'KILL 6'
	assert no_process_left
}

@test "without pidfds, timerfds or kcmp everything works" {
	local fault
	entry_options=(--ignore=TERM)
	for fault in pidfd_open pidfd_send_signal timerfd_create kcmp; do
		inject "$fault:error=ENOSYS" -t 0.5 -k 0.2 sh -c \
			'setsid "$VICTIM" setsid-children 3 & exec "$VICTIM" sleep 50' || true
		assert_equal "$fault: $status" "$fault: 137"
		assert_equal "$(report '.reason, (.wall_seconds < 30)' | xargs)" 'timeout true'
		assert no_process_left
		inject_both "$fault:error=ENOSYS" -t 0.5 -k 0.2 sh -c \
			'setsid "$VICTIM" setsid-children 3 & exec "$VICTIM" sleep 50' || true
		assert_equal "$fault: $status" "$fault: 137"
		assert no_process_left
	done
}

@test "without the kernel's lists of children the tree is found all the same" {
	inject access:error=ENOENT -k 20 "${ended_when_ready[@]}" "$VICTIM" fork-tree 3 3
	assert_equal "$status" 143
	assert_equal "$(report '[.kill.steps[] | "\(.signal) \(.processes)"] | join(", ")')" 'TERM 40'
	assert no_process_left
	rm -f ran
	inject access:error=ENOENT -k 20 "$VICTIM" daemonise ran
	assert_ran_well access
}

# Whose number is lower than his parent's comes before him in /proc.
@test "nor does it matter in which order /proc has the processes" {
	need root unshare
	[[ -w /proc/sys/kernel/ns_last_pid ]] || skip 'needs /proc/sys/kernel/ns_last_pid'
	# shellcheck disable=SC2016
	bounded_run unshare --pid --fork --mount-proc sh -c 'echo 9000 >/proc/sys/kernel/ns_last_pid &&
		exec strace -qq -o trace -e inject=access:error=ENOENT "$0" -q --no-die-with-parent \
			--json=report.json -k 20 "$@"' "$CORDON" "${ended_when_ready[@]}" \
		sh -c 'echo 99 >/proc/sys/kernel/ns_last_pid; sleep 50 & echo $! >pid; echo ready; wait'
	assert_equal "$status $(<pid)" '143 100'
	assert_equal "$(report '(.tree_at_kill | length), .kill.steps[0].processes' | xargs)" '2 2'
}

# --- a file system that does not answer ------------------------------------------------

# Makes the directory silent. "${mute[@]}" COMMAND... executes COMMAND, which may mount over it what
# never answers: $muffle; "${muted[@]}" COMMAND... does that before.
need_mute() {
	need root unshare
	[[ -c /dev/fuse ]] || skip 'needs /dev/fuse'
	mkdir -p silent/inner
	muffle="mount -i -n -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none $PWD/silent"
	# shellcheck disable=SC2016
	mute=(unshare -m sh -ec 'exec 9<>/dev/fuse; exec "$@"' sh)
	# shellcheck disable=SC2016
	muted=("${mute[@]}" sh -ec "$muffle"'; exec "$@"' sh)
}

# is_launching PID: the supervisor of the cordon PID has a child.
is_launching() {
	local supervisor
	supervisor=$(pgrep -P "$1" -x cordon-super) && pgrep -P "$supervisor" >/dev/null
}

@test "a command on a file system that does not answer is ended by its limit" {
	need_mute
	bounded_run "${muted[@]}" "$CORDON" -q -t 0.2 --json=report.json "$PWD/silent/command"
	assert_equal "$status" 124
	assert_equal "$(report '.reason, .signal' | xargs)" 'timeout KILL'
}

@test "a directory that does not answer is in the report as it was asked for" {
	need_mute
	local each
	for each in silent/inner "$PWD/silent/inner"; do
		bounded_run "${muted[@]}" "$CORDON" -q -t 0.2 --json=report.json -C "$each" true
		assert_equal "$each: $status" "$each: 124"
		assert_equal "$(report '.reason, .cwd' | xargs)" "timeout $PWD/silent/inner"
	done
	bounded_run "${mute[@]}" "$CORDON" -q -t 30 --json=report.json -C silent/inner sh -c "$muffle"
	assert_success
	assert_equal "$(report .cwd)" "$PWD/silent/inner"
}

@test "a signal to cordon ends also a launch that a file system holds up" {
	need_mute
	local each words
	for each in 'TERM 143 silent/command' 'INT 130 -C silent/inner true' \
		'HUP 129 --pid-ns silent/command' 'QUIT 131 --pid-ns -C silent/inner true' \
		'TERM 143 --cgroup=none silent/command'; do
		read -ra words <<<"$each"
		bounded_start "${muted[@]}" "$CORDON" -q --json=report.json "${words[@]:2}"
		wait_until is_launching "$pid"
		kill -"${words[0]}" "$pid"
		cordon_wait
		assert_equal "$each: $status" "$each: ${words[1]}"
		assert_equal "$(report '.reason, .kill.trigger, .signal' | xargs)" \
			"interrupted ${words[0]} KILL"
	done
}

@test "a signal that cordon ignores ends no launch" {
	need_mute
	# shellcheck disable=SC2016
	bounded_start "${muted[@]}" sh -c 'trap "" INT; exec "$0" -q --json=report.json silent/command' \
		"$CORDON"
	wait_until is_launching "$pid"
	kill -INT "$pid"
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status $(report .kill.trigger)" '143 TERM'
}

# --- while the command lives -----------------------------------------------------------

@test "a call that fails while the command lives costs neither its status nor the report" {
	local fault count
	for fault in poll:error=EINTR poll:error=ENOMEM timerfd_create:error=EMFILE \
		timerfd_settime:error=EINVAL getdents64:error=EIO pidfd_open:error=EMFILE \
		kill:error=EPERM rmdir:error=EBUSY flock:error=EWOULDBLOCK; do
		for ((count = 1; count <= 8; count++)); do
			rm -f ran
			inject "$fault:when=$count" -t 30 -k 0.1 "$VICTIM" daemonise ran || break
			assert_equal "$fault $count: $status" "$fault $count: 0"
			assert_equal "$(report '[.status, .reason] | join(" ")')" '0 exited'
			assert is_gone "$(<ran)"
		done
	done
}

@test "a limit holds although calls fail" {
	local fault
	entry_options=(--ignore=TERM)
	for fault in timerfd_create:error=EMFILE poll:error=EINTR:when=1..20 \
		getdents64:error=ENOMEM openat:error=ENFILE:when=30..40 read:error=EINTR:when=20..25; do
		inject "$fault" -t 0.5 -k 0.2 "$VICTIM" sleep 50 || true
		assert_equal "$fault: $status" "$fault: 137"
		assert_equal "$(report '.reason, (.wall_seconds >= 0.7), (.wall_seconds < 30)' | xargs)" \
			'timeout true true'
		assert no_process_left
	done
}

@test "a log whose reader leaves between two attempts to write holds up nobody" {
	local last
	mkfifo fifo
	"$VICTIM" spam 1000000 >wanted
	for last in {1..5}; do
		: <fifo &
		bounded_run strace -qq -o trace -P fifo -e inject=write:error=EAGAIN:when=1..$last \
			"$CORDON" -q --no-die-with-parent --log=fifo "$VICTIM" spam 1000000
		wait "$!"
		assert_equal "$last: $status" "$last: 0"
		cmp "$out" wanted
	done
	assert grep -q INJECTED trace
}

# poll(2) says that there is room, and then another writer takes it.
@test "another user's pipe that others fill holds up no limit" {
	need nobody
	/usr/bin/python3 -c 'import os; os.pwritev(os.pipe()[1], [b"x"], -1, os.RWF_NOWAIT)' 2>/dev/null ||
		skip 'needs Linux 6.4'
	as_nobody true
	local count
	for count in {1..6}; do
		bounded_run /usr/bin/python3 "$SRC/tests/stage.py" --out=stuck -- \
			setpriv --reuid=65534 --regid=65534 --clear-groups -- \
			strace -qq -o trace -e inject=poll:retval=1:when=$count \
			"$CORDON" -q --no-die-with-parent -t 0.5 --drain=0.1 echo text
		assert_regex "$count: $status" "^$count: (0|124)\$"
		grep -q INJECTED trace || break
	done
	assert [ "$count" -gt 3 ]
}

@test "a command that takes its output away before cordon reads it holds up no limit" {
	local tries
	for ((tries = 0; tries < 5; tries++)); do # until the command is the faster one
		inject read:delay_enter=200000:when=1+ -t 2 \
			sh -c '"$VICTIM" read-stdin </dev/stdout >read & sleep 1; printf text; exec "$VICTIM" sleep 50'
		assert_equal "$status" 124
		[[ -n $stdout ]] || break
	done
	assert_equal "$stdout" ''
}

@test "whoever is born while the tree is being killed is killed, too" {
	local tries
	for ((tries = 0; tries < 5; tries++)); do # until one is born in time
		inject kill:delay_enter=500000:when=1 --cgroup=none -t 0.3 -s KILL sh -c \
			'while :; do setsid sleep 50 & sleep 0.05; done'
		assert_equal "$status" 137
		assert_equal "$(report '.wall_seconds < 40')" true
		assert no_process_left
		[[ $(report '.kill.steps[0].processes < .processes.reaped') != true ]] || break
	done
	((tries < 5))
}

@test "a command that is over before cordon looks for the first time is seen" {
	inject poll:delay_enter=300000:when=1 "$VICTIM" exit 7
	assert_equal "$status" 7
	assert_equal "$(report '[.reason, .processes.reaped] | join(" ")')" 'exited 1'
	inject poll:delay_enter=300000:when=1 -k 20 "$VICTIM" daemonise ran
	assert_ran_well delay
	local delay
	for delay in 300000 10000000; do # until the command is over by then
		inject poll:delay_enter=$delay:when=1 -t 0.1 "$VICTIM" exit 7
		((status != 7)) || break
	done
	assert_equal "$status" 7 # it was in time, whoever was late
	for delay in 300000 10000000; do
		inject poll:delay_enter=$delay:when=1 sh -c 'kill -TERM "$PPID"; exit 7'
		((status != 7)) || break
	done
	assert_equal "$status" 7
	assert_equal "$(report .reason)" exited
}

# --- signals between any two calls -----------------------------------------------------

@test "TERM at any of cordon's calls leaves a run that is over, or none" {
	local call checked=0
	for call in $(calls "$CORDON" -q --no-die-with-parent --json=report.json -k 20 \
		"$VICTIM" daemonise ran); do
		rm -f ran
		bounded_run strace -qq -o trace -e inject="${call/:/:signal=TERM:}" \
			"$CORDON" -q --no-die-with-parent --json=report.json -k 20 "$VICTIM" daemonise ran
		if [[ $status == 0 ]]; then
			assert_exists ran
		else
			assert_equal "$call: $status" "$call: 143"
		fi
		[[ ! -s ran ]] || assert is_gone "$(<ran)"
		((++checked))
	done
	assert [ "$checked" -gt 60 ]
	assert no_process_left
}

@test "KILL at any call of the process that the caller sees leaves nobody" {
	local call checked=0
	for call in $(calls "$CORDON" -q -t 1 "$VICTIM" setsid-children 2); do
		bounded_run strace -qq -o trace -e inject="${call/:/:signal=KILL:}" \
			"$CORDON" -q -t 3 "$VICTIM" setsid-children 2
		if grep -q 'killed by SIGKILL' trace; then
			assert_equal "$call: $status" "$call: 137"
			((++checked))
		fi
	done
	assert [ "$checked" -gt 20 ]
	wait_until no_process_left
	cordon_run -q true # sweeps the cgroups
}

@test "KILL to the other one, wherever it is, leaves nobody either" {
	local call name=cordon-test-$$
	need cgroup
	for call in mkdir flock signalfd4 clone3 timerfd_create rmdir; do
		inject_both "$call:signal=KILL" -t 30 "$VICTIM" daemonise ran || true
		assert_equal "$call: $status" "$call: 137"
		wait_until no_process_left
	done
	inject_both clone3:signal=KILL --cgroup="$name/run" "$VICTIM" daemonise ran || true
	assert_not_exists "$(cgroup_mounts)/$name"
	cordon_run -q true
}

# descend PID: $below is who is started by PID, by the first whom it has started, and so on, as far
# as there is anybody.
descend() {
	local child=$1
	below=()
	while child=$(cat "/proc/$child/task/$child/children") && [[ -n $child ]]; do
		child=${child%% *}
		below+=("$child")
	done 2>/dev/null
}

has_below() {
	descend "$2"
	((${#below[@]} == $1))
}

# The two of cordon and the command: strace holds each up before the first thing that it wants of
# prctl(2), which is of the command that it dies with its parent.
@test "a command whose cordon has died before it was tied to it is not executed" {
	local below delay
	for delay in 300000 5000000; do # until the two have died in time
		rm -f started
		bounded_start strace -qq -f -o trace -e inject=prctl:delay_enter=$delay:when=1 \
			"$CORDON" -q --cgroup=none touch started
		until has_below 3 "$pid" || is_gone "$pid"; do sleep 0.02; done
		kill -KILL "${below[@]:0:2}" || true
		cordon_wait
		wait_until no_process_left
		[[ -e started ]] || break
	done
	grep -q "^${below[2]} .*DELAYED" trace
	assert_not_exists started
}

# The supervisor wants to be told of the front's death with its second prctl(2).
@test "a cordon that has lost its first process before it watched for that ends the run" {
	local below began
	bounded_start strace -qq -f -o trace -e inject=prctl:delay_enter=1500000:when=2 \
		"$CORDON" -q --cgroup=none "$VICTIM" sleep 55
	wait_until has_below 2 "$pid"
	kill -KILL "${below[0]}"
	began=$SECONDS
	cordon_wait # for all whom strace follows
	assert [ $((SECONDS - began)) -lt 40 ]
	grep -q "^${below[1]} .*DELAYED" trace
	wait_until no_process_left
}

@test "whoever is born while the first process kills what a killed one has left is killed, too" {
	local began
	bounded_start strace -qq -f -o trace -e inject=kill:delay_enter=500000:when=1 \
		"$CORDON" -q --cgroup=none sh -c 'echo $PPID >parent
			setsid sh -c "echo ready; while :; do setsid sleep 55 & sleep 0.1; done" & exec sleep 55'
	wait_until has_line "$out" ready
	kill -KILL "$(<parent)"
	began=$SECONDS
	cordon_wait # for all whom strace follows
	assert [ $((SECONDS - began)) -lt 40 ]
	assert_equal "$status" 137
	assert grep -q 'kill.*DELAYED' trace
}
