#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cordon ends with.

load helper

# wait_run COMMAND [ARG]...: run it, and set $ending to what wait(2) says of it: "exit N" or
# "signal N", and " core" if there is one.
wait_run() {
	need perl
	bounded_run perl -e '
		open(my $file, ">", shift) or die;
		system { $ARGV[0] } @ARGV;
		print $file $? & 127 ? "signal " . ($? & 127) : "exit " . ($? >> 8);
		print $file " core" if $? & 128' ending "$@"
	ending=$(<ending)
}

@test "each of the 256 exit codes comes through" {
	bounded_run bash -c 'for ((code = 0; code < 256; code++)); do
		"$CORDON" -q "$VICTIM" exit "$code"
		echo "$code: $?"
	done'
	assert_equal "$stderr" ''
	assert_equal "$stdout" "$(for ((code = 0; code < 256; code++)); do echo "$code: $code"; done)"
}

@test "a command that dies of a signal makes cordon die of the same signal" {
	local signals sig
	# All but those that do not kill: CHLD CONT STOP TSTP TTIN TTOU URG WINCH.
	signals=({1..16} {24..27} {29..31} 32 33 {34..64})
	for sig in "${signals[@]}"; do
		wait_run "$CORDON" -q "$VICTIM" die "$sig"
		assert_equal "$sig: $ending" "$sig: signal $sig"
	done
	assert_equal "$stdout$stderr" ''
}

@test "when cordon's own second process is killed, the first dies in the same way" {
	wait_run "$CORDON" -q --cgroup=none sh -c 'kill -KILL $PPID; exec sleep 50'
	assert_equal "$ending" 'signal 9'
}

@test "--signal-exit=code turns death by a signal into 128 and its number" {
	local sig
	for sig in {1..16} {24..27} {29..31} 32 33 {34..64}; do
		wait_run "$CORDON" -q --signal-exit=code "$VICTIM" die "$sig"
		assert_equal "$sig: $ending" "$sig: exit $((128 + sig))"
	done
	wait_run "$CORDON" -q --signal-exit=code --signal-exit=raise "$VICTIM" die USR1
	assert_equal "$ending" 'signal 10'
}

@test "cordon dies of a signal without a core file of its own" {
	need root perl
	if [[ $(</proc/sys/kernel/core_pattern) == [\|/]* ]]; then
		skip 'needs core files in the working directory'
	fi
	mkdir control run
	cd control
	wait_run prlimit --core=unlimited sh -c 'kill -SEGV $$'
	assert_equal "$ending" 'signal 11 core'
	cd ../run
	wait_run prlimit --core=unlimited "$CORDON" -q "$VICTIM" die SEGV
	assert_equal "$ending" 'signal 11'
	assert_equal "$(ls)" ending
}

@test "cordon whose own process beside the command is killed dies alike, and says so" {
	wait_run "$CORDON" -q --cgroup=none sh -c 'kill -KILL $PPID; sleep 50'
	assert_equal "$ending" 'signal 9'
	assert_equal "$stderr" \
		'cordon: its supervisor was killed: so is what it ran, and there is no report'
}

@test "where raising does not kill, as in pid 1, the status is 128 and the signal's number" {
	need root unshare
	bounded_run unshare --pid --fork --mount-proc "$CORDON" -q "$VICTIM" die TERM
	assert_equal "$status" 143
	bounded_run unshare --pid --fork --mount-proc "$CORDON" -q "$VICTIM" die KILL
	assert_equal "$status" 137
	bounded_run unshare --pid --fork --mount-proc "$CORDON" -q "$VICTIM" exit 7
	assert_equal "$status" 7
	assert_equal "$stderr" ''
}

@test "an exit code that --ok names becomes 0, and no other" {
	cordon_run -q --ok=3 --ok=255 "$VICTIM" exit 3
	assert_equal "$status" 0
	cordon_run -q --ok=3 --ok=255 "$VICTIM" exit 255
	assert_equal "$status" 0
	cordon_run -q --ok=3 --ok=255 "$VICTIM" exit 4
	assert_equal "$status" 4
	cordon_run -q --ok=3 "$VICTIM" exit 0
	assert_equal "$status" 0
}

@test "--ok speaks of exit codes, not of signals, limits and failures" {
	wait_run "$CORDON" -q --ok=143 "$VICTIM" die TERM
	assert_equal "$ending" 'signal 15'
	cordon_run -q --ok=124 -t 0.1 sleep 20
	assert_equal "$status" 124
	cordon_run -q --ok=127 ./missing
	assert_equal "$status" 127
	cordon_run -q --ok=143 --signal-exit=code "$VICTIM" die TERM
	assert_equal "$status" 143
}

@test "a limit of time gives 124, whatever the command makes of the signal" {
	cordon_run -q -t 0.1 sleep 20
	assert_equal "$status" 124
	cordon_run -q -t 0.1 -s USR1 sleep 20
	assert_equal "$status" 124
	entry_options=(--block=TERM) # for a command that handles it when it comes too early, too
	cordon_run -q -t 0.1 "$VICTIM" trap TERM 0
	assert_equal "$status" 124
	cordon_run -q -t 0.1 "$VICTIM" trap TERM 5
	assert_equal "$status" 124
	assert_equal "$stderr" ''
}

@test "a limit of time that needed KILL gives 137, as an exit code" {
	wait_run "$CORDON" -q -t 0.1 "$(once "grep -q ready '$out'")" -k 0.1 "$VICTIM" ignore-term
	assert_equal "$ending" 'exit 137'
	wait_run "$CORDON" -q -t 0.1 -s KILL sleep 20
	assert_equal "$ending" 'exit 137'
}

@test "124 it is if only what the command left behind needed KILL" {
	cordon_run -q -t 0.3 -k 0.1 sh -c '"$VICTIM" ignore-term & exec sleep 20'
	assert_equal "$status" 124
	# The command has the time until KILL to end by its own hand.
	cordon_run -q -t 0.3 "$(once "grep -q ready '$out'")" -k 4 \
		sh -c 'trap "kill -KILL \$\$" TERM; "$VICTIM" ignore-term & wait'
	assert_equal "$status" 124
}

@test "--preserve-status gives the command's own status after a timeout" {
	wait_run "$CORDON" -q -t 0.1 --preserve-status sleep 20
	assert_equal "$ending" 'signal 15'
	wait_run "$CORDON" -q -t 0.1 "$(once "grep -q ready '$out'")" -k 0.1 -p "$VICTIM" ignore-term
	assert_equal "$ending" 'signal 9'
	wait_run "$CORDON" -q -t 0.1 -p --signal-exit=code sleep 20
	assert_equal "$ending" 'exit 143'
	entry_options=(--block=TERM) # for a command that handles it when it comes too early, too
	cordon_run -q -t 0.1 -p "$VICTIM" trap TERM 5
	assert_equal "$status" 5
	cordon_run -q -t 0.1 -p --ok=5 "$VICTIM" trap TERM 5
	assert_equal "$status" 0
}

@test "a command that dies of KILL by another hand is not taken for a timeout" {
	wait_run "$CORDON" -q -t 30 sh -c 'kill -KILL $$'
	assert_equal "$ending" 'signal 9'
}

@test "125: cordon failed before the command ran, and nothing was started" {
	cordon_run --no-such-option touch ran
	assert_equal "$status" 125
	cordon_run -C missing touch ran
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --chdir=missing: cannot enter: No such file or directory'
	cordon_run --report=missing/report.json touch ran
	assert_equal "$status" 125
	cordon_run --stdout=missing/file touch ran
	assert_equal "$status" 125
	cordon_run --rlimit=nofile=1000000000 touch ran
	assert_equal "$status" 125
	assert_equal "$stderr" \
		'cordon: --rlimit=nofile: cannot set the limit: Operation not permitted'
	assert_equal "$(ls)" ''
}

@test "126: the command is there and cannot be executed" {
	mkdir directory
	echo 'echo ran' >file
	printf '#!%s/file\n' "$PWD" >script
	printf '\177ELF and nothing more\n' >broken
	chmod +x script broken
	cordon_run ./directory
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: ./directory: cannot run: Permission denied'
	cordon_run ./file
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: ./file: cannot run: Permission denied'
	cordon_run ./script
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: ./script: cannot run: Permission denied'
	cordon_run ./file/below
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: ./file/below: cannot run: Not a directory'
	assert_equal "$stdout" ''
}

@test "127: the command, or the interpreter that its script names, is not there" {
	printf '#!/missing/interpreter\n' >script
	chmod +x script
	cordon_run ./missing
	assert_equal "$status" 127
	assert_equal "$stderr" 'cordon: ./missing: cannot run: No such file or directory'
	cordon_run no-such-command
	assert_equal "$status" 127
	assert_equal "$stderr" 'cordon: no-such-command: cannot run: No such file or directory'
	cordon_run ./script
	assert_equal "$status" 127
	assert_equal "$stderr" \
		'cordon: ./script: its interpreter cannot be found: No such file or directory'
	bounded_run env PATH="$PWD" "$CORDON" -q script
	assert_equal "$status" 127
	assert_equal "$stderr" \
		'cordon: script: its interpreter cannot be found: No such file or directory'
	cordon_run ''
	assert_equal "$status" 127
	assert_equal "$stdout" ''
}

@test "a status of 124 to 127 or above that the command chose is the command's" {
	local code
	for code in 124 125 126 127 137 143; do
		cordon_run -q --json=report.json -t 30 "$VICTIM" exit "$code"
		assert_equal "$status" "$code"
		assert_equal "$(report '[.reason, .status, .exit_code] | join(" ")')" \
			"exited $code $code"
	done
}
