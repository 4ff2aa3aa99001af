#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Limits of time, and the ladder of signals that enforces them.

load helper

# The half minute of a hook passes beside the tests.
setup_file() {
	local entry_options=() run_as=()
	unset CORDON_OPTIONS
	cd "$BATS_FILE_TMPDIR" || return
	bounded "$CORDON" -q --json=hook.json -t 0.1 --on-timeout='echo $$ >hook; exec sleep 58' sleep 57 \
		</dev/null >/dev/null 2>&1 3>&- 4>&- &
}

setup() {
	common_setup
	need jq
}

# What the last run's signals were: "SIGNAL TARGET PROCESSES, …".
steps() {
	report '[.kill.steps[]? | "\(.signal) \(.target) \(.processes)"] | join(", ")'
}

# assert_report TEST: jq's TEST is true of the report.
assert_report() {
	if [[ $(report "$1") != true ]]; then
		echo "not so: $1" >&2
		jq -c '{status, reason, wall_seconds, exit_code, signal, kill}' "$REPORT" >&2
		return 1
	fi
}

# is_traced PID
is_traced() {
	grep -q '^TracerPid:.[1-9]' "/proc/$1/status"
}

# --- the limit -------------------------------------------------------------------------

@test "a command that takes longer than --timeout is ended then, not before and not much later" {
	local text
	for text in 0.3 300ms 300000us .3s 0.005m; do
		cordon_run -q --json=report.json -t "$text" sleep 20
		assert_equal "$text: $status" "$text: 124"
		assert_report '.reason == "timeout" and .wall_seconds >= 0.3 and .wall_seconds < 10'
		assert_report '.kill.steps[0].at_seconds >= 0.3'
		assert_report '.limits.timeout_seconds == 0.3'
	done
}

@test "the shortest limit ends the command too" {
	cordon_run -q --json=report.json -t 1us "$VICTIM" sleep 20
	assert_equal "$status" 124
	assert_report '.wall_seconds < 10'
	cordon_run -q --json=report.json -t 1e-100 "$VICTIM" sleep 20
	assert_equal "$status" 124
}

@test "a command that is done in time knows nothing of the limit" {
	cordon_run -q --json=report.json --timeout=30 "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_report '.reason == "exited" and .kill == null and .wall_seconds < 10'
}

@test "a limit of 0 or infinity is none" {
	local text
	for text in 0 0s infinity 9223372036854775808d; do
		cordon_run -q --json=report.json -t "$text" sleep 0.2
		assert_equal "$text: $status" "$text: 0"
	done
	assert_report '.limits.timeout_seconds == null'
}

@test "a limit that has passed while cordon stood still ends the command afterwards" {
	bounded_start "$ENTRY" --block=TERM "$CORDON" -q --json=report.json -t 1 "$VICTIM" trap TERM 0
	wait_until has_line "$out" ready
	kill -STOP "$pid"
	sleep 1.2
	kill -CONT "$pid"
	cordon_wait
	assert_equal "$status" 124
	assert_equal "$stdout" $'ready\ngot TERM'
}

# --- the first signal, and KILL --------------------------------------------------------

@test "the first signal is TERM, or what --signal says" {
	entry_options=(--block=TERM --block=INT --block=35) # so that none comes too early
	cordon_run -q -t 0.2 "$VICTIM" trap TERM 0
	assert_equal "$stdout" $'ready\ngot TERM'
	cordon_run -q -t 0.2 --signal=int "$VICTIM" trap INT 0
	assert_equal "$stdout" $'ready\ngot INT'
	cordon_run -q -t 0.2 -s RTMIN+1 "$VICTIM" trap 35 0
	assert_equal "$stdout" $'ready\ngot 35'
}

@test "a command that ends at the first signal is sent no other" {
	entry_options=(--block=TERM)
	cordon_run -q --json=report.json -t 0.2 -k 20 "$VICTIM" trap TERM 0
	assert_equal "$(steps)" 'TERM tree 1'
	assert_report '.kill.ended_by == "TERM" and .exit_code == 0'
}

@test "a command that does not is killed, --kill-after later" {
	cordon_run -q --json=report.json -t 0.2 "$(once "grep -q ready '$out'")" -k 0.3 "$VICTIM" ignore-term
	assert_equal "$status" 137
	assert_equal "$(steps)" 'TERM tree 1, KILL tree 1'
	assert_report '.signal == "KILL" and .kill.ended_by == "KILL"'
	assert_report '.kill.steps[1].at_seconds - .kill.steps[0].at_seconds >= 0.299'
	assert_report '.wall_seconds >= 0.5 and .wall_seconds < 10'
}

@test "a first signal of KILL needs no second" {
	cordon_run -q --json=report.json -t 0.2 -s KILL -k 0.1 "$VICTIM" ignore-term
	assert_equal "$status" 137
	assert_equal "$(steps)" 'KILL tree 1'
}

@test "with --kill-after=0 nobody is killed" {
	cordon_run -q --json=report.json -t 0.2 "$(once 'test -e ready')" -k 0 \
		sh -c 'trap "" TERM; sleep 3 & echo >ready; wait; echo end'
	assert_equal "$status" 124
	assert_equal "$stdout" end
	assert_equal "$(steps)" 'TERM tree 2'
	assert_report '.exit_code == 0 and .wall_seconds >= 3'
}

@test "everybody below the command gets the signals, in whatever session" {
	cordon_run -q --json=report.json -t 0.2 "$(once "grep -q ready one && grep -q ready two && grep -q ready '$out'")" \
		-k 30 sh -c '
		"$VICTIM" trap TERM 0 >one &
		setsid "$VICTIM" trap TERM 0 >two &
		exec "$VICTIM" trap TERM 0'
	assert_equal "$status" 124
	assert_equal "$stdout$(<one)$(<two)" $'ready\ngot TERMready\ngot TERMready\ngot TERM'
	assert_equal "$(steps)" 'TERM tree 3'
}

# --- the whole ladder ------------------------------------------------------------------

@test "--escalate names every signal and the time after it" {
	entry_options=(--ignore=USR1 --ignore=USR2)
	cordon_run -q --json=report.json -t 0.2 --escalate=USR1:0.2,usr2:100ms,12:0.1s,KILL sleep 20
	assert_equal "$status" 137
	assert_report '[.kill.steps[].signal] == ["USR1", "USR2", "USR2", "KILL"]'
	assert_report '[.kill.steps[] | .at_seconds] | .[1] - .[0] >= 0.199 and
		.[2] - .[1] >= 0.099 and .[3] - .[2] >= 0.099'
	assert_report '.kill.ended_by == "KILL"'
}

@test "main@ is the command alone, tree@ is everybody" {
	cordon_run -q --json=report.json -t 0.2 "$(once "grep -q ready child && grep -q ready '$out'")" \
		--escalate=main@USR1:5,tree@USR2 sh -c '
		"$VICTIM" trap USR1 0 >child &
		exec "$VICTIM" trap USR1 0 2'
	assert_equal "$status" 124
	assert_equal "$stdout" $'ready\ngot USR1'
	assert_equal "$(<child)" ready
	assert_equal "$(steps)" 'USR1 main 1, USR2 tree 2'
}

@test "a ladder for the command alone leaves nobody behind it" {
	local ladder
	for ladder in main@TERM main@TERM:0.1,main@KILL main@TERM:50,main@KILL; do
		cordon_run -q --json=report.json -t 0.3 --escalate="$ladder" sh -c \
			'"$VICTIM" ignore-term & exec sleep 20'
		assert_equal "$status" 124
		assert no_process_left
		assert_report '.wall_seconds < 15'
	done
}

@test "a ladder for the command alone is none for what outlives it: that is killed" {
	cordon_run -q --json=report.json --escalate=main@TERM "$VICTIM" daemonise pid
	assert_success
	assert no_process_left
	assert_equal "$(steps)" 'KILL tree 1'
}

@test "a command that the ladder does not end is waited for" {
	entry_options=(--ignore=TERM --ignore=USR1)
	cordon_run -q --json=report.json -t 0.2 --escalate=main@TERM,USR1 sh -c 'sleep 3; exit 6'
	assert_equal "$status" 124
	assert_report '.exit_code == 6'
}

# --- commands that are hard to end -----------------------------------------------------

@test "a stopped command gets the signal and is continued" {
	local stopped
	stopped=$(once 'grep -q "^State:.T" "/proc/$CORDON_PID/status"')
	cordon_run -q --json=report.json -t 0.2 "$stopped" -k 20 "$VICTIM" stop-self
	assert_equal "$status" 124
	assert_equal "$stdout" ready
	assert_equal "$(steps)" 'TERM tree 1'
	assert_report '.signal == "TERM"'
	cordon_run -q --json=report.json -t 0.2 "$stopped" --escalate=main@USR1 "$VICTIM" stop-self
	assert_report '.signal == "USR1"'
}

@test "a stopped child of the command is continued too" {
	cordon_run -q --json=report.json -t 0.2 "$(once 'grep -q "^State:.T" "/proc/$(cat child)/status"')" -k 20 sh -c \
		'setsid sh -c "trap \"echo got TERM; exit\" TERM; echo \$\$ >child; kill -STOP \$\$; :" & exec sleep 50'
	assert_equal "$status" 124
	assert_equal "$stdout" 'got TERM'
	assert_equal "$(steps)" 'TERM tree 2'
}

@test "a command traced by strace is ended as any other" {
	local tracer
	need strace
	cordon_start -q --json=report.json -k 0.2 sh -c 'echo $$ >pid; exec "$VICTIM" ignore-term'
	wait_until has_line "$out" ready
	strace -qq -f -o /dev/null -p "$(<pid)" 3>&- &
	tracer=$!
	wait_until is_traced "$(<pid)"
	kill -TERM "$pid"
	cordon_wait
	wait "$tracer" || true
	assert_equal "$status" 137
	assert_equal "$(steps)" 'TERM tree 1, KILL tree 1'
}

@test "a command held by a debugger is dead in time" {
	local debugger
	need gdb
	mkfifo commands
	cordon_start -q --json=report.json -k 0.2 sh -c 'echo $$ >pid; exec sleep 60'
	wait_until grep -q . pid
	gdb -nx -q -p "$(<pid)" <commands >/dev/null 2>&1 3>&- &
	debugger=$!
	exec 8>commands
	wait_until is_traced "$(<pid)"
	kill -TERM "$pid"
	wait_until is_gone "$(<pid)"
	exec 8>&- # here gdb lets go
	cordon_wait
	assert_equal "$status" 137
	wait "$debugger" || true
}

@test "a run whose processes multiply without end is ended" {
	local begun
	begun=$(once "grep -q ready '$out'")
	cordon_run -q --json=report.json -t 0.5 "$begun" -k 0.2 --cgroup=none "$VICTIM" fork-bomb-lite 4
	assert_equal "$status" 124
	assert_equal "$stdout" 'ready 4'
	assert no_process_left
	cordon_run -q -t 0.5 "$begun" -s KILL --json=report.json --cgroup=none "$VICTIM" fork-bomb-lite 4
	assert_equal "$status" 137
	assert no_process_left
	# They would end by themselves after 40 s.
	assert_equal "$(report '.wall_seconds < 30')" true
	cordon_run -q -t 0.5 "$begun" -s KILL "$VICTIM" fork-bomb-lite 4
	assert_equal "$status" 137
	assert no_process_left
}

# On one processor they die faster than anybody can reap them; after 40 s they would end by themselves.
@test "those who multiply and die do not keep cordon from its other work" {
	need cgroup
	local allowed
	allowed=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	bounded_run taskset -c "${allowed%%[-,]*}" "$CORDON" -q -t 0.5 -s KILL --require-cgroup \
		--json=report.json "$VICTIM" fork-bomb-lite 30
	assert_equal "$status" 137
	assert no_process_left
	assert_equal "$(report '.kill.steps[0].at_seconds < 30')" true
	# nor what is left of cordon, when the process is killed that does this work
	local began
	# shellcheck disable=SC2016
	bounded_start taskset -c "${allowed%%[-,]*}" "$CORDON" -q --require-cgroup \
		sh -c 'echo $PPID >parent; exec "$VICTIM" fork-bomb-lite 30'
	wait_until has_line "$out" 'ready 30'
	began=$SECONDS
	kill -KILL "$(<parent)"
	cordon_wait
	assert_equal "$status" 137
	((SECONDS - began < 30))
	assert no_process_left
}

# --- the hook ----------------------------------------------------------------------------

@test "a hook that does not come to an end is given up after half a minute" {
	REPORT=$BATS_FILE_TMPDIR/hook.json
	wait_until test -s "$REPORT" || wait_until test -s "$REPORT"
	assert_report '.status == 124 and .reason == "timeout" and .kill.ended_by == "TERM"'
	assert_report '.kill.steps[0].at_seconds | . >= 30 and . < 40'
	wait_until is_gone "$(<"$BATS_FILE_TMPDIR/hook")"
}
