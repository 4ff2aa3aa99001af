#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Which capabilities the command has, and can get.

# shellcheck disable=SC2154,SC2030,SC2031 # $out, $err, $status are the helper's, and of one test

load helper
load escape

NET_RAW=13
SETUID=7
SYS_CHROOT=18

# sets_of_the_command OPTION...: what is in its five sets as it sees it, by name, shortest form.
sets_of_the_command() {
	cordon_run -q "$@" grep ^Cap /proc/self/status
	assert_success
	tr -d '\t' <"$out" | sed 's/^Cap//; s/:0*/:/' | paste -s -d ' '
}

@test "--cap-drop=all empties all five sets" {
	need root
	assert_equal "$(sets_of_the_command --cap-drop=all)" 'Inh: Prm: Eff: Bnd: Amb:'
	held --cap-drop=all -- has-cap $NET_RAW
	held --cap-drop=all -- raw
	held --cap-drop=all -- chroot .
	held --cap-drop=all -- setuid 65534
	held --cap-drop=all -- sethostname
}

@test "--cap-drop takes what it names, and nothing else" {
	need root
	held --cap-drop=net_raw,setuid -- has-cap $NET_RAW
	held --cap-drop=CAP_NET_RAW,Setuid -- has-cap $SETUID
	held --cap-drop=$NET_RAW -- raw
	allowed --cap-drop=net_raw,setuid -- has-cap $SYS_CHROOT
	allowed --cap-drop=net_raw -- setuid 65534
}

@test "--cap-keep keeps what it names, and nothing else" {
	need root
	allowed --cap-keep=net_raw -- raw
	held --cap-keep=net_raw -- has-cap $SETUID
	held --cap-keep=net_raw -- chroot .
	assert_equal "$(sets_of_the_command --cap-keep=net_raw)" \
		'Inh:2000 Prm:2000 Eff:2000 Bnd:2000 Amb:2000'
	# dropping all is what keeping some means anyway
	assert_equal "$(sets_of_the_command --cap-drop=all --cap-keep=net_raw)" \
		'Inh:2000 Prm:2000 Eff:2000 Bnd:2000 Amb:2000'
}

@test "what is kept is kept as another user, too, and what is not is lost" {
	need root
	assert_equal "$(sets_of_the_command -u +65534:+65534 --cap-keep=net_raw)" \
		'Inh:2000 Prm:2000 Eff:2000 Bnd:2000 Amb:2000'
	cordon_run -q -u +65534:+65534 --cap-keep=net_raw "$VICTIM" print-ids
	assert_equal "$stdout" $'uid 65534 65534 65534\ngid 65534 65534 65534\ngroups 65534'
	assert_equal "$(sets_of_the_command -u +65534:+65534 --cap-drop=net_raw | sed 's/Bnd.*//')" \
		'Inh: Prm: Eff: '
}

@test "what was dropped cannot be had again" {
	need root
	held --cap-drop=net_raw -- raise-cap $NET_RAW
	held --cap-drop=all -- raise-cap $NET_RAW
	held --cap-keep=setuid -- raise-cap $NET_RAW
}

# A set-user-ID copy and, where the file system can, one with a file's capability.
make_gainers() {
	cp "$ESCAPE" setuid
	chmod 4755 setuid
	cp "$ESCAPE" filecap
	"$VICTIM" give-cap filecap 13 || skip 'needs a file system with capabilities'
}

@test "set-user-ID programs and files' capabilities give nothing that was dropped" {
	need nobody
	as_nobody true # a place that every user can reach
	make_gainers
	local user=(-u '+65534:+65534')
	allowed "${user[@]}" -- exec ./setuid has-cap $NET_RAW
	allowed "${user[@]}" -- exec ./filecap has-cap $NET_RAW
	local option
	for option in --cap-drop=all --cap-drop=net_raw --cap-keep=setuid --no-new-privs; do
		escape_run "${user[@]}" "$option" -- exec ./setuid has-cap $NET_RAW
		assert_equal "$option: $status" "$option: 1"
		escape_run "${user[@]}" "$option" -- exec ./filecap has-cap $NET_RAW
		assert_equal "$option: $status" "$option: 1"
	done
}

@test "who may not change the bounding set gets no new privileges instead" {
	need nobody
	as_nobody true
	make_gainers
	as_nobody held --cap-drop=all -- exec ./setuid is-root
	as_nobody held --cap-drop=net_raw -- exec ./filecap has-cap $NET_RAW
	as_nobody cordon_run -q --cap-drop=all --json="$REPORT" true
	assert_equal "$(report -c '.sandbox | .no_new_privs, .observed.no_new_privs, .cap_drop,
		.observed.capabilities.effective')" $'true\ntrue\nall\n0000000000000000'
}

@test "a capability that cordon does not have cannot be kept" {
	need nobody
	as_nobody cordon_run --cap-keep=net_raw touch started
	assert_equal "$status" 125
	assert_equal "$stderr" 'cordon: --cap-keep=net_raw: cordon itself does not have net_raw'
	assert_not_exists started
	as_nobody cordon_run -q --best-effort --cap-keep=net_raw --json="$REPORT" true
	assert_success
	assert_equal "$(report '.sandbox.lacking[] | .option, .error')" \
		$'--cap-keep=net_raw\ncordon itself does not have net_raw'
}

@test "the report has the sets as the kernel says they are" {
	need root
	cordon_run -q --cap-keep=kill,net_raw -u +65534:+65534 --json=report.json true
	assert_equal "$(report -c '.sandbox | .cap_drop, .cap_keep,
		(.observed.capabilities | .permitted, .effective, .inheritable, .bounding, .ambient)' |
		uniq)" $'null\nkill,net_raw\n0000000000002020'
}

@test "a run without capabilities to name does not load libcap-ng" {
	need strace
	bounded_run strace -f -qq -o trace -e trace=openat "$CORDON" -q --cap-drop=all true
	assert_success
	refute grep cap-ng trace
	[[ $("$CORDON" --cap-drop=kill --dry-run true) == *$'capabilities without kill\n'* ]] ||
		skip 'needs a build with libcap-ng'
}
