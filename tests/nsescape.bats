#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Attempts to get out of namespaces and of a new root, by escape.c: each fails under the option that
# promises so, and succeeds without it.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell

load helper
load escape

setup() {
	common_setup
	if ((EUID != 0)); then
		unshare -Urm true 2>/dev/null || lack 'user namespaces'
	fi
	scratch=$(mktemp -d /tmp/cordon-nsescape.XXXXXX) || return
	chmod 777 "$scratch"
}

teardown() {
	local failed=0
	stop_listening
	common_teardown || failed=1
	rm -rf "$scratch"
	return "$failed"
}

# --- files -----------------------------------------------------------------------------

hidden_place() {
	held --hide=out -- read out/file
	held --hide=out -- list out/dir
	held --hide=out -- read "$PWD/in/../out/file"
	held --hide=out -- exec out/program read /dev/null
	held --hide=out -- write out/new
	held --hide=out -- mkdir out/newer
	held --hide=out -- truncate out/dir/file
	held --hide=out -- remove out/file
	held --hide=out/dir -- rename out/dir/file in/moved
	allowed --hide=out -- read in/file
	escape_run --hide=out -- umount out
	((EUID == 0 && ${#run_as[@]} == 0)) || assert_equal "$tried: $status" "$tried: 1"
}

@test "what is hidden cannot be reached, under whatever name" {
	everyone hidden_place
}

other_files_in_tmp() {
	local ESCAPE=$PWD/in/program # which is to be seen
	held --private-tmp -- read "$scratch/secret"
	held --private-tmp -- list "$scratch"
	held --private-tmp -- write "$scratch/new-$RANDOM"
	held --private-tmp -- read "../../../../../..$scratch/secret"
	allowed --private-tmp -- write /tmp/new-in-private-tmp
	assert_not_exists /tmp/new-in-private-tmp
}

@test "other files of /tmp cannot be reached in a private one" {
	echo secret >"$scratch/secret"
	everyone other_files_in_tmp
}

# --- the network -----------------------------------------------------------------------

no_network() {
	held --no-net -- connect "$port"
	held --no-net -- abstract "cordon-$port"
	allowed --no-net -- bind 0
}

@test "servers and abstract sockets outside are out of reach without a network" {
	listen
	everyone no_network
}

# --- processes -------------------------------------------------------------------------

# With a sleeper of the same user's, of which the pid is known.
processes_outside() {
	held --pid-ns -- kill "$1"
	held --pid-ns -- read "/proc/$1/maps"
	held --pid-ns -- memory "$1"
	held --pid-ns -- list "/proc/$1/root"
}

@test "processes outside can be neither signalled nor looked into from a pid namespace" {
	make_places
	"$VICTIM" sleep 50 3>&- 4>&- &
	local sleeper=$!
	wait_until executes victim "$sleeper"
	processes_outside "$sleeper"
	kill "$sleeper"
	wait "$sleeper" || true
	need nobody
	as_nobody true
	setpriv --reuid=65534 --regid=65534 --clear-groups "$VICTIM" sleep 50 3>&- 4>&- &
	sleeper=$!
	wait_until executes victim "$sleeper"
	as_nobody processes_outside "$sleeper"
	kill "$sleeper"
	wait "$sleeper" || true
}

@test "init can be neither signalled nor looked into by an ordinary user's command" {
	need nobody
	as_nobody true
	as_nobody escape_run --pid-ns -- memory 1
	assert_equal "$tried: $status" "$tried: 1"
	as_nobody cordon_run -q --pid-ns sh -c 'kill -KILL 1; kill -TERM 1; sleep 0.1; echo alive'
	assert_equal "$stdout" alive
}

# --- privileges ------------------------------------------------------------------------

# Of a user namespace nobody has anything: no capability by number, none by a file that has it.
@test "capabilities in the user namespace cannot be had, not even by files that have them" {
	need nobody setcap
	as_nobody true
	local options=(--private-tmp --hide=/usr/share --no-net --pid-ns) cap
	for cap in 0 7 12 18 19 21; do
		as_nobody escape_run "${options[@]}" -- has-cap $cap
		assert_equal "$tried: $status" "$tried: 1"
		as_nobody escape_run "${options[@]}" -- raise-cap $cap
		assert_equal "$tried: $status" "$tried: 1"
	done
	setcap cap_sys_admin,cap_net_admin+ep "$ESCAPE" || skip 'no capabilities of files here'
	as_nobody held "${options[@]}" -- has-cap 21
	as_nobody held "${options[@]}" -- has-cap 12
	as_nobody escape_run "${options[@]}" -- umount /tmp
	assert_equal "$tried: $status" "$tried: 1"
}

@test "other users cannot be become, and devices not made, in a user namespace" {
	need root nobody
	as_nobody true
	local verb
	for verb in 'setuid 0' 'setuid 1' 'mknod device' 'sethostname' 'raw' 'mount /mnt' 'remount /' 'chroot /'; do
		# shellcheck disable=SC2086 # words
		as_nobody escape_run --private-tmp --no-net -- $verb
		assert_equal "$tried: $status" "$tried: 1"
	done
}

# What a user can do in a namespace of his own does not bring back what was there before.
@test "another user namespace inside is no way out" {
	need nobody unshare
	as_nobody make_places_of_nobody
	as_nobody allowed --hide=out -- unshare
	as_nobody cordon_run -q --hide=out --no-net unshare -Urmpf --mount-proc sh -c \
		'umount out; umount -l out; mount -o remount,rw out; mount --bind / in/dir; ls in/dir"$PWD"/out in/dir/"$PWD/out"; cat out/file'
	refute grep -q secret "$out"
	refute grep -qx file "$out"
}

# --- a new root ------------------------------------------------------------------------

# The program is static for the purpose, or has its libraries inside.
make_root() {
	mkdir -p root/lib root/lib64 root/tmp root/proc
	cp "$ESCAPE" root/program
	local library
	for library in $(ldd "$ESCAPE" | grep -o '/[^ ]*'); do
		mkdir -p "root${library%/*}"
		cp "$library" "root$library"
	done
	chmod 777 root root/tmp
	echo secret >outside
}

# in_root OPTION... -- VERB [ARG]...: try it inside.
in_root() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	cordon_run -q --chroot=root "${options[@]}" /program "$@"
	tried="--chroot=root ${options[*]} -- $*"
}

@test "the classic ways out of a root fail without privileges, and succeed with them" {
	need nobody
	as_nobody true
	make_root
	as_nobody in_root -- double-chroot "$PWD/outside"
	assert_equal "$tried: $status" "$tried: 1"
	as_nobody in_root -- chroot /tmp
	assert_equal "$tried: $status" "$tried: 1"
	as_nobody in_root -- unshare
	assert_equal "$tried: $status" "$tried: 1"
	as_nobody in_root -- mount /tmp
	assert_equal "$tried: $status" "$tried: 1"
	as_nobody in_root -- read /outside
	assert_equal "$tried: $status" "$tried: 1"
	need root
	in_root -- double-chroot "$PWD/outside"
	assert_equal "$tried: $status" "$tried: 0"
	in_root --cap-drop=all -- double-chroot "$PWD/outside"
	assert_equal "$tried: $status" "$tried: 1"
	in_root -u nobody -- double-chroot "$PWD/outside"
	assert_equal "$tried: $status" "$tried: 1"
}


@test "a descriptor of a directory outside is a way out of a root, which options of the sandbox close" {
	need nobody
	as_nobody true
	make_root
	as_nobody bounded_run sh -c 'exec 5<. && exec "$@"' - "$CORDON" -q --chroot=root \
		/program fchdir 5 "$PWD/outside"
	assert_equal "$status" 0
	as_nobody bounded_run sh -c 'exec 5<. && exec "$@"' - "$CORDON" -q --chroot=root --private-tmp \
		/program fchdir 5 "$PWD/outside"
	assert_equal "$status" 1
}
