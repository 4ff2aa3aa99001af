# SPDX-License-Identifier: MIT
#
#     zsh -f complete.zsh DIRECTORY LINE...
#
# What zsh offers at the end of each LINE with the completions of DIRECTORY: the LINE, a tab and
# the candidate, on a line each. Completion wants a terminal, so this runs in a zsh of its own
# inside of one, and that reads this file too.

if [[ -z $GRABBED ]]; then
	zmodload zsh/zpty zsh/zselect
	export GRABBED=$(mktemp) || exit
	zpty shell TERM=dumb zsh -f -i
	zpty -w shell "source ${(q)0:A} ${(q)1}"
	for line in "${@[2,-1]}"; do
		: >$GRABBED
		zpty -w -n shell $'\025'$line$'\t'
		for ((i = 0; i < 1500; i++)); do
			zpty -r -t shell output
			[[ "$(tail -n 1 $GRABBED)" != 'the end' ]] || break
			zselect -t 1
		done
		sed '$d' $GRABBED | while read -r candidate; do
			print -r -- $line$'\t'$candidate
		done
	done
	zpty -d shell
	rm $GRABBED
	exit
fi

PS1='> '
fpath=($1 $fpath)
autoload -Uz compinit
compinit -D -u

# Calls that only look (-O, -A, -D) offer nothing.
compadd() {
	local -a found options
	options=("${(@)@[1,(i)(-|--)]}")
	if [[ -z ${(M)options:#-[a-zA-Z]#[OAD]} ]]; then
		builtin compadd -O found "$@"
		((!$#found)) || print -rl -- $found >>$GRABBED
	fi
	builtin compadd "$@"
}

grab() {
	_main_complete
	print 'the end' >>$GRABBED
	compstate[insert]='' compstate[list]=''
}
zle -C grab complete-word grab
bindkey '^I' grab
