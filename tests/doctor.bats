#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# cordonctl doctor: what it finds, what it advises, and that it leaves no trace. Hosts that lack
# something are made by namespaces, and by a tracer that lets a system call fail. How it is shown
# is in cordonctl.bats.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell

load helper
load ctl

setup() {
	common_setup
	ctl_setup
	need jq
}

teardown() {
	ctl_teardown
}

# has_version1: the controller memory is on version 1.
has_version1() {
	[[ -n $mount ]] && awk '$1 == "memory" && $2 != 0 { found = 1 } END { exit !found }' /proc/cgroups
}

# --- the host as it is -----------------------------------------------------------------

@test "a diagnosis leaves nothing behind, and switches nothing on" {
	need root cgroup unshare
	state() {
		find "$base" -type d
		find "$base" -name cgroup.subtree_control -exec head -v {} +
	}
	make_base
	mkdir "$base/inner" "$base/cordon"
	local before
	before=$(state)
	in_world "$CTL" doctor
	assert_success
	assert_equal "$(state)" "$before"
	rmdir "$base/cordon"
	before=$(state)
	in_world "$CTL" doctor
	assert_success
	assert_equal "$(state)" "$before"
}

@test "the kernel, /proc and what everybody has is found" {
	ctl doctor --json
	assert_found kernel "ok Linux $(uname -r)"
	assert_found proc 'ok mounted at /proc'
	assert_found pid-max "ok $(</proc/sys/kernel/pid_max) process ids"
	assert_found pipe-pages "ok $(</proc/sys/fs/pipe-user-pages-soft) pages in the pipes of a user before they become small"
	assert_found jansson 'ok reports in JSON'
	! head -c 1 /proc/pressure/memory >/dev/null 2>&1 || assert_found psi 'ok pressure on CPU, memory and I/O is measured'
	assert_found proc-children 'ok descendants are found by /proc/PID/task/TID/children'
	assert_found pidfd 'ok processes can be held while they are signalled'
	assert_found kcmp 'ok streams that share one open file are told from others'
}

@test "a kernel that is too old is found, which is a failure" {
	need setarch
	bounded_run setarch --uname-2.6 "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found kernel "missing $(setarch --uname-2.6 uname -sr), older than Linux 5.9"
	assert_advice kernel null
}

@test "version 2 beside version 1 is found, and that the controllers are not there" {
	has_version1 || skip 'version 2 has the controllers here'
	need root cgroup
	ctl doctor --json
	assert_success
	assert_found cgroup2 "degraded mounted at $mount, beside version 1, which has the controllers "
	assert_found cgroup-base 'ok '
	assert_found clone-into-cgroup 'ok tried in '
	assert_found cgroup-kill 'ok cgroup.kill ends whoever is inside at once'
	local name
	for name in cpu memory pids io; do
		assert_found controller-$name 'missing version 1 has it'
	done
	assert_found memory-peak 'missing no memory controller for runs'
	assert_found memory-swap 'missing no memory controller for runs'
}

@test "a controller that was switched off when the kernel was booted is found" {
	has_version1 || skip 'version 2 has the controllers here'
	need root unshare cgroup
	sed -E 's/^(pids\t.*\t)1$/\10/' /proc/cgroups >cgroups
	bounded_run unshare -m sh -c 'mount --bind cgroups /proc/cgroups && exec "$@"' - "$CTL" doctor --json
	assert_found controller-pids 'missing switched off at boot (cgroup_disable=pids) (boot with cgroup_enable=pids)'
}

@test "a kernel without cgroup.kill is found" {
	need strace cgroup
	ctl doctor --json
	assert_found cgroup-kill 'ok '
	bounded_run strace -f -qqq -o trace -P cgroup.kill -e inject=faccessat,faccessat2:error=ENOENT \
		"$CTL" doctor --json
	assert_found cgroup-kill 'degraded no cgroup.kill (Linux 5.14): processes are killed one by one'
}

# The run would switch it on, so it comes last.
@test "a controller is there exactly where a run can have its limits" {
	need cgroup
	ctl doctor --json
	take_diagnosis
	local name
	for name in cpu:--cpus=1 memory:--memory=1G pids:--pids=1000 io:--io-weight=50; do
		cordon_run -q "${name#*:}" true
		assert_equal "$name $((status == 0))" \
			"$name $([[ ${found[controller-${name%:*}]} != ok* ]] && echo 0 || echo 1)"
	done
}

@test "without systemd that is what is said" {
	[[ ! -e /run/systemd/system ]] || skip 'systemd runs here'
	ctl doctor --json
	assert_found systemd "missing not running; process 1 is $(</proc/1/comm)"
	assert_found systemd-user 'missing no systemd'
	assert_advice systemd null
	assert_advice systemd-user null
}

# in_systemd COMMAND...: a run where systemd has booted, as far as that can be seen in /run.
in_systemd() {
	bounded_run unshare -m sh -ec 'mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/dbus
		[ ! -S socket ] || { : >/run/dbus/system_bus_socket &&
			mount --bind socket /run/dbus/system_bus_socket; }
		exec "$@"' - "$@"
}

@test "a systemd that cannot be asked is found, and one that can" {
	need root unshare python3
	local server
	in_systemd "$CTL" doctor --json
	assert_found systemd 'degraded running, but cannot be asked at /run/dbus/system_bus_socket: No such file or directory'
	assert_advice systemd 'systemctl start dbus.socket'
	assert_found systemd-user "ok not needed: the superuser has the system's manager"
	assert_advice systemd-user null
	python3 "$SRC/tests/bus.py" socket 3>&- &
	server=$!
	wait_until test -S socket
	in_systemd "$CTL" doctor --json
	kill "$server"
	assert_found systemd 'ok running; answers at /run/dbus/system_bus_socket'
	assert_advice systemd null
}

# --- cgroups ---------------------------------------------------------------------------

@test "an ordinary user without a cgroup has no base, which is a failure" {
	need nobody cgroup
	[[ ! -e /run/systemd/system ]] || skip 'systemd runs here'
	ctl_for_nobody
	make_base
	enter_base as_nobody "$CTL" doctor --json
	assert_equal "$status" 1
	assert_equal "$stderr" ''
	assert_found cgroup-base "missing no cgroup for runs; not prepared: "
	assert_found_matching cgroup-base "; not own: [^;]*: Permission denied; not systemd: "
	assert_found clone-into-cgroup 'missing no directory to try it in'
	assert_found controller-memory 'missing no cgroup for runs'
	assert_equal "$(find "$base" -mindepth 1 -type d)" ''
	# what helps several checks is shown once
	assert_advice cgroup-prepared "${advice[cgroup-base]}"
	enter_base as_nobody "$CTL" doctor
	assert_equal "$(grep -cxF "  ${advice[cgroup-base]}" "$out")" 1
}

# enter_base as_nobody COMMAND...: run it in $base, to which root has to move it.
enter_base() {
	local run_as=()
	[[ $1 != as_nobody ]] || run_as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	shift
	local command=("${run_as[@]}" "$@") run_as=()
	bounded_run sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$base" "${command[@]}"
}

@test "a delegated cgroup serves an ordinary user" {
	need nobody cgroup
	ctl_for_nobody
	make_base
	chown 65534 "$base" "$base"/cgroup.{procs,subtree_control,threads}
	enter_base as_nobody "$CTL" doctor --json
	assert_success
	assert_found cgroup-base "ok own: $base"
	assert_found clone-into-cgroup "ok tried in $base"
	assert_equal "$(find "$base" -mindepth 1 -type d)" ''
}

# As a shell that is started by root and then becomes nobody's.
@test "what is advised to an ordinary user makes a cgroup for runs" {
	need nobody cgroup
	[[ ! -e /run/systemd/system ]] || skip 'systemd runs here'
	ctl_for_nobody
	make_base
	local as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --'
	in_world sh -c '
		advice() {
			$2 "$1" doctor --json >diagnosis
			jq -r ".checks[] | select(.name == \"cgroup-base\").advice" diagnosis
		}
		advice "$1" "$2"
		eval "$(advice "$1" "$2" | sed "s/^sudo //")"
		$2 "$1" doctor --json >diagnosis
		echo "$?"
		jq -r ".checks[] | select(.name | startswith(\"cgroup-\")) | .status + \" \" + .detail" diagnosis
		jq ".checks[] | select(.name | startswith(\"cgroup-\")).advice" diagnosis | sort -u
		$2 "$3" -q --require-cgroup sh -c "grep ^0 /proc/self/cgroup"' \
		- "$CTL" "$as_nobody" "$CORDON"
	assert_equal "$stderr" ''
	run cat "$out"
	assert_line -n 0 "sudo sh -c \"$CTL cgroup-init --owner=+65534 && mkdir -p $mount/cordon/shells && echo \$\$ >$mount/cordon/shells/cgroup.procs\""
	assert_line "created $mount/cordon"
	assert_line 0
	assert_line "ok prepared: $mount/cordon"
	assert_line "ok $mount/cordon serves this user, below it"
	assert_line --regexp '^0::/cordon/cordon-[0-9]+-[0-9a-f]+$'
	assert_equal "$(find "$base/cordon" -mindepth 1 -type d)" "$base/cordon/shells"
}

@test "in the topmost group a controller can be switched on, whoever else is there" {
	[[ ${CORDON_VM-} == plain ]] || skip 'is for the virtual machine: it changes the topmost group'
	need root
	echo -pids >"$mount/cgroup.subtree_control"
	ctl doctor --json
	echo +pids >"$mount/cgroup.subtree_control"
	assert_found controller-pids "ok can be switched on in $mount"
}

@test "a prepared directory serves the superuser, wherever he is" {
	need root cgroup
	make_base
	mkdir "$base/cordon"
	in_world "$CTL" doctor --json
	assert_success
	assert_found cgroup-base "ok prepared: $mount/cordon"
	assert_found cgroup-prepared "ok $mount/cordon serves the superuser"
	assert_advice cgroup-prepared null
	rmdir "$base/cordon"
	in_world "$CTL" doctor --json
	assert_success
	assert_found cgroup-prepared \
		"missing no $mount/cordon; it would serve the superuser, and users whose shell is in it"
	assert_advice cgroup-prepared "$CTL cgroup-init"
}

@test "a prepared directory does not serve a user outside of it, and that is said" {
	need nobody cgroup
	[[ ! -e /run/systemd/system ]] || skip 'systemd runs here'
	ctl_for_nobody
	make_base
	mkdir "$base/cordon"
	local as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	in_world "${as_nobody[@]}" "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found cgroup-prepared "degraded $mount/cordon: cannot write to it: Permission denied"
	chown -R 65534 "$base/cordon"
	in_world "${as_nobody[@]}" "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found cgroup-prepared "degraded $mount/cordon: cordon is outside of it"
	assert_advice_matching cgroup-prepared '^sudo sh -c ".* cgroup-init '
}

@test "where no cgroup2 is mounted, the mount is advised, and helps" {
	need root cgroup unshare
	local only=
	! has_version1 || only=', only version 1'
	without_cgroup2 "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found cgroup2 "missing no cgroup2 is mounted$only"
	assert_found cgroup-base 'missing no cgroup for runs: no cgroup2 is mounted'
	assert_found cgroup-prepared 'missing no cgroup2 is mounted'
	assert_found cgroup-kill 'missing no cgroup for runs'
	assert_advice cgroup-base "${advice[cgroup2]}"
	assert_advice_matching cgroup2 '^(sh -c .*)?mount -t cgroup2 '
	without_cgroup2 sh -c 'eval "$2" && "$1" doctor --json' - "$CTL" "${advice[cgroup2]}"
	assert_success
	assert_found cgroup-base 'ok '
}

@test "a mount that cannot be written to is said, and what makes it writable" {
	need root cgroup unshare
	bounded_run unshare -m sh -c 'mount -o remount,bind,ro "$0" && exec "$@"' "$mount" \
		"$CTL" doctor --json
	assert_equal "$status" 1
	assert_found_matching cgroup-base '^missing .*: Read-only file system'
	assert_advice cgroup-base "mount -o remount,rw $mount"
	bounded_run unshare -m sh -c 'mount -o remount,bind,ro "$0" && eval "$2" && exec "$1" doctor' \
		"$mount" "$CTL" "${advice[cgroup-base]}"
	assert_success
}

@test "where a mount of cgroup2 is advised depends on what is there" {
	need root cgroup unshare
	local row place
	for row in 'mount -t tmpfs none /sys/fs/cgroup|/sys/fs/cgroup/unified' \
		'mount -t tmpfs -o ro none /sys/fs/cgroup|/run/cgroup2' \
		'mount -t sysfs none /sys/fs/cgroup|'; do
		without_cgroup2 sh -c "${row%|*} "'&& exec "$@"' - "$CTL" doctor --json
		assert_found cgroup2 'missing no cgroup2 is mounted'
		place=${row#*|}
		if [[ -n $place ]]; then
			assert_advice cgroup2 "sh -c 'mkdir -p $place && mount -t cgroup2 cgroup2 $place'"
		else
			assert_advice cgroup2 'mount -t cgroup2 cgroup2 /sys/fs/cgroup'
		fi
	done
}

@test "a kernel without cgroups of version 2 is found" {
	need root cgroup unshare
	grep -v cgroup2 /proc/filesystems >filesystems
	without_cgroup2 sh -c 'mount --bind filesystems /proc/filesystems && exec "$@"' - "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found cgroup2 'missing this kernel has no cgroups of version 2'
	assert_advice cgroup2 null
}

# with_cgroups SED COMMAND...: a run where /proc/cgroups is other than it is.
with_cgroups() {
	sed -E "$1" /proc/cgroups >cgroups
	bounded_run unshare -m sh -c 'mount --bind cgroups /proc/cgroups && exec "$@"' - "${@:2}"
}

@test "a controller that version 1 has, or nobody, is found" {
	need root unshare cgroup
	if grep -qw pids "$mount/cgroup.controllers"; then skip 'version 2 has it here'; fi
	local boot=cgroup_no_v1=all
	[[ ! -e /run/systemd/system ]] || boot=systemd.unified_cgroup_hierarchy=1
	with_cgroups 's/^(pids\t)[0-9]+/\11/' "$CTL" doctor --json
	assert_found controller-pids "missing version 1 has it, so that version 2 cannot (boot with $boot)"
	with_cgroups '/^pids\t/d' "$CTL" doctor --json
	assert_found controller-pids 'missing this kernel does not have it'
	with_cgroups 's/^(pids\t)[0-9]+/\10/' "$CTL" doctor --json
	assert_found controller-pids "missing not available below $mount"
}

# failing CALL=ERROR COMMAND...: a run in which the system call fails.
failing() {
	bounded_run strace -f -qqq -o trace -e "trace=${1%%=*}" -e "inject=${1%%=*}:error=${1#*=}" "${@:2}"
}

@test "a cgroup that processes cannot be started in is found" {
	need root cgroup strace
	failing clone3=ENOSYS "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found clone-into-cgroup 'missing tried, and it fails: Function not implemented'
	assert_found cgroup-base 'missing '
	assert_found_matching cgroup-base '; not own: cannot start a process in it: Function not impl'
}

# --- what single things are missing ----------------------------------------------------

@test "without /proc nothing is right" {
	need root unshare
	bounded_run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - "$CTL" doctor --json
	assert_equal "$status" 1
	assert_found proc 'missing /proc is not mounted: no process can be found'
	local name
	for name in proc-children hidepid psi pid-max pipe-pages; do
		assert_found $name 'missing cannot be told without /proc'
	done
	assert_advice proc 'mount -t proc proc /proc'
	assert_advice cgroup-base "${advice[proc]}"
	bounded_run unshare -m sh -c 'mount -t tmpfs none /proc && eval "$2" && exec "$1" doctor --json' \
		- "$CTL" "${advice[proc]}"
	assert_found proc 'ok '
}

@test "a /proc that hides processes is found, unless it does not hide them from this user" {
	need nobody unshare
	ctl_for_nobody
	hidden() {
		bounded_run unshare -m sh -c 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"' - "$@"
	}
	hidden "$CTL" doctor --json
	assert_found hidepid 'ok hidepid=invisible, but not from the superuser'
	hidden setpriv --reuid=65534 --regid=65534 --clear-groups -- "$CTL" doctor --json
	assert_found hidepid 'degraded hidepid=invisible: descendants that change their user are out of sight'
	assert_advice hidepid 'sudo mount -o remount,hidepid=0 /proc'
	hidden sh -c 'eval "$1" && shift && exec "$@"' - "${advice[hidepid]#sudo }" \
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$CTL" doctor --json
	assert_found hidepid 'ok /proc shows all processes'
}

@test "a /proc of processes alone is found" {
	need root unshare
	bounded_run unshare -m sh -c 'mount -t proc -o subset=pid proc /proc && exec "$@"' - "$CTL" doctor --json
	assert_found hidepid "degraded /proc is mounted with subset=pid: the kernel's settings and the pressure \
of the whole host cannot be seen"
	assert_found psi 'missing pressure is not measured: /proc/pressure/memory: No such file or directory'
	assert_found pid-max 'degraded /proc/sys/kernel/pid_max cannot be read'
	assert_success
}

@test "a kernel without lists of children is found" {
	need strace
	local count
	for ((count = 1; count < 20; count++)); do
		bounded_run strace -qqq -o trace -e trace=access,faccessat,faccessat2 \
			-e inject=access,faccessat,faccessat2:error=ENOENT:when=$count "$CTL" doctor --json
		! grep -q '/children.*INJECTED' trace || break
	done
	assert_found proc-children "degraded no /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN): all of /proc \
is searched for descendants, which is slower"
}

@test "who may be debugged by whom is said" {
	need root unshare
	yama() {
		bounded_run unshare -m sh -c 'mount -t tmpfs none /proc/sys/kernel && mkdir /proc/sys/kernel/yama &&
			echo "$1" >/proc/sys/kernel/yama/ptrace_scope && shift && exec "$@"' - "$1" "$CTL" doctor --json
	}
	local row
	for row in '0 any process of the same user' '1 descendants, and who allows it' \
		'2 what a superuser names' '3 nobody'; do
		yama "${row%% *}"
		assert_found ptrace-scope "ok ${row%% *}: debuggers may attach to ${row#* }"
	done
	yama none
	assert_found ptrace-scope 'ok debuggers may attach to any process of the same user'
}

@test "user namespaces that can be had are found" {
	need unshare
	unshare -Urm true || skip 'there are none here'
	ctl doctor --json
	assert_found user-namespaces 'ok this user can create and use them'
}

@test "a filter for system calls that is there is found, and what it forbids" {
	cordon_run -q --seccomp=default true
	[[ $status == 0 ]] || skip 'there are no filters here'
	ctl doctor --json
	assert_found seccomp 'ok filters for system calls'
	cordon_run -q --seccomp=default "$CTL" doctor --json
	assert_found seccomp 'ok filters for system calls; there is one already'
	assert_found user-namespaces 'missing cannot be created: Operation not permitted (there is a seccomp filter)'
}

@test "a chroot, which has no user namespaces, is found" {
	need root unshare
	mkdir root
	bounded_run unshare -m sh -ec 'for each in /*; do
			if [ -L "$each" ]; then cp -P "$each" root
			elif [ -d "$each" ]; then mkdir "root$each" && mount --rbind "$each" "root$each"
			fi
		done
		exec chroot root "$@"' - "$CTL" doctor --json
	assert_found user-namespaces 'missing cannot be created: Operation not permitted (this is a chroot)'
}

@test "user namespaces that are used up are found, and the setting is advised, and helps" {
	need unshare sysctl
	unshare -Ur true || skip 'there are none here'
	bounded_run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' - \
		"$CTL" doctor --json
	assert_found user-namespaces 'missing forbidden: no more than user.max_user_namespaces'
	assert_advice user-namespaces 'sysctl -w user.max_user_namespaces=15000'
	bounded_run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces &&
		eval "$2" >&2 && exec "$1" doctor --json' - "$CTL" "${advice[user-namespaces]}"
	assert_found user-namespaces 'ok '
}

@test "user namespaces without capabilities inside are found" {
	need nobody strace
	ctl_for_nobody
	# the second call makes the mount namespace
	as_nobody bounded_run strace -f -qqq -o trace -e trace=unshare \
		-e inject=unshare:error=EPERM:when=2 "$CTL" doctor --json
	assert_found user-namespaces 'missing without capabilities inside: '
	as_nobody failing unshare=EPERM "$CTL" doctor --json
	assert_found user-namespaces 'missing cannot be created: Operation not permitted'
	assert_advice user-namespaces null
	as_nobody bounded_run strace -f -qqq -o trace -e trace=unshare \
		-e inject=unshare:error=EPERM:signal=KILL "$CTL" doctor --json
	assert_found user-namespaces 'missing whoever tries to create one is killed'
}

@test "system calls that are missing are found" {
	need strace
	local row name call expected
	while read -r name call expected; do
		failing "$call" "$CTL" doctor --json
		assert_found "$name" "$expected"
	done <<-'END'
		pidfd pidfd_open=ENOSYS degraded pidfd_open: Function not implemented
		kcmp kcmp=EPERM degraded kcmp: Operation not permitted
		landlock landlock_create_ruleset=ENOSYS missing landlock_create_ruleset: Function not implemented
		landlock landlock_create_ruleset=EOPNOTSUPP missing the kernel has it, switched off
		seccomp seccomp=EINVAL missing no filters: Invalid argument
		seccomp prctl=EINVAL missing prctl(PR_GET_SECCOMP): Invalid argument
	END
}

@test "a Landlock that knows no network is found" {
	need strace
	bounded_run strace -qqq -o trace -e trace=landlock_create_ruleset \
		-e inject=landlock_create_ruleset:retval=3 "$CTL" doctor --json
	assert_found landlock 'degraded ABI 3: files, but not the network'
}

# A setting that this kernel does not have, and a call that fails for it.
@test "a setting that forbids user namespaces is named, and the command that allows them" {
	need root unshare strace
	local setting value call detail
	while read -r setting value call detail; do
		bounded_run unshare -m sh -c 'mount -t tmpfs none /proc/sys/kernel &&
			echo "$2" >"/proc/sys/kernel/$1" && shift 2 && exec "$@"' - "$setting" "$value" \
			strace -f -qqq -o trace -e trace=unshare -e "inject=unshare:error=EPERM:when=$call" \
			"$CTL" doctor --json
		assert_found user-namespaces "missing $detail kernel.$setting"
		assert_advice user-namespaces "sysctl -w kernel.$setting=$((1 - value))"
	done <<-'END'
		unprivileged_userns_clone 0 1 forbidden to ordinary users by
		apparmor_restrict_unprivileged_userns 1 2 without capabilities inside:
	END
}

# unmeasured COMMAND...: a run on a kernel that could measure pressure, but was told not to.
unmeasured() {
	bounded_run strace -f -qqq -o trace -P /proc/pressure/memory -e trace=read \
		-e inject=read:error=EOPNOTSUPP "$@"
}

@test "what has to be said when the kernel is booted is found, and a boot loader's command" {
	need strace root unshare
	mkdir bin
	printf '#!/bin/sh\nexit 0\n' >bin/grubby
	chmod 755 bin/grubby
	[[ -e /proc/pressure/memory ]] || skip 'this kernel cannot measure any'
	unmeasured env PATH="$PWD/bin:$PATH" "$CTL" doctor --json
	assert_found psi 'missing pressure is not measured (boot with psi=1)'
	assert_advice psi 'grubby --update-kernel=ALL --args=psi=1'
	bounded_run unshare -m sh -c 'mount -t tmpfs none /sys/kernel/security &&
		echo capability,yama >/sys/kernel/security/lsm && exec "$@"' - \
		env PATH="$PWD/bin:$PATH" strace -qqq -o trace -e trace=landlock_create_ruleset \
		-e inject=landlock_create_ruleset:error=EOPNOTSUPP "$CTL" doctor --json
	assert_found landlock 'missing the kernel has it, switched off (boot with lsm=landlock,capability,yama)'
	assert_advice landlock 'grubby --update-kernel=ALL --args=lsm=landlock,capability,yama'
}

# The program is as Debian's, as far as it matters.
@test "Debian's boot loader is told in a file of its own" {
	need strace root unshare
	[[ -e /proc/pressure/memory ]] || skip 'this kernel cannot measure any'
	mkdir bin
	cat >bin/update-grub <<-'END'
		#!/bin/sh
		. /etc/default/grub
		. /etc/default/grub.d/cordon.cfg
		echo "$GRUB_CMDLINE_LINUX"
	END
	chmod 755 bin/update-grub
	in_debian() {
		PATH="$PWD/bin:$PATH" unmeasured unshare -m sh -c 'mount -t tmpfs none /etc/default &&
			echo "GRUB_CMDLINE_LINUX=quiet" >/etc/default/grub && eval "$1"' - "$1"
	}
	in_debian "$CTL doctor --json"
	assert_advice_matching psi ' && update-grub$'
	in_debian "${advice[psi]} && ${advice[psi]}"
	assert_success
	assert_equal "$(tail -n 1 "$out")" 'quiet psi=1 psi=1'
}

@test "few processes are found, and what allows more" {
	need nobody
	ctl_for_nobody
	as_nobody bounded_run prlimit --nproc=100: "$CTL" doctor --json
	assert_found process-limit 'degraded only 100 processes of this user (hard '
	assert_advice_matching process-limit '^prlimit --pid \$\$ --nproc=[0-9a-z]+:$'
	as_nobody bounded_run prlimit --nproc=100: sh -c 'eval "$2" && exec "$1" doctor --json' - "$CTL" \
		"${advice[process-limit]}"
	assert_found process-limit 'ok '
	as_nobody bounded_run prlimit --nproc=100:100 "$CTL" doctor --json
	assert_found process-limit 'degraded only 100 processes of this user (hard 100)'
	assert_advice process-limit 'sudo prlimit --pid $$ --nproc=32768'
	as_nobody bounded_run prlimit --nproc=1024:3000 "$CTL" doctor --json
	assert_found process-limit 'ok soft 1024, hard 3000'
	assert_advice process-limit null
	bounded_run prlimit --nproc=100:100 "$CTL" doctor --json
	assert_found process-limit 'ok soft 100, hard 100; does not hold the superuser'
}

@test "a missing library is found, and the package that has it" {
	need root unshare plain
	local library
	library=$(ldconfig -p | sed -n 's/.*libjansson\.so\.4 .*=> //p' | head -n 1)
	[[ -n $library ]] || skip 'there is no libjansson'
	mkdir bin
	ln -s "$(type -P true)" bin/apt-get
	bounded_run unshare -m env PATH="$PWD/bin:$PATH" sh -c 'mount --bind /dev/null "$0" && exec "$@"' \
		"$library" "$CTL" doctor
	run cat "$out"
	assert_line --regexp '^missing   jansson +no reports in JSON: cannot load .*libjansson.so.4: '
	assert_line '  apt-get install libjansson4'
	local each
	for each in dnf:dnf:install:jansson zypper:zypper:install:libjansson4 pacman:pacman:-S:jansson \
		apk:apk:add:jansson; do
		mkdir "${each%%:*}"
		ln -s "$(type -P true)" "${each%%:*}/${each%%:*}"
		bounded_run unshare -m sh -c 'mount --bind /dev/null "$0" && PATH=$1 && shift && exec "$@"' \
			"$library" "$PWD/${each%%:*}" "$CTL" doctor
		each=${each#*:}
		assert grep -qxF "  ${each//:/ }" "$out"
	done
	bounded_run unshare -m sh -c 'mount --bind /dev/null "$0" && exec "$@"' "$library" \
		"$CTL" doctor --json
	assert_equal "$status" 125
	assert_equal "$stdout" ''
	assert_regex "$stderr" '^cordonctl: --json: cannot load [^ ]*libjansson.so.4: [^'$'\n'']*$'
}

@test "a setting that is too low is found, and helped" {
	need root unshare
	echo 100 >low
	bounded_run unshare -m sh -c 'mount --bind low /proc/sys/fs/pipe-user-pages-soft && exec "$@"' - \
		"$CTL" doctor --json
	assert_found pipe-pages 'degraded only 100 pages'
	assert_advice pipe-pages 'sysctl -w fs.pipe-user-pages-soft=16384'
	bounded_run unshare -m sh -c 'mount --bind low /proc/sys/kernel/pid_max && exec "$@"' - \
		"$CTL" doctor --json
	assert_found pid-max 'degraded only 100 process ids'
	assert_advice pid-max 'sysctl -w kernel.pid_max=32768'
	assert_success
	echo 0 >low
	bounded_run unshare -m sh -c 'mount --bind low /proc/sys/fs/pipe-user-pages-soft && exec "$@"' - \
		"$CTL" doctor --json
	assert_found pipe-pages 'ok no limit'
}

@test "advice needs no sudo for the superuser, and is not given to one who cannot follow it" {
	need root unshare setpriv
	echo 100 >low
	local few='mount --bind low /proc/sys/fs/pipe-user-pages-soft && exec "$@"'
	bounded_run unshare -m sh -c "$few" - "$CTL" doctor --json
	assert_advice pipe-pages 'sysctl -w fs.pipe-user-pages-soft=16384'
	bounded_run unshare -m sh -c "$few" - setpriv --bounding-set=-sys_admin "$CTL" doctor --json
	assert_found pipe-pages 'degraded '
	assert_advice pipe-pages null
}
