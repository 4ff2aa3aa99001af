#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals to cordon.

load helper

setup() {
	common_setup
	need jq
}

steps() {
	report '[.kill.steps[]? | "\(.signal) \(.target) \(.processes)"] | join(", ")'
}

# is_stopped PID, is_running PID
is_stopped() {
	[[ $(ps -o stat= -p "$1") == T* ]]
}

is_running() {
	[[ $(ps -o stat= -p "$1") == [RS]* ]]
}

# on_terminal KEYS COMMAND [ARG]...: run COMMAND as the leader of a session with a terminal of
# its own. Once the line "ready" has come, type KEYS, or hang up if they are "hangup". Prints
# what comes, and at the end "exit N" or "signal N".
on_terminal() {
	need /usr/bin/python3
	bounded_run /usr/bin/python3 -c '
import os, pty, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    modes = termios.tcgetattr(0)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, modes)
    os.execvp(sys.argv[2], sys.argv[2:])
text = b""
while b"ready" not in text:
    text += os.read(terminal, 1000)
if sys.argv[1] == "hangup":
    os.close(terminal)
else:
    os.write(terminal, sys.argv[1].encode())
    try:
        while piece := os.read(terminal, 1000):
            text += piece
    except OSError:
        pass
ending = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.write(text.decode().replace("\r", ""))
print(f"exit {ending}" if ending >= 0 else f"signal {-ending}")' "$@"
}

# --- those that end a run --------------------------------------------------------------

@test "TERM, HUP, INT and QUIT go to the whole tree, and cordon ends as the command does" {
	local sig number
	while read -r sig number; do
		cordon_start -q --json=report.json sh -c '
			setsid "$VICTIM" trap "$0" 0 >child &
			until grep -q ready child; do sleep 0.02; done
			exec "$VICTIM" trap "$0" 7' "$sig"
		wait_until has_line "$out" ready
		kill -s "$sig" "$pid"
		cordon_wait
		assert_equal "$sig $status" "$sig 7"
		assert_equal "$stdout" $'ready\n'"got $sig"
		assert_equal "$(<child)" $'ready\n'"got $sig"
		assert_equal "$(report '[.reason, .kill.reason, .kill.trigger, .exit_code] | join(" ")')" \
			"interrupted interrupted $sig 7"
		assert_equal "$(steps)" "$sig tree 2"

		cordon_start -q --json=report.json sh -c 'echo ready; exec sleep 50'
		wait_until has_line "$out" ready
		kill -s "$sig" "$pid"
		cordon_wait
		assert_equal "$sig $status" "$sig $((128 + number))"
		assert_equal "$(report '[.reason, .signal] | join(" ")')" "interrupted $sig"
	done <<-END
		TERM 15
		HUP 1
		INT 2
		QUIT 3
	END
}

@test "they start the ladder: who does not end is killed" {
	cordon_start -q --json=report.json -k 0.3 "$VICTIM" ignore-term
	wait_until has_line "$out" ready
	kill -INT "$pid"
	cordon_wait
	assert_equal "$status" 137
	assert_equal "$(steps)" 'INT tree 1, KILL tree 1'
	assert_equal "$(report '[.reason, .kill.reason, .kill.ended_by] | join(" ")')" \
		'interrupted interrupted KILL'
	assert_equal "$(report '.kill.steps[1].at_seconds - .kill.steps[0].at_seconds >= 0.299')" true
}

@test "the signal that came stands for the ladder's first" {
	cordon_start -q --json=report.json --escalate=main@USR1:0.2,USR2:0.2,KILL sh -c \
		'trap "" TERM USR1 USR2; echo ready; while :; do sleep 0.1; done'
	wait_until has_line "$out" ready
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$(report '[.kill.steps[].signal] | join(" ")')" 'TERM USR2 KILL'
}

got_two() {
	(($(grep -c got "$out") == 2))
}

@test "a second one goes to the tree as well, and the ladder goes on as it was" {
	cordon_start -q --json=report.json -k 30 "$VICTIM" trap TERM 7 3
	wait_until has_line "$out" ready
	kill -TERM "$pid"
	wait_until has_line "$out" 'got TERM'
	kill -TERM "$pid"
	wait_until got_two
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 7
	assert_equal "$(steps)" 'TERM tree 1, TERM tree 1, TERM tree 1'
}

@test "one that comes after the limit does not change that it was a timeout" {
	bounded_start "$ENTRY" --block=TERM "$CORDON" -q --json=report.json -t 0.3 -k 30 "$VICTIM" trap TERM 7 2
	wait_until has_line "$out" 'got TERM'
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 124
	assert_equal "$(report '[.reason, .kill.reason] | join(" ")')" 'timeout timeout'
}

@test "one that finds only leftovers ends them, and the status is the command's" {
	cordon_start -q --json=report.json --leftovers=wait "$VICTIM" daemonise pid
	wait_until test -s pid
	wait_until wait_is_for_leftovers
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 0
	assert no_process_left
	assert_equal "$(report '[.reason, .kill.reason, .leftovers[].action] | join(" ")')" \
		'exited interrupted killed'
}

# The supervisor has nobody but the daemon.
wait_is_for_leftovers() {
	[[ $(pgrep -P "$(pgrep -P "$pid" -x cordon-super)") == "$(<pid)" ]]
}

@test "one that was ignored at the start goes to the command alone, and ends nothing" {
	local sig
	# As under nohup(1).
	for sig in HUP INT QUIT TERM; do
		bounded_start "$ENTRY" --ignore="$sig" "$CORDON" -q --json=report.json -k 0.1 \
			"$VICTIM" trap "$sig" 7 2
		wait_until has_line "$out" ready
		kill -s "$sig" "$pid"
		wait_until has_line "$out" "got $sig"
		sleep 0.3
		kill -s "$sig" "$pid"
		cordon_wait
		assert_equal "$sig $status" "$sig 7"
		assert_equal "$(report '[.reason, .kill] | join(" ")')" 'exited '
	done
}

@test "a signal in the first moments ends the run before or after it began, never half" {
	local i
	for ((i = 0; i < 40; i++)); do
		cordon_start -q -k 20 sh -c 'echo $$ >pid; exec sleep 50'
		sleep "0.00$((i % 10))"
		kill -TERM "$pid"
		cordon_wait
		assert_equal "$status" 143
		assert no_process_left
	done
}

# --- those that do not -----------------------------------------------------------------

@test "other signals go to the command and to nobody else" {
	local sig apart
	for sig in USR1 USR2 ALRM WINCH URG VTALRM PROF 29 PWR TSTP CONT 34 64; do
		apart=
		[[ $sig != TSTP && $sig != CONT ]] || apart=setsid # these go to the group
		cordon_start -q --json=report.json sh -c '
			$1 "$VICTIM" trap "$0" 0 >child &
			until grep -q ready child; do sleep 0.02; done
			exec "$VICTIM" trap "$0" 7' "$sig" "$apart"
		wait_until has_line "$out" ready
		kill -s "$sig" "$pid"
		cordon_wait
		assert_equal "$sig $status" "$sig 7"
		assert_equal "$stdout" $'ready\n'"got $sig"
		assert_equal "$(<child)" ready
		assert_equal "$(report .reason)" exited
	done
}

@test "CHLD and PIPE mean nothing to anybody" {
	local i
	cordon_start -q --json=report.json "$VICTIM" trap USR1 7
	wait_until has_line "$out" ready
	for ((i = 0; i < 20; i++)); do
		kill -CHLD "$pid"
		kill -PIPE "$pid"
	done
	kill -USR1 "$pid"
	cordon_wait
	assert_equal "$status" 7
	assert_equal "$(report .reason)" exited
}

@test "TSTP stops the command's group and CONT continues it, while cordon goes on" {
	cordon_start -q sh -c 'sleep 50 & echo $! >child; echo $$ >pid; exec "$VICTIM" sleep 50'
	wait_until test -s pid
	kill -TSTP "$pid"
	wait_until is_stopped "$(<pid)"
	wait_until is_stopped "$(<child)"
	assert is_running "$pid"
	kill -CONT "$pid"
	wait_until is_running "$(<pid)"
	wait_until is_running "$(<child)"
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 143
}

@test "both processes may be stopped, and continued one after the other" {
	local supervisor
	cordon_start -q "$VICTIM" trap USR1 5
	wait_until has_line "$out" ready
	supervisor=$(pgrep -P "$pid" -x cordon-super)
	kill -STOP "$pid" "$supervisor"
	kill -CONT "$pid"
	kill -CONT "$supervisor"
	kill -USR1 "$pid"
	cordon_wait
	assert_equal "$status $stdout" $'5 ready\ngot USR1'
}

@test "a storm of signals does no harm" {
	local i sig
	cordon_start -q --json=report.json -t 50 "$VICTIM" trap USR2 7
	wait_until has_line "$out" ready
	for ((i = 0; i < 200; i++)); do
		for sig in CHLD WINCH URG CONT PIPE STOP; do
			kill -s "$sig" "$pid"
		done
	done
	kill -CONT "$pid"
	kill -USR2 "$pid"
	cordon_wait
	assert_equal "$status" 7
	assert_equal "$(report '[.reason, .processes.reaped] | join(" ")')" 'exited 1'
}

# --- from a terminal -------------------------------------------------------------------

@test "what the terminal gives to the whole group is not sent again and starts nothing" {
	local key name
	while read -r key name; do
		on_terminal "$(printf %b "$key")" "$CORDON" -q --json=report.json -k 0.2 \
			"$VICTIM" trap "$name" 7
		assert_equal "$(tail -n 2 "$out")" "got $name"$'\nexit 7'
		assert_equal "$(report '[.reason, .exit_code, .kill] | join(" ")')" 'exited 7 '
	done <<-'END'
		\003 INT
		\034 QUIT
	END
}

@test "a command that it ends makes cordon end alike, as interrupted" {
	on_terminal $'\003' "$CORDON" -q --json=report.json sh -c 'echo ready; exec sleep 50'
	assert_equal "$(tail -n 1 "$out")" 'signal 2'
	assert_equal "$(report '[.reason, .signal, .kill] | join(" ")')" 'interrupted INT '
}

@test "a terminal that hangs up ends the run, also if cordon leads the session" {
	on_terminal hangup "$CORDON" -q --json=report.json -k 0.3 "$VICTIM" ignore-term
	assert_equal "$(tail -n 1 "$out")" 'signal 9'
	assert_equal "$(steps)" 'HUP tree 1, KILL tree 1'
	local option
	for option in -q --no-die-with-parent; do # two processes, and one
		on_terminal hangup "$CORDON" -q $option --json=report.json -k 30 sh -c 'echo ready; exec sleep 50'
		assert_equal "$option $(tail -n 1 "$out")" "$option signal 1"
		assert_equal "$(report .reason)" interrupted
	done
}

@test "a group of its own on a terminal gets what cordon got" {
	# The keys reach cordon alone, and cordon passes them on.
	on_terminal $'\003' "$CORDON" -q --new-group --json=report.json -k 30 "$VICTIM" trap INT 7
	assert_equal "$(tail -n 2 "$out")" $'got INT\nexit 7'
	assert_equal "$(report '[.reason, .kill.trigger] | join(" ")')" 'interrupted INT'
}
