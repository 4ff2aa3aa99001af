#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The cgroup of a run: --cgroup, --require-cgroup, what is in the report, and what is left.
# Each test is in a cgroup of its own, $base, so that other runs' sweeping does not reach it.

load helper

setup() {
	common_setup
	need root cgroup unshare flock
	mount=$(cgroup_mounts | head -n 1)
	base=$(own_cgroup)
	base=${base%/}/test-$BASHPID-$RANDOM
	mkdir "$base"
}

teardown() {
	common_teardown || local failed=1
	[[ -z ${base-} ]] || find "$base" -depth -type d -exec rmdir {} +
	[[ -z ${failed-} ]]
}

# inside COMMAND [ARG]...: a run in $base; inside_start: in the background.
inside() {
	bounded_run "${enter[@]}" "$base" "$@"
}

inside_start() {
	bounded_start "${enter[@]}" "$base" "$@"
}

# shellcheck disable=SC2016
enter=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"')

# What a command says of the cgroup that it is in.
own_path='sed -n s/^0:://p /proc/self/cgroup'

# What there is below $base.
below_base() {
	find "$base" -mindepth 1 -type d -printf '%P\n' | sort | xargs
}

# running_in DIRECTORY: somebody is.
running_in() {
	grep -q . "$1/cgroup.procs"
}

# kill_cordon: all of it, at once, so that nobody can tidy up.
kill_cordon() {
	local supervisor
	supervisor=$(pgrep -P "$pid" -x cordon-super) || true
	kill -STOP "$pid" $supervisor
	# In this order: the front's death would have the kernel continue the other (setpgid(2)).
	kill -KILL $supervisor "$pid"
	cordon_wait
	[[ -z $supervisor ]] || wait_until is_gone "$supervisor"
}

# --- by default ------------------------------------------------------------------------

@test "a run has a cgroup of its own, and it is gone afterwards" {
	inside "$CORDON" -q --json=report.json $own_path
	assert_success
	assert_regex "$stdout" "^${base#"$mount"}/cordon-[0-9]+-[0-9a-f]{8}\$"
	assert_equal "$mount$stdout" "$(report .cgroup.path)"
	assert_equal "$(report '.cgroup | .requested, .base, .base_kind, .created, .error')" \
		"auto"$'\n'"$base"$'\nown\ntrue\nnull'
	assert_equal "$(report '.cgroup.controllers | join(" ")')" "$(<"$base/cgroup.subtree_control")"
	assert_equal "$(below_base)" ''
}

@test "everybody whom the command starts is in its cgroup" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q --json=report.json --leftovers=wait sh -c \
		'sed -n s/^0:://p /proc/self/cgroup; setsid sh -c "sed -n s/^0:://p /proc/self/cgroup" &'
	assert_success
	assert_equal "$(sort "$out" | uniq -c | xargs)" "2 ${base#"$mount"}/$(basename "$(report .cgroup.path)")"
}

@test "cordon itself stays where it is" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q sh -c 'sed -n s/^0:://p "/proc/$PPID/cgroup"'
	assert_equal "$stdout" "${base#"$mount"}"
}

@test "with --cgroup=none there is none" {
	inside "$CORDON" -q --cgroup=none --json=report.json $own_path
	assert_equal "$stdout" "${base#"$mount"}"
	assert_equal "$(report '.cgroup | .requested, .base, .path, .created, .error')" \
		$'none\nnull\nnull\nfalse\nnull'
	assert_equal "$(report '.sources."cgroup.pressure.cpu"')" 'no cgroup: not wanted'
}

@test "time and pressure in the report are the cgroup's" {
	[[ -e $base/cpu.pressure ]] || skip 'no pressure on this host'
	local allowed
	allowed=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	inside "$CORDON" -q --cores="${allowed%%[-,]*}" --json=report.json --leftovers=wait \
		sh -c '"$VICTIM" burn 0.2 & "$VICTIM" burn 0.2'
	assert_success
	assert_equal "$(report '.sources.cpu')" 'cgroup cpu.stat'
	assert_equal "$(report '.cpu | .user_seconds + .system_seconds | . >= 0.38 and . < 5')" true
	assert_equal "$(report '.cgroup.pressure | .cpu, .memory, .io |
		.some_seconds >= 0 and .full_seconds >= 0' | sort -u)" true
	# one of the two ran while the other had to wait
	assert_equal "$(report '.cgroup.pressure.cpu | .some_seconds > .full_seconds')" true
	assert_equal "$(report '.sources."cgroup.pressure.io"')" 'cgroup io.pressure'
}

@test "a figure that the cgroup does not have is null, and the report says why" {
	local file key
	for file in memory.peak:.memory.peak_tree_bytes pids.peak:.processes.peak io.stat:.io.read_bytes; do
		key=${file#*:} file=${file%:*}
		inside "$CORDON" -q --json=report.json sh -c 'test -e "'"$mount"'$(sed -n s/^0:://p /proc/self/cgroup)/$0"' $file
		if ((status == 0)); then
			assert_equal "$(report "$key != null")" true
		else
			assert_equal "$(report "$key, .sources[\"${key#.}\"] // .sources[\"io.bytes\"]")" \
				$'null\n'"the cgroup has no $file"
		fi
	done
}

@test "20 runs at once do not disturb each other" {
	# shellcheck disable=SC2016
	inside sh -c 'i=0; while [ $((i += 1)) -le 20 ]; do "$@" & done; wait' - \
		"$CORDON" -q --require-cgroup $own_path
	assert_equal "$stderr" ''
	assert_equal "$(sort -u "$out" | wc -l)" 20
	assert_equal "$(below_base)" ''
}

# --- names -----------------------------------------------------------------------------

@test "a name without a slash is below cordon's own cgroup" {
	inside "$CORDON" -q --cgroup=name --json=report.json $own_path
	assert_equal "$stdout" "${base#"$mount"}/name"
	assert_equal "$(report '.cgroup | .requested, .base, .base_kind, .path, .created')" \
		"name"$'\n'"$base"$'\nown\n'"$base/name"$'\ntrue'
	assert_equal "$(below_base)" ''
}

@test "a name with a slash is below the mount" {
	local name=${base#"$mount"/}/a/b/c
	inside "$CORDON" -q --cgroup="$name" --json=report.json $own_path
	assert_equal "$stdout" "/$name"
	assert_equal "$(report '.cgroup | .requested, .base, .base_kind, .path, .created')" \
		"$name"$'\n'"$mount"$'\nmount\n'"$base/a/b/c"$'\ntrue'
}

@test "directories above the run's own are removed if cordon made them, and only then" {
	local name=${base#"$mount"/}/a/b/c
	cordon_run -q --require-cgroup --cgroup="$name" true
	assert_success
	assert_equal "$(below_base)" ''
	mkdir "$base/a"
	cordon_run -q --require-cgroup --cgroup="$name" true
	assert_success
	assert_equal "$(below_base)" a
}

@test "directories above the run's own are kept while somebody else uses them" {
	local name=${base#"$mount"/}/a
	# shellcheck disable=SC2016
	cordon_run -q --require-cgroup --cgroup="$name/outer" \
		"$CORDON" -q --require-cgroup --cgroup="$name/inner" "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(below_base)" ''
}

@test "20 runs at once may share directories that all of them have to make" {
	local name=${base#"$mount"/}/a/b
	# shellcheck disable=SC2016
	bounded_run sh -c 'i=0; while [ $((i += 1)) -le 20 ]; do "$@" --cgroup="$0/$i" true & done; wait' \
		"$name" "$CORDON" -q --require-cgroup
	assert_equal "$stderr" ''
	assert_equal "$(find "$base" -mindepth 3 -type d)" ''
}

@test "a name may have any character" {
	local name='my task: 1 – ü#'
	inside "$CORDON" -q --require-cgroup --cgroup="$name" --json=report.json true
	assert_success
	assert_equal "$(report .cgroup.path)" "$base/$name"
	assert_equal "$(below_base)" ''
}

@test "a name that another run uses is not shared: a warning, and the run goes on without" {
	inside_start "$CORDON" -q --cgroup=name "$VICTIM" ignore-term
	local first=$pid job=$started_job
	wait_until has_line "$out" ready
	inside "$CORDON" -q --cgroup=name --json=report.json $own_path
	assert_success
	assert_equal "$stdout" "${base#"$mount"}"
	assert_equal "$stderr" 'cordon: --cgroup=name: is in use by another run'
	assert_equal "$(report '.cgroup | .created, .path, .error')" $'false\nnull\nis in use by another run'
	assert_equal "$(below_base)" name
	started_job=$job pid=$first
	kill -KILL "$pid"
	cordon_wait
	wait_until test ! -e "$base/name"
}

@test "a name that another run uses stops a run that needs it" {
	inside_start "$CORDON" -q --cgroup=name "$VICTIM" ignore-term
	local first=$pid job=$started_job
	wait_until has_line "$out" ready
	inside "$CORDON" --cgroup=name --require-cgroup --json=report.json touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cgroup=name: is in use by another run'
	refute test -e started
	assert_equal "$(report '.reason, .error.step, .error.option')" $'not-started\ncgroup\n--cgroup=name'
	started_job=$job pid=$first
	kill -KILL "$pid"
	cordon_wait
	wait_until test ! -e "$base/name"
}

@test "a directory of that name in which nobody is is made afresh" {
	local before
	mkdir -p "$base/name/old/older"
	before=$(stat -c %i "$base/name")
	# shellcheck disable=SC2016
	inside "$CORDON" -q --cgroup=name --require-cgroup stat -c %i "$base/name" "$base/name/old"
	assert_equal "$stderr" "stat: cannot statx '$base/name/old': No such file or directory"
	refute [ "$stdout" = "$before" ]
	assert_equal "$(below_base)" ''
}

@test "a directory of that name in which somebody is is left alone" {
	mkdir -p "$base/name/inner" "$base/name/empty"
	bounded_start "${enter[@]}" "$base/name/inner" sleep 50
	wait_until running_in "$base/name/inner"
	local sleeper=$pid
	inside "$CORDON" -q --cgroup=name --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cgroup=name: is in use by another run'
	assert_equal "$(below_base)" 'name name/empty name/inner'
	kill "$sleeper"
}

@test "a directory of that name that another run has only just made is left alone" {
	mkdir "$base/name"
	exec 8<"$base/name"
	flock 8
	inside "$CORDON" -q --cgroup=name --require-cgroup touch started
	exec 8<&-
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cgroup=name: is in use by another run'
	assert_equal "$(below_base)" name
}

@test "a directory that another run takes away, before it is locked or between its parts, is not used" {
	need strace
	local name=${base#"$mount"/}/name seconds
	local in_use="cordon: --cgroup=$name: is in use by another run"
	for seconds in 1 10; do # until it is taken away in time
		bounded_start strace -qq -f -o trace -e inject=flock:delay_enter=${seconds}000000:when=1 \
			"$CORDON" -q --cgroup="$name" "$VICTIM" exit 3
		until rmdir "$base/name" 2>/dev/null || is_gone "$pid"; do sleep 0.02; done
		cordon_wait
		assert_equal "$status" 3
		[[ $stderr != "$in_use" ]] || break
	done
	assert_equal "$stderr" "$in_use"
	bounded_run strace -qq -f -o trace -e inject=mkdir:error=ENOENT:when=2 \
		"$CORDON" -q --cgroup="$name/a" --require-cgroup true
	assert_success
	assert grep -q INJECTED trace
	assert_equal "$(below_base)" ''
}

# --- what is left ----------------------------------------------------------------------

@test "cgroups that the command has made are removed, whoever is in them" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q --json=report.json sh -c 'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)"
		mkdir -p a/b/c/d/e/f/g frozen full closed/inner
		sleep 50 & echo $! >frozen/cgroup.procs; echo 1 >frozen/cgroup.freeze;
		sleep 50 & echo $! >full/cgroup.procs; chmod 000 closed full; exit 3' "$mount"
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report '.leftovers | length')" 2
	assert_equal "$(below_base)" ''
}

@test "everybody inside is killed at once, by the kernel" {
	need strace
	inside strace -f -qq -e trace=openat -o trace "$CORDON" -q --json=report.json -s KILL \
		"${ended_when_ready[@]}" "$VICTIM" setsid-children 5
	assert_equal "$status" 137
	assert_equal "$(report '.kill.steps[] | "\(.signal) \(.processes)"')" 'KILL 6'
	assert grep -q '"cgroup.kill"' trace
	assert no_process_left
	assert_equal "$(below_base)" ''
}

# Of the cgroup's own files none counts who is in a directory inside. Much memory takes its time to go.
@test "all of a large tree are counted and killed, and who has left the run's cgroup as well" {
	local limit
	for limit in 2 15; do # until all are there in time
		# shellcheck disable=SC2016
		inside "$CORDON" --json=report.json --idle-timeout=$limit -s KILL sh -c 'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)" &&
			{ setsid sh -c "echo \$\$ >\"\$0/cgroup.procs\"; echo \$\$; exec sleep 50" "$1" & } &&
			mkdir inner && echo $$ >inner/cgroup.procs && { "$VICTIM" alloc 200 50 >&2 & } &&
			exec "$VICTIM" fork-tree 3 7' "$mount" "$base"
		assert_equal "$status" 137
		assert no_process_left
		! { has_line "$out" 'ready 400' && has_line "$err" ready; } || break
	done
	assert_equal "$(tail -n 1 "$err")" '  and 394 more'
	assert_equal "$(report '.kill.steps[0].processes, .processes.reaped, (.wall_seconds < 40)' | xargs)" '402 402 true'
}

@test "a command that freezes itself is ended by a limit all the same" {
	# shellcheck disable=SC2016
	inside "$CORDON" -q -t 0.3 -k 0.3 sh -c \
		'echo 1 >"$0$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.freeze"; sleep 50' "$mount"
	assert_regex "$status" '^(124|137)$'
	assert_equal "$(below_base)" ''
}

@test "a process that is left stays in its cgroup, and the next run sweeps that when it is empty" {
	inside "$CORDON" -q --leftovers=leave --stdout=null --stderr=null --json=report.json \
		"$VICTIM" hold-pipe 50
	assert_success
	assert_equal "$stderr" ''
	local left directory
	left=$(report '.leftovers[0].pid') directory=$(report .cgroup.path)
	assert_equal "$mount$(sed -n s/^0:://p "/proc/$left/cgroup")" "$directory"
	inside "$CORDON" -q true
	assert_equal "$(below_base)" "${directory##*/}"
	kill "$left"
	wait_until is_gone "$left"
	inside "$CORDON" -q true
	assert_equal "$(below_base)" ''
}

@test "the cgroup of a run that was killed is removed by the next one" {
	inside_start "$CORDON" -q sh -c 'mkdir "$0$(sed -n s/^0:://p /proc/self/cgroup)/inner"; echo ready; exec sleep 50' "$mount"
	wait_until has_line "$out" ready
	kill_cordon
	refute [ -z "$(below_base)" ]
	inside "$CORDON" -q true
	assert_success
	wait_until empty_after_run
}

@test "whoever outlived a cordon that was killed altogether is killed by the next run" {
	# shellcheck disable=SC2016
	need strace
	inside_start "$CORDON" -q sh -c 'setsid "$VICTIM" ignore-term & exec sleep 50'
	wait_until has_line "$out" ready
	kill_cordon
	refute no_process_left
	# A kernel that keeps no mark cannot tell him from one who was left there.
	wait_until is_asked_for_the_mark
	refute no_process_left
	wait_until empty_after_run
	assert no_process_left
}

@test "even if his first thread has ended" {
	inside_start "$CORDON" -q sh -c '"$VICTIM" headless; echo ready; exec sleep 50'
	wait_until has_line "$out" ready
	kill_cordon
	refute [ -z "$(<"$base/$(below_base)/cgroup.procs")" ]
	wait_until empty_after_run
}

is_asked_for_the_mark() {
	inside strace -qq -f -o trace -e inject=fgetxattr:error=EOPNOTSUPP "$CORDON" -q true
	grep -q INJECTED trace
}

@test "but not whoever was meant to outlive it" {
	inside_start "$CORDON" -q --no-die-with-parent --stdout=file "$VICTIM" trap USR1 0
	wait_until has_line file ready
	kill_cordon
	inside "$CORDON" -q true
	kill -USR1 "$(<"$base/$(below_base)/cgroup.procs")"
	wait_until has_line file 'got USR1'
	wait_until empty_after_run
}

# Whoever was killed last may still be inside when a run looks.
empty_after_run() {
	inside "$CORDON" -q true
	[[ -z $(below_base) ]]
}

@test "the cgroup of a run that lives is not touched by the next one" {
	inside_start "$CORDON" -q "$VICTIM" trap TERM 5
	wait_until has_line "$out" ready
	local before
	before=$(below_base)
	refute [ -z "$before" ]
	local first=$pid job=$started_job
	inside "$CORDON" -q "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$(below_base)" "$before"
	pid=$first started_job=$job
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 5
	assert_equal "$(below_base)" ''
}

@test "only what is unlocked and of a dead run is swept" {
	local dead=4194303 # the largest pid there can be
	mkdir -p "$base/cordon-$dead-00000000/inner" "$base/cordon-$dead-locked" \
		"$base/cordon-$$-00000000" "$base/cordon-name" "$base/other"
	bounded_start "${enter[@]}" "$base/cordon-$dead-locked" sleep 50
	wait_until running_in "$base/cordon-$dead-locked"
	exec 8<"$base/cordon-$dead-locked"
	flock 8
	inside "$CORDON" -q true
	exec 8<&-
	kill "$pid"
	cordon_wait
	assert_equal "$status" 143
	local left
	left=$(below_base)
	rmdir "$base"/*/
	assert_equal "$left" \
		"$(printf '%s\n' "cordon-$dead-locked" "cordon-$$-00000000" cordon-name other | sort | xargs)"
}

# outsider: a process that is not of the run, but in its cgroup, from when the command says so.
outsider() {
	# shellcheck disable=SC2016
	inside_start "$CORDON" -q sh -c 'sed -n s/^0:://p /proc/self/cgroup; exec 9>held; read -r _ <go; exit 3'
	wait_until grep -q / "$out"
	directory=$mount$(<"$out")
	"$@" 3>&- &
	outsider=$!
	echo "$outsider" >"$directory/cgroup.procs"
	echo >go
	cordon_wait
}

@test "whoever else is in the cgroup when the run is over has a moment to leave" {
	local directory outsider
	mkfifo go held
	local tries
	for ((tries = 0; tries < 5; tries++)); do # on a busy machine a moment may be too short
		outsider sh -c 'read -r _ <held; exec sleep 0.2'
		assert_equal "$status" 3
		[[ -n $stderr ]] || break
		wait "$outsider"
		rmdir "$directory"
	done
	assert_equal "$stderr" ''
	assert_equal "$(below_base)" ''
}

@test "whoever stays keeps the directory, which is said, and changes no status" {
	local directory outsider
	mkfifo go
	: >held
	outsider sleep 50
	kill "$outsider"
	assert_equal "$status" 3
	assert_equal "$stderr" "cordon: cannot remove the cgroup $directory: Device or resource busy"
	wait_until rmdir "$directory"
}

# --- where there can be none -----------------------------------------------------------

@test "an ordinary user's run goes on without one, and only the report says so" {
	as_nobody true
	local error="cannot create a directory in cordon's own cgroup: Permission denied"
	as_nobody inside_as_nobody "$CORDON" -q --json="$REPORT" $own_path
	assert_success
	assert_equal "$stdout" "${base#"$mount"}"
	assert_equal "$stderr" ''
	assert_equal "$(report '.cgroup | .requested, .created, .path, .error')" \
		$'auto\nfalse\nnull\n'"$error"
	assert_equal "$(report '.sources."memory.peak_tree_bytes"')" \
		"no cgroup: cannot create a directory in cordon's own cgroup"
	as_nobody inside_as_nobody "$CORDON" --require-cgroup --json="$REPORT" touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --require-cgroup: $error"
	refute test -e started
	assert_equal "$(report '.reason, .error.step, .error.option, .error.errno')" \
		$'not-started\ncgroup\n--require-cgroup\n13'
}

# Into $base as root, and then nobody.
inside_as_nobody() {
	local command=("${run_as[@]}" "$@") run_as=()
	inside "${command[@]}"
}

@test "an ordinary user who wants a name gets one warning" {
	local name
	as_nobody true
	for name in name cordon/name; do
		as_nobody inside_as_nobody "$CORDON" -q --cgroup=$name --json="$REPORT" $own_path
		assert_success
		assert_equal "$stdout" "${base#"$mount"}"
		assert_equal "$stderr" "cordon: --cgroup=$name: cannot create its directory: Permission denied"
		assert_equal "$(report .cgroup.created)" false
		as_nobody inside_as_nobody "$CORDON" -q --cgroup=$name --require-cgroup touch started
		assert_equal "$status" 125
		assert_equal "$stderr" "cordon: --cgroup=$name: cannot create its directory: Permission denied"
		refute test -e started
	done
}

@test "a cgroup that was delegated serves an ordinary user" {
	as_nobody true
	chown 65534 "$base" "$base"/cgroup.{procs,subtree_control,threads}
	# shellcheck disable=SC2016
	as_nobody inside_as_nobody "$CORDON" -q --require-cgroup --json="$REPORT" sh -c \
		'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)"; mkdir -p inner/most
		sleep 50 & sleep 50 & echo $! >inner/most/cgroup.procs; chmod 000 inner; exit 3' "$mount"
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report .cgroup.created)" true
	assert_equal "$(below_base)" ''
	as_nobody inside_as_nobody "$CORDON" -q --require-cgroup --cgroup=name $own_path
	assert_equal "$stdout" "${base#"$mount"}/name"
	assert_equal "$(below_base)" ''
}

# without_cgroup2 COMMAND...: a run in a mount namespace that has none.
without_cgroup2() {
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'umount $(awk "/ - cgroup2 / { print \$5 }" /proc/self/mountinfo) &&
		exec "$@"' - "$@"
}

@test "where no cgroup2 is mounted the run goes on without" {
	without_cgroup2 "$CORDON" -q --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report '.cgroup | .created, .base, .error')" $'false\nnull\nno cgroup2 is mounted'
	without_cgroup2 "$CORDON" -q --cgroup=name "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" 'cordon: --cgroup=name: no cgroup2 is mounted'
	without_cgroup2 "$CORDON" -q --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --require-cgroup: no cgroup2 is mounted'
	refute test -e started
}

@test "where there is no /proc the run goes on without" {
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - \
		"$CORDON" -q --json=report.json "$VICTIM" exit 3
	assert_equal "$status" 3
	assert_equal "$stderr" ''
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncannot read /proc/self/cgroup: No such file or directory'
}

@test "a mount point may be anywhere, and have any name" {
	mkdir 'odd \ mount'
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'umount "$0"; mount -t cgroup2 none "$PWD/odd \\ mount" &&
		echo $$ >"$PWD/odd \\ mount$1/cgroup.procs"; shift; exec "$@"' "$mount" "${base#"$mount"}" \
		"$CORDON" -q --require-cgroup --json=report.json $own_path
	assert_success
	assert_equal "$(report '.cgroup.base')" "$PWD/odd \\ mount${base#"$mount"}"
	assert_equal "$(below_base)" ''
}

# with_part PART COMMAND...: a run in $base/ab, where only $base/PART is mounted.
with_part() {
	mkdir -p part "$base/ab" "$base/a"
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'echo $$ >"$1/ab/cgroup.procs"; mount --bind "$1/$2" part &&
		umount -l "$0"; shift 2; exec "$@"' "$mount" "$base" "$@"
}

@test "a mount of a part of the hierarchy serves if cordon is in that part" {
	with_part ab "$CORDON" -q --json=report.json $own_path
	assert_success
	assert_regex "$stdout" "^${base#"$mount"}/ab/cordon-"
	assert_equal "$(report '.cgroup | .created, .base')" $'true\n'"$PWD/part"
	with_part . "$CORDON" -q --json=report.json $own_path
	assert_regex "$stdout" "^${base#"$mount"}/ab/cordon-"
	assert_equal "$(report '.cgroup | .created, .base')" $'true\n'"$PWD/part/ab"
}

@test "a mount of a part may have any name, there and here" {
	mkdir 'odd \ part' "$base/odd part"
	# shellcheck disable=SC2016
	bounded_run unshare -m sh -c 'echo $$ >"$1/cgroup.procs"; mount --bind "$1" "odd \\ part" &&
		umount -l "$0"; shift; exec "$@"' "$mount" "$base/odd part" "$CORDON" -q --json=report.json $own_path
	assert_success
	assert_regex "$stdout" "^${base#"$mount"}/odd part/cordon-"
	assert_equal "$(report '.cgroup | .created, .base')" $'true\n'"$PWD/odd \\ part"
}

@test "a mount of another part of the hierarchy does not serve" {
	mkdir -p "$base/a/ab" "$base/a${base#"$mount"}/ab" partb # it is no "b" of "a"
	with_part a "$CORDON" -q --json=report.json $own_path
	assert_success
	assert_equal "$stdout" "${base#"$mount"}/ab"
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncordon\'s own cgroup is not below the mount'
}

@test "a name with a slash is below a mount of a part, too" {
	with_part a "$CORDON" -q --json=report.json --cgroup=b/c $own_path
	assert_success
	assert_equal "$stdout" "${base#"$mount"}/a/b/c"
	assert_equal "$(report '.cgroup | .created, .path')" $'true\n'"$PWD/part/b/c"
	assert_equal "$(below_base)" 'a ab'
}

@test "a cgroup that lets nobody in is given up" {
	echo threaded >"$base/cgroup.type" || skip 'cannot be threaded here'
	inside "$CORDON" -q --json=report.json $own_path
	assert_success
	assert_equal "$stdout" "${base#"$mount"}"
	assert_equal "$stderr" ''
	assert_equal "$(report '.cgroup | .created, .error')" \
		$'false\ncannot start a process in it: Operation not supported'
	inside "$CORDON" -q --cgroup=name true
	assert_success
	assert_equal "$stderr" 'cordon: --cgroup=name: cannot start a process in it: Operation not supported'
	inside "$CORDON" -q --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --require-cgroup: cannot start a process in it: Operation not supported'
	refute test -e started
	assert_equal "$(below_base)" ''
}

# As it is since Linux 6.14: it compares the numbers of kills of two cgroups.
@test "where the kernel kills whoever is started in a new cgroup the run goes on without one" {
	local option
	echo 1 >"$base/cgroup.kill" || skip 'this kernel has no cgroup.kill'
	for option in --quiet --pid-ns --close-fds; do
		inside "$CORDON" -q $option --json=report.json "$VICTIM" exit 3
		assert_equal "$status $stderr" '3 '
	done
	[[ $(report .cgroup.created) == false ]] || skip 'this kernel does not'
	assert_equal "$(report .cgroup.error)" 'cannot start a process in it: Operation canceled'
	inside "$CORDON" -q --require-cgroup touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --require-cgroup: cannot start a process in it: Operation canceled'
	refute test -e started
	ln -s "$CORDON" cordonctl
	inside ./cordonctl doctor
	assert grep -q 'clone-into-cgroup *tried, and it fails: Operation canceled' "$out"
	assert_equal "$(below_base)" ''
}

@test "directories that could not all be made are removed again" {
	echo 2 >"$base/cgroup.max.depth"
	local name=${base#"$mount"/}/a/b/c
	cordon_run -q --cgroup="$name" true
	assert_success
	assert_equal "$stderr" "cordon: --cgroup=$name: cannot create its directory: Resource temporarily unavailable"
	assert_equal "$(below_base)" ''
}

@test "a command that is not found leaves no cgroup" {
	inside "$CORDON" -q --cgroup=name no-such-command
	assert_equal "$status" 127
	assert_equal "$(below_base)" ''
	inside "$CORDON" -q -C absent true
	assert_equal "$status" 125
	assert_equal "$(below_base)" ''
}
