#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the command is kept from: new privileges, descriptors that it was not to have, files and
# ports by Landlock.

# shellcheck disable=SC2154,SC2030,SC2031,SC2034 # $out, $entry_options and so on are the helper's

load helper
load escape

# The descriptors that print-fds has seen.
shown_fds() {
	cut -d ' ' -f 1 "$out" | paste -s -d ' '
}

# --- descriptors -----------------------------------------------------------------------

@test "descriptors above 2 are passed on without a sandbox, and closed with --close-fds" {
	entry_options=(--open=5 --open=17)
	cordon_run -q "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2 5 17'
	cordon_run -q --close-fds --json=report.json "$VICTIM" print-fds
	assert_success
	assert_equal "$(shown_fds)" '0 1 2'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":true,"kept":[]}'
}

@test "any other option of the sandbox closes them too" {
	entry_options=(--open=5)
	cordon_run -q --no-new-privs --json=report.json "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2'
	assert_equal "$(report .sandbox.descriptors.closed)" true
}

@test "--keep-fd keeps the descriptors that it names, in any order" {
	entry_options=(--open=4 --open=5 --open=6 --open=9)
	cordon_run -q --close-fds --keep-fd=9 --keep-fd=5 --keep-fd=4 --keep-fd=5 \
		--json=report.json "$VICTIM" print-fds
	assert_success
	assert_equal "$(shown_fds)" '0 1 2 4 5 9'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":true,"kept":[4,5,9]}'
}

@test "--keep-fd alone closes nothing" {
	entry_options=(--open=5 --open=6)
	cordon_run -q --keep-fd=5 --json=report.json "$VICTIM" print-fds
	assert_equal "$(shown_fds)" '0 1 2 5 6'
	assert_equal "$(report -c .sandbox.descriptors)" '{"closed":false,"kept":[5]}'
}

@test "descriptors of cordon's own never reach the command" {
	local options
	while IFS= read -r options; do
		# shellcheck disable=SC2086 # words
		cordon_run $options "$VICTIM" print-fds
		assert_equal "$options: $status" "$options: 0"
		assert_equal "$options: $(shown_fds)" "$options: 0 1 2"
	done <<-'EOF'
		-q
		-q --close-fds
		-q --no-new-privs --json=a.json --report=jsonl:b.jsonl --report=human:c
		-v -t 50 --stdin=relay --stderr=relay
		-q --merge --stdin=null --no-die-with-parent
		-q --cgroup=none --cpu-time=50 --idle-timeout=50 --new-session
		-q --foreground --stderr=file --env-file=/dev/null --config=/dev/null
	EOF
}

@test "--keep-fd of a descriptor that is not open, or that a report goes to, is refused" {
	entry_options=(--open=5)
	cordon_run --keep-fd=6 touch started
	assert_equal "$status" 125
	assert_equal "${stderr%%$'\n'*}" 'cordon: --keep-fd=6: the descriptor is not open'
	cordon_run --keep-fd=5 --report=json:fd:5 touch started
	assert_equal "$status" 125
	assert_equal "${stderr%%$'\n'*}" \
		'cordon: --keep-fd=5 and --report=json:fd:5 contradict each other'
	assert_not_exists started
}

# --- new privileges --------------------------------------------------------------------

@test "--no-new-privs takes their effect from set-user-ID programs" {
	need nobody
	as_nobody true
	cp "$VICTIM" setuid
	chmod 4755 setuid
	as_nobody cordon_run -q ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 0 0'
	as_nobody cordon_run -q --no-new-privs --json="$REPORT" ./setuid print-ids
	assert_equal "${stdout%%$'\n'*}" 'uid 65534 65534 65534'
	assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs')" $'true\ntrue'
}

# --- Landlock: files -------------------------------------------------------------------

read_and_nothing_else() {
	local options=(--exec="$ESCAPE" --read=in)
	allowed "${options[@]}" -- read in/file
	allowed "${options[@]}" -- read in/dir/file
	allowed "${options[@]}" -- list in/dir
	held "${options[@]}" -- read out/file
	held "${options[@]}" -- read out/dir/file
	held "${options[@]}" -- list out
	held "${options[@]}" -- list /
	held "${options[@]}" -- exec in/program read /dev/null
	held "${options[@]}" -- write in/file
	held "${options[@]}" -- write in/new
	held "${options[@]}" -- truncate in/file
	held "${options[@]}" -- mkdir in/new-dir
	held "${options[@]}" -- rename in/new in/other
	held "${options[@]}" -- remove in/other
}

@test "--read allows to read what is beneath a path, and nothing else" {
	need landlock
	everyone read_and_nothing_else
}

write_and_nothing_else() {
	local options=(--exec="$ESCAPE" --write=in)
	allowed "${options[@]}" -- read in/dir/file
	allowed "${options[@]}" -- list in
	allowed "${options[@]}" -- write in/file
	allowed "${options[@]}" -- write in/dir/new
	allowed "${options[@]}" -- truncate in/file
	allowed "${options[@]}" -- mkdir in/new-dir
	allowed "${options[@]}" -- rename in/dir/new in/new
	allowed "${options[@]}" -- link in/new in/dir/new
	allowed "${options[@]}" -- remove in/new
	held "${options[@]}" -- read out/file
	held "${options[@]}" -- exec in/program read /dev/null
	held "${options[@]}" -- write out/file
	held "${options[@]}" -- truncate out/dir/file
	held "${options[@]}" -- write out/new
	held "${options[@]}" -- mkdir out/new-dir
	held "${options[@]}" -- link out/new in/link
	held "${options[@]}" -- rename in/dir/new out/dir/from-in
	held "${options[@]}" -- rename out/new in/from-out
	held "${options[@]}" -- remove out/file
}

@test "--write allows to read and change what is beneath a path, and nothing else" {
	need landlock
	everyone write_and_nothing_else
}

exec_and_nothing_else() {
	local options=(--exec="$ESCAPE" --exec=in)
	allowed "${options[@]}" -- exec in/program read in/file
	held "${options[@]}" -- exec out/program read /dev/null
	held "${options[@]}" -- write in/file
}

@test "a command that no --exec allows cannot be run" {
	need landlock-files
	make_places
	cordon_run -q --exec=in out/program read /dev/null
	assert_equal "$status" 126
	assert_equal "$stderr" 'cordon: out/program: cannot run: Permission denied'
}

@test "--exec allows to execute and read what is beneath a path, and nothing else" {
	need landlock
	everyone exec_and_nothing_else
}

file_and_nothing_else() {
	local options=(--exec="$ESCAPE" --write=in/file)
	allowed "${options[@]}" -- write in/file
	allowed "${options[@]}" -- truncate in/file
	held "${options[@]}" -- write in/dir/file
	held "${options[@]}" -- list in
}

@test "a path may be that of a file" {
	need landlock
	everyone file_and_nothing_else
}

relative_to_the_command() {
	allowed --exec="$ESCAPE" -C in --write=. -- write new
	allowed --exec="$ESCAPE" -C in --write=dir -- write dir/new
	held --exec="$ESCAPE" -C in --write=dir -- write file
	cordon_run -q --exec="$ESCAPE" -C in --write=absent touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --write=absent: cannot open: No such file or directory'
}

@test "relative paths are in the command's directory" {
	need landlock-files
	everyone relative_to_the_command
}

@test "paths are inside the root" {
	need landlock-files root
	mkdir -p root/in root/out
	echo secret | tee root/in/file >root/out/file
	cp "$ESCAPE" root/escape
	local options=(--chroot=root --exec=/escape --read=/in)
	cordon_run -q "${options[@]}" /escape read /in/file
	assert_equal "$status" 0
	cordon_run -q "${options[@]}" /escape read /out/file
	assert_equal "$status" 1
	cordon_run -q --chroot=root /escape read /out/file
	assert_equal "$status" 0
	cordon_run -q --chroot=root --exec="$ESCAPE" touch started
	assert_equal "$status" 125
	assert_equal "$stderr" \
		"cordon: --exec=$ESCAPE: cannot open: No such file or directory"
}

@test "what keeps nothing and shows nothing is always there" {
	need landlock
	local device options=(--exec="$ESCAPE")
	for device in null zero full random urandom; do
		allowed "${options[@]}" -- read /dev/$device
	done
	allowed "${options[@]}" -- write /dev/null
	escape_run "${options[@]}" -- list /dev
	assert_equal "$status" 1
}

@test "nobody makes a device in a sandbox, even where it may write" {
	need landlock root
	mkdir in
	escape_run -- mknod in/probe
	[[ $status == 0 ]] || skip 'needs a host where root may make devices'
	held --exec="$ESCAPE" --write=in -- mknod in/device
}

@test "root can change no mount under rules for files" {
	need landlock-files root unshare
	mkdir in mounted
	local options=(--exec=/ --write=in)
	cordon_run -q unshare -m "$ESCAPE" mount mounted
	assert_equal "$status" 0
	cordon_run -q "${options[@]}" unshare -m "$ESCAPE" mount mounted
	refute [ "$status" -eq 0 ]
	cordon_run -q "${options[@]}" "$ESCAPE" mount mounted
	assert_equal "$status" 1
	cordon_run -q "${options[@]}" "$ESCAPE" umount /proc
	assert_equal "$status" 1
	cordon_run -q "${options[@]}" "$ESCAPE" remount /proc
	assert_equal "$status" 1
}

@test "rules imply that there are no new privileges" {
	need landlock-files
	cordon_run -q --exec=/ --json=report.json true
	assert_equal "$(report -c '.sandbox.no_new_privs, .sandbox.observed.no_new_privs,
		.sandbox.landlock.exec')" $'true\ntrue\n["/"]'
}

# --- Landlock: ports, signals, sockets -------------------------------------------------

teardown() {
	stop_listening
	common_teardown
}

ports_of_the_list() {
	allowed --connect-port="$port" -- connect "$port"
	allowed --connect-port=1 --connect-port="$port" -- connect "$port"
	held --connect-port=1 -- connect "$port"
	held --bind-port=$((port + 1)) -- connect "$port"
	held --connect-port="$port" -- bind 0
	allowed --bind-port=0 -- bind 0
	held --bind-port=1 -- bind 0
}

@test "--connect-port and --bind-port allow TCP ports, and no others" {
	need landlock-net
	listen
	ports_of_the_list
	need nobody
	as_nobody ports_of_the_list
}

others_are_out_of_reach() {
	held --exec="$ESCAPE" -- kill "$1"
	held --exec="$ESCAPE" -- abstract "cordon-$port"
	held --bind-port=1 -- kill "$1"
}

@test "processes and abstract sockets outside are out of reach under any rule" {
	need landlock-scopes
	listen
	others_are_out_of_reach "$listener"
	need nobody
	as_nobody true
	setpriv --reuid=65534 --regid=65534 --clear-groups "$VICTIM" sleep 50 3>&- 4>&- &
	local sleeper=$!
	wait_until executes victim "$sleeper"
	as_nobody others_are_out_of_reach "$sleeper"
	kill "$sleeper"
	wait "$sleeper" || true
}

@test "a process outside cannot be traced under rules for files" {
	need landlock
	"$VICTIM" sleep 50 3>&- 4>&- &
	local sleeper=$! options=(--exec="$ESCAPE" --read=/proc)
	wait_until executes victim "$sleeper"
	held "${options[@]}" -- ptrace "$sleeper"
	held "${options[@]}" -- memory "$sleeper"
	kill "$sleeper"
	wait "$sleeper" || true
}

# --- Landlock: what a kernel lacks -----------------------------------------------------

# on_a_kernel FAULT ARG...: cordon_run where landlock_create_ruleset(2) first behaves so.
on_a_kernel() {
	need strace
	bounded_run strace -f -o /dev/null -e "inject=landlock_create_ruleset:$1:when=1" "$CORDON" \
		"${@:2}"
}

@test "rules that the kernel does not have are an error" {
	on_a_kernel error=ENOSYS --exec=/ touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --exec=/: this kernel has no Landlock'
	on_a_kernel error=EOPNOTSUPP --bind-port=5 touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --bind-port=5: Landlock is switched off in this kernel'
	on_a_kernel retval=3 --connect-port=5 touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --connect-port=5: this kernel's Landlock has no rules for ports (Linux 6.7 has)"
	on_a_kernel retval=2 --write=. touch started
	assert_equal "$status" 125
	assert_equal "$stderr" "cordon: --write=.: this kernel's Landlock does not keep files from being truncated (Linux 6.2 does)"
	assert_not_exists started
}

@test "with --best-effort they are a warning, and the report names what is lacking" {
	need landlock
	make_places
	on_a_kernel error=ENOSYS -q --best-effort --read=/ --json=report.json "$ESCAPE" write in/file
	assert_equal "$status" 0
	assert_equal "$stderr" 'cordon: --read=/: this kernel has no Landlock'
	assert_equal "$(report '.sandbox | .landlock.abi, (.lacking[] | .option, .error)')" \
		$'null\n--read=/\nthis kernel has no Landlock'
	on_a_kernel retval=1 -q --best-effort --exec="$ESCAPE" --connect-port=5 --json=report.json \
		"$ESCAPE" write in/file
	assert_equal "$status" 1
	assert_equal "$(report -c '.sandbox | .landlock.abi, .landlock.not_covered,
		[.lacking[].option]')" "$(printf '%s\n' 1 \
		'["truncating files","ports","ioctl of devices","signals","abstract sockets"]' \
		"[\"--exec=$ESCAPE\",\"--connect-port=5\"]")"
}

# --- the report ------------------------------------------------------------------------

@test "the report has what the kernel says of the command, and only if an option changes it" {
	need root
	cordon_run -q --json=report.json true
	assert_equal "$(report .sandbox.observed)" null
	cordon_run -q -u +65534:+65533 --groups=+7,+9 --json=report.json true
	assert_equal "$(report -c '.sandbox.observed | .uid, .gid, .groups, .no_new_privs,
		.capabilities.effective')" "$(printf '%s\n' '[65534,65534,65534,65534]' \
		'[65533,65533,65533,65533]' '[7,9]' false 0000000000000000)"
}

@test "--dry-run says what the sandbox would be" {
	entry_options=(--open=5)
	cordon_run --no-new-privs --keep-fd=5 --dry-run touch started
	assert_success
	assert has_line "$out" 'privileges   no new ones'
	assert has_line "$out" 'descriptors  those above 2 are closed but 5'
	cordon_run --dry-run touch started
	refute grep -E '^(privileges|descriptors) ' "$out"
	assert_not_exists started
}
