#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --sandbox=ci: what it keeps in, as root and as nobody, and that real programs work in it.

# shellcheck disable=SC2154,SC2030,SC2031 # $out, $err, $status are the helper's, and of one test

load helper
load escape

setup() {
	common_setup
	export PYTHONDONTWRITEBYTECODE=yes
	if [[ $VICTIM$ESCAPE == */tmp/* ]]; then
		take_out_of_tmp
	fi
}

# A private /tmp covers what was built below the other one.
take_out_of_tmp() {
	programs=$(outside_tmp) || return
	cp "$VICTIM" "$ESCAPE" "$programs" || return
	VICTIM=$programs/${VICTIM##*/} ESCAPE=$programs/${ESCAPE##*/}
}

teardown() {
	stop_listening
	if [[ -n ${elsewhere-}${programs-} ]]; then
		rm -rf ${elsewhere:+"$elsewhere"} ${programs:+"$programs"}
	fi
	common_teardown
}

need_ci() {
	need landlock
	cordon_run -q --private-tmp --no-net "$VICTIM" exit 0
	[[ $status == 0 ]] || lack 'namespaces'
}

# outside_tmp: makes a directory that everybody may write to and that is not in a /tmp.
outside_tmp() {
	local made
	made=$(mktemp -d /var/cordon-ci.XXXXXX 2>/dev/null) ||
		made=$(mktemp -d "$HOME/cordon-ci.XXXXXX") || return
	chmod 777 "$made"
	echo "$made"
}

make_elsewhere() {
	elsewhere=$(outside_tmp)
}

# --- what it keeps in ------------------------------------------------------------------

files_of_ci() {
	allowed --sandbox=ci -- write in/new
	allowed --sandbox=ci -- truncate in/file
	allowed --sandbox=ci -- rename in/new in/dir/new
	allowed --sandbox=ci -- remove in/dir/new
	allowed --sandbox=ci -- read /etc/passwd
	allowed --sandbox=ci -- exec in/program list /
	allowed --sandbox=ci -- write /tmp/cordon-ci-left
	assert_not_exists /tmp/cordon-ci-left
	echo >"$elsewhere/file"
	chmod 666 "$elsewhere/file"
	allowed --sandbox=ci -- read "$elsewhere/file"
	held --sandbox=ci -- write "$elsewhere/file"
	held --sandbox=ci -- truncate "$elsewhere/file"
	held --sandbox=ci -- write "$elsewhere/new"
	held --sandbox=ci -- mkdir "$elsewhere/dir"
	rm -rf "${elsewhere:?}"/*
}

@test "--sandbox=ci lets read everything, and write to the working directory and a private /tmp" {
	need_ci
	make_elsewhere
	everyone files_of_ci
}

others_of_ci() {
	held --sandbox=ci -- connect "$port"
	held --sandbox=ci -- abstract "cordon-$port"
	held --sandbox=ci -- kill "$1"
	held --sandbox=ci -- ptrace "$1"
	held --sandbox=ci -- memory "$1"
}

@test "--sandbox=ci keeps the network and processes outside out of reach" {
	need_ci
	need landlock-scopes
	listen
	others_of_ci "$listener"
	need nobody
	as_nobody true
	setpriv --reuid=65534 --regid=65534 --clear-groups "$VICTIM" sleep 50 3>&- 4>&- &
	local sleeper=$!
	wait_until executes victim "$sleeper"
	as_nobody others_of_ci "$sleeper"
	kill "$sleeper"
	wait "$sleeper" || true
}

@test "--sandbox=ci leaves root no privilege" {
	need_ci
	need root
	mkdir mounted
	held --sandbox=ci -- has-cap 21
	held --sandbox=ci -- raise-cap 13
	held --sandbox=ci -- raw
	held --sandbox=ci -- chroot .
	held --sandbox=ci -- setuid 65534
	held --sandbox=ci -- sethostname
	held --sandbox=ci -- mknod device
	escape_run --sandbox=ci -- mount mounted
	assert_equal "$status" 1
	escape_run --sandbox=ci -- remount /proc
	assert_equal "$status" 1
	escape_run --sandbox=ci -- umount /tmp
	assert_equal "$status" 1
	escape_run --sandbox=ci -- double-chroot /etc/passwd
	assert_equal "$status" 1
}

@test "--sandbox=ci gives nobody no privilege, by no program" {
	need_ci
	need nobody
	as_nobody true
	cp "$ESCAPE" setuid
	chmod 4755 setuid
	cp "$ESCAPE" filecap
	"$VICTIM" give-cap filecap 13 || skip 'needs a file system with capabilities'
	as_nobody held --sandbox=ci -- exec ./setuid is-root
	as_nobody held --sandbox=ci -- exec ./filecap has-cap 13
	mkdir -m 777 mounted
	as_nobody escape_run --sandbox=ci -- mount mounted
	assert_equal "$status" 1
	as_nobody escape_run --sandbox=ci -- umount /tmp
	assert_equal "$status" 1
}

@test "--sandbox=ci closes descriptors, but not those to be kept" {
	need_ci
	# shellcheck disable=SC2034 # the helper's
	entry_options=(--open=5 --open=6)
	held --sandbox=ci -- descriptor 5
	held --sandbox=ci --keep-fd=5 -- descriptor 6
	allowed --sandbox=ci --keep-fd=5 -- descriptor 5
}

# --- how it goes with other options ----------------------------------------------------

@test "options beside --sandbox=ci add to its lists, and take the place of single values" {
	need_ci
	make_elsewhere
	held --sandbox=ci -- write "$elsewhere/new"
	allowed --sandbox=ci --write="$elsewhere" -- write "$elsewhere/new"
	allowed --write="$elsewhere" --sandbox=ci -- write "$elsewhere/new"
	need root
	allowed --sandbox=ci --cap-keep=net_raw -- raise-cap 13
	allowed --cap-keep=net_raw --sandbox=ci -- raise-cap 13
	held --sandbox=ci --cap-keep=net_raw -- raise-cap 21
}

@test "a profile of one's own is a section of a file, and may begin with this one" {
	need_ci
	listen
	make_places
	cat >my.conf <<-'EOF'
		[strict]
		sandbox = ci
		hide = in/dir
		[net]
		sandbox = ci
		no-net = no
		[own]
		exec = /
		write = in
	EOF
	held --config=my.conf --profile=strict -- read in/dir/file
	held --config=my.conf --profile=strict -- connect "$port"
	allowed --config=my.conf --profile=net -- connect "$port"
	held --config=my.conf --profile=net -C in -- write "$PWD/out/file"
	allowed --config=my.conf --profile=own -- write in/file
	held --config=my.conf --profile=own -- write out/file
}

@test "--dry-run and the report say what --sandbox=ci is" {
	need landlock-files
	need_ci
	cordon_run --sandbox=ci --dry-run touch started
	assert_success
	local line
	while IFS= read -r line; do
		assert has_line "$out" "$line"
	done <<-'EOF'
		sandbox      ci, which is:
		private tmp  a new /tmp, /var/tmp and /dev/shm
		network      none but a loopback device
		capabilities without all
		privileges   no new ones
		files        read and execute /
		files        read and write .
		descriptors  those above 2 are closed
	EOF
	assert_not_exists started
	cordon_run -q --sandbox=ci --json=report.json true
	assert_success
	assert_equal "$(report -c '.sandbox | .profile, .no_new_privs, .cap_drop, .private_tmp,
		.landlock.read, .observed.capabilities.bounding' | sort -u | paste -s -d ' ')" \
		"$( ((EUID == 0)) && echo '0000000000000000 ["/"] all ci true' ||
			report -c .sandbox.observed.capabilities.bounding | sed 's/$/ ["\/"] all ci true/')"
}

# --- --explain-denied ------------------------------------------------------------------

@test "--explain-denied says which rule most likely made the command fail" {
	need landlock-files
	need_ci
	make_elsewhere
	cordon_run --explain-denied --sandbox=ci --json=report.json sh -c "echo >'$elsewhere/new'"
	assert_equal "$status" 2
	[[ $stderr == *$'\n'"cordon: sh: most likely the sandbox: $elsewhere/new is beneath no --write"$'\n'* ]]
	assert_equal "$(report .sandbox.explanation)" "$elsewhere/new is beneath no --write"
	cp "$ESCAPE" "$elsewhere/program"
	cordon_run --explain-denied --exec=/usr "$elsewhere/program" is-root
	assert_equal "$status" 126
	[[ $stderr == *"most likely the sandbox: $elsewhere/program is beneath no --exec" ]]
}

@test "--explain-denied says nothing of what was no rule's doing" {
	need landlock-files
	need_ci
	local script
	for script in 'echo /var/x: Permission denied >&2' 'echo /absent/x: Permission denied >&2; exit 1' \
		'echo fine; exit 3' 'cat /absent/x'; do
		cordon_run -q --explain-denied --sandbox=ci --json=report.json sh -c "$script"
		[[ $stderr != *'most likely'* ]]
		assert_equal "$(report .sandbox.explanation)" null
	done
	cordon_run -q --explain-denied sh -c 'echo /var/x: Permission denied >&2; exit 1'
	assert_equal "$stderr" '/var/x: Permission denied'
}

# --- real programs ---------------------------------------------------------------------

build_with_make() {
	cat >Makefile <<-'EOF'
		OBJECTS = bytes.o cputime.o ladder.o parse.o scan.o tool.o
		CPPFLAGS = -D_GNU_SOURCE -iquote $(SRC)/src
		CFLAGS = -std=gnu17 -O1
		VPATH = $(SRC)/src $(SRC)/src/report
		tool: $(OBJECTS); $(CC) -o $@ ladder.o parse.o tool.o
		tool.c: ; printf '%s\n' $(TEXT) >$@
		TEXT = '\#include <stdio.h>' '\#include "parse.h"' \
			'int main(void) { puts(parse_signal_name(15)); return 0; }'
	EOF
	cp -R "$SRC/src" .
	find src -name '*.json' -delete # which look like reports
	cordon_run -q --sandbox=ci make -s -j2 SRC=.
	assert_equal "$status: $stderr" '0: '
	cordon_run -q --sandbox=ci ./tool
	assert_equal "$stdout" TERM
}

@test "a build of C with make works under --sandbox=ci" {
	need landlock-files
	need_ci
	need make cc
	build_with_make
}

python_tests() {
	cat >test_in_ci.py <<-'EOF'
		import multiprocessing, os, socket, subprocess, tempfile, unittest

		class InCi(unittest.TestCase):
		    def test_temporary_files(self):
		        with tempfile.TemporaryDirectory() as name:
		            open(os.path.join(name, "x"), "w").close()

		    def test_programs(self):
		        self.assertEqual(subprocess.check_output(["echo", "a"]), b"a\n")

		    def test_processes(self):
		        with multiprocessing.Pool(2) as pool:
		            self.assertEqual(pool.map(abs, [-1, -2]), [1, 2])

		    def test_loopback(self):
		        with socket.create_server(("127.0.0.1", 0)) as server:
		            socket.create_connection(server.getsockname()).close()

		    def test_outside(self):
		        with self.assertRaises(OSError):
		            open("/var/cordon-ci", "w")
	EOF
	cordon_run -q --sandbox=ci /usr/bin/python3 -m unittest
	assert_equal "$status" 0
	[[ $stderr == *'Ran 5 tests'*OK ]]
}

@test "tests in Python work under --sandbox=ci" {
	need landlock-files
	need_ci
	need python3
	everyone python_tests
}

node_tests() {
	cat >ci.test.js <<-'EOF'
		const { test } = require('node:test'), assert = require('node:assert');
		const fs = require('fs'), os = require('os'), path = require('path');
		test('temporary files', () => fs.mkdtempSync(path.join(os.tmpdir(), 'x')));
		test('programs', () => assert.equal(
			require('child_process').execFileSync('echo', ['a']).toString(), 'a\n'));
		test('loopback', async () => {
			const server = require('http').createServer((_, reply) => reply.end('ok'));
			await new Promise(ready => server.listen(0, '127.0.0.1', ready));
			const reply = await fetch('http://127.0.0.1:' + server.address().port);
			assert.equal(await reply.text(), 'ok');
			server.close();
		});
		test('outside', () => assert.throws(() => fs.writeFileSync('/var/cordon-ci', '')));
	EOF
	cordon_run -q --sandbox=ci node --test
	assert_equal "$status" 0
	grep -q 'pass 4$' "$out"
}

@test "tests in JavaScript work under --sandbox=ci" {
	need landlock-files
	need_ci
	need node
	node_tests
}

use_git() {
	export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
	cordon_run -q --sandbox=ci sh -ec '
		git init -q a
		git -C a config user.name a
		git -C a config user.email a@b
		echo x >a/file
		git -C a add file
		git -C a commit -q -m one
		git clone -q a b
		git -C b log --format=%s'
	assert_equal "$status: $stdout$stderr" '0: one'
}

@test "git works under --sandbox=ci" {
	need landlock-files
	need_ci
	need git
	everyone use_git
}

@test "apt-get download fails under --sandbox=ci, by the name that it cannot look up" {
	need landlock-files
	need_ci
	need apt-get
	apt-cache policy bash 2>/dev/null | grep -q '://' || skip 'needs lists of packages'
	cordon_run -q -t 50 --sandbox=ci apt-get -o APT::Sandbox::User=root -o Acquire::Retries=0 download bash
	assert_equal "$status" 100
	[[ $stderr == *'Temporary failure resolving'* ]]
	assert_equal "$(find . -name '*.deb')" ''
}
