#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a run's cgroup is made below, on hosts of every kind. Each test has a group of its own,
# $base, which most see as the whole hierarchy, as a container would.

load helper

setup() {
	common_setup
	need root cgroup unshare jq
	mount=$(cgroup_mounts | head -n 1)
	top=$(own_cgroup)
	base=${top%/}/test-$BASHPID-$RANDOM
	mkdir "$base"
}

teardown() {
	common_teardown || local failed=1
	[[ -z ${base-} ]] || find "$base" -depth -type d -exec rmdir {} +
	[[ -z ${failed-} ]]
}

# in_group DIRECTORY COMMAND [ARG]...: a run in it.
in_group() {
	# shellcheck disable=SC2016
	bounded_run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@"
}

# inside COMMAND [ARG]...: a run in $base, where $base is the top of all that is to be seen.
inside() {
	inside_at "$base" "$@"
}

# inside_at DIRECTORY COMMAND [ARG]...: the same in another group that is to be seen there. The
# groups below which there is to be a memory controller are in $memory_below; only when nobody is
# in $base any longer can it be one of them.
memory_below=
inside_at() {
	# shellcheck disable=SC2016
	bounded_run env memory_below="$memory_below" \
		sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare -m -C "$@"' "$base" sh -c '
		umount "$0" && mount -t cgroup2 none "$0" && echo $$ >"$1/cgroup.procs" || exit
		for group in $memory_below; do
			echo +memory >"$0/$group/cgroup.subtree_control" || exit
		done
		shift; exec "$@"' "$mount" "$mount${1#"$base"}" "${@:2}"
}

# without_access COMMAND...: by nobody.
without_access=(setpriv --reuid=65534 --regid=65534 --clear-groups --)

own_path=(sed -n 's/^0:://p' /proc/self/cgroup)

below_base() {
	find "$base" -mindepth 1 -type d -printf '%P\n' | sort | xargs
}

running_in() {
	grep -q . "$1/cgroup.procs"
}

# What the report says of the base: kind, directory, and what was tried before.
bases() {
	report '.cgroup | "\(.base_kind) \(.base)", (.tried[] | "not \(.kind): \(.error)")'
}

# delegate DIRECTORY: to nobody, as "cordonctl cgroup-init" does.
delegate() {
	chown 65534:65534 "$1" "$1"/cgroup.{procs,threads,subtree_control}
}

# need_controller NAME: skip the test, or in the virtual machine fail it, without.
need_controller() {
	grep -qw "$1" "$base/cgroup.controllers" && return
	[[ -z ${CORDON_VM-} ]] || lack "the $1 controller"
	skip "no $1 controller here; the virtual machine has one (tests/vm/run)"
}

# --- the prepared directory ------------------------------------------------------------

@test "where a directory was prepared, runs are in it" {
	mkdir "$base/cordon"
	inside "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/cordon/cordon-[0-9]+-[0-9a-f]{8}$'
	assert_equal "$(bases)" "prepared $mount/cordon"
	inside "$CORDON" -q --cgroup=name --json=report.json "${own_path[@]}"
	assert_equal "$stdout" /cordon/name
	assert_equal "$(bases)" "prepared $mount/cordon"
	assert_equal "$(below_base)" cordon
}

@test "where none was prepared, the group that cordon is in serves" {
	mkdir "$base/a"
	inside_at "$base/a" "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_regex "$stdout" '^/a/cordon-[0-9]+-[0-9a-f]{8}$'
	assert_equal "$(bases)" "own $mount/a"$'\n''not prepared: there is none'
}

@test "where no directory was prepared, that costs one look, and no other file is read" {
	need strace
	mkdir "$base/a"
	inside_at "$base/a" strace -f -o trace -e trace=file "$CORDON" -q true
	assert_success
	assert_equal "$(grep -c "\"$mount/cordon\"" trace)" 1
	refute grep -q -e mountinfo -e libsystemd -e /run/systemd trace
}

@test "a user who is outside of the prepared directory has no use for it" {
	as_nobody true
	mkdir "$base/cordon"
	delegate "$base/cordon"
	inside "${without_access[@]}" "$CORDON" -q --json="$REPORT" "${own_path[@]}"
	assert_success
	assert_equal "$stdout$stderr" /
	assert_equal "$(bases | head -n 3)" "null null
not prepared: cordon is outside of it, and cannot start processes in it: Permission denied
not own: cannot create a directory in cordon's own cgroup: Permission denied"
	assert_equal "$(report .cgroup.error)" \
		"cannot create a directory in cordon's own cgroup: Permission denied"
	assert_equal "$(below_base)" cordon
}

@test "a user who is inside of it has" {
	as_nobody true
	mkdir -p "$base/cordon/a/b"
	delegate "$base/cordon"
	delegate "$base/cordon/a"
	delegate "$base/cordon/a/b"
	local group
	for group in cordon cordon/a/b; do
		inside_at "$base/$group" "${without_access[@]}" "$CORDON" -q --json="$REPORT" "${own_path[@]}"
		assert_success
		assert_regex "$stdout" '^/cordon/cordon-[0-9]+-[0-9a-f]{8}$'
		assert_equal "$(bases)" "prepared $mount/cordon"
	done
	assert_equal "$(below_base)" 'cordon cordon/a cordon/a/b'
}

@test "a directory whose name only begins like that of the prepared one is not in it" {
	as_nobody true
	mkdir "$base/cordon" "$base/cordon2"
	delegate "$base/cordon"
	delegate "$base/cordon2"
	inside_at "$base/cordon2" "${without_access[@]}" "$CORDON" -q --json="$REPORT" "${own_path[@]}"
	assert_regex "$stdout" '^/cordon2/cordon-'
	assert_equal "$(bases)" "own $mount/cordon2
not prepared: cordon is outside of it, and cannot start processes in it: Permission denied"
}

@test "a prepared directory that belongs to somebody else does not serve" {
	as_nobody true
	mkdir -p "$base/cordon/a"
	delegate "$base/cordon/a"
	inside_at "$base/cordon/a" "${without_access[@]}" "$CORDON" -q --json="$REPORT" "${own_path[@]}"
	assert_regex "$stdout" '^/cordon/a/cordon-'
	assert_equal "$(bases)" \
		"own $mount/cordon/a"$'\n''not prepared: cannot write to it: Permission denied'
}

@test "a base in which the kernel will not start the command is followed by the next" {
	need strace
	mkdir "$base/cordon"
	inside strace -qq -f -o trace -e trace=clone3 -e inject=clone3:error=EOPNOTSUPP:when=1 \
		"$CORDON" -q --require-cgroup --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/cordon-[0-9]+-[0-9a-f]{8}$'
	assert_equal "$stderr" ''
	assert_equal "$(bases)" "own $mount
not prepared: cannot start a process in it: Operation not supported"
	assert_equal "$(below_base)" cordon
}

@test "a prepared directory that is full is followed by the next" {
	mkdir "$base/cordon"
	echo 0 >"$base/cordon/cgroup.max.descendants"
	inside "$CORDON" -q --require-cgroup --json=report.json "${own_path[@]}"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(bases)" "own $mount
not prepared: cannot create a directory in it: Resource temporarily unavailable"
	inside "$CORDON" -q --require-cgroup --cgroup=name --json=report.json "${own_path[@]}"
	assert_equal "$stdout$stderr" /name
	assert_equal "$(bases)" "own $mount
not prepared: cannot create its directory: Resource temporarily unavailable"
}

# --- runs in runs ----------------------------------------------------------------------

@test "a run inside a run stays in its directory, whatever was prepared" {
	mkdir "$base/cordon"
	local option
	for option in --cgroup=auto --cgroup=outer --cgroup=a/outer; do
		# shellcheck disable=SC2016
		inside "$CORDON" -q --require-cgroup $option sh -c \
			"${own_path[*]}; exec \"\$0\" -q --require-cgroup --json=report.json ${own_path[*]}" "$CORDON"
		assert_success
		assert_equal "$stderr" ''
		assert_equal "${lines[*]}" ''
		assert_regex "$stdout" "^([^"$'\n'"]+)"$'\n'"\\1/cordon-[0-9]+-[0-9a-f]{8}\$"
		assert_equal "$(bases)" "own $mount$(head -n 1 "$out")
not prepared: cordon is inside another run, and stays there"
	done
	assert_equal "$(below_base)" cordon
}

@test "nor does it leave from below that directory" {
	mkdir "$base/cordon"
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=outer sh -c 'group=$0$(sed -n s/^0:://p /proc/self/cgroup)/inner/most
		mkdir -p "$group" && echo $$ >"$group/cgroup.procs" && exec "$@"' "$mount" \
		"$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/cordon/outer/inner/most/cordon-'
	assert_equal "$(bases)" "own $mount/cordon/outer/inner/most
not prepared: cordon is inside another run, and stays there"
}

@test "a run inside a run that is in another cgroup namespace stays there, too" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=outer unshare -m -C sh -c 'umount "$0" && mount -t cgroup2 none "$0" &&
		mkdir "$0/cordon" && exec "$@"' "$mount" "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/cordon-[0-9]+-'
	assert_equal "$(bases)" "own $mount
not prepared: cordon is inside another run, and stays there"
	assert_equal "$(below_base)" ''
}

@test "runs in runs in runs are all gone after a limit" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q -s KILL "${ended_when_ready[@]}" "$CORDON" -q "$CORDON" -q sh -c \
		'setsid sleep 50 & echo ready; exec sleep 50'
	assert_equal "$status" 137
	assert no_process_left
	assert_equal "$(below_base)" ''
}

# --- names -----------------------------------------------------------------------------

@test "of runs that want one name at the same time exactly one has it" {
	# shellcheck disable=SC2016
	inside sh -c 'i=0; while [ $((i += 1)) -le 20 ]; do
			{ "$0" --cgroup=name --require-cgroup -q sh -c "
				echo mine; until [ \$(grep -c 125 \"\$0\") -ge 19 ]; do sleep 0.05; done" "$1"
			echo $?; } & done; wait' "$CORDON" "$out"
	assert_equal "$(sort "$out" | uniq -c | xargs)" '1 0 19 125 1 mine'
	assert_equal "$(sort -u "$err")" 'cordon: --cgroup=name: is in use by another run'
	assert_equal "$(below_base)" ''
}

@test "a name in use is not to be had below another base" {
	mkdir -p "$base/cordon"
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=name sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$mount" \
		"$CORDON" --cgroup=name --require-cgroup -q --json=report.json touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cgroup=name: is in use by another run'
	assert_equal "$(bases)" "prepared $mount/cordon"
	refute test -e started
}

@test "a limit on a run whose name is in use is no run" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=a/name "$CORDON" --cgroup=a/name -q --pids=9 touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cgroup=a/name: is in use by another run'
	refute test -e started
	inside "$CORDON" -q --cgroup=a/name "$CORDON" --cgroup=a/name -q --pids=9 --best-effort echo on
	assert_success
	assert_equal "$stdout" on
	assert_equal "$stderr" "cordon: --cgroup=a/name: is in use by another run
cordon: --pids=9: cannot be enforced: no cgroup for the pids controller: is in use by another run; \
see 'cordonctl doctor'"
}

# --- hosts -----------------------------------------------------------------------------

@test "where the hierarchy is read-only there is no cgroup" {
	local reason="cannot create a directory in cordon's own cgroup: Read-only file system"
	mkdir "$base/cordon"
	# shellcheck disable=SC2016
	inside sh -c 'mount -o remount,bind,ro "$0" && exec "$@"' "$mount" \
		"$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_equal "$stdout$stderr" /
	assert_equal "$(bases | head -n 3)" "null null
not prepared: cannot write to it: Read-only file system
not own: $reason"
	assert_equal "$(report .cgroup.error)" "$reason"
	# shellcheck disable=SC2016
	inside sh -c 'mount -o remount,bind,ro "$0" && exec "$@"' "$mount" \
		"$CORDON" -q --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --require-cgroup: $reason"
	# shellcheck disable=SC2016
	inside sh -c 'mount -o remount,bind,ro "$0" && exec "$@"' "$mount" \
		"$CORDON" -q --memory=64M touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --memory=64M: cannot be enforced: no cgroup for the memory \
controller: cannot create a directory in cordon's own cgroup (Read-only file system); \
see 'cordonctl doctor'"
	refute test -e started
}

@test "where there is no /sys the run goes on without" {
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount -t tmpfs none /sys && exec "$@"' - \
		"$CORDON" -q --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report '.cgroup | .created, .base_kind, .error, (.tried | length)')" \
		$'false\nnull\nno cgroup2 is mounted\n0'
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount -t tmpfs none /sys && exec "$@"' - \
		"$CORDON" -q --pids=5 touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --pids=5: cannot be enforced: no cgroup for the pids controller: \
no cgroup2 is mounted; see 'cordonctl doctor'"
	refute test -e started
}

@test "where there is neither /sys nor /proc the run goes on without" {
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount -t tmpfs none /sys && mount -t tmpfs none /proc && exec "$@"' - \
		"$CORDON" -q --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report .cgroup.error)" 'cannot read /proc/self/mountinfo: No such file or directory'
}

@test "where there is no /proc nothing is done in a prepared directory" {
	mkdir "$base/cordon"
	# shellcheck disable=SC2016
	inside sh -c 'mount -t tmpfs none /proc && exec "$@"' - \
		"$CORDON" -q --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$(report .cgroup.error)" 'cannot read /proc/self/cgroup: No such file or directory'
	assert_equal "$(below_base)" cordon
}

@test "a namespace that still has the host's mount does not show where cordon is" {
	mkdir "$base/a"
	# shellcheck disable=SC2016
	in_group "$base/a" unshare -C "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_equal "$stdout$stderr" /
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncordon\'s own cgroup is not below the mount'
	in_group "$base/a" unshare -C "$CORDON" -q --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --require-cgroup: cordon's own cgroup is not below the mount"
	refute test -e started
}

@test "a group outside of the cgroup namespace is found through a mount that shows it" {
	mkdir -p "$base/a" "$base/b" part
	# shellcheck disable=SC2016
	in_group "$base/a" unshare -m -C sh -c 'mount --bind "$0" part && echo $$ >part/b/cgroup.procs &&
		umount -l "$1" && shift && exec "$@"' "$base" "$mount" \
		"$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/\.\./b/cordon-[0-9]+-'
	assert_equal "$(report '.cgroup | .created, .base_kind, .base')" $'true\nown\n'"$PWD/part/b"
	assert_equal "$(below_base)" 'a b'
}

@test "a group outside of the cgroup namespace is not looked for beside the mount" {
	local name=${mount##*/} # so that there is something of that name beside the mount
	mkdir -p "$base/a" "$base/$name"
	# shellcheck disable=SC2016
	in_group "$base/a" unshare -m -C sh -c 'echo $$ >"$0/cgroup.procs" && umount "$1" &&
		mount -t cgroup2 none "$1" && shift && exec "$@"' "$base/$name" "$mount" \
		"$CORDON" -q --json=report.json "${own_path[@]}"
	assert_success
	assert_equal "$stdout" "/../$name"
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncordon\'s own cgroup is not below the mount'
	assert_equal "$(below_base)" "a $name"
}

@test "a part of the hierarchy at the usual place serves if cordon is in it" {
	mkdir -p "$base/a/b"
	# shellcheck disable=SC2016
	in_group "$base/a/b" unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' \
		"$base/a" "$mount" "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_regex "$stdout" "^${base#"$mount"}/a/b/cordon-"
	assert_equal "$(report '.cgroup | .created, .base')" $'true\n'"$mount/b"
	assert_equal "$(below_base)" 'a a/b'
}

@test "the topmost group is not taken for the part that is mounted at its place" {
	[[ $top == "$mount/" ]] || skip 'only where the tests are in the topmost group'
	mkdir "$base/a"
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' \
		"$base/a" "$mount" "$CORDON" -q --json=report.json "${own_path[@]}"
	assert_equal "$stdout" /
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncordon\'s own cgroup is not below the mount'
}

@test "of several mounts the one is taken that shows where cordon is" {
	mkdir -p "$base/a" "$base/b" one two
	# shellcheck disable=SC2016
	in_group "$base/a" unshare -m sh -c 'mount --bind "$0/b" one && mount --bind "$0/a" two &&
		umount -l "$1" && shift && exec "$@"' "$base" "$mount" \
		"$CORDON" -q --json=report.json "${own_path[@]}"
	assert_regex "$stdout" "^${base#"$mount"}/a/cordon-"
	assert_equal "$(report '.cgroup | .created, .base')" $'true\n'"$PWD/two"
}

# --- containers ------------------------------------------------------------------------

@test "cordon may be the first process of a container" {
	# shellcheck disable=SC2016
	inside unshare --pid --fork --mount-proc "$CORDON" -q --json=report.json sh -c \
		'setsid sleep 50 & echo $$ $PPID; exit 3'
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_regex "$stdout" '^[0-9]+ 2$'
	assert_equal "$(report '.cgroup | .created, .base_kind')" $'true\nown'
	assert_equal "$(report '.leftovers | length')" 1
	assert_equal "$(below_base)" ''
}

@test "a limit ends the run of a container's first process with 128 and the signal" {
	inside unshare --pid --fork --mount-proc "$CORDON" -q -t 0.3 -s KILL sleep 50
	assert_equal "$status" 137
	assert_equal "$(below_base)" ''
}

@test "two containers' runs of the same pid do not sweep each other" {
	# shellcheck disable=SC2016
	inside sh -c 'for i in 1 2 3 4 5 6 7 8; do
			unshare --pid --fork --mount-proc "$0" -q --require-cgroup sh -c "sleep 0.3; echo done" &
		done; wait' "$CORDON"
	assert_equal "$stderr" ''
	assert_equal "$(sort "$out" | uniq -c | xargs)" '8 done'
	assert_equal "$(below_base)" ''
}

# --- limits ----------------------------------------------------------------------------

@test "a limit without its controller is no run, and names it" {
	local limit controller
	for limit in --memory=64M:memory --pids=9:pids --cpus=1:cpu --io-weight=50:io \
		--cgroup-set=nosuch.max=1:nosuch; do
		controller=${limit##*:} limit=${limit%:*}
		if grep -qw "$controller" "$base/cgroup.controllers"; then continue; fi
		inside "$CORDON" "$limit" -q --json=report.json touch started
		assert_equal "$status" 125
		assert_equal "$stderr" "cordon: $limit: cannot be enforced: there is no $controller \
controller here; see 'cordonctl doctor'"
		assert_equal "$(report '.error | .step, .option, .errno')" $'limit\n'"$limit"$'\nnull'
		refute test -e started
		assert_equal "$(below_base)" ''
	done
}

@test "with --best-effort the limits that cannot be enforced are named, and the cgroup is kept" {
	inside "$CORDON" -q --best-effort --cgroup-set=nosuch.max=1 --json=report.json "${own_path[@]}"
	assert_success
	assert_regex "$stdout" '^/cordon-[0-9]+-'
	assert_equal "$stderr" "cordon: --cgroup-set=nosuch.max=1: cannot be enforced: there is no nosuch \
controller here; see 'cordonctl doctor'"
	assert_equal "$(report '.limits.not_enforced[], .cgroup.base_kind, .cgroup.created')" \
		$'--cgroup-set=nosuch.max=1\nown\ntrue'
	assert_equal "$(below_base)" ''
}

@test "where cordon is alone in its group, limits bind, and all is as before afterwards" {
	need_controller memory
	need_controller pids
	# shellcheck disable=SC2016
	inside "$CORDON" -q -m 64M --pids=20 --json=report.json sh -c \
		'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)" && cat memory.max pids.max &&
		sed -n s/^0:://p "/proc/$PPID/cgroup"' "$mount"
	assert_success
	assert_regex "$stdout" $'^67108864\n20\n/cordon-[0-9]+-leaf$'
	assert_equal "$(bases | head -n 1)" "own $mount"
	assert_equal "$(below_base)" ''
	assert_equal "$(<"$base/cgroup.subtree_control")" ''
}

# Those that can be had by thread the kernel would switch on. Who is in another pid namespace has no
# number here, and a cordon of one process no front, which has none either.
@test "where others are in its group, too, they do not, and nothing is changed" {
	local limit controller
	for limit in --memory=64M:memory --pids=9:pids; do
		controller=${limit#*:} limit=${limit%:*}
		need_controller "$controller"
		# shellcheck disable=SC2016
		inside sh -c '"$@"; echo $? >&2; :' - "$CORDON" -q "$limit" --json=report.json touch started
		assert_equal "$stderr" "cordon: $limit: cannot be enforced: the $controller controller cannot be \
switched on while other processes are in cordon's own cgroup; see 'cordonctl doctor'
125"
	done
	inside unshare --pid --fork --mount-proc "$CORDON" -q --pids=9 --no-die-with-parent touch started
	assert_equal "$status" 125
	assert_regex "$stderr" 'while other processes are in'
	refute test -e started
	assert_equal "$(below_base)" ''
	assert_equal "$(<"$base/cgroup.subtree_control") $(<"$base/cgroup.type")" ' domain'
}

@test "in the topmost group others do not matter" {
	[[ $top == / || ! -e ${top%/}/cgroup.events ]] || skip 'only where the tests are in the topmost group'
	grep -qw cpuset "$mount/cgroup.controllers" || skip 'there is no cpuset controller here'
	refute grep -qw cpuset "$mount/cgroup.subtree_control"
	cordon_run -q --cgroup-set=cpuset.cpus=0 --json=report.json true
	echo -cpuset >"$mount/cgroup.subtree_control"
	assert_equal "$status $stderr" '0 '
	assert_equal "$(bases | head -n 1)" "own $mount"
}

@test "limits bind in a directory of which every part has to be made" {
	need_controller memory
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=a/b/name -m 64M sh -c \
		'cat "$0$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"' "$mount"
	assert_equal "$status $stdout$stderr" '0 67108864'
	assert_equal "$(below_base)" ''
}

@test "a base in which a limit cannot be enforced is followed by the next" {
	need_controller memory
	mkdir "$base/cordon" "$base/a"
	memory_below=.
	# shellcheck disable=SC2016
	bounded_start sh -c 'echo $$ >"$0/cgroup.procs" && exec sleep 50' "$base/cordon"
	wait_until running_in "$base/cordon"
	inside_at "$base/a" "$CORDON" -q -m 64M --json=report.json true
	kill "$pid"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(bases)" "own $mount/a
not prepared: cannot be enforced: the memory controller cannot be switched on while other processes \
are in cordon's own cgroup; see 'cordonctl doctor'"
}

# Who is in another pid namespace has no number here, nor has the front of a cordon of one process.
@test "a base where nobody is whose number can be seen is not taken for cordon's" {
	need_controller memory
	mkdir "$base/cordon" "$base/a"
	memory_below=.
	# shellcheck disable=SC2016
	bounded_start sh -c 'echo $$ >"$0/cgroup.procs" && exec sleep 50' "$base/cordon"
	wait_until running_in "$base/cordon"
	run_as=(unshare --pid --fork --mount-proc) # which stays outside of the group
	# shellcheck disable=SC2016
	inside_at "$base/a" "$CORDON" -q -m 64M --no-die-with-parent --json=report.json \
		sh -c 'sed -n s/^0:://p "/proc/$PPID/cgroup"'
	kill "$pid"
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" '^/a/cordon-[0-9]+-leaf$'
	assert_equal "$(bases | head -n 1)" "own $mount/a"
}

@test "the limits of a run inside a run that has them bind, if it is alone there" {
	need_controller memory
	need_controller pids
	inside "$CORDON" -q -m 64M --pids=30 "$CORDON" -q -m 32M --json=report.json true
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(bases | head -n 1 | cut -d ' ' -f 1)" own
	assert_equal "$(below_base)" ''
	# shellcheck disable=SC2016
	inside "$CORDON" -q -m 64M sh -c '"$0" -q -m 32M touch started; exit $?' "$CORDON"
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --memory=32M: cannot be enforced: the memory controller cannot be \
switched on while other processes are in cordon's own cgroup; see 'cordonctl doctor'"
	refute test -e started
	inside "$CORDON" -q --pids=30 "$CORDON" -q -m 32M touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --memory=32M: cannot be enforced: there is no memory controller \
here; see 'cordonctl doctor'"
	assert_equal "$(below_base)" ''
}

@test "the first process of a container can have limits" {
	need_controller memory
	run_as=(unshare --pid --fork --mount-proc) # which stays outside of the group
	inside "$CORDON" -q -m 32M --swap=0 --json=report.json "$VICTIM" alloc 100
	assert_equal "$status" 137
	assert_equal "$(report .reason)" oom
}

@test "limits bind in a prepared directory while others are in cordon's own group" {
	need_controller memory
	mkdir "$base/cordon" "$base/a"
	memory_below='. cordon'
	# shellcheck disable=SC2016
	inside_at "$base/a" sh -c '"$@"; exit $?' - "$CORDON" -q -m 64M --json=report.json true
	assert_success
	assert_equal "$(bases)" "prepared $mount/cordon"
	assert_equal "$(below_base)" 'a cordon'
}

# --- systemd ---------------------------------------------------------------------------

# with_systemd COMMAND [ARG]...: as if systemd were process 1, with ./socket for its bus.
# shellcheck disable=SC2016
with_systemd=(unshare -m sh -ec 'echo systemd >comm && mount --bind comm /proc/1/comm
	mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/dbus
	: >/run/dbus/system_bus_socket && mount --bind socket /run/dbus/system_bus_socket
	exec "$@"' sh)

@test "who asks systemd for a scope dies with cordon, also if both processes are killed at once" {
	need python3 pgrep
	local server supervisor asker
	: >socket
	bounded_run "${with_systemd[@]}" "$CORDON" -q --cgroup-set=nosuch.max=1 --json=report.json true
	[[ $(bases) == *"not systemd: cannot reach systemd's bus: "* ]] || skip 'needs libsystemd'
	rm socket
	python3 "$SRC/tests/bus.py" socket silent 3>&- &
	server=$!
	wait_until test -S socket
	bounded_start "${with_systemd[@]}" "$CORDON" -q --cgroup-set=nosuch.max=1 touch started
	supervised() { supervisor=$(pgrep -P "$pid" -x cordon-super); }
	asked() { asker=$(pgrep -P "$supervisor"); }
	wait_until supervised
	wait_until asked
	kill -STOP "$asker" "$pid" "$supervisor" # it gives up by itself, but not now
	kill -KILL "$supervisor" "$pid"
	cordon_wait
	wait_until is_gone "$asker"
	kill "$server"
	refute test -e started
}
