# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of cordon(1) for bash, with or without the bash-completion package.

# Sets words[] to what is before the cursor. bash has cut it at '=', ':' and '@' too
# (COMP_WORDBREAKS): put together again what no blank is between. starts[] says where in
# COMP_WORDS each begins.
_cordon_join_words() {
	local rest=${COMP_LINE:0:COMP_POINT} piece i
	words=() starts=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		if [[ $rest == [[:blank:]]* || i -eq 0 ]]; then
			rest=${rest#"${rest%%[![:blank:]]*}"}
			words+=('')
			starts+=("$i")
		fi
		if ((i == COMP_CWORD)); then
			piece=$rest
		fi
		rest=${rest#"$piece"}
		words[-1]+=$piece
	done
}

# Sets name to the long name of the option that WORD ends with and that has its argument in the
# next word; false if there is none.
_cordon_wants_argument() {
	name=
	case $1 in
	--timeout | --signal | --kill-after | --escalate | --cpu-time | --idle-timeout | \
		--on-timeout | --chdir | --cwd | --chroot | --env | --setenv | --env-file | \
		--unset-env | --argv0 | --interpreter | --user | --groups | --umask | --nice | \
		--oom-score-adj | --cores | --rlimit | --cgroup | --memory | --memory-high | --swap | \
		--pids | --cpus | --cpu-weight | --io-weight | --cgroup-set | --leftovers | \
		--sandbox | --hide | --cap-drop | --cap-keep | --read | --write | --exec | --bind-port | \
		--connect-port | --seccomp | --keep-fd | --stdin | --stdout | --stderr | --drain | \
		--tail | --report | --title | --tag | --run-id | --signal-exit | --ok | --config | \
		--profile | --pty-size)
		name=${1#--}
		;;
	--log | --prefix | --output-limit | --line-limit)
		name=${1#--}
		;;
	--*) ;;
	*[tskCEum])
		# the first letter that takes an argument takes all that is behind it
		[[ $1 =~ ^-[^tskCEum]*([tskCEum])$ ]] || return
		case ${BASH_REMATCH[1]} in
		t) name='timeout' ;;
		s) name=signal ;;
		k) name=kill-after ;;
		C) name=chdir ;;
		E) name='env' ;;
		u) name=user ;;
		m) name=memory ;;
		esac
		;;
	esac
	[[ -n $name ]]
}

# Replies with the words that begin with CUR; PREFIX stays in front of them.
_cordon_reply() {
	local prefix=$1 cur=$2
	shift 2
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$prefix" "$@" -- "$cur")
}

_cordon_signals() {
	local names
	names=$(compgen -A signal SIG)
	if [[ $2 != SIG* ]]; then
		names=${names//SIG/}
	fi
	_cordon_reply "$1" "$2" -W "$names"
}

_cordon_files() {
	compopt -o filenames 2>/dev/null
	_cordon_reply '' "$1" "${2:--f}"
}

# What can follow "--NAME=", CUR of it being there.
_cordon_values() {
	local cur=$2 before=''
	case $1 in
	signal)
		_cordon_signals '' "$cur"
		;;
	escalate)
		[[ $cur != *,* ]] || before=${cur%,*},
		cur=${cur#"$before"}
		if [[ $cur == main@* || $cur == tree@* ]]; then
			before+=${cur%%@*}@
			cur=${cur#*@}
		else
			compopt -o nospace 2>/dev/null
			_cordon_reply "$before" "$cur" -W 'main@ tree@'
		fi
		_cordon_signals "$before" "$cur"
		;;
	chdir | cwd | chroot)
		_cordon_files "$cur" -d
		;;
	env-file | read | write | exec | config | json)
		_cordon_files "$cur"
		;;
	env | setenv | unset-env)
		_cordon_reply '' "$cur" -e
		;;
	log)
		_cordon_files "$cur"
		;;
	timestamps)
		_cordon_reply '' "$cur" -W 'abs rel'
		;;
	interpreter | on-timeout)
		_cordon_reply '' "$cur" -c
		;;
	user)
		if [[ $cur == *:* ]]; then
			_cordon_reply "${cur%%:*}:" "${cur#*:}" -g
		else
			_cordon_reply '' "$cur" -u
		fi
		;;
	groups)
		[[ $cur != *,* ]] || before=${cur%,*},
		_cordon_reply "$before" "${cur#"$before"}" -g
		;;
	cores)
		[[ $cur != *[,-]* ]] || before=${cur%"${cur##*[,-]}"}
		_cordon_reply "$before" "${cur#"$before"}" -W "$(seq 0 $(($(nproc --all) - 1)))"
		;;
	rlimit)
		if [[ $cur != *=* ]]; then
			compopt -o nospace 2>/dev/null
			_cordon_reply '' "$cur" -S = -W 'as core cpu data fsize locks memlock msgqueue
				nice nofile nproc rss rtprio rttime sigpending stack'
		else
			_cordon_reply "${cur%%=*}=" "${cur#*=}" -W unlimited
		fi
		;;
	cgroup-set)
		if [[ $cur != *=* ]]; then
			compopt -o nospace 2>/dev/null
			_cordon_reply '' "$cur" -S = -W 'cpu.idle cpu.max.burst cpuset.cpus cpuset.mems
				io.latency io.max memory.low memory.min memory.zswap.max'
		fi
		;;
	cgroup)
		_cordon_reply '' "$cur" -W 'auto none'
		;;
	cap-drop)
		_cordon_reply '' "$cur" -W all
		;;
	cap-keep)
		[[ $cur != *,* ]] || before=${cur%,*},
		_cordon_reply "$before" "${cur#"$before"}" -W 'audit_control audit_read audit_write block_suspend bpf checkpoint_restore chown
				dac_override dac_read_search fowner fsetid ipc_lock ipc_owner kill lease
				linux_immutable mac_admin mac_override mknod net_admin net_bind_service
				net_broadcast net_raw perfmon setfcap setgid setpcap setuid syslog sys_admin
				sys_boot sys_chroot sys_module sys_nice sys_pacct sys_ptrace sys_rawio
				sys_resource sys_time sys_tty_config wake_alarm'
		;;
	leftovers)
		_cordon_reply '' "$cur" -W 'kill wait leave'
		;;
	sandbox)
		_cordon_reply '' "$cur" -W ci
		;;
	seccomp)
		_cordon_files "$cur"
		_cordon_reply '' "$cur" -W default
		;;
	stdin)
		_cordon_files "$cur"
		_cordon_reply '' "$cur" -W 'inherit null relay'
		;;
	stdout | stderr)
		_cordon_files "$cur"
		_cordon_reply '' "$cur" -W 'auto inherit relay null'
		;;
	report)
		if [[ $cur == human:* || $cur == json:* || $cur == jsonl:* ]]; then
			before=${cur%%:*}:
			_cordon_files "${cur#*:}"
			COMPREPLY=("${COMPREPLY[@]/#/$before}")
		else
			compopt -o nospace 2>/dev/null
			_cordon_files "$cur"
			_cordon_reply '' "$cur" -W 'human: json: jsonl:'
		fi
		;;
	progress)
		_cordon_reply '' "$cur" -W 'auto always never'
		;;
	signal-exit)
		_cordon_reply '' "$cur" -W 'raise code'
		;;
	esac
}

_cordon_options() {
	_cordon_reply '' "$1" -W '--timeout= --signal= --kill-after= --escalate=
		--cpu-time= --idle-timeout= --on-timeout=
		--chdir= --cwd= --chroot= --env= --setenv= --env-file= --clear-env --unset-env=
		--argv0= --shell --interpreter= --user= --groups= --umask= --nice= --oom-score-adj=
		--cores= --rlimit=
		--cgroup= --require-cgroup --memory= --memory-high= --swap= --pids= --cpus=
		--cpu-weight= --io-weight= --cgroup-set= --best-effort --leftovers= --fail-on-leftovers --foreground --new-group
		--new-session --no-die-with-parent
		--sandbox= --private-tmp --hide= --pid-ns --no-net --cap-drop= --cap-keep=
		--no-new-privs --read= --write=
		--exec= --bind-port= --connect-port= --seccomp= --explain-denied --close-fds --keep-fd=
		--stdin= --stdout= --stderr= --append --merge --drain= --tail=
		--pty --pty-size=
		--log= --log-optional --timestamps --timestamps= --prefix= --output-limit= --line-limit= --packets
		--progress --progress=
		--quiet --verbose --report= --json --json= --title= --tag= --run-id= --export-run-id
		--preserve-status --signal-exit= --ok=
		--dry-run --config= --profile= --help --version'
	if [[ $1 == - ]]; then
		_cordon_reply '' "$1" -W '-t -s -k -C -E -i -u -m -f -q -v -j -p -h -V'
	fi
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

# The command begins with words[AT].
_cordon_command() {
	local at=$1 cur=${words[-1]}
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "${starts[at]}"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "${starts[at]}"
	elif ((at < ${#words[@]} - 1)); then
		compopt -o default -o bashdefault 2>/dev/null
	elif [[ $cur == */* ]]; then
		_cordon_files "$cur"
	else
		_cordon_reply '' "$cur" -c
	fi
}

# bash replaces what is behind the last of its breaks in CUR, and with an '@' that itself too.
_cordon_trim() {
	local rest=$1 before='' i
	if [[ $COMP_WORDBREAKS == *=* && $rest == *=* ]]; then
		rest=${rest##*=}
	fi
	if [[ $COMP_WORDBREAKS == *:* && $rest == *:* ]]; then
		rest=${rest##*:}
	fi
	if [[ $COMP_WORDBREAKS == *@* && $rest == *@* ]]; then
		rest=@${rest##*@}
	fi
	before=${1%"$rest"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$before"}
	done
}

_cordon() {
	local words starts name cur at script=''
	COMPREPLY=()
	_cordon_join_words
	cur=${words[-1]}
	for ((at = 1; at < ${#words[@]} - 1; at++)); do
		case ${words[at]} in
		--)
			at=$((at + 1))
			break
			;;
		--interpreter*)
			script=yes
			;;&
		-?*)
			if _cordon_wants_argument "${words[at]}"; then
				at=$((at + 1))
			fi
			;;
		*)
			break
			;;
		esac
	done
	if ((at == ${#words[@]})); then # the loop has stepped over cur: it is an argument
		_cordon_values "$name" "$cur"
		_cordon_trim "$cur"
	elif ((at < ${#words[@]} - 1)) || [[ $cur != -* || ${words[at - 1]} == -- ]]; then
		if [[ -n $script && at -eq ${#words[@]}-1 ]]; then
			_cordon_files "$cur"
		else
			_cordon_command "$at"
		fi
	elif [[ $cur == --*=* ]]; then
		name=${cur%%=*}
		_cordon_values "${name#--}" "${cur#*=}"
		_cordon_trim "${cur#*=}"
	else
		_cordon_options "$cur"
	fi
}

complete -F _cordon cordon
