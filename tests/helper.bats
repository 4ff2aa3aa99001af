#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The suite's own safety: what its helper promises, with programs other than cordon.

load helper

# Runs last what the test wants to see fail, and cleans up.
assert_complains() {
	local found GRACE_SECONDS=0
	if wait_for_nothing_left 2>"$BATS_TEST_TMPDIR.complaint"; then
		echo 'nothing was found' >&2
		return 1
	fi
	found=$(<"$BATS_TEST_TMPDIR.complaint")
	[[ $found == *"$1"* ]]
	wait_until nothing_left
}

@test "a daemon that is left over is found and killed" {
	bounded_run "$VICTIM" daemonise pid
	assert_success
	assert_complains "$(<pid)"
}

@test "a daemon with an empty environment is found by its directory" {
	bounded_run env -i "$VICTIM" daemonise pid
	assert_success
	assert_complains "$(<pid)"
}

@test "a job of the test's own is found" {
	(cd / && exec env -i sleep 20) 3>&- &
	assert_complains $!
}

@test "the output and the status of a run are recorded" {
	bounded_run sh -c 'echo one; echo two >&2; exit 3'
	assert_equal "$status" 3
	assert_equal "$stdout" one
	assert_equal "$stderr" two
}

@test "a run reads nothing unless told to" {
	bounded_run cat
	assert_success
	assert_equal "$stdout" ''
	echo text >file
	bounded_run --in file cat
	assert_equal "$stdout" text
}

@test "a run begins with three descriptors and default signals" {
	bounded_run "$VICTIM" print-fds
	assert_equal "$(wc -l <"$out")" 3
	bounded_run "$VICTIM" print-mask
	assert_equal "$stdout" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
}

@test "a run that does not end is killed, and is a failure" {
	for BOUND_SECONDS in 1 20; do # until it is ready in time
		refute bounded_run "$VICTIM" ignore-term
		[[ -z $stdout ]] || break
	done
	assert_equal "$stdout" ready
}

@test "a run in the background gives its pid and its status" {
	bounded_start "$VICTIM" trap TERM 5
	wait_until has_line "$out" ready
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 5
	assert_equal "$stdout" $'ready\ngot TERM'
	is_gone "$pid"
}

@test "nobody can run what is tested" {
	need nobody
	as_nobody bounded_run "$VICTIM" print-ids
	assert_equal "$stdout" $'uid 65534 65534 65534\ngid 65534 65534 65534\ngroups'
	as_nobody touch mine
	assert_equal "$(stat -c %u mine)" 65534
}

@test "a directory of cgroups that is left over is found and removed" {
	need cgroup
	local directory
	directory=$(own_cgroup)
	directory=${directory%/}/cordon-$$-helper
	mkdir "$directory"
	assert_complains "$directory"
	refute test -d "$directory"
}

@test "what a run needs and is not there skips the test, or fails it when strict" {
	CORDON_STRICT=
	skip() {
		echo "skip: $1"
	}
	run need no-such-program
	assert_success
	assert_output 'skip: needs no-such-program'
	CORDON_STRICT=1
	run need no-such-program
	assert_failure
	assert_output 'needs no-such-program'
}

@test "what cannot be had by whoever runs the tests skips them, strict or not" {
	CORDON_STRICT=1 CORDON_WITHOUT='root nobody'
	skip() {
		echo "skip: $1"
	}
	run lack root
	assert_success
	assert_output 'skip: needs root'
	run lack cgroup
	assert_failure
}

@test "reports that do not follow the schema are found when the file is over" {
	need schema
	local BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR.file CORDON_REPORTS=
	cordon_run -q --json=good.json true
	collect_reports
	run validate_all_reports
	assert_success
	jq -c '.surplus = 1' good.json >bad.jsonl
	collect_reports
	run validate_all_reports
	assert_failure
	assert_output --partial "bad.jsonl: \$: Additional properties are not allowed ('surplus'"
	rm bad.jsonl
}

@test "of a test that fails the line is named, and that of the file's own function" {
	printf '%s\n' "load $BATS_TEST_DIRNAME/helper" 'check() {' '	assert_equal 1 "$1"' '}' \
		'@test "a" {' '	bounded_run true' '	[[ $stdout == x ]]' '	true' '}' \
		'@test "b" {' '	check 1' '	check 2' '}' \
		'@test "c" {' '	wait_until true' '	bounded_run true' '	assert_failure' '}' >it.bats
	bounded_run bats --tap it.bats
	assert_equal "$status" 1
	assert_equal "$(grep -E '^# .*line [0-9]' "$out")" "# (in test file it.bats, line 7)
# (from function \`check' in file it.bats, line 3,
#  in test file it.bats, line 12)
# (in test file it.bats, line 17)"
}
