# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what the helper sets, and what is for the test
#
# For tests of what keeps the command in: attempts of escape.c, with options of cordon's and
# without. Loaded after helper.

# Everything in two directories, of which only one will be on a list.
make_places() {
	local place
	for place in in out; do
		mkdir -m 777 $place $place/dir
		echo secret >$place/file
		echo secret >$place/dir/file
		chmod 666 $place/file $place/dir/file
		cp "$ESCAPE" $place/program
	done
}

# everyone FUNCTION: as whoever runs the tests, and if that is root as nobody, too; each in a
# directory with the places of make_places.
everyone() {
	make_places
	"$1"
	if ((EUID == 0)) && command -v setpriv >/dev/null; then
		as_nobody true
		as_nobody make_places_of_nobody
		as_nobody "$1"
	fi
}

make_places_of_nobody() {
	make_places
	chown -R 65534:65534 in out
}

# escape_run OPTION... -- VERB [ARG]...: try it with these options of cordon's. Where the kernel's
# Landlock does not keep files from being truncated, --best-effort is among them, and its warning
# is taken from $stderr.
escape_run() {
	local options=()
	if [[ $1 != -- ]] && has_landlock 1 && ! has_landlock 3; then
		options=(--best-effort)
	fi
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	cordon_run -q "${options[@]}" "$ESCAPE" "$@"
	stderr=$(sed "/this kernel's Landlock does not keep files from being truncated/d" "$err")
	tried="${options[*]} -- $*"
}

# allowed OPTION... -- VERB [ARG]...: it works.
allowed() {
	escape_run "$@"
	assert_equal "$tried: $status $stdout$stderr" "$tried: 0 "
}

# held OPTION... -- VERB [ARG]...: it does not work, and without the options it does.
held() {
	if [[ ${*: -2:1} == truncate ]] && ! has_landlock 3; then
		return
	fi
	escape_run "$@"
	assert_equal "$tried: $status $stderr" "$tried: 1 "
	while [[ $1 != -- ]]; do
		shift
	done
	escape_run "$@"
	assert_equal "$tried: $status $stdout$stderr" "$tried: 0 "
}

# listen: a server on a port of the kernel's choice, which is $port, and one at the abstract name
# cordon-PORT; gone with the test.
listen() {
	need python3
	python3 - "$$" >port <<-'EOF' 3>&- 4>&- &
		import os, socket, sys, threading, time
		tcp = socket.create_server(("127.0.0.1", 0))
		port = tcp.getsockname()[1]
		local = socket.socket(socket.AF_UNIX)
		local.bind("\0cordon-%d" % port)
		local.listen(64)
		tcp.listen(64)
		print(port, flush=True)
		while os.path.exists("/proc/" + sys.argv[1]):
		    time.sleep(0.1)
	EOF
	listener=$!
	wait_until test -s port
	port=$(<port)
}

stop_listening() {
	if [[ -n ${listener-} ]]; then
		kill "$listener"
		wait "$listener" || true
	fi
}
