# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of cordonctl(1) for bash, with or without the bash-completion package.

# The options of a VERB; without one, what cordonctl itself takes.
_cordonctl_options() {
	case $1 in
	doctor) echo --json --help ;;
	cgroup-init) echo --name= --owner= --group= --help ;;
	'') echo --help --version -h -V ;;
	esac
}

# What follows option NAME, CUR of it being there.
_cordonctl_values() {
	case $1 in
	--owner) mapfile -t COMPREPLY < <(compgen -u -- "$2") ;;
	--group) mapfile -t COMPREPLY < <(compgen -g -- "$2") ;;
	esac
}

_cordonctl() {
	local line=${COMP_LINE:0:COMP_POINT} words cur verb='' before
	COMPREPLY=()
	read -ra words <<<"$line"
	if [[ $line == *[[:blank:]] ]]; then
		words+=('')
	fi
	cur=${words[-1]} before=${words[-2]-}
	if ((${#words[@]} > 2)); then
		verb=${words[1]}
	fi
	if [[ $cur == --*=* ]]; then
		_cordonctl_values "${cur%%=*}" "${cur#*=}"
		# bash replaces what is behind the '=' unless that is no break
		if [[ $COMP_WORDBREAKS != *=* ]]; then
			COMPREPLY=("${COMPREPLY[@]/#/${cur%%=*}=}")
		fi
	elif [[ $before == --name || $before == --owner || $before == --group ]]; then
		_cordonctl_values "$before" "$cur"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_cordonctl_options "$verb")" -- "$cur")
		if [[ ${COMPREPLY[0]-} == *= && ${#COMPREPLY[@]} -eq 1 ]]; then
			compopt -o nospace 2>/dev/null
		fi
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'doctor cgroup-init' -- "$cur")
	fi
}

complete -F _cordonctl cordonctl
