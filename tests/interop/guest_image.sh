#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the kernel and the initramfs of QEMU guests, unless they are there: Debian's kernel for clouds, which is unpacked and not installed,
# and busybox, ip and ethtool of this machine.
# usage: guest_image.sh DIRECTORY
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

modules="virtio_pci virtio_net vxlan geneve ip_gre ip6_gre dummy veth 8021q bridge vrf nsh tun"
programs="ip ethtool"

# Tests of one build directory may run at the same time.
exec 9>lock
flock 9
paths=$(for program in busybox $programs; do command -v "$program"; done)
# shellcheck disable=SC2086
stamp=$(cat "$here/guest_image.sh" "$here/guest_init" $paths | sha256sum)
[ "$(cat stamp 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf stamp new
mkdir new
trap 'rm -rf new' EXIT

# The package that the name without a version stands for.
package() {
    apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

# A mirror forgets old versions: lists that are out of date name what is not there any more.
download() {
    local name
    name=$(package)
    [ -n "$name" ] && (cd new && apt-get download -q "$name")
}
set -- *.deb
if [ ! -e "$1" ]; then
    download >new/apt.log 2>&1 || { apt-get update -q && download; } >>new/apt.log 2>&1 || { cat new/apt.log >&2; exit 1; }
    mv new/*.deb .
fi

mkdir new/root
dpkg-deb --fsys-tarfile ./*.deb | tar -x -C new ./boot ./lib/modules
version=$(ls new/lib/modules)
depmod -b new "$version"
tree=lib/modules/$version
for module in $modules; do
    sed -n "s,^\(kernel/.*/$module\.ko\):\(.*\),\1\2,p" "new/$tree/modules.dep"
done | tr ' ' '\n' | sort -u >new/modules
for file in $(cat new/modules); do
    install -D -m 644 "new/$tree/$file" "new/root/$tree/$file"
done
cp "new/$tree"/modules.builtin* "new/$tree/modules.order" "new/root/$tree/"
depmod -b new/root "$version"

install -D "$(command -v busybox)" new/root/bin/busybox
install -D "$here/guest_init" new/root/init
for program in $programs; do
    path=$(command -v "$program")
    # A folder that comes first in the guest's path, for busybox has an ip too.
    install -D "$path" "new/root/guest/$program"
    for file in $(ldd "$path" | sed -n 's/^[^/]*\(\/[^ ]*\).*/\1/p'); do
        install -D "$file" "new/root$file"
    done
done
(cd new/root && find . | cpio -o -H newc --quiet) >initramfs

# number FILE OFFSET SIZE
number() {
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# What is packed inside the image (its header says where, the unpacked size stands behind it): an emulated machine takes long to unpack it,
# and four times as long when it was rebooted.
boot=new/boot/vmlinuz-$version
start=$(((1 + $(number "$boot" 0x1f1 1)) * 512 + $(number "$boot" 0x248 4)))
size=$(($(number "$boot" 0x24c 4) - 4))
head -c $((start + size)) "$boot" | tail -c "$size" | lz4 -dcq >vmlinux
echo "$stamp" >stamp
