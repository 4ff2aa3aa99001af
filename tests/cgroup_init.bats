#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# cordonctl cgroup-init: the directory that it makes, its controllers, whose it becomes, what it
# says of all that, and mistakes. Each test has a name of its own, $name, directly below the
# mount, where it really happens; nothing of it is left.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell
# shellcheck disable=SC2030,SC2031 # each test has its own

load helper
load ctl

setup() {
	common_setup
	ctl_setup
	need root cgroup
	name=init-$BASHPID-$RANDOM
	path=$mount/$name
	own_files=$(own_names)
}

teardown() {
	[[ ! -e ${path-} ]] || find "$path" -depth -type d -exec rmdir {} +
	ctl_teardown
}

# The files that go with a delegated directory.
own_names() {
	cat /sys/kernel/cgroup/delegate
}

# on DIRECTORY: the controllers that its children have.
on() {
	tr ' ' '\n' <"$1/cgroup.subtree_control" | sort | xargs
}

# available: those of the host's that cgroup-init wants.
available() {
	tr ' ' '\n' <"$mount/cgroup.controllers" | grep -xE 'cpuset|cpu|io|memory|pids' | sort | xargs
}

# --- making it -------------------------------------------------------------------------

@test "the directory is made, and that is said; the second time, that it is so already" {
	ctl cgroup-init --name="$name"
	assert_equal "$stderr" ''
	assert_success
	run cat "$out"
	assert_line -n 0 "created $path"
	assert_equal "$(stat -c '%u:%g %a' "$path")" '0:0 755'
	ctl cgroup-init --name="$name"
	assert_success
	assert_equal "$stdout" "$path: already so"
	assert_equal "$stderr" ''
}

@test "a path is made, directory by directory" {
	ctl cgroup-init --name "$name/a/b"
	assert_success
	run cat "$out"
	assert_equal "$(grep ^created "$out")" "created $path
created $path/a
created $path/a/b"
	assert [ -d "$path/a/b" ]
	ctl cgroup-init --name="$name/a/b"
	assert_equal "$stdout" "$path/a/b: already so"
	ctl cgroup-init --name="$name/a"
	assert_success
}

@test "others can look into it, whatever the umask" {
	bounded_run sh -c 'umask 077 && exec "$@"' - "$CTL" cgroup-init --name="$name"
	assert_success
	assert_equal "$(stat -c %a "$path")" 755
}

@test "two at the same time do no harm" {
	bounded_run sh -c '"$@" & "$@" & wait' - "$CTL" cgroup-init --name="$name/a" --owner=65534
	assert_equal "$stderr" ''
	assert_equal "$(stat -c %u "$path/a")" 65534
	ctl cgroup-init --name="$name/a" --owner=65534
	assert_equal "$stdout" "$path/a: already so"
}

@test "the controllers that are available are switched on, above it and in it" {
	ctl cgroup-init --name="$name/a"
	assert_success
	local each directory
	for directory in "$path" "$path/a"; do
		assert_equal "$(on "$directory")" "$(available)"
		for each in $(available); do
			assert grep -qxF "switched on $each in $directory" "$out"
		done
	done
	for each in cpuset cpu io memory pids; do
		run grep -qw "$each" <(available)
		assert_equal "$each $((!status))" \
			"$each $(grep -c "^not available in $path/a:.* $each\( \|$\)" "$out" | sed 's/1/0/;t;s/0/1/')"
	done
}

@test "a controller that is off is switched on again, and only that is said" {
	[[ -n $(available) ]] || skip 'there are no controllers in version 2 here'
	ctl cgroup-init --name="$name"
	echo -memory >"$path/cgroup.subtree_control"
	ctl cgroup-init --name="$name"
	assert_success
	assert_equal "$stdout" "switched on memory in $path"
	assert_equal "$(on "$path")" "$(available)"
}

@test "a process in the directory keeps controllers away from it, which is said" {
	[[ -n $(available) ]] || skip 'there are no controllers in version 2 here'
	ctl cgroup-init --name="$name"
	local each
	for each in $(available); do
		echo "-$each" >"$path/cgroup.subtree_control"
	done
	bounded_start sh -c 'echo $$ >"$0/cgroup.procs" && exec sleep 50' "$path"
	wait_until grep -q . "$path/cgroup.procs"
	local sleeper=$pid
	ctl cgroup-init --name="$name" --owner=65534
	kill "$sleeper"
	assert_equal "$status" 1
	assert_equal "$stderr" "cordonctl: cannot switch on controllers in $path: there are processes in it"
	assert_equal "$(<"$path/cgroup.type") $(<"$path/cgroup.subtree_control")" 'domain '
	# and the rest is done
	assert_equal "$stdout" "gave $path to user 65534"
	wait_until is_gone "$sleeper"
}

@test "runs find the directory, and every controller in it" {
	[[ -n ${CORDON_VM-} ]] || skip 'is for the virtual machine: the name is the one that all runs look for'
	[[ -n $(available) ]] || skip 'there are no controllers in version 2 here'
	name=cordon path=$mount/cordon
	ctl cgroup-init
	assert_success
	ctl doctor --json
	assert_success
	assert_found cgroup2 "ok mounted at $mount"
	assert_found cgroup-base "ok prepared: $path"
	assert_found cgroup-prepared "ok $path serves the superuser"
	local each
	for each in cpu memory pids io; do
		assert_found controller-$each "ok on in $path"
	done
	assert_found memory-peak 'ok there is memory.peak'
	assert_found memory-swap 'ok there is memory.swap.max'
	assert_equal "$(find "$path" -mindepth 1 -type d)" ''
	cordon_run -q --memory=1G --pids=1000 --cpus=1 --io-weight=50 --json=report.json true
	assert_equal "$stderr" ''
	assert_success
	assert_equal "$(report .cgroup.base_kind)" prepared
}

# --- giving it away --------------------------------------------------------------------

# owners: "FILE UID:GID MODE" of the directory and all of its files.
owners() {
	find "$path" -mindepth 0 -maxdepth 1 \( -type f -o -path "$path" \) -printf '%f %U:%G %m\n' |
		sed "s/^$name /. /" | sort
}

# delegated: is FILE the directory, or one of those that go with it?
is_delegated() {
	[[ $1 == . ]] || grep -qxF "$1" <<<"$own_files"
}

@test "the owner gets the directory and what the kernel says goes with it, and nothing else" {
	ctl cgroup-init --name="$name"
	owners >before
	ctl cgroup-init --name="$name" --owner=nobody
	assert_success
	assert_equal "$stdout" "gave $path to user nobody${stdout#"gave $path to user nobody"}"
	local file owner mode
	while read -r file owner mode; do
		if is_delegated "$file"; then
			echo "$file 65534:${owner#*:} $mode"
		else
			echo "$file $owner $mode"
		fi
	done <before >expected
	run diff -u expected <(owners)
	assert_output ''
	assert [ "$(grep -c ' 65534:' expected)" -ge 4 ]
	ctl cgroup-init --name="$name" --owner=nobody
	assert_equal "$stdout" "$path: already so"
	# nobody asked for another owner
	ctl cgroup-init --name="$name"
	assert_equal "$stdout" "$path: already so"
	assert_equal "$(stat -c %U "$path")" nobody
}

@test "the group may write" {
	ctl cgroup-init --name="$name"
	owners >before
	ctl cgroup-init --name="$name" --group=+12345
	assert_success
	assert_regex "$stdout" "^gave $path to group \+12345"
	local file owner mode
	while read -r file owner mode; do
		if is_delegated "$file"; then
			printf '%s %s:12345 %o\n' "$file" "${owner%:*}" $((0$mode | 020))
		else
			echo "$file $owner $mode"
		fi
	done <before >expected
	run diff -u expected <(owners)
	assert_output ''
	assert_equal "$(stat -c '%g %a' "$path")" '12345 775'
	ctl cgroup-init --name="$name" --group=12345
	assert_equal "$stdout" "$path: already so"
}

@test "owner and group can be given at once, and changed" {
	ctl cgroup-init --name="$name" --owner=nobody --group=nogroup
	assert_success
	run cat "$out"
	assert_line "gave $path to user nobody group nogroup"
	assert_equal "$(stat -c '%U:%G' "$path" "$path/cgroup.procs" | sort -u)" nobody:nogroup
	ctl cgroup-init --name="$name" --owner=0 --group=0
	assert_success
	assert_equal "$(stat -c '%u:%g' "$path" "$path/cgroup.procs" | sort -u)" 0:0
}

@test "where the kernel does not say what goes with a directory, the usual does" {
	need unshare
	ctl cgroup-init --name="$name"
	bounded_run unshare -m sh -c 'mount -t tmpfs none /sys/kernel/cgroup && exec "$@"' - \
		"$CTL" cgroup-init --name="$name" --owner=nobody
	assert_equal "$status $stderr" '0 '
	assert_equal "$(owners | sed -n 's/ 65534:.*//p' | xargs)" \
		'. cgroup.procs cgroup.subtree_control cgroup.threads'
}

@test "who got it can make groups in it, and move processes between them" {
	need nobody
	ctl cgroup-init --name="$name" --owner=nobody
	mkdir "$path/shells"
	# a shell that root has put there
	bounded_run sh -c 'echo $$ >"$0/shells/cgroup.procs" &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c "
			mkdir $0/a && echo \$\$ >$0/a/cgroup.procs && grep ^0 /proc/self/cgroup"' "$path"
	assert_equal "$stderr" ''
	assert_equal "$stdout" "0::/$name/a"
	# from outside it is out of reach, because the nearest group above both is not his
	bounded_run setpriv --reuid=65534 --regid=65534 --clear-groups -- \
		bash -c 'echo $$ >"$0/a/cgroup.procs"' "$path"
	assert_failure
	assert_regex "$stderr" 'Permission denied$'
}

# --- what goes wrong -------------------------------------------------------------------

@test "somebody else is told what the superuser would have to type, and nothing is done" {
	need nobody
	ctl_for_nobody
	as_nobody ctl cgroup-init --name="$name"
	assert_equal "$status" 125
	assert_equal "$stdout" ''
	assert_equal "$stderr" "cordonctl: cgroup-init takes the superuser: sudo $CTL cgroup-init --name=$name"
	refute test -e "$path"
	as_nobody ctl cgroup-init --group nogroup --name="$name/it's" --owner=nobody
	assert_equal "$stderr" "cordonctl: cgroup-init takes the superuser: sudo $CTL cgroup-init --name='$name/it'\\''s' --owner=nobody --group=nogroup"
	# exactly so
	bounded_run sh -c "${stderr#*sudo }"
	assert_success
	assert_equal "$(stat -c %U:%G "$path/it's")" nobody:nogroup
}

@test "it is told by the name that is in the superuser's PATH, if it is" {
	need nobody unshare
	mkdir bin
	cp "$CORDON" bin/cordonctl
	bounded_run unshare -m sh -c 'mount --bind bin /usr/local/bin &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups -- cordonctl cgroup-init'
	assert_equal "$stderr" 'cordonctl: cgroup-init takes the superuser: sudo cordonctl cgroup-init'
}

@test "names that cannot be are refused" {
	local row word problem
	while IFS='|' read -r word problem; do
		ctl cgroup-init --name="$(printf '%b' "$word")"
		assert_equal "$status" 125
		assert_equal "$(head -n 1 "$err")" "cordonctl: --name: $problem in '$word'"
		assert_equal "$(sed 1d "$err")" "Try 'cordonctl --help' for more information."
	done <<-'END'
		|an empty name
		/abs|an absolute path
		a//b|an empty name
		a/|an empty name
		.|'.' or '..'
		a/../b|'.' or '..'
		a\tb|control characters
		a\nb|control characters
	END
	ctl cgroup-init --name="$(head -c 256 /dev/zero | tr '\0' x)"
	assert_equal "$status" 125
	assert_regex "$stderr" '^cordonctl: --name: too long a name in '
	ctl cgroup-init --name="$(yes x | head -n 1500 | paste -sd /)"
	assert_equal "$status" 125
	assert_regex "$stderr" '^cordonctl: --name: too long a path in '
	refute test -e "$mount/cordon"
}

@test "users and groups that are not known are refused, and nothing is done" {
	local option value problem
	while read -r option value problem; do
		ctl cgroup-init --name="$name" "--$option=$value"
		assert_equal "$status" 125
		assert_equal "$(head -n 1 "$err")" "cordonctl: --$option: $problem '$value'"
		assert_equal "$(sed 1d "$err")" "Try 'cordonctl --help' for more information."
		refute test -e "$path"
	done <<-'END'
		owner no-such-user unknown user
		group no-such-group unknown group
		owner nobody:nogroup invalid owner
		group nogroup,root invalid group
		owner +4294967295 invalid owner
		group +99999999999 invalid group
		owner +x invalid owner
	END
	ctl cgroup-init --name="$name" --owner=
	assert_equal "$(head -n 1 "$err")" "cordonctl: --owner: invalid owner ''"
}

@test "without cgroup2 there is nothing to do it in" {
	need unshare
	without_cgroup2 "$CTL" cgroup-init --name="$name"
	assert_equal "$status" 1
	assert_equal "$stdout" ''
	assert_equal "$stderr" "cordonctl: cgroup-init: no cgroup2 is mounted; 'cordonctl doctor' may know more"
}

@test "a mount that cannot be written to is one line" {
	need unshare
	bounded_run unshare -m sh -c 'mount -o remount,bind,ro "$0" && exec "$@"' "$mount" \
		"$CTL" cgroup-init --name="$name" --owner=nobody
	assert_equal "$status" 1
	assert_equal "$stdout" ''
	assert_equal "$stderr" "cordonctl: cannot create $path: Read-only file system"
}

@test "each step that fails is a line, and the others are done" {
	need strace
	bounded_run env ASAN_OPTIONS=detect_leaks=0 strace -f -qqq -o trace -e trace=fchownat -e inject=fchownat:error=EPERM:when=2 \
		"$CTL" cgroup-init --name="$name" --owner=nobody
	assert_equal "$status" 1
	assert_equal "$stderr" "cordonctl: cannot change the owner of $path/$(head -n 1 <<<"$own_files"): Operation not permitted"
	assert_equal "$(stat -c %U "$path" "$path/$(sed -n 2p <<<"$own_files")" | sort -u)" nobody
	ctl cgroup-init --name="$name" --owner=nobody
	assert_success
	assert_equal "$(stat -c %U "$path/$(head -n 1 <<<"$own_files")")" nobody
}

@test "a controller that the kernel refuses is a line, and the others are switched on" {
	[[ -n $(available) ]] || skip 'there are no controllers in version 2 here'
	need strace
	local each first
	ctl cgroup-init --name="$name"
	for each in pids memory io cpu cpuset; do
		echo "-$each" >"$path/cgroup.subtree_control" && first=$each
	done
	bounded_run env ASAN_OPTIONS=detect_leaks=0 strace -f -qqq -o trace -P "$path/cgroup.subtree_control" \
		-e trace=write -e inject=write:error=EPERM:when=1 "$CTL" cgroup-init --name="$name"
	assert_equal "$status" 1
	assert_equal "$stderr" "cordonctl: cannot switch on $first in $path: Operation not permitted"
	assert_equal "$first $(on "$path")" "$first $(available | sed "s/\b$first\b *//")"
}

@test "what is done is done though nobody can be told" {
	bounded_run sh -c '"$@" >/dev/full' - "$CTL" cgroup-init --name="$name"
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordonctl: standard output: cannot write: No space left on device'
	assert [ -d "$path" ]
}
