# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirt.sh - the same guest, defined and started by libvirt. Its QEMU runs as root, because only root
# can read the kernel and the initramfs.

# libvirt_domain ACCEL NAME DIR: prints the definition.
libvirt_domain() {
	local type=qemu cpu=maximum

	[[ $1 != kvm ]] || type=kvm cpu=host-passthrough
	cat <<-EOF
	<domain type='$type'>
	  <name>$2</name>
	  <memory unit='MiB'>256</memory>
	  <vcpu>1</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>$KERNEL/vmlinuz</kernel>
	    <initrd>$INITRAMFS</initrd>
	    <cmdline>$(guest_append "$1")</cmdline>
	  </os>
	  <features><acpi/></features>
	  <cpu mode='$cpu'/>
	  <on_reboot>destroy</on_reboot>
	  <devices>
	    <serial type='file'><source path='$3/console.log'/></serial>
	    <interface type='ethernet'>
	      <target dev='$2' managed='no'/>
	      <model type='virtio'/>
	      <rom enabled='no'/>
	    </interface>
	    <memballoon model='none'/>
	    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
	  </devices>
	  <seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>
	</domain>
	EOF
}

# libvirt_start ACCEL NAME DIR: sets GUEST_PID.
libvirt_start() {
	local accel=$1 name=$2 dir=$3

	need_commands virsh
	libvirt_domain "$accel" "$name" "$dir" >"$dir/domain.xml"
	lab_note libvirt "$GUEST_LIBVIRT" "$name"
	virsh -q -c "$GUEST_LIBVIRT" create "$dir/domain.xml" >"$dir/qemu.log" 2>&1 || return 1
	GUEST_PID=$(</run/libvirt/qemu/"$name".pid) || return 1
	lab_note process "$GUEST_PID" "$(process_start "$GUEST_PID")" # even if the daemon has exited
}
