#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containment: whoever is descended from the command is found, signalled, reaped and accounted.

load helper

setup() {
	common_setup
	need jq
}

# assert_report TEST: jq's TEST is true of the report.
assert_report() {
	if [[ $(report "$1") != true ]]; then
		echo "not so: $1" >&2
		jq -c '{status, reason, wall_seconds, cpu, processes, kill, leftovers}' "$REPORT" >&2
		return 1
	fi
}

leftovers() {
	report '[.leftovers[] | "\(.pid) \(.command) \(.action)"] | join(", ")'
}

# in_each_way COMMAND [ARG]...: have cordon run it with a cgroup (if it can have one) and
# without; nothing may be left the moment it is over.
in_each_way() {
	local mode
	for mode in auto none; do
		cordon_run -q --json=report.json --cgroup="$mode" "$@"
		if ! no_process_left; then
			left_cgroups='' complain_of_what_is_left
			return 1
		fi
		assert_not_exists "$(report '.cgroup.path // "none"')"
	done
}

# --- nobody outlives the run -----------------------------------------------------------

@test "a daemon is gone when the run is over" {
	in_each_way "$VICTIM" daemonise pid
	assert_success
	assert_report '.leftovers_total == 1 and .processes.reaped == 2'
	assert_equal "$(leftovers)" "$(<pid) victim killed"
}

@test "a daemon that ignores TERM is gone, too" {
	in_each_way -k 0.2 sh -c 'trap "" TERM INT HUP QUIT; exec "$VICTIM" daemonise pid'
	assert_success
	assert_report '[.kill.steps[].signal] == ["TERM", "KILL"]'
	assert_report '.kill.reason == "leftovers" and .reason == "exited"'
}

@test "processes of every generation and session are gone after a limit" {
	in_each_way "${ended_when_ready[@]}" "$VICTIM" fork-tree 3 4
	assert_equal "$status" 143
	assert_report '.reason == "output-limit" and .processes.reaped == 85'
	in_each_way "${ended_when_ready[@]}" "$VICTIM" setsid-children 50
	assert_equal "$status" 143
	assert_report '.reason == "output-limit" and .processes.reaped == 51'
}

@test "a tree of 500 processes in sessions of their own is gone after one signal" {
	in_each_way -k 30 "${ended_when_ready[@]}" "$VICTIM" setsid-children 500
	assert_equal "$status" 143
	assert_report '.processes.reaped == 501 and .kill.ended_by == "TERM"'
	assert_report '[.kill.steps[] | "\(.signal) \(.processes)"] == ["TERM 501"]'
}

@test "daemons beyond number are gone when the command ends, and counted" {
	in_each_way -k 30 bash -c '
		for ((i = 0; i < 100; i++)); do
			"$VICTIM" daemonise "pid.$i" || exit
		done'
	assert_success
	assert_report '.leftovers_total == 100 and .processes.reaped == 101'
	assert_report '(.leftovers | length) == 64'
}

@test "children that the command does not reap are reaped and are no leftovers" {
	in_each_way --fail-on-leftovers "$VICTIM" zombie
	assert_success
	assert_report '.processes.reaped == 2 and .leftovers == [] and .kill == null'
}

@test "a dead child of a leftover is none" {
	# Not before its parent is who will not reap it: a shell might.
	# shellcheck disable=SC2016
	echo 'until grep -q victim "/proc/$PPID/comm"; do :; done' >child
	# shellcheck disable=SC2016
	printf '%s\n' 'sh child &' 'echo $! >dead' 'exec "$VICTIM" sleep 50' >leftover
	in_each_way sh -c 'rm -f dead; setsid sh leftover &
		until grep -sq "^State:.Z" "/proc/$(cat dead 2>/dev/null)/status"; do :; done'
	assert_success
	assert_report '.leftovers_total == 1 and .processes.reaped == 3'
}

@test "orphans that end while the command runs are reaped then" {
	in_each_way --fail-on-leftovers bash -c '
		for ((i = 0; i < 20; i++)); do
			sh -c "true & exec true"
		done
		until (($(ps -o pid= --ppid $PPID | wc -l) == 1)); do sleep 0.01; done'
	assert_success
	assert_report '.leftovers == []'
}

@test "descriptors do not pile up in cordon while it looks after many" {
	mkfifo end silence
	cordon_start -q bash -c '
		echo $PPID >parent
		exec 9<>silence
		for ((i = 0; i < 200; i++)); do (read -r -t 0.001 <&9 &); done
		echo done; read -r <end'
	wait_until has_line "$out" done
	wait_until has_few_descriptors "$(<parent)"
	echo go >end
	cordon_wait
	assert_success
}

# It may be looking at some of its processes this moment.
has_few_descriptors() {
	local -a open=("/proc/$1/fd"/*)
	((${#open[@]} > 1 && ${#open[@]} < 30))
}

# --- what is left over -----------------------------------------------------------------

@test "leftovers climb the ladder: first TERM, then KILL" {
	local patience
	for patience in 0.3 3 20; do # until the polite one is in time
		cordon_run -q --json=report.json -k $patience sh -c '
			setsid "$VICTIM" trap TERM 0 >polite &
			setsid "$VICTIM" ignore-term >stubborn &
			until grep -q ready polite && grep -q ready stubborn; do sleep 0.02; done'
		assert_success
		assert no_process_left
		! has_line polite 'got TERM' || break
	done
	assert_equal "$(<polite)" $'ready\ngot TERM'
	assert_report '[.kill.steps[] | "\(.signal) \(.target)"] == ["TERM tree", "KILL tree"]'
	assert_report '.kill.reason == "leftovers" and .wall_seconds >= 0.3'
	assert_report '[.leftovers[].action] == ["killed", "killed"]'
}

@test "leftovers that are stopped are continued" {
	cordon_run -q --json=report.json -k 30 sh -c '
		setsid sh -c "trap \"echo got TERM >polite; exit\" TERM; kill -STOP \$\$; :" &
		until [ "$(ps -o stat= -p $! | cut -c 1)" = T ]; do sleep 0.02; done'
	assert_success
	assert_equal "$(<polite)" 'got TERM'
	assert_report '[.kill.steps[].signal] == ["TERM"]'
}

@test "whoever is stopped far down in the tree is continued, too" {
	cordon_run -q --json=report.json -k 30 "${ended_when_ready[@]}" sh -c '
		sh -c "trap \"echo got TERM >polite; exit\" TERM; kill -STOP \$\$; :" &
		until [ "$(ps -o stat= -p $! | cut -c 1)" = T ]; do sleep 0.02; done
		echo ready; wait'
	assert_equal "$status" 143
	assert_equal "$(<polite)" 'got TERM'
	assert_report '[.kill.steps[].signal] == ["TERM"]'
}

@test "with --leftovers=wait the run lasts as long as they do" {
	mkfifo held
	cordon_run -q --json=report.json --leftovers=wait sh -c '
		setsid sh -c "read -r _ <held; exec \"$VICTIM\" close-out 0.5" & echo $! >pid
		exec 9>held'
	assert_success
	assert no_process_left
	assert_regex "$(leftovers)" "^$(<pid) (sh|victim) waited\$"
	assert_report '.kill == null and .wall_seconds >= 0.5 and .processes.reaped == 2'
}

@test "but not longer than the limit" {
	local limit
	for limit in 0.5 5 20; do # until the command is in time
		cordon_run -q --json=report.json -t $limit --leftovers=wait "$VICTIM" daemonise pid
		[[ $(report .exit_code) == null ]] || break
	done
	assert_equal "$status" 124
	assert no_process_left
	assert_equal "$(leftovers)" "$(<pid) victim killed"
	assert_report '.reason == "timeout" and .exit_code == 0 and .kill.reason == "timeout"'
}

@test "with --leftovers=leave they live on, and the run is over" {
	local leftover
	cordon_run -q --json=report.json --leftovers=leave "$VICTIM" daemonise pid
	assert_success
	leftover=$(<pid)
	kill -KILL "$leftover" # which is an error if it is gone
	assert_equal "$(leftovers)" "$leftover victim left"
	assert_report '.kill == null'
	wait_until is_gone "$leftover"
	cordon_run -q true # sweeps the cgroup
}

@test "what survives the signals of a limit may be left, and is reported" {
	local leftover
	cordon_run -q --json=report.json -k 30 --leftovers=leave "${ended_when_ready[@]}" sh -c '
		trap "" TERM
		"$VICTIM" daemonise pid
		exec "$VICTIM" trap TERM 3'
	assert_equal "$status $(report .reason)" '3 output-limit'
	leftover=$(<pid)
	kill -KILL "$leftover"
	assert_equal "$(leftovers)" "$leftover victim left"
	assert_report '.leftovers_total == 1'
	wait_until is_gone "$leftover"
	cordon_run -q true
}

@test "--fail-on-leftovers makes a good run fail, and changes no other" {
	cordon_run -q --fail-on-leftovers "$VICTIM" daemonise pid
	assert_equal "$status" 1
	cordon_run -q --fail-on-leftovers true
	assert_equal "$status" 0
	cordon_run -q --fail-on-leftovers sh -c '"$VICTIM" daemonise pid; exit 5'
	assert_equal "$status" 5
	cordon_run -q --fail-on-leftovers --ok=5 sh -c '"$VICTIM" daemonise pid; exit 5'
	assert_equal "$status" 1
	# who stays until the command was reaped
	cordon_run -q --fail-on-leftovers --leftovers=wait sh -c '
		setsid sh -c "while kill -0 $$; do sleep 0.05; done; sleep 1" 2>/dev/null &'
	assert_equal "$status" 1
	assert_equal "$stderr" ''
}

@test "a process whose first thread has ended is a leftover like any other" {
	cordon_run -q --json=report.json --fail-on-leftovers "$VICTIM" headless
	assert_equal "$status" 1
	assert no_process_left
	assert_report '.leftovers_total == 1'
}

@test "nor does it outlive a KILL" {
	local cgroup
	for cgroup in auto none; do
		cordon_run -q --json=report.json --cgroup="$cgroup" -s KILL "$VICTIM" headless
		assert_success
		assert no_process_left
		assert_report '.leftovers_total == 1 and .wall_seconds < 30'
	done
}

@test "a process that cordon may not signal is named, and the run ends without it" {
	local leftover
	need nobody
	nobody_setup
	cp "$VICTIM" root-victim
	chmod 4755 root-victim
	if findmnt -n -o OPTIONS -T . | grep -qw nosuid; then
		skip 'needs set-user-ID programs'
	fi
	as_nobody cordon_run --json=report.json -q -k 0.1 "$PWD/root-victim" daemonise "$PWD/pid"
	assert_success
	leftover=$(<pid)
	kill -KILL "$leftover"
	assert_equal "$(leftovers)" "$leftover root-victim left"
	assert_equal "$(sort -u "$err")" "$(printf 'cordon: process %d cannot be sent SIG%s: %s\n' \
		"$leftover" KILL 'Operation not permitted' "$leftover" TERM 'Operation not permitted')"
}

# --- what it all cost ------------------------------------------------------------------

@test "what orphans used is in the account" {
	cordon_run -q --json=report.json --cgroup=none --leftovers=wait sh -c \
		'setsid sh -c "\"$VICTIM\" burn 0.4 & exec \"$VICTIM\" burn 0.2" &'
	assert_success
	assert_report '.cpu.user_seconds + .cpu.system_seconds >= 0.55'
	assert_report '.processes.reaped == 3 and .sources.cpu == "wait4"'
}

@test "the memory of an orphan is in the account" {
	cordon_run -q --json=report.json --cgroup=none --leftovers=wait sh -c \
		'setsid "$VICTIM" alloc 60 & setsid "$VICTIM" alloc 30 & :'
	assert_success
	assert_report '.memory.peak_process_bytes | . > 60000000 and . < 80000000'
}

# --- when cordon itself is killed ------------------------------------------------------

@test "cordon killed by KILL takes the command with it, and whatever the command started" {
	local began
	cordon_start -q sh -c '
		trap "" TERM HUP INT
		"$VICTIM" daemonise daemon
		"$VICTIM" setsid-children 20 &
		echo $$ >command
		exec "$VICTIM" ignore-term'
	wait_until has_line "$out" ready
	wait_until has_line "$out" 'ready 20'
	kill -KILL "$pid"
	began=$EPOCHREALTIME
	cordon_wait
	assert_equal "$status" 137
	wait_until is_gone "$(<command)" "$(<daemon)"
	wait_until no_process_left
	(((${EPOCHREALTIME/./} - ${began/./}) < 15000000)) # they would stay a minute
	cordon_run -q true # sweeps the cgroup
}

# Without a cgroup, for there a run at the same time would sweep what is left.
@test "so does the process of cordon's that is the command's parent" {
	cordon_start -q --cgroup=none sh -c '
		"$VICTIM" daemonise daemon
		echo $PPID >parent
		exec 9>lock
		flock 9
		exec "$VICTIM" fork-bomb-lite 4'
	wait_until has_line "$out" 'ready 4'
	kill -KILL "$(<parent)"
	cordon_wait
	assert_equal "$status" 137
	flock -n lock true # for who multiplies is not seen in /proc
	assert no_process_left
}

@test "cordon killed together with all of its group takes the command with it" {
	local option options=(--cgroup=none)
	if ((EUID == 0)); then
		options+=(--user=nobody) # a change of user undoes the tie between them
	fi
	for option in "${options[@]}"; do
		cordon_start -q --cgroup=none "$option" "$VICTIM" ignore-term
		wait_until has_line "$out" ready
		kill -KILL -- "-$pid"
		cordon_wait
		assert_equal "$status" 137
		wait_until no_process_left
	done
}

@test "even while it starts the command" {
	local i
	for ((i = 0; i < 30; i++)); do
		cordon_start -q "$VICTIM" sleep 50
		sleep "0.00$((i % 10))"
		kill -KILL "$pid" 2>/dev/null
		cordon_wait
		assert_equal "$status" 137
	done
	wait_until no_process_left
	cordon_run -q true
}

@test "a command with --no-die-with-parent lives on" {
	cordon_start -q --no-die-with-parent sh -c 'echo $$ >pid; exec "$VICTIM" trap USR1 0 >file'
	wait_until has_line file ready
	kill -KILL "$pid"
	cordon_wait
	assert_equal "$status" 137
	kill -USR1 "$(<pid)"
	wait_until has_line file 'got USR1'
	wait_until is_gone "$(<pid)"
	cordon_run -q true
}
