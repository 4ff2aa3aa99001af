#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a run gets from cgroup v2 where its controllers are to be had: as root, and as an ordinary
# user in a group that was delegated. In the virtual machine (tests/vm/run) there are both.

load helper

setup() {
	common_setup
	need cgroup jq
	base=
	make_base || lack_controllers
}

teardown() {
	local failed=0
	common_teardown || failed=1
	if [[ -n $base ]]; then
		find "$base" -depth -type d -exec rmdir {} + || failed=1
	fi
	return "$failed"
}

# make_base: a group with all controllers, $base: below the topmost group, or beside a user's own.
make_base() {
	local place
	place=$(own_cgroup)
	place=${place%/}
	if ((EUID != 0)); then
		place=${place%/*}
	fi
	mount=$(cgroup_mounts | head -n 1)
	echo '+memory +pids +cpu +io' 2>/dev/null >"$place/cgroup.subtree_control" || return
	base=$place/test-$BASHPID-$RANDOM
	mkdir "$base"
} 2>/dev/null

lack_controllers() {
	if [[ -n ${CORDON_VM-} ]]; then
		lack 'controllers of cgroup v2'
	fi
	skip 'no controllers of cgroup v2 here; the virtual machine has them (tests/vm/run)'
}

# inside COMMAND [ARG]...: a run in $base, where nobody else is.
inside() {
	# shellcheck disable=SC2016
	bounded_run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$base" "$@"
}

below_base() {
	find "$base" -mindepth 1 -type d -printf '%P\n' | sort | xargs
}

is_empty() {
	[[ -z $(below_base) ]]
}

# is_so TEST: jq's TEST is true of the report.
is_so() {
	if [[ $(report "$1") != true ]]; then
		echo "not so: $1" >&2
		jq -c '{status, memory, io, processes, cgroup, limits, sources}' "$REPORT" >&2
		return 1
	fi
}

@test "a command is born in a cgroup below cordon's own, which is gone afterwards" {
	inside "$CORDON" -q --require-cgroup --json=report.json sed -n s/^0:://p /proc/self/cgroup
	assert_equal "$status $stderr" '0 '
	assert_equal "$mount$stdout" "$(report .cgroup.path)"
	assert_equal "$(report .cgroup.base)" "$base"
	assert_equal "$(below_base)" ''
}

@test "with controllers there is a figure for all that the report asks for" {
	local file=/var/tmp/cordon-$BASHPID
	# shellcheck disable=SC2016
	inside "$CORDON" -q --json=report.json -m 500M --pids=100 --cpu-weight=100 --io-weight=100 sh -c \
		'"$VICTIM" alloc 30 0 >/dev/null & dd if=/dev/zero of="$0" bs=1M count=4 oflag=direct; wait' "$file"
	rm -f "$file"
	assert_equal "$status" 0
	is_so '.cgroup.controllers | contains(["cpu", "io", "memory", "pids"])'
	is_so '.memory.peak_tree_bytes | . >= 30 * 1048576 and . < 60 * 1048576'
	is_so '.processes.peak | . >= 2 and . < 10'
	is_so '.io.written_bytes | . >= 4 * 1048576 and . < 8 * 1048576'
	is_so '.cgroup.pressure | [.cpu, .memory, .io] | all(.some_seconds >= 0)'
	is_so '.sources | ."memory.peak_tree_bytes" == "cgroup memory.peak" and
		."processes.peak" == "cgroup pids.peak" and ."io.bytes" == "cgroup io.stat"'
	assert_equal "$(below_base)" ''
}

# The rule of no internal processes: cordon has gone to a group beside the run's.
@test "whoever of cordon is killed, its group is as before afterwards" {
	local victim
	for victim in front supervisor; do
		# shellcheck disable=SC2016
		bounded_start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$base" \
			"$CORDON" -q -m 500M --pids=50 "$VICTIM" ignore-term
		wait_until has_line "$out" ready
		assert_regex "$(below_base)" '^cordon-[0-9]+-[0-9a-f]+ cordon-[0-9]+-leaf$'
		[[ $victim == front ]] || pid=$(pgrep -P "$pid" -x cordon-super)
		kill -KILL "$pid"
		cordon_wait
		assert_equal "$status" 137
		wait_until no_process_left
		wait_until is_empty
		assert_equal "$(<"$base/cgroup.subtree_control")" ''
	done
}

@test "groups that the command froze, filled and closed are removed, with all who are in them" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q --json=report.json -k 1 sh -c 'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)" &&
		mkdir -p frozen/inner closed/inner full && echo 1 >frozen/cgroup.freeze || exit 1
		sleep 50 & echo $! >frozen/inner/cgroup.procs
		sleep 50 & echo $! >full/cgroup.procs
		chmod 000 closed frozen full; exit 3' "$mount"
	assert_equal "$status $stderr" '3 '
	assert_equal "$(report '.leftovers | length')" 2
	assert_equal "$(below_base)" ''
}

@test "an ordinary user needs no root for a group that was delegated" {
	need root nobody
	as_nobody true
	chown 65534 "$base" "$base"/cgroup.{procs,subtree_control,threads}
	local name
	for name in auto "${base#"$mount/"}/inner"; do
		# shellcheck disable=SC2016
		bounded_run sh -c 'echo $$ >"$0/cgroup.procs" && exec setpriv --reuid=65534 \
			--regid=65534 --clear-groups "$@"' "$base" "$CORDON" -q --cgroup="$name" \
			--require-cgroup --json="$REPORT" -m 200M "$VICTIM" alloc 20 0
		assert_equal "$status $stderr" '0 '
		is_so '.cgroup.created and .memory.peak_tree_bytes >= 20 * 1048576'
		assert_equal "$(below_base)" ''
	done
}
