#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cordonctl doctor finds where systemd runs. For the virtual machine with systemd in it:
# tests/vm/run.

# shellcheck disable=SC2016 # for another shell

load helper
load ctl

setup() {
	[[ ${CORDON_VM-} == systemd ]] || skip 'needs the virtual machine with systemd (tests/vm/run)'
	common_setup
	ctl_setup
	need jq
}

teardown() {
	[[ ${CORDON_VM-} == systemd ]] || return 0
	ctl_teardown
}

@test "systemd, this user's manager and the library are found" {
	ctl doctor --json
	assert_success
	assert_found systemd 'ok running'
	assert_found systemd-user 'ok '
	assert_found libsystemd 'ok libsystemd.so.0 can be loaded'
	bounded_run env -u XDG_RUNTIME_DIR "$CTL" doctor --json
	assert_found systemd-user 'ok '
}

@test "what an ordinary user has no cgroup for is in a scope, which is gone afterwards" {
	((EUID != 0)) || skip 'the superuser needs no scope'
	ctl doctor --json
	assert_found cgroup-base "ok systemd: $mount/user.slice/"
	assert_found clone-into-cgroup "ok tried in $mount/user.slice/"
	assert_found controller-memory 'ok '
	assert_found controller-pids 'ok '
	wait_until scopes_are_gone
}

scopes_are_gone() {
	[[ -z $(find "$mount/user.slice" -name 'cordon-*') ]]
}

@test "an ordinary user whose manager cannot be reached is told how to have it started" {
	((EUID != 0)) || skip 'the superuser has the system'"'"'s'
	need unshare
	# only the places where the bus would be are out of sight
	bounded_run unshare -Urm sh -c 'mount -t tmpfs none /run/user && exec unshare -U --map-user="$1" "$2" doctor --json' \
		- "$(id -u)" "$CTL"
	assert_equal "$status" 1
	assert_found systemd-user "missing no manager of this user's at "
	assert_advice systemd-user "sudo loginctl enable-linger $(id -u)"
	assert_advice cgroup-base "sudo loginctl enable-linger $(id -u)"
}

@test "an ordinary user without the library is told how to have it" {
	((EUID != 0)) || skip 'the superuser needs no scope'
	need unshare
	local library
	library=$(ldconfig -p | sed -n 's/^[[:blank:]]*libsystemd\.so\.0 .* => //p' | head -n 1)
	mkdir bin
	ln -s "$(type -P true)" bin/apt-get
	bounded_run unshare -Urm sh -c 'mount --bind /dev/null "$0" &&
		exec unshare -U --map-user="$1" env PATH="$PWD/bin:$PATH" "$2" doctor --json' \
		"$library" "$(id -u)" "$CTL"
	assert_found libsystemd 'missing cannot load '
	assert_advice libsystemd 'sudo apt-get install libsystemd0'
	assert_advice cgroup-base "${advice[libsystemd]}"
}

# as_tester COMMAND: a run in a session of the machine's ordinary user, with $CTL for a command.
as_tester() {
	bounded_run su -l tester -c "PATH=$PWD/bin:\$PATH XDG_RUNTIME_DIR=/run/user/\$(id -u)
		export XDG_RUNTIME_DIR; $1"
}

@test "controllers that an ordinary user's manager lacks are there after what is advised" {
	((EUID == 0)) || skip 'the superuser has to follow the advice'
	chmod 755 "${BATS_TEST_TMPDIR%/*/*}" "${BATS_TEST_TMPDIR%/*}" .
	mkdir bin
	ln -s "$CORDON" bin/cordonctl
	loginctl enable-linger tester
	wait_until test -S /run/user/1000/bus || wait_until test -S /run/user/1000/bus
	as_tester 'cordonctl doctor --json'
	assert_found systemd-user 'ok '
	assert_found cgroup-base 'ok systemd: '
	assert_found controller-io "missing the kernel has it, but it does not reach $mount/user.slice/"
	local command=${advice[controller-io]}
	assert_regex "$command" '^sudo '
	# the part for the superuser, and the part for the user
	bounded_run sh -c "$(sed "s/^sudo //; s/ && systemctl --user .*//" <<<"$command")"
	assert_success
	as_tester "${command##*&& }"
	assert_success
	as_tester 'cordonctl doctor --json'
	local name
	for name in cpu memory pids io; do
		assert_found controller-$name "ok can be switched on in $mount/user.slice/"
	done
}

# The run would switch it on, so it comes last.
@test "a controller is there exactly where a run can have its limits" {
	local name
	ctl doctor --json
	take_diagnosis
	for name in cpu:--cpus=1 memory:--memory=1G pids:--pids=1000 io:--io-weight=50; do
		cordon_run -q "${name#*:}" true
		assert_equal "$name $((status == 0))" \
			"$name $([[ ${found[controller-${name%:*}]} != ok* ]] && echo 0 || echo 1)"
	done
}

@test "in a service that was not delegated a controller is looked for in a scope" {
	local command=(systemd-run --quiet --wait --pipe)
	need systemd-run
	((EUID == 0)) || command+=(--user)
	bounded_run "${command[@]}" "$CTL" doctor --json
	assert_found_matching cgroup-base "^ok own: $mount/.*\.service"
	assert_found_matching controller-pids "^ok can be switched on in $mount/.*/cordon-[^/]*\.scope"
}

@test "a bus that takes its time is waited for as long as by a run that needs a scope" {
	((EUID == 0)) || skip 'the superuser can replace the bus'
	need python3
	local began=$SECONDS server
	python3 "$SRC/tests/bus.py" silent silent 3>&- &
	server=$!
	wait_until test -S silent
	bounded_run unshare -m sh -c 'mount --bind silent /run/dbus/system_bus_socket && exec "$@"' - \
		"$CTL" doctor --json
	kill "$server"
	((SECONDS - began >= 9))
}
