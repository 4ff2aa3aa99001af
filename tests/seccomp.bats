#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --seccomp: which system calls the command can make, and the account of those that it could not.

# shellcheck disable=SC2154 # $out, $err and so on are the helper's

load helper

setup() {
	common_setup
	export LC_ALL=C # and so the quotes of messages
	local said
	said=$("$CORDON" -q --seccomp=default true 2>&1) || true
	if [[ $said == *'without libseccomp'* || $said == *'cannot load'* ||
		$said == *'the kernel has no filters'* ]]; then
		lack 'libseccomp, and filters in the kernel'
	fi
}

# violations: those of the report, "NAME ACTION ERRNO COUNT", a line each.
violations() {
	report '.sandbox.seccomp.violations[] | "\(.syscall) \(.action) \(.errno) \(.count)"'
}

# policy LINE...: a file of that name.
policy() {
	printf '%s\n' "$@" >policy
}

# --- the policy's text -----------------------------------------------------------------

@test "a policy denies what it names with the error that it names" {
	policy 'default allow' 'deny mkdir mkdirat EROFS' 'deny rmdir unlinkat'
	mkdir there
	cordon_run -q --seccomp=policy --json=report.json sh -c 'mkdir x; rmdir there; echo on'
	assert_success
	assert_equal "$stdout" on
	assert_equal "$stderr" "mkdir: cannot create directory 'x': Read-only file system
rmdir: failed to remove 'there': Operation not permitted"
	assert_equal "$(violations)" $'mkdir deny EROFS 1\nrmdir deny EPERM 1'
	assert_equal "$(report '.sandbox.seccomp | .policy, .default, .reporting, .violations_total')" \
		$'policy\nallow\ntrue\n2'
}

@test "the last line that matches a call decides, and arguments may count" {
	policy 'default allow' 'deny kill EACCES' 'allow kill if arg1 == 0' \
		'deny kill if arg1 == 0 and arg0 == 1'
	cordon_run -q --seccomp=policy bash -c 'kill -0 $$'
	assert_success
	cordon_run -q --seccomp=policy bash -c 'kill -URG $$'
	assert_failure 1
	[[ $stderr == *'Permission denied' ]]
	cordon_run -q --seccomp=policy bash -c 'kill -0 1'
	assert_failure 1
	[[ $stderr == *'Operation not permitted' ]]
}

@test "what is hidden fails as if the kernel had it not, and is no violation" {
	policy 'default allow' 'hide mkdir'
	cordon_run -q --seccomp=policy --json=report.json mkdir x
	assert_failure 1
	assert_equal "$stderr" "mkdir: cannot create directory 'x': Function not implemented"
	assert_equal "$(report .sandbox.seccomp.violations_total)" 0
}

@test "a process is killed by SIGSYS for a call that the policy kills for" {
	policy 'default allow' 'kill mkdir'
	cordon_run --signal-exit=code --json=report.json --seccomp=policy mkdir x
	assert_failure 159
	assert_not_exists x
	assert_equal "$(report '.reason, .signal')" $'signaled\nSYS'
	assert_equal "$(violations)" 'mkdir kill null 1'
	[[ $stderr == *'mkdir x: killed by SIGSYS'*' · 1 call denied (mkdir)' ]]
	# not only the command itself
	cordon_run -q --json=report.json --seccomp=policy sh -c 'mkdir x; echo $?'
	assert_equal "$stdout" 159
	assert_equal "$(violations)" 'mkdir kill null 1'
}

@test "a process that has provided against SIGSYS is killed all the same" {
	need python3
	local how
	policy 'default allow' 'kill mkdir'
	for how in 'signal.signal(signal.SIGSYS, signal.SIG_IGN)' \
		'signal.signal(signal.SIGSYS, print)' \
		'signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])'; do
		cordon_run -q --signal-exit=code --seccomp=policy --json=report.json \
			python3 -c "import os, signal; $how; os.mkdir('x')"
		assert_equal "$how: $status" "$how: 137"
		assert_equal "$(violations)" 'mkdir kill null 1'
		assert_not_exists x
	done
}

@test "what no line names goes the way of the default" {
	need plain # sanitizers make calls of their own before exec
	policy 'default deny' 'allow execve exit_group brk mmap mprotect arch_prctl openat read close'
	cordon_run -q --seccomp=policy --json=report.json "$VICTIM" print-pid
	[[ $(violations) == *deny\ EPERM* ]]
	policy 'default kill' 'allow execve exit_group'
	cordon_run -q --signal-exit=code --seccomp=policy "$VICTIM" print-pid
	assert_failure 159
}

@test "a policy under which nothing can be started is refused" {
	local line
	while IFS='|' read -r line message; do
		policy 'default allow' "$line"
		cordon_run --best-effort --seccomp=policy --json=report.json touch started
		assert_equal "$status" 125
		assert_equal "$stderr" "cordon: --seccomp=policy: $message"
		assert_equal "$(report '.reason, .error.option')" $'not-started\n--seccomp=policy'
		assert_not_exists started
	done <<-'EOF'
		deny execve|it denies execve, so that nothing can be started
		deny execve if arg0 == 1|it denies execve, so that nothing can be started
		kill exit_group|it denies exit_group, so that nothing can end
		deny mount nonsense|line 2: unknown system call 'nonsense'
	EOF
}

@test "a name that nobody knows may be marked as one that does not matter" {
	policy 'default allow' 'deny nonsense? mkdir'
	cordon_run -q --seccomp=policy --json=report.json mkdir x
	assert_failure 1
	assert_equal "$(violations)" 'mkdir deny EPERM 1'
}

# --- the launch ------------------------------------------------------------------------

@test "a policy may deny the calls that cordon itself starts the command with" {
	policy 'default allow' 'deny access faccessat faccessat2 sendmsg seccomp'
	cordon_run -q --seccomp=policy --json=report.json sh -c 'echo "$0"; [ -r . ] || echo no' yes
	assert_success
	assert_equal "$stdout" $'yes\nno'
	assert_equal "$(report '.sandbox.seccomp | .reporting, .violations_total')" $'true\n0'
	cordon_run --seccomp=policy nosuch
	assert_failure 127
	assert_equal "$stderr" 'cordon: nosuch: cannot run: No such file or directory'
}

@test "a command that cannot be started is said under a filter as without" {
	echo 'not a program' >text
	cordon_run --seccomp=default ./text
	assert_failure 126
	cordon_run --seccomp=default nosuch
	assert_failure 127
	printf '#!/nonexistent\n' >script
	chmod +x script
	cordon_run --seccomp=default ./script
	assert_failure 127
	[[ $stderr == *'its interpreter cannot be found'* ]]
}

@test "descriptors that cordon made for the filter do not reach the command" {
	cordon_run -q --seccomp=default "$VICTIM" print-fds
	assert_equal "$(cut -d ' ' -f 1 "$out" | paste -s -d ' ')" '0 1 2'
	entry_options=(--open=5 --open=9)
	cordon_run -q --seccomp=default --keep-fd=9 "$VICTIM" print-fds
	assert_equal "$(cut -d ' ' -f 1 "$out" | paste -s -d ' ')" '0 1 2 9'
}

@test "no new privileges come with a filter where the kernel wants it" {
	need root nobody
	cordon_run -q --seccomp=default --json=report.json true
	assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs, .observed.seccomp')" \
		$'false\nfalse\n2'
	as_nobody true
	as_nobody cordon_run -q --seccomp=default --json="$REPORT" true
	assert_equal "$(report '.sandbox | .no_new_privs, .observed.no_new_privs, .observed.seccomp')" \
		$'true\ntrue\n2'
}

@test "a run inside a run has its own filter, and says that it cannot report" {
	policy 'default allow' 'deny mkdir EROFS'
	cordon_run -q --seccomp=default "$CORDON" -q --seccomp=policy --json=report.json mkdir x
	assert_failure 1
	assert_equal "$stderr" "mkdir: cannot create directory 'x': Read-only file system"
	assert_equal "$(report '.sandbox.seccomp | .reporting, .violations_total')" $'false\n0'
}

# --- the account -----------------------------------------------------------------------

@test "the summary counts the calls that were denied, and names them" {
	policy 'default allow' 'deny mkdir rmdir'
	cordon_run --seccomp=policy sh -c 'mkdir a; mkdir b; rmdir c; :'
	assert_success
	[[ ${stderr##*$'\n'} == *' · 3 calls denied (mkdir, rmdir)' ]]
}

@test "violations are counted exactly, however many there are" {
	need python3
	policy 'default allow' 'deny mkdir EROFS'
	cordon_run -q --seccomp=policy --json=report.json python3 -c '
import os, threading
def work():
    for _ in range(500):
        try: os.mkdir("x")
        except OSError as e: assert e.errno == 30, e
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()'
	assert_success
	assert_equal "$(violations)" 'mkdir deny EROFS 2000'
}

@test "--dry-run says which policy it would be" {
	policy 'default deny ENOSYS' 'allow execve exit_group'
	cordon_run --seccomp=policy --dry-run touch started
	assert_success
	assert has_line "$out" 'seccomp      policy: 2 rules, else deny ENOSYS'
	assert has_line "$out" 'descriptors  those above 2 are closed'
	policy 'default allow' 'deny nonsense'
	cordon_run --seccomp=policy --dry-run touch started
	assert_failure 125
	assert_equal "$stderr" "cordon: --seccomp=policy: line 2: unknown system call 'nonsense'"
	assert_equal "$stdout" ''
	assert_not_exists started
}

@test "a filter without cordon denies on" {
	policy 'default allow' 'deny mkdir'
	cordon_run -q --cgroup=none --seccomp=policy --leftovers=leave sh -c \
		'(trap "" HUP; while [ ! -e gone ]; do sleep 0.02; done; mkdir x; echo $? >result) >&- 2>&- &'
	assert_success
	touch gone
	wait_until test -s result
	assert_equal "$(<result)" 1
	assert_not_exists x
}

@test "a filter goes with all else that a sandbox has" {
	need root
	local options
	policy 'default allow' 'deny mkdir EROFS' 'kill rmdir'
	while IFS= read -r options; do
		# shellcheck disable=SC2086 # words
		cordon_run -q $options --seccomp=policy --json=report.json sh -c \
			'mkdir x 2>&1; { rmdir x; echo $?; } 2>/dev/null'
		assert_equal "$options: ${stdout##*: }" "$options: Read-only file system"$'\n159'
		assert_equal "$options: $(violations)" \
			"$options: mkdir deny EROFS 1"$'\n''rmdir kill null 1'
	done <<-'EOF'
		--pid-ns
		--private-tmp --no-net --hide=/mnt
		--cap-drop=all --no-new-privs
		--read=/ --write=/dev --exec=/ --bind-port=0 --best-effort
		--user=+65534:+65534 --cap-drop=all --pid-ns --no-net
		--pty
	EOF
}

# --- the default policy ----------------------------------------------------------------

@test "the default policy is installed as a file that means the same" {
	local file=${CORDON%/*}/default.policy
	[[ -e $file ]] || skip 'needs the build directory'
	cordon_run -q --seccomp="$file" --json=report.json unshare --user true
	assert_failure 1
	assert_equal "$(violations)" 'unshare deny EPERM 1'
}

@test "programs that people run work under the default policy" {
	local program
	for program in gcc make python3 git; do # which a virtual machine for tests need not have
		command -v "$program" >/dev/null || skip "needs $program"
	done
	cat >hello.c <<-'END'
		#include <stdio.h>
		int main(void) { return puts("hello") < 0; }
	END
	printf 'all: hello other\nhello other: hello.c\n\tgcc -o $@ $<\n' >Makefile
	cordon_run -q --seccomp=default --json=report.json sh -ec '
		make -s -j2 && ./hello
		python3 -c "import subprocess, threading, multiprocessing as m
t = threading.Thread(target=print, args=(1,)); t.start(); t.join()
print(subprocess.check_output([\"echo\", \"2\"]).decode(), end=\"\")
p = m.Process(target=print, args=(3,)); p.start(); p.join()"
		git init -q repo && cd repo && git -c user.name=a -c user.email=b commit -q \
			--allow-empty -m first && git log --format=%s'
	assert_success
	assert_equal "$stdout" $'hello\n1\n2\n3\nfirst'
	assert_equal "$(violations)" ''
}

# The calls that the policy denies, with arguments that no kernel takes (but where nothing comes of
# it), so that the error says who has refused; what the policy has for an error, and its name.
denied_calls() {
	cat <<-'END'
		acct 1
		add_key
		adjtimex 1
		bpf 9999
		chroot
		clock_adjtime 0 1
		clock_settime 0 1
		clone 0x10000200
		clone 0xdeadbeef10000200
		delete_module
		fanotify_init 0xffffffff
		finit_module -1
		fsconfig -1
		fsmount -1
		fsopen
		fspick -1
		get_mempolicy 0 0 0 0 99
		init_module
		io_uring_enter -1
		io_uring_register -1
		io_uring_setup
		ioctl 0 0x5412
		ioctl 0 0x541c
		ioctl 0 0xdeadbeef00005412
		ioctl 0 0xffffffff0000541c
		kcmp 0x7fffffff
		kexec_load 0 99999 0 99
		keyctl 99999
		mbind 1
		migrate_pages 0x7fffffff
		mknodat -100 1 0x2180 0x103
		mknodat -100 1 0x6180 0x103
		mount
		move_mount -1
		move_pages 0x7fffffff
		open_by_handle_at -1
		open_tree -1
		perf_event_open
		personality 0x40000
		personality 0x400008
		pidfd_getfd -1
		pivot_root
		process_vm_readv 0x7fffffff
		process_vm_writev 0x7fffffff
		ptrace 16 0x7fffffff
		ptrace 0x4206 0x7fffffff
		quotactl 0 1
		reboot
		request_key
		set_mempolicy 99
		setdomainname 1 99999
		sethostname 1 99999
		setns -1
		settimeofday 1
		swapoff
		swapon
		syslog 99
		umount2
		unshare 0x10000000
		unshare 0x8080
		userfaultfd 0xffff
	END
}

# What becomes of each of them, "CALL: ERROR", in one run with OPTIONS.
# shellcheck disable=SC2016 # for that shell
try_calls() {
	cordon_run -q "$@" --json="$REPORT" sh -c 'while read -r call; do
			echo "$call: $("$0" call $call)"
		done <<-END
			'"$(denied_calls)"'
		END' "$ESCAPE"
	assert_success
}

check_denied_calls() {
	local call error
	try_calls --seccomp=default
	while IFS= read -r call; do
		error='Operation not permitted'
		[[ $call != io_uring* ]] || error='Function not implemented'
		assert has_line "$out" "$call: $error"
	done < <(denied_calls)
	# each was this policy's doing
	assert_equal "$(report '.sandbox.seccomp.violations[] | .syscall, .count' | paste - - | sort)" \
		"$(denied_calls | cut -d ' ' -f 1 | sort | uniq -c | awk '{ print $2 "\t" $1 }')"
}

@test "no call that the default policy denies can be made, by root" {
	need root
	check_denied_calls
	# and without it the kernel finds other words for each
	try_calls
	refute grep ': Operation not permitted$' "$out"
	assert_equal "$(grep -c '^unshare.*: ok$' "$out")" 1
}

@test "no call that the default policy denies can be made, by nobody" {
	need nobody
	as_nobody true
	as_nobody check_denied_calls
}

@test "the default policy lets pass what is beside that which it denies" {
	local call error
	while IFS='|' read -r call error; do
		cordon_run -q --seccomp=default --json=report.json "$ESCAPE" call $call
		assert_equal "$call: $stdout" "$call: $error"
	done <<-'EOF'
		ioctl 0 0x5413|Inappropriate ioctl for device
		unshare 0x400|ok
		ptrace 0|ok
		ptrace 7 0x7fffffff|No such process
		personality 0xffffffff|ok
		personality 8|ok
		mknodat -100 1 0x1180|Bad address
	EOF
	assert_equal "$(report .sandbox.seccomp.violations_total)" 0
	# the C library goes on with clone
	cordon_run -q --seccomp=default --json=report.json "$ESCAPE" call clone3
	assert_equal "$stdout" 'Function not implemented'
	assert_equal "$(report .sandbox.seccomp.violations_total)" 0
}

@test "32-bit calls are under the same policy" {
	[[ $(uname -m) == x86_64 ]] || skip 'needs x86_64'
	[[ $("$ESCAPE" call32 20) == ok ]] || skip 'needs a kernel that runs 32-bit programs'
	# i386: getpid 20, ioctl 54, unshare 310, keyctl 288, socketcall 102 (socket 1), socket 359,
	# sysinfo 116
	policy 'default allow' 'deny keyctl' 'deny socket EACCES' 'kill sysinfo'
	cordon_run -q --seccomp=policy --json=report.json sh -c '"$0" call32 20; "$0" call32 288 99999
		"$0" call32 102 1; "$0" call32 359 1 1; "$0" call32 102 99; "$0" call32 116; echo $?' \
		"$ESCAPE"
	assert_equal "$stdout" "$(printf '%s\n' ok 'Operation not permitted' 'Permission denied' \
		'Permission denied' 'Invalid argument' 159)"
	assert_equal "$(report '.sandbox.seccomp.violations[] |
		"\(.architecture) \(.syscall) \(.action) \(.count)"')" "$(printf '%s\n' \
		'i386 keyctl deny 1' 'i386 socketcall deny 1' 'i386 socket deny 1' 'i386 sysinfo kill 1')"
	cordon_run -q --seccomp=default sh -c '"$0" call32 54 0 0x5412; "$0" call32 310 0x10000000
		"$0" call32 54 0 0x5413' "$ESCAPE"
	assert_equal "$stdout" "$(printf '%s\n' 'Operation not permitted' 'Operation not permitted' \
		'Inappropriate ioctl for device')"
}

@test "x32 is no way around a policy" {
	[[ $(uname -m) == x86_64 ]] || skip 'needs x86_64'
	policy 'default allow' 'deny mkdir'
	cordon_run -q --seccomp=policy "$ESCAPE" callx32 39
	assert_equal "$stdout" 'Function not implemented'
	cordon_run -q --seccomp=policy "$ESCAPE" callx32 83 1
	assert_equal "$stdout" 'Function not implemented'
}
