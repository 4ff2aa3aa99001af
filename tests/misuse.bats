#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Bad input. A row is a case of it: what it is, the arguments as a shell reads them, and a piece
# of the one line that cordon says about it. Whatever the case, that line is followed by one
# hint and nothing else, the status is 125, no file appears and no command is started:
# RUN stands for a command that would leave a file.

load helper

setup() {
	common_setup
	mkdir dir
	echo 'A=1' >good.env
	printf 'A=1\nnonsense\n' >bad.env
	printf 'A=1\0=2\0' >bad-nul.env
	echo 'timeout = 1' >good.conf
	printf '\177ELF\2\1\1\0' >binary
	printf 'default allow\nrefuse mount\n' >bad.policy
	: >empty.conf
	: >file
	head -c 1100000 /dev/zero | tr '\0' '#' >large.conf
}

# Text with the blanks around it taken off.
trim() {
	local text=${1#"${1%%[![:space:]]*}"}
	printf '%s' "${text%"${text##*[![:space:]]}"}"
}

# What is wrong with the last run, which was to fail as a misuse and say FRAGMENT.
misuse_problem() {
	local lines
	mapfile -t lines <"$err"
	[[ $status == 125 ]] || echo "the status is $status"
	[[ ! -s $out ]] || echo 'stdout is not empty'
	[[ ${lines[0]-} == 'cordon: '*"$1"* ]] || echo "the message is: ${lines[0]-}"
	[[ ${lines[1]-} == "Try 'cordon --help' for more information." ]] || echo 'there is no hint'
	((${#lines[@]} == 2)) || echo "there are ${#lines[@]} lines"
	[[ $(find . | sort) == "$files" ]] || echo 'a file appeared'
}

# check NAME ARGUMENTS FRAGMENT: run one row, and note what is wrong with it.
check() {
	local problem arguments
	checked=$((checked + 1))
	eval "arguments=(${2//RUN/touch started})"
	cordon_run "${arguments[@]}" || true
	problem=$(misuse_problem "$3")
	if [[ -n $problem ]]; then
		printf '%s (%s):\n%s\n' "$1" "$2" "$problem" >&2
		failed=$((failed + 1))
	fi
}

# Each row of stdin, "name | arguments | fragment".
check_rows() {
	local row name arguments fragment files checked=0 failed=0
	files=$(find . | sort)
	while IFS= read -r row; do
		name=$(trim "${row%%|*}")
		row=${row#*|}
		fragment=$(trim "${row##*|}")
		arguments=$(trim "${row%|*}")
		check "$name" "$arguments" "$fragment"
	done
	((failed == 0 && checked > 0))
}

@test "a command line without a command is refused" {
	check_rows <<-'EOF'
		nothing at all             |                       | missing command
		only options               | -q -t 5               | missing command
		only the end of options    | --                    | missing command
		options and their end      | -q --                 | missing command
		the command is an argument | -t 5 --title touch    | missing command
	EOF
}

@test "unknown options are named, and obvious slips recognised" {
	check_rows <<-'EOF'
		a long option              | --frobnicate RUN         | unknown option '--frobnicate'
		with a value               | --frobnicate=5 RUN       | unknown option '--frobnicate'
		a letter                   | -X RUN                   | unknown option '-X'
		a letter in a bundle       | -qX RUN                  | unknown option '-X'
		a digit                    | -5 RUN                   | unknown option '-5'
		a missing letter           | --timout=5 RUN           | unknown option '--timout', did you mean '--timeout'?
		two letters swapped        | --ecs=X --sdtout=null RUN | unknown option '--ecs'
		swapped letters            | --sdtout=null RUN        | did you mean '--stdout'?
		an abbreviation            | --escal=KILL RUN         | unknown option '--escal', did you mean '--escalate'?
		an ambiguous abbreviation  | --std=null RUN           | unknown option '--std'
		an underscore              | --kill_after=5 RUN       | did you mean '--kill-after'?
		another case               | --QUIET RUN              | unknown option '--QUIET'
		three dashes               | ---quiet RUN             | unknown option '---quiet'
		no name                    | --=5 RUN                 | unknown option '--=5'
		a space in front           | --' quiet' RUN           | unknown option '-- quiet'
		an option of env           | -S RUN                   | unknown option '-S'
		control characters         | $'--a\nb\e[31m\x7f' RUN  | unknown option '--a\nb\x1b[31m\x7f'
		bytes that are no text     | $'--a\xff' RUN           | unknown option '--a\xff'
		a letter that is no text   | $'-\xc3' RUN             | unknown option '-\xc3'
		a very long name           | "--$(printf 'x%.0s' {1..9000})" RUN | unknown option '--xxxxxxxxxxxx
		after good options         | -q -t 5 --nope RUN       | unknown option '--nope'
		the value is not shown     | --evn=A=hidden RUN       | unknown option '--evn', did you mean '--env'?
	EOF
}

@test "options without their value, and values without a need, are refused" {
	check_rows <<-'EOF'
		a long option              | --timeout                | option '--timeout' needs an argument
		a letter                   | -t                       | option '-t' needs an argument
		a letter in a bundle       | -qt                      | option '-t' needs an argument
		at the end                 | -q --report              | option '--report' needs an argument
		of a flag                  | --quiet=yes RUN          | option '--quiet' takes no argument
		of a flag, empty           | --merge= RUN             | option '--merge' takes no argument
		of a flag without a letter | --dry-run=no RUN         | option '--dry-run' takes no argument
		of help                    | --help=all RUN           | option '--help' takes no argument
		behind a letter            | -jx.json RUN             | unknown option '-x'
	EOF
}

@test "a sandbox that makes no sense is refused" {
	entry_options=(--open=5)
	check_rows <<-'EOF'
		an unknown profile         | --sandbox=cd RUN         | --sandbox: unknown profile 'cd', not one of: ci
		no profile                 | --sandbox= RUN           | --sandbox: unknown profile ''
		an unknown capability      | --cap-drop=net_row RUN   | --cap-drop: unknown capability 'net_row'
		no capability              | --cap-drop= RUN          | --cap-drop: unknown capability ''
		an empty name in a list    | --cap-keep=kill,, RUN    | --cap-keep: unknown capability ''
		a number that is none      | --cap-drop=63 RUN        | --cap-drop: unknown capability '63'
		to keep all                | --cap-keep=all RUN       | --cap-keep: unknown capability 'all'
		all and others             | --cap-drop=all,kill RUN  | --cap-drop: unknown capability 'all'
		kept and dropped           | --cap-drop=kill,chown --cap-keep=setuid,kill RUN | --cap-drop=kill,chown and --cap-keep=setuid,kill contradict each other: kill
		no path                    | --read= RUN              | --read: an empty path ''
		a path that is not there   | --read=/ --write=absent RUN | --write: 'absent': No such file or directory
		a file as a directory      | --exec=file/x RUN        | --exec: 'file/x': Not a directory
		a forged path              | --exec=$'x\ny' RUN       | --exec: 'x\ny': No such file or directory
		no port                    | --connect-port= RUN      | --connect-port: '' is not a port from 1 to 65535
		a port that is none        | --connect-port=0 RUN     | --connect-port: '0' is not a port from 1 to 65535
		too large a port           | --bind-port=65536 RUN    | --bind-port: '65536' is not a port from 0 to 65535
		a negative port            | --bind-port=-1 RUN       | --bind-port: '-1' is not a port from 0 to 65535
		a service's name           | --connect-port=http RUN  | --connect-port: 'http' is not a port from 1 to 65535
		nothing to hide            | --hide= RUN              | --hide: an empty path ''
		what is not there to hide  | --hide=absent RUN        | --hide: cannot hide 'absent': No such file or directory
		the working directory      | --hide=.. RUN            | --hide: cannot hide '..': the command is to work in it
		another working directory  | --hide=dir -C dir RUN    | --hide: cannot hide 'dir': the command is to work in it
		relative to a new root     | --hide=dir --chroot=/ RUN | --hide: cannot hide 'dir': with --chroot it has to begin with '/'
		nobody can be left inside  | --pid-ns --leftovers=leave RUN | --pid-ns and --leftovers=leave contradict each other
		a value for a flag         | --private-tmp=/x RUN     | option '--private-tmp' takes no argument
		no such option             | --no-network RUN         | unknown option '--no-network'
		no number of a descriptor  | --keep-fd=x RUN          | --keep-fd: 'x' is not a descriptor from 3
		no descriptor at all       | --keep-fd= RUN           | --keep-fd: '' is not a descriptor from 3
		a standard stream          | --keep-fd=2 RUN          | --keep-fd: '2' is not a descriptor from 3
		no policy                  | --seccomp= RUN           | --seccomp: an empty file name ''
		a policy that is not there | --seccomp=nothing RUN    | --seccomp: cannot read 'nothing': No such file or directory
		a policy that is a directory | --seccomp=dir RUN      | --seccomp: cannot read 'dir': Is a directory
		a policy without an end    | --seccomp=large.conf RUN | --seccomp: cannot read 'large.conf': File too large
		an empty policy            | --seccomp=empty.conf RUN | --seccomp: empty.conf: there is no line 'default ...'
		no policy at all           | --seccomp=binary RUN     | --seccomp: binary: this is not text
		a line that is no rule     | --seccomp=bad.policy RUN | --seccomp: bad.policy:2: unknown action 'refuse'
		a negative descriptor      | --keep-fd=-1 RUN         | --keep-fd: '-1' is not a descriptor from 3
		too large a descriptor     | --keep-fd=99999999999 RUN | --keep-fd: '99999999999' is not a descriptor from 3
		a closed descriptor        | --keep-fd=77 RUN         | --keep-fd=77: the descriptor is not open
		kept for two               | --keep-fd=5 --json=fd:5 RUN | --keep-fd=5 and --json=fd:5 contradict each other
	EOF
}

@test "malformed durations are refused" {
	check_rows <<-'EOF'
		no number                  | -t x RUN                 | --timeout: invalid duration 'x'
		nothing                    | --timeout= RUN           | --timeout: invalid duration ''
		a blank                    | --timeout=' ' RUN        | --timeout: invalid duration ' '
		an unknown unit            | -t 5y RUN                | --timeout: invalid duration '5y'
		a unit alone               | -t s RUN                 | --timeout: invalid duration 's'
		a negative                 | -t -5 RUN                | --timeout: invalid duration '-5'
		a sign                     | -t +5 RUN                | --timeout: invalid duration '+5'
		a blank in front           | -t ' 5' RUN              | --timeout: invalid duration ' 5'
		a blank behind             | -t '5 ' RUN              | --timeout: invalid duration '5 '
		a comma                    | -t 1,5 RUN               | --timeout: invalid duration '1,5'
		not a number               | -t nan RUN               | --timeout: invalid duration 'nan'
		infinity cut short         | -t inf RUN               | --timeout: invalid duration 'inf'
		hexadecimal                | -t 0x10 RUN              | --timeout: invalid duration '0x10'
		a compound without a unit  | -t 1m30 RUN              | --timeout: invalid duration '1m30'
		two points                 | -t 1.2.3 RUN             | --timeout: invalid duration '1.2.3'
		an equals sign             | -t=5 RUN                 | --timeout: invalid duration '=5'
		a capital unit             | -t 5S RUN                | --timeout: invalid duration '5S'
		an exponent without digits | -t 5e RUN                | --timeout: invalid duration '5e'
		control characters         | -t $'5\n' RUN            | --timeout: invalid duration '5\n'
		for the second signal      | -k x RUN                 | --kill-after: invalid duration 'x'
		for the CPU                | --cpu-time=x RUN         | --cpu-time: invalid duration 'x'
		for silence                | --idle-timeout=-1 RUN    | --idle-timeout: invalid duration '-1'
		for pipes                  | --drain=x RUN            | --drain: invalid duration 'x'
		negative zero              | --drain=-0 RUN           | --drain: invalid duration '-0'
		the last is wrong          | -t 5 -t x RUN            | --timeout: invalid duration 'x'
		the first is wrong         | -t x -t 5 RUN            | --timeout: invalid duration 'x'
	EOF
}

@test "limits on the tree that are no limits are refused" {
	check_rows <<-'EOF'
		no memory                  | -m '' RUN                | --memory: invalid size ''
		an unknown suffix          | -m 5X RUN                | --memory: invalid size '5X'
		a negative size            | --memory-high=-1 RUN     | --memory-high: invalid size '-1'
		a suffix alone             | --swap=G RUN             | --swap: invalid size 'G'
		more than there can be     | --memory=99999999999T RUN | --memory: size '99999999999T' is out of range
		no process                 | --pids=0 RUN             | --pids: '0' is not a number of processes
		not a number of processes  | --pids=many RUN          | --pids: 'many' is not a number of processes
		no processor               | --cpus=0 RUN             | --cpus: '0' is not a number of processors
		hardly a processor         | --cpus=0.001 RUN         | --cpus: '0.001' is not a number of processors
		a comma                    | --cpus=1,5 RUN           | --cpus: '1,5' is not a number of processors
		no weight                  | --cpu-weight=0 RUN       | --cpu-weight: '0' is not a weight
		too much weight            | --io-weight=10001 RUN    | --io-weight: '10001' is not a weight
		no value                   | --cgroup-set=io.max RUN  | --cgroup-set: 'io.max' is not FILE=VALUE
		no file                    | --cgroup-set==1 RUN      | --cgroup-set: '=1' is not FILE=VALUE
		a way out                  | --cgroup-set=../x.y=1 RUN | --cgroup-set: '../x.y=1' is not FILE=VALUE
		not a controller's file    | --cgroup-set=x=1 RUN     | --cgroup-set: 'x=1' is not FILE=VALUE
		cordon's own               | --cgroup-set=cgroup.kill=1 RUN | --cgroup-set: 'cgroup.kill' is cordon's own affair
		without a cgroup           | --cgroup=none -m 1G RUN  | --memory=1G and --cgroup=none contradict
		nothing to be idle         | --idle-timeout=1 --stdout=null --stderr=null RUN | --idle-timeout: neither
		an empty hook              | --on-timeout= RUN        | --on-timeout: an empty name
	EOF
}

@test "terminals that cannot be are refused" {
	check_rows <<-'EOF'
		no size                    | --pty --pty-size= RUN    | --pty-size: invalid screen size ''
		one number                 | --pty --pty-size=80 RUN  | --pty-size: invalid screen size '80'
		no rows                    | --pty --pty-size=80x RUN | --pty-size: invalid screen size '80x'
		no columns                 | --pty --pty-size=x24 RUN | --pty-size: invalid screen size 'x24'
		something behind           | --pty --pty-size=80x24x RUN | --pty-size: invalid screen size '80x24x'
		a sign                     | --pty --pty-size=-1x24 RUN | --pty-size: invalid screen size '-1x24'
		nothing to be seen         | --pty --pty-size=0x24 RUN | --pty-size: screen size '0x24' is out of range
		too many rows              | --pty --pty-size=1x65536 RUN | --pty-size: screen size '1x65536' is out of range
		a size of nothing          | --pty-size=80x24 RUN     | --pty-size: there is no --pty
		input from elsewhere       | --pty --stdin=null RUN   | --pty and --stdin contradict each other
		output to elsewhere        | --stdout=x --pty RUN     | --pty and --stdout contradict each other
		errors to elsewhere        | --pty --stderr=relay RUN | --pty and --stderr contradict each other
		it ends with cordon        | --pty --no-die-with-parent RUN | --pty and --no-die-with-parent contradict
		another session            | --pty --new-session RUN  | --pty and --new-session contradict
		cordon's group             | -f --pty RUN             | --foreground and --pty contradict
	EOF
}

@test "unknown signals and malformed ladders are refused" {
	check_rows <<-'EOF'
		an unknown name            | -s FOO RUN               | --signal: unknown signal 'FOO'
		nothing                    | --signal= RUN            | --signal: unknown signal ''
		zero                       | -s 0 RUN                 | --signal: unknown signal '0'
		EXIT                       | -s EXIT RUN              | --signal: unknown signal 'EXIT'
		too large a number         | -s 65 RUN                | --signal: unknown signal '65'
		a negative number          | --signal=-9 RUN          | --signal: unknown signal '-9'
		a status                   | -s 143 RUN               | --signal: unknown signal '143'
		a reserved number          | -s 32 RUN                | --signal: unknown signal '32'
		above the last             | -s RTMAX+1 RUN           | --signal: unknown signal 'RTMAX+1'
		SIG alone                  | -s SIG RUN               | --signal: unknown signal 'SIG'
		two signals                | -s TERM,KILL RUN         | --signal: unknown signal 'TERM,KILL'
		an empty ladder            | --escalate= RUN          | --escalate: invalid ladder of signals ''
		an unknown signal          | --escalate=FOO RUN       | --escalate: invalid ladder of signals 'FOO'
		an empty rung              | --escalate=TERM,,KILL RUN | invalid ladder of signals 'TERM,,KILL'
		a comma at the end         | --escalate=TERM, RUN     | invalid ladder of signals 'TERM,'
		an unknown target          | --escalate=all@TERM RUN  | invalid ladder of signals 'all@TERM'
		a malformed wait           | --escalate=TERM:x,KILL RUN | invalid ladder of signals 'TERM:x,KILL'
		a wait behind the last     | --escalate=TERM:5s RUN   | invalid ladder of signals 'TERM:5s'
		an endless wait            | --escalate=TERM:0,KILL RUN | invalid ladder of signals 'TERM:0,KILL'
		seventeen rungs            | --escalate=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 RUN | more than 16 signals
	EOF
}

@test "options that contradict each other are refused, both named" {
	check_rows <<-'EOF'
		quiet and verbose          | -q -v RUN                | --quiet and --verbose contradict
		in one bundle              | -vq RUN                  | --verbose and --quiet contradict
		group and foreground       | -f --new-group RUN       | --foreground and --new-group contradict
		session and foreground     | --new-session -f RUN     | --new-session and --foreground contradict
		group and session          | --new-group --new-session RUN | --new-group and --new-session contradict
		ladder and signal          | --escalate=TERM -s INT RUN | --escalate and --signal contradict
		signal and ladder          | -s INT --escalate=TERM RUN | --signal and --escalate contradict
		ladder and delay           | --escalate=TERM -k 5 RUN | --escalate and --kill-after contradict
		shell and interpreter      | --shell --interpreter=sh RUN | --shell and --interpreter contradict
		a log of what is not seen  | --log=x --stdout=inherit RUN | --log and --stdout=inherit contradict
		a limit of what is not     | --output-limit=1 --stderr=inherit RUN | --output-limit and --stderr=inherit contradict
		marks on what is not       | --timestamps --stdout=inherit RUN | --timestamps and --stdout=inherit contradict
		merge and a file           | --merge --stderr=x RUN   | --merge and --stderr contradict
		a word and merge           | --stderr=null --merge RUN | --stderr and --merge contradict
		no cgroup but required     | --cgroup=none --require-cgroup RUN | --cgroup=none and --require-cgroup contradict
		required but none          | --require-cgroup --cgroup=none RUN | --require-cgroup and --cgroup=none contradict
		append to nothing          | --append RUN             | --append without a FILE
		append to a pipe           | --append --stdout=relay RUN | --append without a FILE
		append to standard input   | --append --stdin=file RUN | --append without a FILE
	EOF
}

@test "malformed environments are refused, without showing values" {
	check_rows <<-'EOF'
		no name                    | -E =hidden RUN           | --env: no name before the '='
		nothing                    | -E '' RUN                | --env: no name
		by the other name          | --setenv==x RUN          | --env: no name before the '='
		nothing to remove          | --unset-env= RUN         | --unset-env: no name
		a value to remove          | --unset-env=A=hidden RUN | --unset-env: 'A=' is not a name
		a missing file             | --env-file=none RUN      | --env-file: cannot read 'none': No such file or directory
		a directory                | --env-file=dir RUN       | --env-file: cannot read 'dir': Is a directory
		no file                    | --env-file= RUN          | --env-file: cannot read ''
		a bad line                 | --env-file=bad.env RUN   | --env-file: line 2 of 'bad.env' is not NAME=VALUE
		a bad record               | --env-file=bad-nul.env RUN | --env-file: line 2 of 'bad-nul.env' is not NAME=VALUE
		a good and a bad file      | --env-file=good.env --env-file=bad.env RUN | 'bad.env'
	EOF
}

@test "malformed places and identities are refused" {
	check_rows <<-'EOF'
		no directory               | -C '' RUN                | --chdir: an empty name ''
		by the other name          | --cwd= RUN               | --chdir: an empty name ''
		no root                    | --chroot= RUN            | --chroot: an empty name ''
		no interpreter             | --interpreter= RUN       | --interpreter: an empty name ''
		an unknown user            | -u nobody-at-all RUN     | --user: unknown user 'nobody-at-all'
		an unknown group           | -u root:none-at-all RUN  | --user: unknown group 'none-at-all'
		no user                    | --user= RUN              | --user: invalid user ''
		no user but a group        | -u :root RUN             | --user: invalid user ':root'
		a colon and no group       | -u root: RUN             | --user: invalid user 'root:'
		too large a number         | -u +4294967295:+0 RUN    | --user: invalid user '+4294967295:+0'
		a number and no group      | -u +54321 RUN            | --user: no login group for '+54321'
		a sign and no number       | -u + RUN                 | --user: invalid user '+'
		a user with a newline      | -u $'root\n' RUN         | --user: unknown user 'root\n'
		unknown in the list        | --groups=root,none-at-all RUN | --groups: unknown group in 'root,none-at-all'
		a hole in the list         | --groups=root,,+1 RUN    | --groups: invalid list of groups 'root,,+1'
		too large a group          | --groups=+4294967295 RUN | --groups: invalid list of groups '+4294967295'
	EOF
}

@test "malformed numbers, modes and lists are refused" {
	check_rows <<-'EOF'
		a mode with an 8           | --umask=028 RUN          | --umask: invalid mode '028'
		no mode                    | --umask= RUN             | --umask: invalid mode ''
		too large a mode           | --umask=1777 RUN         | --umask: mode '1777' is out of range
		a malformed symbol         | --umask=u=rwz RUN        | --umask: invalid mode 'u=rwz'
		no niceness                | --nice= RUN              | --nice: '' is not a number from -39 to 39
		too nice                   | --nice=40 RUN            | --nice: '40' is not a number
		a fraction                 | --nice=1.5 RUN           | --nice: '1.5' is not a number
		a word                     | --nice=high RUN          | --nice: 'high' is not a number
		out of the kernel's range  | --oom-score-adj=1001 RUN | --oom-score-adj: '1001' is not a number from -1000 to 1000
		a long number              | --oom-score-adj=99999999999999999999 RUN | --oom-score-adj: '99999999999999999999' is not
		no processors              | --cores= RUN             | --cores: invalid list of processors ''
		backwards                  | --cores=5-2 RUN          | --cores: invalid list of processors '5-2'
		a stride of zero           | --cores=0-2:0 RUN        | --cores: invalid list of processors '0-2:0'
		a hole                     | --cores=0,,1 RUN         | --cores: invalid list of processors '0,,1'
		no such processor anywhere | --cores=99999 RUN        | --cores: list of processors '99999' is out of range
		an unknown resource        | --rlimit=files=5 RUN     | --rlimit: unknown resource 'files=5'
		no value                   | --rlimit=nofile RUN      | --rlimit: invalid limit 'nofile'
		an empty value             | --rlimit=nofile= RUN     | --rlimit: invalid limit 'nofile='
		no resource                | --rlimit==5 RUN          | --rlimit: invalid limit '=5'
		a malformed value          | --rlimit=nofile=5x RUN   | --rlimit: invalid limit 'nofile=5x'
		a malformed hard limit     | --rlimit=nofile=5:x RUN  | --rlimit: invalid limit 'nofile=5:x'
		soft above hard            | --rlimit=nofile=6:5 RUN  | --rlimit: limit 'nofile=6:5' is out of range
		no output at all           | --output-limit=0 RUN   | --output-limit: '0' is not a size of at least 1
		less than nothing          | --output-limit=-1 RUN  | --output-limit: invalid size '-1'
		too much output            | --output-limit=99999999999T RUN | --output-limit: size '99999999999T' is out of range
		no lines at all            | --line-limit=0 RUN     | --line-limit: '0' is not a number of at least 1
		lines that are no number   | --line-limit=1K RUN    | --line-limit: '1K' is not a number of at least 1
		a time of no kind          | --timestamps=utc RUN   | --timestamps: unknown value 'utc', not one of: abs rel
		a log without a name       | --log= RUN             | --log: an empty name ''
		a log in no directory      | --log=no/log RUN       | --log: cannot write to 'no/log': No such file or directory
		a log that is a directory  | --log=dir RUN          | --log: cannot write to 'dir': Is a directory
		what is optional           | --log-optional RUN     | --log-optional: there is no --log
		a negative number of lines | --tail=-1 RUN            | --tail: '-1' is not a number from 0
		too many lines             | --tail=100000 RUN        | --tail: '100000' is not a number from 0
		an exit code too large     | --ok=256 RUN             | --ok: '256' is not an exit code from 0 to 255
		a negative exit code       | --ok=-1 RUN              | --ok: '-1' is not an exit code
		no exit code               | --ok= RUN                | --ok: '' is not an exit code
		two exit codes             | --ok=1,2 RUN             | --ok: '1,2' is not an exit code
	EOF
}

@test "unknown words are refused, and the known ones named" {
	check_rows <<-'EOF'
		leftovers                  | --leftovers=murder RUN   | --leftovers: unknown value 'murder', not one of: kill wait leave
		no leftovers               | --leftovers= RUN         | --leftovers: unknown value ''
		two words                  | --leftovers='kill wait' RUN | --leftovers: unknown value 'kill wait'
		a line some time           | --progress=sometimes RUN | --progress: unknown value 'sometimes', not one of: auto always never
		a line at no time          | --progress= RUN          | --progress: unknown value ''
		how to end                 | --signal-exit=both RUN   | --signal-exit: unknown value 'both', not one of: raise code
	EOF
}

@test "names of cgroups that lead elsewhere are refused" {
	check_rows <<-'EOF'
		nothing                    | --cgroup= RUN            | --cgroup: an empty name in ''
		absolute                   | --cgroup=/x RUN          | --cgroup: an absolute path in '/x'
		the parent                 | --cgroup=.. RUN          | --cgroup: '.' or '..' in '..'
		through the parent         | --cgroup=a/../b RUN      | --cgroup: '.' or '..' in 'a/../b'
		up at the end              | --cgroup=a/.. RUN        | --cgroup: '.' or '..' in 'a/..'
		itself                     | --cgroup=. RUN           | --cgroup: '.' or '..' in '.'
		through itself             | --cgroup=a/./b RUN       | --cgroup: '.' or '..' in 'a/./b'
		a hole                     | --cgroup=a//b RUN        | --cgroup: an empty name in 'a//b'
		a slash at the end         | --cgroup=a/ RUN          | --cgroup: an empty name in 'a/'
		a newline                  | --cgroup=$'a\nb' RUN     | --cgroup: control characters in 'a\nb'
		an escape                  | --cgroup=$'\e[31m' RUN   | --cgroup: control characters in '\x1b[31m'
		too long a name            | --cgroup=$(printf 'x%.0s' {1..256}) RUN | --cgroup: too long a name
		too long a path            | --cgroup=x$(printf '/x%.0s' {1..2000}) RUN | --cgroup: too long a path
	EOF
}

@test "streams that cannot be opened are refused" {
	check_rows <<-'EOF'
		no input                   | --stdin= RUN             | --stdin: an empty file name ''
		no output                  | --stdout= RUN            | --stdout: an empty file name ''
		missing input              | --stdin=none RUN         | --stdin: cannot read 'none': No such file or directory
		auto is not for input      | --stdin=auto RUN         | --stdin: cannot read 'auto': No such file or directory
		a missing directory        | --stdout=none/x RUN      | --stdout: cannot write to 'none/x': No such file or directory
		the same for errors        | --stderr=none/x RUN      | --stderr: cannot write to 'none/x': No such file or directory
		a directory                | --stdout=dir RUN         | --stdout: cannot write to 'dir': Is a directory
		a slash at the end         | --stdout=new/ RUN        | --stdout: cannot write to 'new/'
		a file as a directory      | --stderr=file/x RUN      | --stderr: cannot write to 'file/x': Not a directory
		too long a path            | --stdout=$(printf 'x/%.0s' {1..3000})x RUN | --stdout: cannot write to 'x/x/
	EOF
}

@test "reports without a format or a place are refused" {
	check_rows <<-'EOF'
		nothing                    | --report= RUN            | --report: no format for ''
		no suffix                  | --report=x RUN           | --report: no format for 'x'
		an unknown suffix          | --report=x.txt RUN       | --report: no format for 'x.txt'
		a dot in the directory     | --report=./x.json/x RUN  | --report: no format for './x.json/x'
		a suffix for something else | --report=x.human RUN    | --report: no format for 'x.human'
		no format for stderr       | --report=- RUN           | --report: no format for '-'
		no format for a descriptor | --report=fd:2 RUN        | --report: no format for 'fd:2'
		a format of another kind   | --report=csv:x RUN       | --report: unknown format 'csv', not one of: human json jsonl
		with the suffix of one     | --report=junit:x.json RUN | --report: unknown format 'junit'
		no file                    | --report=json: RUN       | --report: no file name in 'json:'
		no file for json           | --json= RUN              | --json: no file name in ''
		a descriptor's name        | --report=json:fd:x RUN   | --report: invalid descriptor 'fd:x'
		no descriptor's number     | --json=fd: RUN           | --json: invalid descriptor 'fd:'
		a negative descriptor      | --json=fd:-1 RUN         | --json: invalid descriptor 'fd:-1'
		too large a descriptor     | --json=fd:99999999999 RUN | --json: invalid descriptor 'fd:99999999999'
		a closed descriptor        | --json=fd:77 RUN         | --json: cannot write to 'fd:77': Bad file descriptor
		one that is for reading    | --report=json:fd:0 RUN   | --report: cannot write to 'fd:0': Bad file descriptor
		a missing directory        | --json=none/x RUN        | --json: cannot write to 'none/x': No such file or directory
		a directory                | --report=json:dir RUN    | --report: cannot write to 'dir': Is a directory
		a file as a directory      | --report=file/x.json RUN | --report: cannot write to 'file/x.json': Not a directory
		the same file twice        | --json=x --report=jsonl:x RUN | --report: a second report to 'x'
		stderr twice               | -jj RUN                  | --json: a second report to '-'
		a good and a bad one       | --json=x.json --report=y RUN | --report: no format for 'y'
	EOF
}

@test "malformed tags and ids are refused" {
	check_rows <<-'EOF'
		no value                   | --tag=a RUN              | --tag: 'a' is not KEY=VALUE
		nothing                    | --tag= RUN               | --tag: '' is not KEY=VALUE
		no key                     | --tag==b RUN             | --tag: '=b' is not KEY=VALUE
		a blank in the key         | --tag='a b=c' RUN        | --tag: 'a b=c' is not KEY=VALUE
		a newline in the key       | --tag=$'a\n=c' RUN       | --tag: 'a\n=c' is not KEY=VALUE
		a letter of another script | --tag=ä=c RUN            | --tag: 'ä=c' is not KEY=VALUE
		no id                      | --run-id= RUN            | --run-id: an empty id ''
		a newline in the id        | --run-id=$'a\nb' RUN     | --run-id: not only printable text in 'a\nb'
		bytes that are no text     | --run-id=$'a\xff' RUN    | --run-id: not only printable text in 'a\xff'
		too long an id             | --run-id=$(printf 'x%.0s' {1..129}) RUN | --run-id: more than 128 bytes in 'xxx
	EOF
}

@test "configurations that cannot be read are refused" {
	check_rows <<-'EOF'
		a missing file             | --config=none RUN        | --config: cannot read 'none': No such file or directory
		a directory                | --config=dir RUN         | --config: cannot read 'dir': Is a directory
		no file                    | --config= RUN            | --config: cannot read '': No such file or directory
		more than a megabyte       | --config=large.conf RUN  | --config: cannot read 'large.conf': File too large
		an endless file            | --config=/dev/zero RUN   | --config: cannot read '/dev/zero': File too large
		an unknown profile         | --config=good.conf --profile=ci RUN | --profile: no [ci] in 'good.conf'
		a profile of nothing       | --config=empty.conf --profile=ci RUN | --profile: no [ci] in 'empty.conf'
		a profile without a file   | --profile=ci RUN         | --profile: 'ci' is looked for in a file, and there is no --config
		a file of another kind     | --config=binary RUN | binary:1: control character 0x7f
	EOF
}

# Each row is "name | what is in the file, for printf | fragment".
@test "lines of a configuration that are wrong are named by file and line" {
	local row files checked=0 failed=0 parts
	files=$(printf '%s\n' "$(find .)" ./x.conf | sort)
	while IFS= read -r row; do
		IFS='|' read -ra parts <<<"$row"
		# shellcheck disable=SC2059 # that is what the row is
		printf -- "$(trim "${parts[1]}")" >x.conf
		check "$(trim "${parts[0]}")" '--config=x.conf RUN' "$(trim "${parts[2]}")"
	done <<-'EOF'
		an unknown option          | quiet\nfrobnicate = 5\n  | x.conf:2: unknown option 'frobnicate'
		a slip                     | timout = 5\n             | x.conf:1: unknown option 'timout', did you mean 'timeout'?
		with dashes                | --timeout = 5\n          | x.conf:1: unknown option '--timeout'
		a letter                   | t = 5\n                  | x.conf:1: unknown option 't'
		a bad value                | \n\ntimeout = x\n        | x.conf:3: timeout: invalid duration 'x'
		no value                   | timeout\n                | x.conf:1: timeout: no value
		an empty value             | timeout =\n              | x.conf:1: timeout: invalid duration ''
		a flag that is neither     | merge = perhaps\n        | x.conf:1: merge: 'perhaps' is neither yes nor no
		a flag that is empty       | merge =\n                | x.conf:1: merge: '' is neither yes nor no
		no equals sign             | timeout 5\n              | x.conf:1: no '=' behind 'timeout'
		a secret is not shown      | env A=hidden\n           | x.conf:1: no '=' behind 'env'
		no name                    | = 5\n                    | x.conf:1: no name before the '='
		an open quote              | title = "hidden\n        | x.conf:1: unterminated quote "
		text behind a quote        | title = 'a' hidden\n     | x.conf:1: text behind the closing quote '
		a control character        | quiet\ntitle = a\033[31m\n | x.conf:2: control character 0x1b
		a NUL                      | title = a\000b\n         | x.conf:1: control character 0x00
		a file in a file           | config = y\n             | x.conf:1: 'config' cannot be set in a file
		a profile in a file        | profile = y\n            | x.conf:1: 'profile' cannot be set in a file
		help in a file             | help\n                   | x.conf:1: 'help' cannot be set in a file
		an open section            | [ci\n                    | x.conf:1: no ']' behind '[ci'
		a section without a name   | [ ]\n                    | x.conf:1: a profile without a name
		a mistake in another one   | quiet\n[ci]\nx y\n       | x.conf:3: no '=' behind 'x'
		contradictions             | quiet\nverbose\n         | x.conf:2: quiet and verbose contradict each other
		an unknown user            | user = nobody-at-all\n   | x.conf:1: user: unknown user 'nobody-at-all'
		an environment             | env = =hidden\n          | x.conf:1: env: no name before the '='
		a command                  | make\n                   | x.conf:1: unknown option 'make'
	EOF
	((failed == 0 && checked == 26))
}

# Each row is "name | CORDON_OPTIONS | arguments | fragment".
@test "mistakes in CORDON_OPTIONS say where they are" {
	local row files checked=0 failed=0 parts
	files=$(find . | sort)
	while IFS= read -r row; do
		IFS='|' read -ra parts <<<"$row"
		CORDON_OPTIONS=$(trim "${parts[1]}")
		export CORDON_OPTIONS
		check "$(trim "${parts[0]}")" "$(trim "${parts[2]}")" "$(trim "${parts[3]}")"
	done <<-'EOF'
		an unknown option          | --frobnicate     | RUN          | CORDON_OPTIONS: unknown option '--frobnicate'
		a bad value                | -t x             | RUN          | CORDON_OPTIONS: --timeout: invalid duration 'x'
		overridden all the same    | -t x             | -t 5 RUN     | CORDON_OPTIONS: --timeout: invalid duration 'x'
		no value                   | -q -t            | RUN          | CORDON_OPTIONS: option '-t' needs an argument
		an open quote              | --title='hidden  | RUN          | CORDON_OPTIONS: unterminated quote '
		an open double quote       | --title="hidden' | RUN          | CORDON_OPTIONS: unterminated quote "
		a backslash at the end     | -q \             | RUN          | CORDON_OPTIONS: a backslash with nothing behind it
		a command                  | -q make          | RUN          | CORDON_OPTIONS: 'make' is not an option
		a command behind the end   | -q -- make       | RUN          | CORDON_OPTIONS: 'make' is not an option
		a value that split         | --title=a b      | RUN          | CORDON_OPTIONS: 'b' is not an option
		nothing is expanded        | --title=$(touch started) | RUN  | CORDON_OPTIONS: 'started)' is not an option
		help                       | --help           | RUN          | CORDON_OPTIONS: '--help' cannot be preset
		version                    | -V               | RUN          | CORDON_OPTIONS: '--version' cannot be preset
		contradictions             | -q -v            | RUN          | CORDON_OPTIONS: --quiet and --verbose contradict
		an unknown user            | -u nobody-at-all | RUN          | CORDON_OPTIONS: --user: unknown user 'nobody-at-all'
		a missing file             | --config=none    | RUN          | CORDON_OPTIONS: --config: cannot read 'none'
		an unknown profile         | --profile=x      | --config=good.conf RUN | CORDON_OPTIONS: --profile: no [x] in 'good.conf'
		an environment             | -E =hidden       | RUN          | CORDON_OPTIONS: --env: no name before the '='
		no command                 | -q               |              | missing command
	EOF
	((failed == 0 && checked == 19))
}

@test "what is secret is in no message" {
	local line arguments
	printf 'env = A=hidden\nenv B=hidden\n' >x.conf
	printf 'A=hidden\nhidden\n' >x.env
	while IFS= read -r line; do
		read -ra arguments <<<"$line"
		cordon_run "${arguments[@]}" true
		assert_equal "$status" 125
		[[ $stderr != *hidden* ]]
	done <<-'EOF'
		-E =hidden
		--env==hidden
		--setenv==hidden
		--unset-env=A=hidden
		--evn=A=hidden
		--env-file=x.env
		--config=x.conf
		-E A=hidden -t x
		-E A=hidden -q -v
	EOF
}

@test "the file of a user without the right to read it is refused" {
	need nobody
	as_nobody true
	echo 'A=1' >secret.env
	echo 'quiet' >secret.conf
	chmod 600 secret.env secret.conf
	mkdir -m 755 closed
	local files checked=0 failed=0
	files=$(find . | sort)
	local row
	for row in "--env-file=secret.env|--env-file: cannot read 'secret.env': Permission denied" \
		"--config=secret.conf|--config: cannot read 'secret.conf': Permission denied" \
		"--stdin=secret.env|--stdin: cannot read 'secret.env': Permission denied" \
		"--stdout=secret.env|--stdout: cannot write to 'secret.env': Permission denied" \
		"--stdout=closed/x|--stdout: cannot write to 'closed/x': Permission denied" \
		"--json=closed/x|--json: cannot write to 'closed/x': Permission denied"; do
		as_nobody cordon_run "${row%%|*}" touch started
		assert_equal "$(misuse_problem "${row#*|}")" ''
	done
}

@test "more limits of the cgroup than there can be are refused" {
	local -a options
	local files
	files=$(find . | sort)
	mapfile -t options < <(printf -- '--cgroup-set=memory.x%d=1\n' {1..65})
	cordon_run --best-effort "${options[@]}" touch started
	assert_equal "$(misuse_problem '--cgroup-set=memory.x65=1: that is more than 64 limits of the cgroup')" ''
}
