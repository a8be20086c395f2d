# SPDX-License-Identifier: Apache-2.0
# Real guests: QEMU, emulating all of the machine, with Debian's kernel and busybox. Read after ../system/lib.sh.
#
#     guest_start a tap=ta listen=/path,queues=2,packed=on
#     guest_wait a
#     guest_run a 'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up'
#
# A NIC is eth0, eth1, ... of the guest, in the order given, with the address that guest_mac prints. It is one of
#     tap=DEVICE     a TUN/TAP device that QEMU makes where the switch runs, for the switch to take as a port
#     listen=PATH    vhost-user, with the socket at QEMU's end: QEMU does not start the guest before somebody connects
#     connect=PATH   vhost-user, with the socket at the switch's end
# and then, each behind a comma, queues=N and properties of QEMU's virtio-net-pci. A guest has as many processors as its
# largest NIC has queues. /guest in the guest has iproute2's ip and ethtool; all else is busybox.
# What a guest's kernel and QEMU say is shown when a test fails.

GUEST_MEMORY=${GUEST_MEMORY:-192} # MiB
GUEST_SECONDS=${GUEST_SECONDS:-180} # for a boot, and for a command: on a machine that is busy, it all is emulated slowly
WAIT_SECONDS=$GUEST_SECONDS
GUEST_DIR=$builddir/tests/interop/guest
declare -A GUEST_PID=() GUEST_NUMBER=()

need_guests() {
    need_root
    need_tools qemu-system-x86_64 busybox cpio depmod lz4 python3 ip ethtool
    "$srcdir/tests/interop/guest_image.sh" "$GUEST_DIR"
    switch_ns
}

# guest_mac NAME NIC
guest_mac() {
    printf '52:54:00:00:%02x:%02x\n' "${GUEST_NUMBER[$1]}" "$2"
}

# guest_nic NAME NUMBER NIC: appends its options to the array 'options' and raises 'cpus'.
guest_nic() {
    local id=nic$2 queues=1 word device netdev words
    IFS=, read -ra words <<<"$3"
    device=virtio-net-pci,netdev=$id,mac=$(guest_mac "$1" "$2"),romfile=
    case $3 in
    tap=*) netdev=tap,id=$id,ifname=${words[0]#*=},script=no,downscript=no,vhost=off ;;
    listen=*) options+=(-chardev "socket,id=char$2,path=${words[0]#*=},server=on") ;;
    connect=*) options+=(-chardev "socket,id=char$2,path=${words[0]#*=},reconnect=1") ;;
    *) fail "guest_start: '$3' is no NIC" ;;
    esac
    # Without KVM, QEMU 7.2 falls over a vector that is masked while vhost-user runs: it has the one interrupt line of old.
    case $3 in tap=*) ;; *) netdev=vhost-user,id=$id,chardev=char$2 device=$device,vectors=0 ;; esac
    for word in "${words[@]:1}"; do
        case $word in
        queues=*) queues=${word#*=} ;;
        *) device=$device,$word ;;
        esac
    done
    if [ "$queues" -gt 1 ]; then
        netdev=$netdev,queues=$queues device=$device,mq=on
    fi
    [ "$cpus" -ge "$queues" ] || cpus=$queues
    options+=(-netdev "$netdev" -device "$device")
}

# guest_start NAME NIC...: QEMU's further options in the array GUEST_OPTIONS. A name keeps its addresses when it is started again.
guest_start() {
    local name=$1 nic i=0 cpus=1 options=()
    shift
    [ -n "${GUEST_NUMBER[$name]:-}" ] || GUEST_NUMBER[$name]=$((${#GUEST_NUMBER[@]} + 1))
    for nic; do
        guest_nic "$name" $i "$nic"
        i=$((i + 1))
    done
    rm -f "$TESTDIR/$name.shell" "$TESTDIR/$name.qmp"
    background ip netns exec "$SWITCH" qemu-system-x86_64 -accel tcg,thread=multi -M q35 -nodefaults -no-user-config -display none \
        -m "$GUEST_MEMORY" -smp "$cpus" -object "memory-backend-memfd,id=ram,size=${GUEST_MEMORY}M,share=on" \
        -machine memory-backend=ram -kernel "$GUEST_DIR/vmlinux" -initrd "$GUEST_DIR/initramfs" \
        -append 'console=ttyS0 quiet no_timer_check mitigations=off random.trust_cpu=on net.ifnames=0' \
        -serial "file:$WEFT_LOGDIR/guest-$name.console" -serial "unix:$TESTDIR/$name.shell,server=on,wait=off" \
        -qmp "unix:$TESTDIR/$name.qmp,server=on,wait=off" "${options[@]}" "${GUEST_OPTIONS[@]}"
    GUEST_PID[$name]=$BACKGROUND_PID
}
GUEST_OPTIONS=()

# guest_run NAME COMMAND...: the words, put together, are a shell's in the guest; prints output and errors, ends with the status.
guest_run() {
    local name=$1
    shift
    "$srcdir/tests/interop/guest_client.py" run "$TESTDIR/$name.shell" "$GUEST_SECONDS" "$*"
}

# guest_background NAME COMMAND...: and does not wait for its end.
guest_background() {
    local name=$1
    shift
    guest_run "$name" "{ $*
        } </dev/null >/dev/null 2>&1 &"
}

# guest_qmp NAME JSON...: requests to the monitor of QEMU.
guest_qmp() {
    local name=$1
    shift
    "$srcdir/tests/interop/guest_client.py" qmp "$TESTDIR/$name.qmp" "$GUEST_SECONDS" "$@"
}

guest_runs() {
    kill -0 "${GUEST_PID[$1]}" 2>/dev/null
}

# guest_wait NAME...: until the guests take commands.
guest_wait() {
    local name deadline=$((SECONDS + GUEST_SECONDS))
    for name; do
        until GUEST_SECONDS=1 guest_run "$name" true 2>/dev/null; do
            guest_runs "$name" || fail "QEMU of guest $name ended"
            [ $SECONDS -lt $deadline ] || fail "guest $name did not start in $GUEST_SECONDS s"
            sleep 0.05
        done
    done
}

# guest_reboot NAME: the kernel boots again in the same QEMU; what was configured in the guest is gone.
guest_reboot() {
    local before
    before=$(guest_run "$1" cat /proc/sys/kernel/random/boot_id)
    # An answer that is on its way must not be lost.
    guest_background "$1" 'sleep 0.2; reboot -f'
    wait_until "id=\$(GUEST_SECONDS=1 guest_run $1 cat /proc/sys/kernel/random/boot_id) && [ \$id != $before ]"
}

# guest_stop NAME: an end of QEMU in order; the guest itself notices nothing.
guest_stop() {
    stop_pid "${GUEST_PID[$1]}"
    unset "GUEST_PID[$1]"
}

# guest_kill NAME: kill -9.
guest_kill() {
    kill -9 -- "-${GUEST_PID[$1]}"
    wait "${GUEST_PID[$1]}" 2>/dev/null || true
    unset "GUEST_PID[$1]"
}

# guest_address NAME DEVICE ADDRESS/LEN...: and brings the device up.
guest_address() {
    local name=$1 device=$2 command
    shift 2
    command="ip link set $device up"
    while [ $# -gt 0 ]; do
        command="$command && ip addr add $1 dev $device"
        shift
    done
    guest_run "$name" "$command"
}

# guest_ping NAME ADDRESS [SIZE...]: three of each size arrive and come back.
guest_ping() {
    local name=$1 address=$2
    shift 2
    guest_run "$name" "for size in ${*:-56}; do
            ping -q -c 3 -i 0.05 -W 5 -s \$size $address >/tmp/ping 2>&1
            grep -q ' 0% packet loss' /tmp/ping || { cat /tmp/ping; exit 1; }
        done" || fail "guest $name: ping $address"
}

# guest_send FROM TO ADDRESS MIB: begins to send random bytes over TCP; guest_sent checks that they arrive as they were.
guest_send() {
    guest_background "$2" "rm -f /tmp/got; nc -l -p 7777 <>/run/silence >/tmp/got.part && mv /tmp/got.part /tmp/got"
    guest_run "$2" "until netstat -ltn | grep -q ':7777 '; do usleep 20000; done"
    guest_run "$1" "[ -e /tmp/data.$4 ] || dd if=/dev/urandom of=/tmp/data.$4 bs=1M count=$4 2>/dev/null"
    guest_background "$1" "nc $3 7777 </tmp/data.$4"
}

guest_sent() {
    wait_until "guest_run $2 '[ -e /tmp/got ]'"
    expect_eq "$(guest_run "$2" 'md5sum </tmp/got')" "$(guest_run "$1" "md5sum </tmp/data.$4")" "what $2 got over TCP from $1"
}

# guest_tcp FROM TO ADDRESS [MIB]
guest_tcp() {
    guest_send "$1" "$2" "$3" "${4:-8}"
    guest_sent "$1" "$2" "$3" "${4:-8}"
}

# guest_stream FROM TO ADDRESS [DEVICE]: begins to send random bytes over TCP, which arrive at the receiver's DEVICE (eth0), until
# guest_stream_end, which checks that they arrived as they were.
guest_stream() {
    local device=${4:-eth0} name port
    name=/tmp/stream.$device port=$((7778 + ${device#eth}))
    guest_background "$2" "rm -f $name.*; nc -l -p $port <>/run/silence | md5sum >$name.part && mv $name.part $name.sum"
    guest_run "$2" "until netstat -ltn | grep -q ':$port '; do usleep 20000; done"
    guest_run "$1" "rm -f $name.*; dd if=/dev/urandom of=$name.data bs=1M count=1 2>/dev/null; mkfifo $name.tee"
    guest_background "$1" "md5sum <$name.tee >$name.part && mv $name.part $name.sum"
    guest_background "$1" "until [ -e $name.stop ]; do cat $name.data; done | tee $name.tee | nc $3 $port"
    guest_stream_goes_on "$2" "$device"
}

# guest_stream_goes_on TO [DEVICE]: some more arrives from now on.
guest_stream_goes_on() {
    local bytes=/sys/class/net/${2:-eth0}/statistics/rx_bytes
    guest_run "$1" "end=\$((\$(cat $bytes) + 1000000)); i=0
        until [ \$(cat $bytes) -gt \$end ]; do
            i=\$((i + 1)); [ \$i -lt 5000 ] || exit 1
            usleep 20000
        done" || fail "TCP does not go on to guest $1"
}

# guest_stream_end FROM TO [DEVICE]
guest_stream_end() {
    local name=/tmp/stream.${3:-eth0}
    guest_run "$1" "touch $name.stop"
    wait_until "guest_run $1 '[ -e $name.sum ]' && guest_run $2 '[ -e $name.sum ]'"
    expect_eq "$(guest_run "$2" "cat $name.sum")" "$(guest_run "$1" "cat $name.sum")" "what $2 got over TCP from $1"
}
