#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The world that cordon is given, however strange, is the world that the command sees.

load helper

# alike ENTRY_OPTION... -- COMMAND [ARG]...: COMMAND writes the same with cordon and without,
# and to the file "seen", too.
alike() {
	local options=() expected
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	: >seen
	bounded_run "$ENTRY" "${options[@]}" "$@"
	expected=$stdout$(<seen)
	bounded_run "$ENTRY" "${options[@]}" "$CORDON" -q "$@"
	assert_equal "${options[*]}: $status" "${options[*]}: 0"
	assert_not_equal "$expected" ''
	assert_equal "${options[*]}: $stdout$(<seen)" "${options[*]}: $expected"
}

# see WHAT ENTRY_OPTION...: alike for "victim print-WHAT". (A shell would not do: dash begins
# by unblocking every signal.)
see() {
	alike "${@:2}" -- "$VICTIM" "print-$1"
}

# --- signals ---------------------------------------------------------------------------

@test "SIGCHLD ignored by whoever starts cordon is ignored in the command, and the status right" {
	bounded_run "$ENTRY" --ignore=CHLD "$CORDON" -q "$VICTIM" sigchld-count
	assert_success
	assert_equal "$stdout" 'ignored, 0 reaped, 0 signals'
	bounded_run "$CORDON" -q "$VICTIM" sigchld-count
	assert_equal "$stdout" 'default, 3 reaped, 3 signals'
	bounded_run "$ENTRY" --ignore=CHLD --block=CHLD "$CORDON" -q "$VICTIM" exit 7
	assert_equal "$status" 7
	bounded_run "$ENTRY" --ignore=CHLD "$CORDON" -q ./missing
	assert_equal "$status" 127
}

@test "signals that are ignored are ignored in the command" {
	local sig options=()
	for sig in HUP PIPE TERM CHLD TSTP WINCH 34 64; do
		see mask --ignore="$sig"
	done
	for sig in {1..8} {10..18} {20..31} {34..64}; do
		options+=(--ignore="$sig")
	done
	see mask "${options[@]}"
}

@test "signals that are blocked are blocked in the command" {
	local sig options=()
	for sig in HUP PIPE TERM CHLD TSTP WINCH 34 64; do
		see mask --block="$sig"
	done
	for sig in {1..8} {10..18} {20..31} {34..64}; do
		options+=(--block="$sig")
	done
	see mask "${options[@]}"
	see mask "${options[@]}" --ignore=HUP --ignore=CHLD
}

@test "with every signal blocked and SIGCHLD ignored, limits and signals work as ever" {
	local sig options=(--ignore=CHLD)
	for sig in {1..8} {10..18} {20..31} {34..64}; do
		options+=(--block="$sig")
	done
	bounded_run "$ENTRY" "${options[@]}" "$CORDON" -q -t 0.2 -k 0.2 sleep 20
	assert_equal "$status" 137 # TERM is blocked in the command, too
	bounded_run "$ENTRY" "${options[@]}" "$CORDON" -q "$VICTIM" die SEGV
	assert_equal "$status" 139
	bounded_start "$ENTRY" "${options[@]}" "$CORDON" -q "$VICTIM" trap USR1 6
	wait_until has_line "$out" ready
	kill -USR1 "$pid"
	cordon_wait
	assert_equal "$status" 6
}

# --- descriptors -----------------------------------------------------------------------

@test "standard streams that are closed are closed in the command, and only those" {
	local closed
	for closed in '' '0' '1' '2' '0 1' '0 2' '1 2' '0 1 2'; do
		alike ${closed:+$(printf -- '--close=%s ' $closed)} -- \
			sh -c 'ls /proc/$$/fd >seen; :'
	done
}

@test "with closed streams nothing of cordon's lands where they were" {
	local closed modes
	need jq
	while IFS=: read -r closed modes; do
		bounded_run "$ENTRY" $(printf -- '--close=%s ' $closed) "$CORDON" --json=report.json \
			sh -c '(echo out; echo err >&2; cat) 2>seen; exit 4'
		assert_equal "$closed: $status" "$closed: 4"
		assert_equal "$closed: $(report '.status, (.streams | .stdin.mode, .stdout.mode,
			.stderr.mode)' | xargs)" "$closed: 4 $modes"
		if [[ $closed == *1* ]]; then
			assert_equal "$closed: $stdout" "$closed: "
		else
			assert_equal "$closed: $stdout" "$closed: out"
		fi
		if [[ $closed == *2* ]]; then
			assert_equal "$closed: $stderr" "$closed: "
		fi
		assert has_line seen err
	done <<-END
		0:closed relay relay
		1:inherit closed relay
		2:inherit relay closed
		0 1:closed closed relay
		0 2:closed relay closed
		1 2:inherit closed closed
		0 1 2:closed closed closed
	END
}

@test "descriptors above 2 are the command's, and no others" {
	bounded_run sh -c '
		exec 3</dev/null 4>file 7<>file 9>&4
		"$VICTIM" print-fds >without
		"$CORDON" -q --json=report.json "$VICTIM" print-fds >with
		"$CORDON" -q --cgroup=none -t 30 --stdin=null --stderr=null "$VICTIM" print-fds >more
		grep -v "^[0-2] " without >without.high
		grep -v "^[0-2] " with | diff without.high -
		grep -v "^[0-2] " more | diff without.high -'
	assert_equal "$status" 0
	assert_equal "$stdout" ''
	assert_equal "$(wc -l <without.high)" 4
}

@test "a run works with as few descriptors as it needs, and says so with fewer" {
	local count
	need prlimit plain
	for ((count = 4; count <= 24; count++)); do
		rm -f ran
		bounded_run prlimit --nofile="$count:$count" "$CORDON" -q -t 30 "$VICTIM" daemonise ran
		if [[ -e ran ]]; then
			assert_equal "$count: $status $stderr" "$count: 0 "
			assert is_gone "$(<ran)"
		else
			assert_equal "$count: $status" "$count: 125"
			assert_equal "$(wc -l <"$err")" 1
			assert_regex "$stderr" '^cordon: [^:]+: cannot [^:]+: Too many open files$'
		fi
	done
	assert [ -e ran ]
}

@test "where no process can be started, nothing is, and cordon says so" {
	need nobody prlimit jq
	as_nobody bounded_run prlimit --nproc=0:0 "$CORDON" --json=report.json true
	assert_equal "$status" 125
	assert_equal "$stderr" \
		'cordon: true: cannot start a process: Resource temporarily unavailable'
	assert_equal "$(report '.error.step')" spawn
}

# --- the rest of the world -------------------------------------------------------------

@test "directory, environment, limits, mask of modes, niceness and identity are as they were" {
	local what
	for what in cwd env limits umask nice ids; do
		see "$what"
	done
	umask 027
	see umask
	ulimit -S -n 100
	see limits
	bounded_run nice -n 5 "$CORDON" -q "$VICTIM" print-nice
	assert_equal "$stdout" "$(nice -n 5 nice)"
}

@test "a working directory that is gone does not matter" {
	need jq
	bounded_run sh -c 'mkdir gone; cd gone; rmdir ../gone
		exec "$CORDON" -q --json=../report.json true'
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(report .cwd)" null
}

@test "without a writable cgroup the run goes on, and the report says why there is none" {
	need root unshare jq cgroup
	bounded_run unshare --mount sh -c '
		mount -o remount,bind,ro "$0" && exec "$CORDON" -q --json=report.json true' \
		"$(cgroup_mounts | head -n 1)"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(report .cgroup.created)" false
	assert_regex "$(report .cgroup.error)" 'Read-only file system$'
}

@test "without /proc the command and its group are held to the limit all the same" {
	need root unshare
	bounded_run unshare --mount sh -c 'mount -t tmpfs none /proc &&
		exec "$CORDON" -q -t 0.3 "$0" -k 0.2 sh -c "\"\$VICTIM\" ignore-term & exec sleep 50"' \
		"$(once "grep -q ready '$out'")"
	assert_equal "$status" 124
	assert_equal "$stdout" ready
	assert no_process_left
	bounded_run unshare --mount sh -c 'mount -t tmpfs none /proc &&
		exec "$CORDON" -q -t 0.5 -k 40 sh -c "trap : TERM; \"\$VICTIM\" stop-self & wait; wait"'
	assert_equal "$status" 124
	assert no_process_left
}

@test "without /proc a daemon cannot be found: the run ends without it, and says so" {
	need root unshare
	bounded_run unshare --mount sh -c 'mount -t tmpfs none /proc &&
		exec "$CORDON" -q -k 0.1 "$VICTIM" daemonise pid'
	kill -KILL "$(<pid)"
	assert_success
	assert_regex "$stderr" '^cordon: .*/proc'
	assert_equal "$(wc -l <"$err")" 1
}

# --- children that were there before ---------------------------------------------------

# With --no-die-with-parent cordon is one process; otherwise two, and only one has the children.
in_one_and_two() {
	"$1" --cgroup=auto
	"$1" --no-die-with-parent
}

spares_children() {
	bounded_run sh -c '
		rm -f three
		sleep 30 & echo $! >one
		(sleep 30 & echo $! >three; wait) & echo $! >two
		until [ -s three ]; do sleep 0.02; done
		exec "$CORDON" -q "$0" --json=report.json --fail-on-leftovers -t 20 "$VICTIM" exit 0' "$1"
	assert_success
	kill -KILL "$(<one)" "$(<two)" "$(<three)" # which is an error if one of them is gone
	assert_equal "$(report '[.processes.reaped, .leftovers_total, .kill] | join(" ")')" '1 0 '
	assert_equal "$(report '.wall_seconds < 10')" true
}

@test "children that cordon was given are not killed, not counted and not waited for" {
	need jq
	in_one_and_two spares_children
}

kills_only_its_own() {
	bounded_run sh -c '
		sleep 50 & echo $! >one
		exec "$CORDON" -q "$0" --json=report.json -t 0.3 "$1" -k 0.1 sh -c "
			trap \"\" TERM
			\"\$VICTIM\" daemonise two
			exec \"\$VICTIM\" ignore-term"' "$1" "$(once "grep -q ready '$out'")"
	assert_equal "$status" 137
	kill -KILL "$(<one)"
	assert is_gone "$(<two)"
	assert_equal "$(report '.processes.reaped')" 2
	assert_equal "$(report '[.kill.steps[].processes] | join(" ")')" '2 2'
}

@test "they are spared when the command and its own are killed" {
	need jq
	in_one_and_two kills_only_its_own
}

@test "they are spared when cordon itself is killed" {
	bounded_start sh -c '
		sleep 30 & echo $! >one
		exec "$CORDON" -q sh -c "
			echo \$PPID >parent
			\"\$VICTIM\" daemonise two
			exec \"\$VICTIM\" ignore-term"'
	wait_until has_line "$out" ready
	kill -KILL "$(<parent)"
	cordon_wait
	assert_equal "$status" 137
	wait_until is_gone "$(<two)"
	kill -KILL "$(<one)"
}

# The other process of cordon's gets what its children leave. In one process it is not told
# from what the command leaves.
@test "what one of them leaves when it ends is spared, too" {
	need jq
	bounded_run sh -c '
		(sleep 30 & echo $! >one; until [ -e go ]; do sleep 0.02; done) & echo $! >parent
		exec "$CORDON" -q --json=report.json sh -c "
			echo >go
			while ps -o stat= -p \$(cat parent) | grep -q ^[^Z]; do sleep 0.02; done
			exit 3"'
	assert_equal "$status" 3
	kill -KILL "$(<one)"
	assert_equal "$(report .leftovers_total)" 0
}

# As process 1 of a container has to.
@test "who is no part of the run is reaped when he dies" {
	bounded_run "$ENTRY" --child=1 "$CORDON" -q sh -c '
		read -r _ _ _ front _ <"/proc/$PPID/stat"
		until [ "$(wc -w <"/proc/$front/task/$front/children")" = 1 ]; do sleep 0.02; done'
	assert_success
}

outlives_child() {
	bounded_run "$ENTRY" --child=0 "$CORDON" -q "$1" --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$(report .processes.reaped)" 1
	bounded_run "$ENTRY" --child=1 "$CORDON" -q "$1" --json=report.json sleep 1.5
	assert_success
	assert_equal "$(report .processes.reaped)" 1
	bounded_run "$ENTRY" --child=0 --ignore=CHLD "$CORDON" -q "$1" "$VICTIM" exit 3
	assert_equal "$status" 3
}

@test "a child that is dead, or dies meanwhile, is not taken for the command" {
	need jq
	in_one_and_two outlives_child
}
