#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Many runs, one after the other and at the same time: what each might leave would pile up.

load helper

BOUND_SECONDS=120

setup() {
	common_setup
	need jq
}

# made_cgroups: the directories that the runs of report.jsonl had, one a line.
made_cgroups() {
	jq -r '.cgroup.path // empty' report.jsonl
}

assert_nothing_piled_up() {
	local directory
	assert no_process_left
	while read -r directory; do
		assert_not_exists "$directory"
	done < <(made_cgroups)
}

@test "300 runs, one after the other, leave no process, no descriptor and no cgroup" {
	bounded_run bash -c '
		for ((i = 0; i < 300; i++)); do
			"$CORDON" -q --report=report.jsonl "$VICTIM" exit $((i % 7))
			(($? == i % 7)) || echo "$i: $?"
		done
		"$VICTIM" print-fds | cut -d " " -f 1 | xargs'
	assert_equal "$stderr" ''
	assert_equal "$stdout" '0 1 2'
	assert_equal "$(jq -r .status report.jsonl | sort | uniq -c | awk '{ print $1 }' | xargs)" \
		'43 43 43 43 43 43 42'
	assert_nothing_piled_up
}

@test "200 runs, four at a time, do not get into each other's way" {
	bounded_run bash -c 'seq 200 | xargs -P 4 -I {} sh -c '\''
		"$CORDON" -q --report=report.jsonl --tag=n={} "$VICTIM" daemonise pid.{} || echo "{}: $?"
		kill -0 "$(cat pid.{})" 2>/dev/null && echo "{}: its daemon lives"; :'\'
	assert_success
	assert_equal "$stdout$stderr" ''
	assert_equal "$(jq -r .tags.n report.jsonl | sort -n | xargs)" "$(seq 200 | xargs)"
	assert_equal "$(jq -c '[.status, .reason, .processes.reaped, .leftovers_total]' report.jsonl |
		sort | uniq -c | xargs)" '200 [0,exited,2,1]'
	assert_nothing_piled_up
}

@test "100 runs in one run leave nothing, and the outer one counts what was its own" {
	cordon_run -q --json=outer.json --fail-on-leftovers bash -c '
		for ((i = 0; i < 100; i++)); do
			"$CORDON" -q -t 30 "$VICTIM" daemonise pid || echo "$i: $?"
		done'
	assert_success
	assert_equal "$stdout$stderr" ''
	assert_equal "$(jq .processes.reaped outer.json)" 1
	assert no_process_left
}

@test "100 runs that are killed leave nothing once the next has run" {
	bounded_run bash -c '
		for ((i = 0; i < 100; i++)); do
			"$CORDON" -q sh -c "echo ready; exec sleep 50" >ready &
			until [[ -s ready ]]; do sleep 0.001; done
			kill -KILL $!
			wait $!
			: >ready
		done 2>/dev/null
		exec "$CORDON" -q --report=report.jsonl true'
	assert_success
	wait_until no_process_left
	assert_nothing_piled_up
	wait_until nothing_left
}

@test "a tree of 5000 processes in sessions of their own is gone after a limit" {
	local cgroup limit
	for cgroup in auto none; do
		for ((limit = 3; limit < 50; limit *= 3)); do
			cordon_run -q --json=report.json --cgroup=$cgroup -t $limit -s KILL \
				"$VICTIM" setsid-children 5000
			assert_equal "$status" 137
			[[ $stdout != 'ready 5000' ]] || break
		done
		assert no_process_left
		assert_equal "$stdout" 'ready 5000'
		assert_equal "$(report '.processes.reaped, .kill.steps[0].processes' | xargs)" '5001 5001'
		assert_equal "$(report '.tree_at_kill | length')" 64
	done
}
