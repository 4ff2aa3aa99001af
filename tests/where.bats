#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where, with what and as whom the command runs: directory, root, environment, identity, umask,
# niceness, processors, limits of resources.

load helper

# assert_not_started LINE: that line alone, 125, and no trace of the command `touch started`.
assert_not_started() {
	assert_equal "$status" 125
	assert_equal "$stdout" ''
	assert_equal "$stderr" "cordon: $1"
	refute test -e started
}

# assert_refused LINE: as a mistake on the command line.
assert_refused() {
	assert_not_started "$1"$'\n'"Try 'cordon --help' for more information."
}

# make_root: a directory "root" with the victim in it, and a directory "inner".
make_root() {
	need root
	mkdir -p root/inner
	cp "$VICTIM" root
}

# ids_of USER: what print-ids prints of a process that is this user's.
ids_of() {
	local uid gid
	uid=$(id -u "$1") gid=$(id -g "$1")
	printf 'uid %d %d %d\ngid %d %d %d\ngroups %s\n' "$uid" "$uid" "$uid" "$gid" "$gid" "$gid" \
		"$(id -G "$1")"
}

# --- directory and root ----------------------------------------------------------------

@test "the command starts where cordon does" {
	cordon_run -q --json=report.json "$VICTIM" print-cwd
	assert_equal "$stdout" "$BATS_TEST_TMPDIR"
	assert_equal "$(report .cwd)" "$BATS_TEST_TMPDIR"
}

@test "--chdir sets the command's directory, and cordon's stays" {
	mkdir -p a/b
	local option
	for option in -Ca/b --chdir=a/b --cwd=a/b --chdir="$BATS_TEST_TMPDIR/a/../a/b"; do
		cordon_run -q "$option" --json=report.json "$VICTIM" print-cwd
		assert_success
		assert_equal "$stdout" "$BATS_TEST_TMPDIR/a/b"
		assert_equal "$(report .cwd)" "$BATS_TEST_TMPDIR/a/b"
	done
}

@test "a relative command is found from the command's directory" {
	mkdir a
	cp "$VICTIM" a/there
	cordon_run -q -C a ./there exit 3
	assert_equal "$status" 3
	cordon_run -q ./there exit 3
	assert_equal "$status" 127
}

@test "a directory that cannot be entered stops the run, and there is no other to fall back to" {
	cordon_run -q -C absent --json=report.json touch started
	assert_not_started '--chdir=absent: cannot enter: No such file or directory'
	assert_equal "$(report '.reason, .error.step, .error.option, .error.errno')" \
		$'not-started\nchdir\n--chdir=absent\n2'
	touch file
	cordon_run -q -C file touch started
	assert_not_started '--chdir=file: cannot enter: Not a directory'
	need nobody
	as_nobody true
	mkdir -m 700 private
	as_nobody cordon_run -q -C private touch started
	assert_not_started '--chdir=private: cannot enter: Permission denied'
}

@test "the directory is entered as the user for whom it is" {
	need root
	mkdir -m 700 private
	cordon_run -q -u nobody -C "$PWD/private" touch started
	assert_not_started "--chdir=$PWD/private: cannot enter: Permission denied"
}

@test "--chroot sets the root, and the directory to it" {
	make_root
	cordon_run -q --chroot=root --json=report.json /victim print-cwd
	assert_success
	assert_equal "$stdout" /
	assert_equal "$(report .cwd)" /
	cordon_run -q --chroot=root ./victim print-cwd
	assert_equal "$stdout" /
}

@test "--chdir is inside the root" {
	make_root
	local directory
	for directory in inner /inner ../inner; do
		cordon_run -q --chroot=root -C $directory --json=report.json /victim print-cwd
		assert_success
		assert_equal "$stdout" /inner
	done
	cordon_run -q --chroot=root -C "$PWD" touch started
	assert_not_started "--chdir=$PWD: cannot enter: No such file or directory"
}

@test "a command is searched for inside the root" {
	make_root
	mkdir -p root/usr/bin
	ln root/victim root/usr/bin/only-here
	cordon_run -q --chroot=root -E PATH=/bin:/usr/bin only-here exit 3
	assert_equal "$status" 3
	cordon_run -q --chroot=root "$VICTIM" exit 3
	assert_equal "$status" 127
}

@test "a root that cannot be entered stops the run" {
	need root
	cordon_run -q --chroot=absent touch started
	assert_not_started '--chroot=absent: cannot enter: No such file or directory'
	touch file
	cordon_run -q --chroot=file touch started
	assert_not_started '--chroot=file: cannot enter: Not a directory'
}

@test "names of users and groups are looked up outside of the root" {
	make_root
	chmod 755 "$BATS_TEST_TMPDIR" root
	cordon_run -q --chroot=root -u nobody --groups=daemon /victim print-ids
	assert_success
	assert_equal "$stdout" "$(ids_of nobody | sed "s/^groups.*/groups $(getent group daemon | cut -d: -f3)/")"
}

# --- environment -----------------------------------------------------------------------

@test "the environment is passed on as it is, in its order" {
	bounded_run env -i B=2 A=1 C= 'D=with = and blanks' "$CORDON" -q "$VICTIM" print-env
	assert_equal "$stdout" $'B=2\nA=1\nC=\nD=with = and blanks'
}

@test "--env sets a variable, in the place of what it was" {
	bounded_run env -i A=1 B=2 "$CORDON" -q -E A=3 --env=C=4 --setenv=D= -E 'E=a b=c' -E C=5 \
		"$VICTIM" print-env
	assert_equal "$stdout" $'A=3\nB=2\nC=5\nD=\nE=a b=c'
}

@test "--clear-env begins with nothing, wherever it stands" {
	local order
	for order in '-i -E A=1' '-E A=1 -i' '--clear-env --env=A=1'; do
		# shellcheck disable=SC2086
		bounded_run env -i X=0 "$CORDON" -q $order "$VICTIM" print-env
		assert_equal "$stdout" A=1
	done
	bounded_run env -i X=0 "$CORDON" -q -i "$VICTIM" print-env
	assert_equal "$stdout" ''
}

@test "with --clear-env a NAME alone is kept" {
	bounded_run env -i A=1 B=2 C=3 "$CORDON" -q -i -E B -E ABSENT "$VICTIM" print-env
	assert_equal "$stdout" B=2
	bounded_run env -i A=1 "$CORDON" -q -E A "$VICTIM" print-env
	assert_equal "$stdout" A=1
}

@test "--unset-env removes a variable" {
	bounded_run env -i A=1 B=2 AB=3 "$CORDON" -q --unset-env=A --unset-env=ABSENT \
		"$VICTIM" print-env
	assert_equal "$stdout" $'B=2\nAB=3'
}

@test "options of the environment take effect in their order" {
	echo A=file >file
	local -A expected=(
		['-E A=1 --unset-env=A']=''
		['--unset-env=A -E A=1']='A=1'
		['-E A=1 --env-file=file']='A=file'
		['--env-file=file -E A=1']='A=1'
		['--env-file=file --unset-env=A']=''
	)
	local options
	for options in "${!expected[@]}"; do
		# shellcheck disable=SC2086
		bounded_run env -i A=0 "$CORDON" -q $options "$VICTIM" print-env
		assert_equal "$options: $stdout" "$options: ${expected[$options]}"
	done
}

@test "--env-file has a variable a line, with comments" {
	printf '%s\n' 'A=1' '' '# B=2' '  ' 'C=x=y #z' 'D="quoted"' 'A=last' >file
	cordon_run -q -i --env-file=file "$VICTIM" print-env
	assert_equal "$stdout" $'A=last\nC=x=y #z\nD="quoted"'
	printf 'A=1\nB=2' >file
	cordon_run -q -i --env-file=file "$VICTIM" print-env
	assert_equal "$stdout" $'A=1\nB=2'
	printf 'A=1\r\nB=2\r\n' >file
	cordon_run -q -i --env-file=file "$VICTIM" print-env
	assert_equal "$stdout" $'A=1\nB=2'
	: >file
	cordon_run -q -i --env-file=file "$VICTIM" print-env
	assert_equal "$stdout" ''
}

@test "--env-file with a NUL has a variable a NUL" {
	printf 'A=two\nlines\0#B=2\0C=3\0' >file
	cordon_run -q -i --env-file=file "$VICTIM" print-env
	assert_equal "$stdout" $'A=two\nlines\n#B=2\nC=3'
}

@test "--env-file may be a pipe, and there may be several" {
	printf 'A=1\nB=1\n' >one
	bounded_run sh -c 'printf "B=2\nC=2\n" | "$@"' - "$CORDON" -q -i --env-file=one \
		--env-file=/dev/stdin "$VICTIM" print-env
	assert_equal "$stdout" $'A=1\nB=2\nC=2'
}

@test "an environment file that is wrong stops the run, and no value of it is shown" {
	cordon_run -q --env-file=absent touch started
	assert_refused "--env-file: cannot read 'absent': No such file or directory"
	printf 'A=1\nsecret\n' >file
	cordon_run -q --env-file=file touch started
	assert_refused "--env-file: line 2 of 'file' is not NAME=VALUE"
	printf '=secret\n' >file
	cordon_run -q --env-file=file touch started
	assert_refused "--env-file: line 1 of 'file' is not NAME=VALUE"
	cordon_run -q -E =secret touch started
	assert_refused "--env: no name before the '='"
}

@test "values of the environment are in no report and no message" {
	cordon_run -v --json=report.json -E A=hidden-secret -E B=hidden-secret true
	assert_success
	refute grep -q hidden-secret report.json "$err"
	cordon_run --dry-run -E A=hidden-secret true
	assert_success
	refute grep -q hidden-secret "$out" "$err"
}

@test "the command is found in the command's own PATH" {
	mkdir one two
	ln -s "$VICTIM" one/only-one
	ln -s "$VICTIM" two/only-two
	bounded_run env PATH="$PWD/one" "$CORDON" -q -E PATH="$PWD/two" only-two exit 3
	assert_equal "$status" 3
	bounded_run env PATH="$PWD/one" "$CORDON" -q -E PATH="$PWD/two" only-one exit 3
	assert_equal "$status" 127
	assert_equal "$stderr" 'cordon: only-one: cannot run: No such file or directory'
}

# --- identity --------------------------------------------------------------------------

@test "--user by name: user, login group and groups of the database, real, effective and saved" {
	need root
	cordon_run -q -u nobody "$VICTIM" print-ids
	assert_success
	assert_equal "$stdout" "$(ids_of nobody)"
	cordon_run -q --user=daemon:nogroup "$VICTIM" print-ids
	assert_equal "$stdout" "$(ids_of daemon | sed 's/^gid.*/gid 65534 65534 65534/; s/^groups.*/groups 65534/')"
}

@test "--user by name has every group that the database knows" {
	need root unshare
	sed 's/^\(daemon\|cdrom\|audio\):.*:$/&nobody/' /etc/group >group
	bounded_run unshare -m sh -c 'mount --bind group /etc/group && exec "$@"' - \
		"$CORDON" -q -u nobody "$VICTIM" print-ids
	assert_success
	assert_line_of groups "$(printf '%s\n' 65534 $(getent group daemon cdrom audio | cut -d: -f3) |
		sort -n | xargs)"
}

# assert_line_of WORD REST: the line of the output that begins with WORD goes on with REST.
assert_line_of() {
	assert_equal "$(sed -n "s/^$1 //p" "$out")" "$2"
}

@test "--user by number" {
	need root
	cordon_run -q -u +12345:+54321 "$VICTIM" print-ids
	assert_success
	assert_equal "$stdout" $'uid 12345 12345 12345\ngid 54321 54321 54321\ngroups'
	cordon_run -q -u 12345:54321 "$VICTIM" print-ids
	assert_equal "$stdout" $'uid 12345 12345 12345\ngid 54321 54321 54321\ngroups'
	cordon_run -q -u +1 "$VICTIM" print-ids
	assert_equal "$stdout" "$(ids_of daemon)"
}

@test "supplementary groups of cordon's own are never kept" {
	need root setpriv
	bounded_run setpriv --groups=4,20,24 "$CORDON" -q -u +12345:+54321 "$VICTIM" print-ids
	assert_line_of groups ''
	bounded_run setpriv --groups=4,20,24 "$CORDON" -q -u nobody "$VICTIM" print-ids
	assert_equal "$stdout" "$(ids_of nobody)"
	bounded_run setpriv --groups=4,20,24 "$CORDON" -q "$VICTIM" print-ids
	assert_line_of groups '4 20 24'
}

@test "--groups sets the supplementary groups" {
	need root
	cordon_run -q -u nobody --groups=daemon,+77 "$VICTIM" print-ids
	assert_line_of groups '1 77'
	cordon_run -q --groups=+77,daemon -u nobody "$VICTIM" print-ids
	assert_line_of groups '1 77'
	cordon_run -q -u nobody --groups= "$VICTIM" print-ids
	assert_line_of groups ''
	cordon_run -q --groups=daemon "$VICTIM" print-ids
	assert_equal "$stdout" $'uid 0 0 0\ngid 0 0 0\ngroups 1'
	cordon_run -q --groups="$(seq -s, 1000 1199)" "$VICTIM" print-ids
	assert_line_of groups "$(seq -s' ' 1000 1199)"
}

@test "another user has none of root's capabilities" {
	need root
	cordon_run -q -u nobody grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status
	assert_equal "$(cut -f 2 "$out" | sort -u)" 0000000000000000
}

@test "what a change of user would take away is done before it" {
	need root
	local own
	own=$(nice)
	cordon_run -q -u nobody --nice=-5 nice
	assert_success
	assert_equal "$stdout" $((own < -15 ? -20 : own - 5))
}

@test "who may not become another user is told which option could not be met" {
	need nobody
	as_nobody true
	local user
	for user in root +0:+0 daemon nobody; do
		as_nobody cordon_run -q -u $user --json="$REPORT" touch started
		assert_not_started "--user=$user: cannot set the supplementary groups: Operation not permitted"
		assert_equal "$(report '.error.step, .error.option')" $'groups\n'"--user=$user"
	done
	as_nobody cordon_run -q --groups=root touch started
	assert_not_started '--groups=root: cannot set the supplementary groups: Operation not permitted'
}

@test "users and groups that are not known stop the run" {
	cordon_run -q -u no-such-user touch started
	assert_refused "--user: unknown user 'no-such-user'"
	cordon_run -q -u root:no-such-group touch started
	assert_refused "--user: unknown group 'no-such-group'"
	cordon_run -q -u +12345 touch started
	assert_refused "--user: no login group for '+12345': a group must be named"
	cordon_run -q --groups=root,no-such-group touch started
	assert_refused "--groups: unknown group in 'root,no-such-group'"
}

# --- umask, niceness, processors -------------------------------------------------------

@test "--umask in octal and in letters" {
	local -A expected=([077]=0077 [22]=0022 [0]=0000 [0777]=0777 [u=rwx,g=rx,o=]=0027 [a=]=0777
		[g+w]=0007 [o-r]=0027 [u=rwx,go=]=0077 [+r]=0023)
	local mode
	for mode in "${!expected[@]}"; do
		bounded_run sh -c 'umask 027; exec "$@"' - "$CORDON" -q --umask="$mode" "$VICTIM" print-umask
		assert_equal "$mode: $stdout" "$mode: ${expected[$mode]}"
	done
	bounded_run sh -c 'umask 027; exec "$@"' - "$CORDON" -q "$VICTIM" print-umask
	assert_equal "$stdout" 0027
}

@test "--nice is added to cordon's own niceness" {
	local own
	own=$(nice)
	cordon_run -q --nice=3 "$VICTIM" print-nice
	assert_equal "$stdout" $((own + 3))
	bounded_run nice -n 4 "$CORDON" -q --nice=3 "$VICTIM" print-nice
	assert_equal "$stdout" $((own + 7))
	bounded_run nice -n 4 "$CORDON" -q "$VICTIM" print-nice
	assert_equal "$stdout" $((own + 4))
	cordon_run -q --nice=39 "$VICTIM" print-nice
	assert_equal "$stdout" 19
	need root
	bounded_run nice -n 4 "$CORDON" -q --nice=-6 "$VICTIM" print-nice
	assert_equal "$stdout" $((own - 2))
}

@test "who may not be less nice is told so" {
	need nobody
	as_nobody cordon_run -q --nice=-1 touch started
	assert_not_started '--nice=-1: cannot set the niceness: Permission denied'
}

@test "--oom-score-adj sets the command's score alone" {
	cordon_run -q --oom-score-adj=300 sh -c 'cat "/proc/$PPID/oom_score_adj" /proc/self/oom_score_adj'
	assert_success
	assert_equal "$stdout" "$(</proc/self/oom_score_adj)"$'\n300'
	need nobody
	as_nobody cordon_run -q --oom-score-adj=-1 touch started
	assert_not_started '--oom-score-adj=-1: cannot write /proc/self/oom_score_adj: Permission denied'
}

@test "--cores sets the command's processors alone" {
	local allowed first
	allowed=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	first=${allowed%%[-,]*}
	cordon_run -q --cores="$first" sh -c \
		'awk "/^Cpus_allowed_list/ { print \$2 }" "/proc/$PPID/status" /proc/self/status'
	assert_success
	assert_equal "$stdout" "$allowed"$'\n'"$first"
	cordon_run -q --cores=1023 touch started
	assert_not_started '--cores=1023: cannot set the processors: Invalid argument'
}

# --- limits of resources ---------------------------------------------------------------

# limit NAME: soft and hard limit of what /proc/PID/limits calls so.
limit() {
	sed -nE "s/^Max $1 +([^ ]+) +([^ ]+).*/\1 \2/p" "$out"
}

@test "--rlimit sets every resource" {
	local -A names=([as]='address space' [core]='core file size' [cpu]='cpu time'
		[data]='data size' [fsize]='file size' [locks]='file locks' [memlock]='locked memory'
		[msgqueue]='msgqueue size' [nice]='nice priority' [nofile]='open files'
		[nproc]='processes' [rss]='resident set' [rtprio]='realtime priority'
		[rttime]='realtime timeout' [sigpending]='pending signals' [stack]='stack size')
	# What an ordinary user may set too.
	local -A values=([memlock]=4096:8192 [msgqueue]=4096:4097 [nice]=0:0 [nofile]=30:31
		[nproc]=1000:1001 [rtprio]=0:0 [sigpending]=30:31)
	local name options=() soft hard
	for name in "${!names[@]}"; do
		options+=("--rlimit=$name=${values[$name]:=1073741824:1073745920}")
	done
	cordon_run -q "${options[@]}" "$VICTIM" print-limits
	assert_success
	for name in "${!names[@]}"; do
		IFS=: read -r soft hard <<<"${values[$name]}"
		assert_equal "$name $(limit "${names[$name]}")" "$name $soft $hard"
	done
}

@test "--rlimit: one value sets both, two set soft and hard, and the last one wins" {
	cordon_run -q --rlimit=nofile=99 --rlimit=nofile=200 --rlimit=core=1M:2M --rlimit=fsize=1G \
		--rlimit=cpu=60:unlimited "$VICTIM" print-limits
	assert_equal "$(limit 'open files')" '200 200'
	assert_equal "$(limit 'core file size')" '1048576 2097152'
	assert_equal "$(limit 'file size')" '1073741824 1073741824'
	assert_equal "$(limit 'cpu time')" '60 unlimited'
}

@test "a limit of resources is the command's, not cordon's" {
	cordon_run -q --rlimit=nofile=3 --rlimit=fsize=0 --rlimit=as=16M --rlimit=cpu=1 \
		--json=report.json "$VICTIM" spam 300000
	assert_success
	assert_equal "$(stat -c %s "$out")" 300000
	assert_equal "$(report .reason)" exited
}

@test "a limit of resources bites" {
	cordon_run -q --signal-exit=code --rlimit=cpu=1:5 "$VICTIM" burn 10
	assert_equal "$status" $((128 + $(kill -l XCPU)))
	cordon_run -q --rlimit=as=32M "$VICTIM" alloc 64
	assert_equal "$status" 98
	assert_equal "$stderr" 'victim: mmap: Cannot allocate memory'
}

@test "who may not raise a limit is told which" {
	need nobody
	as_nobody cordon_run -q --rlimit=core=0 --rlimit=nofile=200000000 touch started
	assert_not_started '--rlimit=nofile: cannot set the limit: Operation not permitted'
}
