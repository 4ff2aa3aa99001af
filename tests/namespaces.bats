#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Namespaces: a /tmp of the command's own, what is hidden from it, no network, and a new root without
# privileges. What holds for everybody is tested as root, where the namespaces are simply made, and
# as nobody, who gets them through a user namespace.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's
# shellcheck disable=SC2016 # for another shell

load helper

setup() {
	common_setup
	scratch=$(mktemp -d /tmp/cordon-namespaces.XXXXXX) || return
	chmod 755 "$scratch"
}

teardown() {
	local failed=0
	common_teardown || failed=1
	rm -rf "$scratch"
	return "$failed"
}

# as WHO cordon_run ARG...: as root, or as nobody.
as() {
	if [[ $1 == nobody ]]; then
		as_nobody "${@:2}"
	else
		"${@:2}"
	fi
}

# everybody: who the tests can be, a word each. Whoever is not root is nobody enough.
everybody() {
	need_namespaces
	if ((EUID == 0)) && command -v setpriv >/dev/null; then
		who=(root nobody)
	else
		who=(self)
	fi
}

need_namespaces() {
	if ((EUID != 0)); then
		unshare -Urm true 2>/dev/null || lack 'user namespaces'
	fi
}

# work WHO: a directory below /tmp that is WHO's, and the working directory.
work() {
	if [[ $1 == nobody ]]; then
		as_nobody true
	fi
	rm -rf "$scratch/work"
	mkdir "$scratch/work"
	if [[ $1 == nobody ]]; then
		chown nobody "$scratch/work"
	fi
	cd "$scratch/work" || return
	cp "$VICTIM" victim
	REPORT=$scratch/work/report.json
}

# assert_refused LINE: as a mistake on the command line.
assert_refused() {
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: $1"$'\n'"Try 'cordon --help' for more information."
	assert_not_exists started
}

assert_not_started() {
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: $1"
	assert_not_exists started
}

# --- a /tmp of its own -----------------------------------------------------------------

@test "--private-tmp gives a /tmp and a /var/tmp that are empty, for everybody, and go with the run" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		cd /
		as "$each" cordon_run -q --private-tmp sh -c 'ls -A /tmp /var/tmp
			stat -c %a /tmp /var/tmp; echo x >/tmp/cordon-left && echo x >/var/tmp/cordon-left'
		assert_success
		assert_equal "$stdout" $'/tmp:\n\n/var/tmp:\n1777\n1777'
		assert_not_exists /tmp/cordon-left
		assert_not_exists /var/tmp/cordon-left
	done
}

@test "a working directory below /tmp stays in a private one, and nothing else does" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		echo here >file
		touch "$scratch/secret"
		as "$each" cordon_run -q --private-tmp --json=report.json sh -c \
			'pwd; cat file; echo new >made; ls .. ../..; umask; ./victim exit 3'
		assert_equal "$status" 3
		assert_equal "$stdout" "$PWD"$'\nhere\n..:\nwork\n\n../..:\n'"${scratch##*/}"$'\n'"$(umask)"
		assert_equal "$(<made)" new
		assert_equal "$(report '.cwd, .sandbox.private_tmp')" "$PWD"$'\ntrue'
	done
}

@test "so does one that --chdir names, whether by an absolute or by a relative path" {
	local who each directory
	everybody
	for each in "${who[@]}"; do
		work "$each"
		mkdir inner other
		touch inner/file
		for directory in inner ./inner "$PWD/inner" "../work/inner"; do
			as "$each" cordon_run -q --private-tmp -C "$directory" sh -c 'pwd; ls . ..'
			assert_equal "$stdout" "$PWD/inner"$'\n.:\nfile\n\n..:\ninner'
		done
		as "$each" cordon_run -q --private-tmp -C / sh -c 'pwd; ls -A /tmp'
		assert_equal "$stdout" /
		as "$each" cordon_run -q --private-tmp -C absent touch started
		assert_not_started '--chdir=absent: cannot enter: No such file or directory'
	done
}

@test "a working directory of /tmp is the new one" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		cd /tmp
		as "$each" cordon_run -q --private-tmp sh -c 'pwd; ls -A; ls -A /tmp'
		assert_success
		assert_equal "$stdout" /tmp
	done
}

@test "a command that is covered by a private /tmp is said to be" {
	need_namespaces
	work self
	cordon_run -q --private-tmp -C / "$PWD/victim" exit 0
	assert_equal "$status" 127
	assert_equal "$stderr" "cordon: $PWD/victim: cannot run, for --private-tmp has covered it: No such file or directory"
}

@test "a working directory that is gone is an error, for it would lead to the old /tmp" {
	need_namespaces
	work self
	mkdir gone
	bounded_run sh -c 'cd gone && rmdir ../gone && exec "$@"' - \
		"$CORDON" --private-tmp touch started
	assert_not_started '--private-tmp: the working directory cannot be told: No such file or directory'
}

@test "a TMPDIR in /tmp is there in a private one" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		as "$each" cordon_run -q --private-tmp -C / --umask=077 -E TMPDIR=/tmp/a/b \
			sh -c 'file=$(mktemp) && echo "${file%/*}"; ls -A /tmp'
		assert_success
		assert_equal "$stdout" $'/tmp/a/b\na'
	done
	need root
	cordon_run -q --private-tmp -u nobody -C / --umask=077 -E TMPDIR=/tmp/a/b mktemp
	assert_success
}

@test "mounts of the run are seen nowhere else, even where mounts are shared" {
	need root unshare
	local count=3
	if [[ -d /dev/shm ]]; then
		count=4
	fi
	bounded_run unshare -m --propagation shared "$CORDON" -q --private-tmp --hide=/usr/share sh -c \
		'grep -c "^.* cordon .*$" /proc/self/mountinfo; grep -c " cordon " /proc/$PPID/mountinfo'
	assert_equal "$stdout" "$count"$'\n0'
}

# --- what is hidden --------------------------------------------------------------------

@test "--hide leaves of a directory an empty one, and of a file nothing" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		mkdir -p place/deep
		echo secret >place/file
		echo secret >alone
		ln -s place link
		as "$each" cordon_run -q --hide=place --hide="$PWD/alone" --json=report.json sh -c \
			'ls -A place link; cat alone; touch place/new'
		assert_failure
		assert_equal "$stdout" $'link:\n\nplace:'
		assert_regex "$stderr" 'Read-only file system'
		assert_equal "$(report -c .sandbox.hidden)" "[\"$PWD/place\",\"$PWD/alone\"]"
		as "$each" cordon_run -q --hide=link ls -A place
		assert_equal "$stdout" ''
		as "$each" cordon_run -q --hide=place/deep --private-tmp sh -c 'cat place/file; ls -A place/deep'
		assert_equal "$stdout" secret
	done
	assert_equal "$(<alone)" secret
}

@test "what is hidden cannot be brought back without root" {
	need nobody unshare
	work nobody
	echo secret >file
	echo found >found
	as_nobody cordon_run -q sh -c 'cat file'
	assert_equal "$stdout" secret
	as_nobody cordon_run -q --hide=file sh -c 'umount file; unshare -Urm umount file
		unshare -Urm sh -c "umount -l file; mount --bind found file; cat file"; cat file'
	assert_equal "$stdout" found
}

@test "--hide of what is not there, or of where the command is to work, is refused" {
	work self
	mkdir -p inner
	cordon_run --hide=absent touch started
	assert_refused "--hide: cannot hide 'absent': No such file or directory"
	local each
	for each in . .. / "$PWD"; do
		cordon_run --hide="$each" touch started
		assert_refused "--hide: cannot hide '$each': the command is to work in it"
	done
	cordon_run --hide=inner -C inner touch started
	assert_refused "--hide: cannot hide 'inner': the command is to work in it"
	cordon_run --hide= touch started
	assert_refused "--hide: an empty path ''"
	cordon_run --hide=inner --chroot=. touch started
	assert_refused "--hide: cannot hide 'inner': with --chroot it has to begin with '/'"
}

# --- no network ------------------------------------------------------------------------

@test "--no-net leaves a loopback device that works, and nothing else" {
	local who each
	everybody
	need /usr/bin/python3
	for each in "${who[@]}"; do
		work "$each"
		as "$each" cordon_run -q --no-net --json=report.json sh -c \
			'sed -n "s/^ *\([^ :]*\):.*/\1/p" /proc/net/dev; cat /proc/net/route | wc -l'
		assert_success
		assert_equal "$stdout" $'lo\n1'
		as "$each" cordon_run -q --no-net /usr/bin/python3 -c '
import socket
for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    server = socket.socket(family); server.bind((address, 0)); server.listen()
    client = socket.socket(family); client.connect(server.getsockname())
    print("connected")'
		assert_success
		assert_equal "$stdout" $'connected\nconnected'
	done
}

# --- as somebody without privileges ----------------------------------------------------

@test "in a user namespace everybody is who he was, and has no capabilities" {
	need nobody
	work nobody
	as_nobody cordon_run -q --json=report.json "$VICTIM" print-ids
	local ids=$stdout
	as_nobody cordon_run -q --private-tmp --no-net --hide=/usr/share --json=report.json \
		./victim print-ids
	assert_success
	assert_equal "$stdout" "$ids"
	assert_equal "$(report -c .sandbox.namespaces)" '["user","mount","net"]'
	as_nobody cordon_run -q --private-tmp sh -c 'grep "^Cap[^B]\|^NoNew" /proc/self/status; cat /proc/self/setgroups'
	local caps='^CapInh:.0+ CapPrm:.0+ CapEff:.0+ CapAmb:.0+ NoNewPrivs:.1 deny$'
	assert_regex "${stdout//$'\n'/ }" "$caps"
	need root
	cordon_run -q --private-tmp --no-net --json=report.json true
	assert_equal "$(report -c .sandbox.namespaces)" '["mount","net"]'
}

@test "set-user-ID programs have no effect in a user namespace" {
	need nobody
	work nobody
	cp "$VICTIM" setuid
	chmod 4755 setuid
	as_nobody cordon_run -q ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 0 0'
	as_nobody cordon_run -q --private-tmp ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 65534 65534'
}

@test "a run without such options is in no namespace of its own" {
	local namespaces
	namespaces=$(readlink /proc/self/ns/{mnt,net,pid,user,ipc,uts})
	cordon_run -q sh -c 'readlink /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/pid \
		/proc/self/ns/user /proc/self/ns/ipc /proc/self/ns/uts'
	assert_equal "$stdout" "$namespaces"
}

@test "--user is an error where a user namespace is needed, and works for root" {
	need nobody
	as_nobody true
	local option
	for option in --user=nobody --groups=; do
		as_nobody cordon_run -q $option --no-net touch started
		assert_not_started "$option: cannot be had in a user namespace, which the sandbox takes unless cordon is root"
	done
	work self
	cordon_run -q --user=nobody --private-tmp --no-net ./victim print-ids
	assert_success
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 65534 65534'
}

@test "statuses, signals, limits and leftovers are the same in namespaces" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		local namespaces=(-q --private-tmp --no-net --json=report.json)
		as "$each" cordon_run "${namespaces[@]}" ./victim exit 7
		assert_equal "$status" 7
		as "$each" cordon_run "${namespaces[@]}" ./victim die SEGV
		assert_equal "$status" 139
		as "$each" cordon_run "${namespaces[@]}" ./absent
		assert_equal "$status" 127
		touch plain
		as "$each" cordon_run "${namespaces[@]}" ./plain
		assert_equal "$status" 126
		as "$each" cordon_run "${namespaces[@]}" -t 0.2 ./victim sleep 50
		assert_equal "$status" 124
		as "$each" cordon_run "${namespaces[@]}" ./victim daemonise pid
		assert_success
		assert is_gone "$(<pid)"
		assert_equal "$(report .leftovers_total)" 1
	done
}

@test "whoever is in namespaces dies with cordon too" {
	local who each
	everybody
	need pgrep
	for each in "${who[@]}"; do
		work "$each"
		as "$each" cordon_start -q --private-tmp --no-net --cgroup=none sh -c 'echo $$ >pid.new && mv pid.new pid; exec sleep 50'
		wait_until test -s pid
		kill -KILL "$(pgrep -P "$pid" -x cordon-super)" "$pid"
		cordon_wait
		wait_until is_gone "$(<pid)"
		rm pid
		as "$each" cordon_run -q true # sweeps the cgroup
	done
}

# --- a new root without privileges -----------------------------------------------------

# make_root: a directory "root" with the victim in it, and a directory "inner".
make_root() {
	mkdir -p root/inner root/tmp
	cp "$VICTIM" root
}

@test "--chroot is the same without privileges" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		make_root
		as "$each" cordon_run -q --chroot=root --json=report.json /victim print-cwd
		assert_success
		assert_equal "$stdout" /
		assert_equal "$(report '.cwd, .sandbox.chroot')" $'/\nroot'
		as "$each" cordon_run -q --chroot=root -C inner /victim print-cwd
		assert_equal "$stdout" /inner
		as "$each" cordon_run -q --chroot=root -C "$PWD" touch started
		assert_not_started "--chdir=$PWD: cannot enter: No such file or directory"
		as "$each" cordon_run -q --chroot=absent touch started
		assert_not_started '--chroot=absent: cannot enter: No such file or directory'
		as "$each" cordon_run -q --chroot=root "$VICTIM" exit 0
		assert_equal "$status" 127
	done
}

@test "without privileges the command has none in the new root either" {
	need nobody
	work nobody
	make_root
	as_nobody cordon_run -q --chroot=root --json=report.json /victim print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 65534 65534'
	assert_equal "$(report -c .sandbox.namespaces)" '["user"]'
	as_nobody cordon_run -q --chroot=/ chroot /tmp true
	assert_equal "$status" 125
	assert_regex "$stderr" 'Operation not permitted'
}

@test "a private /tmp and what is hidden are inside the new root" {
	local who each
	everybody
	for each in "${who[@]}"; do
		work "$each"
		make_root
		mkdir -p root/tmp/work
		touch root/inner/file root/tmp/other root/tmp/work/file
		as "$each" cordon_run -q --chroot=root --private-tmp --hide=/inner -C /tmp/work /victim print-cwd
		assert_success
		assert_equal "$stdout" /tmp/work
		as "$each" cordon_run -q --chroot=root --hide=/absent touch started
		assert_not_started '--hide=/absent: cannot be hidden: No such file or directory'
		assert_exists root/inner/file
	done
}

# --- hosts that forbid it --------------------------------------------------------------

@test "no new privileges come with a user namespace, and the report and --dry-run say so" {
	local each option who
	everybody
	if [[ ${who[0]} == root ]]; then
		cordon_run -q --private-tmp --json=report.json true
		assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs')" $'false\nfalse'
	fi
	each=${who[-1]}
	for option in --private-tmp --chroot=/; do
		work "$each"
		as "$each" cordon_run -q "$option" -C / --json="$PWD/report.json" true
		REPORT=report.json
		assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs')" $'true\ntrue'
		as "$each" cordon_run --dry-run "$option" -C / true
		assert has_line "$out" 'privileges   no new ones'
	done
}

# without_userns COMMAND [ARG]...: as nobody, in a namespace in which there may be no others.
without_userns() {
	without user "$@"
}

# without KIND COMMAND [ARG]...: likewise for another kind.
without() {
	as_nobody bounded_run unshare -U --map-current-user --keep-caps sh -c \
		'echo 0 >"/proc/sys/user/max_$1_namespaces" && shift &&
		exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"' - "$@"
}

none_left='no user namespace is left: as root, sysctl -w user.max_user_namespaces=15000'

@test "where there may be no user namespaces that is said, with the command that helps" {
	need nobody unshare sysctl
	as_nobody true
	without_userns "$CORDON" --no-net touch started
	assert_not_started "--no-net: $none_left"
	without_userns "$CORDON" --chroot=/ touch started
	assert_not_started "--chroot=/: $none_left"
	without net "$CORDON" --no-net touch started
	assert_not_started '--no-net: no such namespace is left: as root, raise user.max_net_namespaces and its like'
	as_nobody bounded_run unshare -U --map-current-user --keep-caps sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces && eval "$1" >/dev/null && shift &&
		exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"' - \
		"${none_left#*root, }" "$CORDON" -q --no-net true
	assert_success
}

@test "a setting that forbids user namespaces is named, and the command that changes it" {
	need nobody unshare strace
	as_nobody true
	local setting value call text
	while read -r setting value call text; do
		bounded_run unshare -m sh -c 'mount -t tmpfs none /proc/sys/kernel &&
			echo "$2" >"/proc/sys/kernel/$1" && shift 2 && exec "$@"' - "$setting" "$value" \
			setpriv --reuid=65534 --regid=65534 --clear-groups -- \
			strace -f -qqq -o trace -e trace=unshare -e "inject=unshare:error=EPERM:when=$call" \
			"$CORDON" --private-tmp touch started
		assert_not_started "--private-tmp: $text: as root, sysctl -w kernel.$setting=$((1 - value))"
	done <<-'END'
		unprivileged_userns_clone 0 1 user namespaces are for root only here
		apparmor_restrict_unprivileged_userns 1 2 AppArmor makes user namespaces useless here
	END
}

@test "a filter that forbids user namespaces is told from other reasons" {
	need nobody strace
	as_nobody true
	failing() {
		as_nobody bounded_run strace -f -qqq -o trace -e trace=unshare -e "inject=unshare:$1" \
			"$CORDON" --private-tmp touch started
	}
	failing error=EPERM
	assert_not_started '--private-tmp: user namespaces are forbidden here: run cordon as root'
	failing error=EPERM:signal=KILL
	assert_not_started '--private-tmp: whoever tries to create a user namespace is killed here'
}

@test "inside a chroot there are no user namespaces, and that is said" {
	need nobody unshare
	work self
	mkdir -p root/usr root/proc root/tmp
	ln -s usr/bin usr/lib usr/lib64 root
	cp "$CORDON" root
	bounded_run unshare -m sh -c 'mount --rbind /usr root/usr && mount --rbind /proc root/proc &&
		exec chroot --userspec=65534:65534 root /cordon --private-tmp touch started'
	assert_not_started '--private-tmp: there are no user namespaces inside a chroot: run cordon outside, with --chroot'
	bounded_run unshare -m sh -c 'mount --rbind /usr root/usr && mount --rbind /proc root/proc &&
		exec chroot root /cordon --private-tmp touch started'
	assert_not_started '--private-tmp: cannot make the mounts private: the root is none, as in a chroot: Invalid argument'
}

@test "with --best-effort the run goes on without namespaces, which is said and reported" {
	need nobody unshare
	as_nobody true
	without_userns "$CORDON" -q --best-effort --private-tmp --no-net --json="$REPORT" echo ran
	assert_success
	assert_equal "$stdout" ran
	assert_equal "$stderr" "cordon: --private-tmp: $none_left"$'\n'"cordon: --no-net: $none_left"
	assert_equal "$(report '.sandbox | .namespaces == [], .private_tmp, (.lacking[] | .option, .error)')" \
		$'true\nfalse\n--private-tmp\n'"$none_left"$'\n--no-net\n'"$none_left"
	without_userns "$CORDON" -q --best-effort --private-tmp --chroot=/ touch started
	assert_not_started "--private-tmp: $none_left"
}

@test "what fails inside is said with the option that asked for it" {
	need nobody strace plain
	as_nobody true
	failing() {
		as_nobody bounded_run strace -f -qqq -o trace -e trace="${1%%:*}" -e "inject=$1" \
			"$CORDON" "${@:2}" touch started
	}
	failing ioctl:error=EPERM:when=2 --no-net
	assert_not_started '--no-net: cannot bring up the loopback device: Operation not permitted'
	failing mount:error=EINVAL:when=1 --private-tmp
	assert_not_started '--private-tmp: cannot make the mounts private: the root is none, as in a chroot: Invalid argument'
	failing mount:error=EPERM:when=2 --private-tmp
	assert_not_started '--private-tmp: cannot mount a new /tmp: Operation not permitted'
}

# --- the plan --------------------------------------------------------------------------

@test "--dry-run says which namespaces there would be, and by what privilege" {
	everybody
	local each
	for each in "${who[@]}"; do
		work "$each"
		mkdir place
		as "$each" cordon_run --private-tmp --hide=place --no-net --dry-run touch started
		assert_success
		assert has_line "$out" 'private tmp  a new /tmp, /var/tmp and /dev/shm'
		assert has_line "$out" "hidden       $PWD/place"
		assert has_line "$out" 'network      none but a loopback device'
		if [[ $each == root ]]; then
			refute grep -q '^privilege ' "$out"
		else
			assert has_line "$out" 'privilege    through a user namespace'
		fi
		assert_not_exists started
	done
}
