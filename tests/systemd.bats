#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Scopes from systemd: from the user's manager for a user, from the system's for root, who needs
# one only for limits. In the virtual machine (tests/vm/run) everybody has a session.

load helper

setup() {
	common_setup
	[[ -d /run/systemd/system ]] || lack_systemd 'systemd does not run here'
	need jq systemctl
	mount=$(cgroup_mounts | head -n 1)
	manager=(systemctl)
	# What makes a run need a scope: a user has no other base, and root no other for a limit.
	wanting=(--pids=100)
	if ((EUID != 0)); then
		manager=(systemctl --user)
		[[ -S /run/user/$EUID/bus ]] || lack_systemd 'there is no manager'
	fi
}

# Outside of the virtual machine a systemd that gives scopes is not to be had for the asking.
lack_systemd() {
	[[ ${CORDON_VM-} != systemd ]] || lack "$1"
	skip "$1"
}

# run_wanting [OPTION]... COMMAND [ARG]...: a run that needs a scope.
run_wanting() {
	cordon_run -q "${wanting[@]}" --json="$REPORT" "$@"
}

as_root() {
	((EUID == 0)) || skip 'for the superuser'
}

as_user() {
	((EUID != 0)) || skip 'for an ordinary user'
}

# The kind of the base, and what was tried before.
bases() {
	report '.cgroup | "\(.base_kind)", (.tried[] | "not \(.kind): \(.error)")'
}

no_scope_left() {
	[[ -z $("${manager[@]}" list-units --all --plain --no-legend 'cordon-*.scope') ]]
}

# refused REASON COMMAND...: a run with a limit cannot be had, because systemd does not help.
refused() {
	bounded_run "${@:2}" "$CORDON" -q "${wanting[@]}" --json="$REPORT" touch started
	assert_equal "$status" 125
	assert_regex "$stderr" '^cordon: --pids=100: cannot be enforced: .* pids controller .*doctor'
	assert_regex "$(bases | tail -n 1)" "^not systemd: $1"
	refute test -e started
	assert no_scope_left
}

own_path=(sed -n 's/^0:://p' /proc/self/cgroup)
scope='cordon-[0-9]+-[0-9a-f]{8}\.scope'
run='cordon-[0-9]+-[0-9a-f]{8}'

# --- scopes ----------------------------------------------------------------------------

@test "a user's run is in a scope of the user's manager, which is gone afterwards" {
	as_user
	local tries
	for ((tries = 0; tries < 5; tries++)); do # until systemd is in time for a run that needs none
		cordon_run -q --json="$REPORT" "${own_path[@]}"
		assert_success
		[[ $(report .cgroup.created) != true ]] || break
	done
	assert_equal "$stderr" ''
	assert_regex "$stdout" "^/user\.slice/user-$EUID\.slice/user@$EUID\.service/(.*/)?$scope/$run\$"
	assert_equal "$(bases)" "systemd
not prepared: there is none
not own: cannot create a directory in cordon's own cgroup: Permission denied"
	assert_equal "$(report '.cgroup | .path, .base')" "$mount$stdout"$'\n'"$mount${stdout%/*}"
	wait_until no_scope_left
	assert_not_exists "$mount${stdout%/*}"
}

@test "root's run is in its own group, and for a limit in a scope of the system's manager" {
	as_root
	cordon_run -q --json="$REPORT" "${own_path[@]}"
	assert_regex "$stdout" "^$(sed -n s/^0:://p /proc/self/cgroup)/$run\$"
	assert_equal "$(bases | head -n 1)" own
	run_wanting "${own_path[@]}"
	assert_success
	assert_equal "$stderr" ''
	assert_regex "$stdout" "^/system\.slice/$scope/$run\$"
	assert_equal "$(bases | head -n 1)" systemd
	assert_regex "$(bases)" 'not own: cannot be enforced: (the|there is no) pids controller '
	wait_until no_scope_left
	assert_not_exists "$mount${stdout%/*}"
}

@test "a group with processes in it is not made one of threads by a limit that it cannot have" {
	local own
	own=$(own_cgroup)
	run_wanting --cpus=1 true
	assert_success
	assert_equal "$(<"$own/cgroup.subtree_control") $(<"$own/cgroup.type")" ' domain'
}

@test "limits bind in a scope, and nothing else does" {
	# shellcheck disable=SC2016
	run_wanting --memory=64M sh -c '
		cd "$0$(sed -n s/^0:://p /proc/self/cgroup)" && cat pids.max memory.max ../pids.max &&
		mkdir -p inner/most && echo $$ >inner/most/cgroup.procs && echo moved' "$mount"
	assert_success
	assert_equal "$stdout" $'100\n67108864\nmax\nmoved'
	assert_equal "$stderr" ''
	run_wanting -m 40M --swap=0 "$VICTIM" alloc 100
	assert_equal "$status" 137
	assert_equal "$(report '.reason, .cgroup.base_kind')" $'oom\nsystemd'
	wait_until no_scope_left
}

@test "of the scope systemd knows who has it, and forgets it even if it fails" {
	# shellcheck disable=SC2016
	run_wanting sh -c 'scope=$(sed "s,/[^/]*$,,; s,.*/,," /proc/self/cgroup); exec "$@" "$scope"' - \
		"${manager[@]}" show -p CollectMode -p Delegate -p Description -p TasksMax
	assert_equal "$status $stderr" '0 '
	assert_equal "$(sort "$out")" 'CollectMode=inactive-or-failed
Delegate=yes
Description=Command run by cordon
TasksMax=infinity'
}

@test "a name is below the scope" {
	run_wanting --cgroup=name "${own_path[@]}"
	assert_success
	assert_regex "$stdout" "/$scope/name\$"
	assert_equal "$(report '.cgroup | .requested, .base_kind')" $'name\nsystemd'
}

@test "leftovers are gone with the run, and a timeout ends all of it" {
	run_wanting sh -c 'setsid sleep 50 & :'
	assert_success
	assert no_process_left
	run_wanting -t 1 sh -c 'setsid sleep 50 & exec sleep 50'
	assert_equal "$status" 124
	assert no_process_left
	wait_until no_scope_left
}

@test "runs at the same time have a scope each" {
	# shellcheck disable=SC2016
	bounded_run sh -c 'for i in 1 2 3; do "$@" & done; wait' - \
		"$CORDON" -q --require-cgroup "${wanting[@]}" "${own_path[@]}"
	assert_equal "$stderr" ''
	assert_equal "$(grep -oE "/$scope/" "$out" | sort -u | wc -l)" 3
	wait_until no_scope_left
}

@test "the scope of a run that was killed goes, with everybody in it" {
	local supervisor
	bounded_start "$CORDON" -q "${wanting[@]}" "$VICTIM" ignore-term
	wait_until has_line "$out" ready
	refute no_scope_left
	supervisor=$(pgrep -P "$pid" cordon)
	kill -KILL "$pid" "$supervisor"
	cordon_wait
	wait_until no_process_left
	wait_until no_scope_left
}

@test "whoever outlived a cordon that was killed altogether is killed by the next run in a scope" {
	local supervisor
	# shellcheck disable=SC2016
	bounded_start "$CORDON" -q "${wanting[@]}" sh -c 'setsid "$VICTIM" ignore-term & exec sleep 50'
	wait_until has_line "$out" ready
	supervisor=$(pgrep -P "$pid" cordon)
	kill -STOP "$pid" "$supervisor"
	kill -KILL "$supervisor" "$pid"
	cordon_wait
	wait_until is_gone "$supervisor"
	refute no_process_left
	bounded_start "$CORDON" -q "${wanting[@]}" "$VICTIM" trap TERM 5
	wait_until has_line "$out" ready
	run_wanting true
	assert_success
	kill -TERM "$pid"
	cordon_wait
	assert_equal "$status" 5 # who lives is left alone
	assert no_process_left
	wait_until no_scope_left
}

@test "a run inside a run stays in its directory" {
	# shellcheck disable=SC2016
	cordon_run -q "${wanting[@]}" sh -c '
		sed -n s/^0:://p /proc/self/cgroup
		exec "$0" -q --require-cgroup --json="$1" sed -n s/^0:://p /proc/self/cgroup' \
		"$CORDON" "$REPORT"
	assert_success
	assert_equal "$stderr" ''
	assert_regex "$stdout" "^([^"$'\n'"]+)"$'\n'"\\1/$run\$"
	assert_equal "$(bases | head -n 1)" own
	# shellcheck disable=SC2016
	cordon_run -q "${wanting[@]}" sh -c '"$0" -q -m 64M --json="$1" touch started; exit $?' \
		"$CORDON" "$REPORT"
	assert_equal "$status" 125
	refute test -e started
	assert_equal "$(bases | tail -n 1)" 'not systemd: cordon is inside another run, and stays there'
}

@test "neither the library nor who asked with it stays with cordon" {
	local without
	cordon_run -q --cgroup=none --json="$REPORT" "$VICTIM" exit 0
	without=$(report .memory.peak_process_bytes)
	# shellcheck disable=SC2016
	run_wanting "$VICTIM" exit 0
	assert_success
	assert_equal "$(report ".memory.peak_process_bytes - $without < 512 * 1024")" true
	assert_equal "$(report .processes.reaped)" 1
	# shellcheck disable=SC2016
	run_wanting sh -c 'ps -o pid= --ppid $PPID; echo $$'
	assert_equal "$(sort -un "$out" | wc -l)" 1
}

@test "in a scope that was delegated to it root's run needs no other" {
	local command=(systemd-run --quiet --scope -p Delegate=yes --)
	as_root
	need systemd-run
	bounded_run "${command[@]}" "$CORDON" -q --json="$REPORT" -m 200M --pids=50 "${own_path[@]}"
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" "/run-[^/]*\.scope/$run\$"
	assert_equal "$(bases | head -n 1)" own
	assert_equal "$(report '.limits.cgroup | ."memory.max", ."pids.max"')" $'209715200\n50'
	bounded_run "${command[@]}" "$CORDON" -q --json="$REPORT" -m 30M --swap=0 "$VICTIM" alloc 100 0
	assert_equal "$status $(report '.reason, .cgroup.base_kind' | xargs)" '137 oom own'
}

# systemd would switch the controllers off again, at the latest when another unit is started.
@test "in a service a run has limits only if it was delegated by the system's manager, or else in a scope" {
	local command=(systemd-run --quiet --wait --pipe --setenv="CORDON_TEST_ID=$CORDON_TEST_ID")
	local service='run-[^/]*\.service'
	need systemd-run
	((EUID == 0)) || command+=(--user)
	bounded_run "${command[@]}" "$CORDON" -q --json="$REPORT" "${own_path[@]}"
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" "/$service/$run\$"
	bounded_run "${command[@]}" "$CORDON" -q "${wanting[@]}" --json="$REPORT" "${own_path[@]}"
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" "/$scope/$run\$"
	assert_equal "$(bases | tail -n 1)" "not own: cannot be enforced: the pids controller cannot be switched \
on in a unit of systemd's without a mark of Delegate=yes; see 'cordonctl doctor'"
	bounded_run "${command[@]}" -p Delegate=yes "$CORDON" -q "${wanting[@]}" --json="$REPORT" "${own_path[@]}"
	assert_equal "$status $stderr" '0 '
	((EUID == 0)) || service=$scope # a user's manager leaves no mark
	assert_regex "$stdout" "/$service/$run\$"
	# below a unit nothing is systemd's, which makes "$$" of "$$$$"
	# shellcheck disable=SC2016
	bounded_run "${command[@]}" -p Delegate=yes sh -c 'cd "$0$(sed -n s/^0:://p /proc/self/cgroup)" &&
		mkdir inner && echo $$$$ >inner/cgroup.procs && echo +pids >cgroup.subtree_control && exec "$@"' \
		"$mount" "$CORDON" -q "${wanting[@]}" "${own_path[@]}"
	assert_equal "$status $stderr" '0 '
	assert_regex "$stdout" "/run-[^/]*\.service/inner/$run\$"
	wait_until no_scope_left
}

# --- where the bus is ------------------------------------------------------------------

@test "what the environment says of buses does not matter where systemd's own is found" {
	as_user
	bounded_run env -i PATH="$PATH" CORDON_TEST_ID="$CORDON_TEST_ID" \
		"$CORDON" -q --require-cgroup true
	assert_success
	bounded_run env DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere XDG_RUNTIME_DIR=/run/user/0 \
		SYSTEMD_LOG_LEVEL=debug "$CORDON" -q --require-cgroup true
	assert_success
	assert_equal "$stderr" ''
}

# with_bus_elsewhere COMMAND...: where systemd's own place has no bus; the user's is bus/bus.
with_bus_elsewhere() {
	unshare -Urm true || skip 'no user namespaces'
	mkdir bus
	# shellcheck disable=SC2016
	bounded_run unshare -Urm sh -c 'mount --bind "/run/user/$0" bus && mount -t tmpfs none /run/user &&
		exec unshare -U --map-user="$0" env -u DBUS_SESSION_BUS_ADDRESS -u XDG_RUNTIME_DIR "$@"' "$EUID" "$@"
}

@test "a bus elsewhere is found by what the environment says" {
	as_user
	local variable
	for variable in "DBUS_SESSION_BUS_ADDRESS=unix:path=$PWD/bus/bus" "XDG_RUNTIME_DIR=$PWD/bus"; do
		with_bus_elsewhere "$variable" "$CORDON" -q --require-cgroup --json="$REPORT" true
		assert_equal "$variable $status $stderr" "$variable 0 "
		assert_equal "$(bases | head -n 1)" systemd
		rmdir bus
	done
}

@test "no program is started for what the environment says of buses" {
	as_user
	local address touch
	touch=unixexec:path=$(type -P touch),argv1=started
	for address in "$touch" "unix:path=/nowhere;$touch"; do
		with_bus_elsewhere "DBUS_SESSION_BUS_ADDRESS=$address" "$CORDON" -q --json="$REPORT" true
		assert_success
		assert_equal "$(bases | tail -n 1)" "not systemd: cannot reach systemd's bus: No such file or directory"
		refute test -e started
		rmdir bus
	done
}

@test "a user who has no manager gets no scope, and the report says why" {
	as_root
	need nobody
	unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS # which may lead to root's manager
	as_nobody true
	as_nobody cordon_run -q --json="$REPORT" "${own_path[@]}"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(bases)" "null
not prepared: there is none
not own: cannot create a directory in cordon's own cgroup: Permission denied
not systemd: cannot reach systemd's bus: No such file or directory"
}

@test "a user who only seems to be root gets no scope from the system's manager" {
	as_user
	unshare -r true || skip 'no user namespaces'
	bounded_run unshare -r "$CORDON" -q --json="$REPORT" true
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(bases | head -n 1)" null
	assert_regex "$(bases | tail -n 1)" '^not systemd: '
}

# shellcheck disable=SC2016
hide=(unshare -m sh -c 'mount -t tmpfs none "$0" && exec "$@"')
# shellcheck disable=SC2016
replace=(unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"')

@test "where systemd cannot be asked for a scope the report says why" {
	as_root
	local library
	library=$(ldconfig -p | sed -n 's/^[[:blank:]]*libsystemd\.so\.0 .* => //p' | head -n 1)
	refused "cannot reach systemd's bus: No such file or directory" "${hide[@]}" /run/dbus
	refused 'systemd does not run here' "${hide[@]}" /run/systemd
	refused 'cannot load .*libsystemd\.so\.0' "${replace[@]}" /dev/null "$library"
	refused 'libsystemd\.so\.0 is too old: no sd_bus_call_async' "${replace[@]}" \
		"$(realpath "${library%/*}/libcap-ng.so.0")" "$library"
	# It would move others, who have there the numbers that cordon and its front have here.
	refused 'systemd is not the first process here' unshare --pid --fork --mount-proc
}

@test "with --best-effort a run that gets no scope goes on in its own group" {
	as_root
	bounded_run "${hide[@]}" /run/dbus "$CORDON" -q --best-effort "${wanting[@]}" --json="$REPORT" true
	assert_success
	assert_equal "$(bases | head -n 1)" own
	assert_equal "$(report '.limits.not_enforced[]')" --pids=100
}

# start_bus [refuse|silent]: bus.py as "socket".
start_bus() {
	python3 "$SRC/tests/bus.py" socket "$@" 3>&- &
	server=$!
	wait_until test -S socket
}

# The bus, or who asks it, and how long that takes.
@test "a bus that does not answer is given up, sooner where there is a run without" {
	as_root
	need python3 strace
	local began server most tries
	start_bus silent
	began=$SECONDS
	refused "systemd's bus does not answer: Connection timed out" \
		"${replace[@]}" socket /run/dbus/system_bus_socket
	most=$((SECONDS - began))
	((most >= 9 && most < 40))
	for ((tries = 0; tries < 3; tries++)); do # a busy machine may be late
		began=$SECONDS
		bounded_run "${replace[@]}" socket /run/dbus/system_bus_socket "$CORDON" -q --best-effort \
			"${wanting[@]}" --json="$REPORT" true
		assert_success
		assert_equal "$(bases | head -n 1)" own
		((SECONDS - began >= most)) || break
	done
	((tries < 3))
	kill "$server"
	for ((tries = 0; tries < 3; tries++)); do
		began=$SECONDS
		refused "systemd's bus does not answer\$" strace -qq -f -o trace -e trace=connect \
			-e inject=connect:signal=KILL
		((SECONDS - began >= most)) || break
	done
	((tries < 3))
}

@test "what systemd refuses, or promises and does not do, is no scope" {
	as_root
	need python3
	local server
	start_bus refuse
	refused 'systemd refuses a scope: not today' "${replace[@]}" socket /run/dbus/system_bus_socket
	kill "$server"
	rm socket
	start_bus
	bounded_run "${replace[@]}" socket /run/dbus/system_bus_socket "$CORDON" -q --best-effort \
		"${wanting[@]}" --json="$REPORT" true
	assert_success
	assert_equal "$(bases)" "own
not prepared: there is none
$(bases | sed -n 3p)
not systemd: systemd has not moved cordon to its scope in time"
	kill "$server"
}
