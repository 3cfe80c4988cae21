#!/usr/bin/env bash
# Build the image on a root of Debian that is made from its packages, and strip a BIDS dataset in it as a stranger would.
#
#   containers/check.sh [MIRROR]       as root; needs mmdebstrap and util-linux, and Buildah if it can run
#
# The dataset is the demo's head. It runs as user 65534 with a read-only root, no network and no home. Nothing is fetched
# from an image registry.
set -euo pipefail
cd "$(dirname "$0")/.."
work="$(mktemp -d)"
trap 'umount -R "$work/root" 2> /dev/null || true; rm -rf "$work"' EXIT
base="$work/root"
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$base" ${1:+"$1"}
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do # how packages are reached here
  if [ -e "$file" ]; then cp -L "$file" "$base$file"; fi
done

if command -v buildah > /dev/null && buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" \
  from --name probe scratch > /dev/null 2>&1; then
  store=(buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run")
  "${store[@]}" add --quiet probe "$base" / > /dev/null
  "${store[@]}" commit --quiet probe localhost/base > /dev/null
  "${store[@]}" bud --quiet --isolation chroot --pull-never --network host --build-arg BASE=localhost/base \
    -f containers/Dockerfile -t deskull . || { echo "Buildah could not build it" >&2; exit 1; }
  made="$("${store[@]}" from --pull-never localhost/deskull)"
  "${store[@]}" config "$made" > /dev/null
  root="$("${store[@]}" mount "$made")"
  how="Buildah (--isolation chroot) from containers/Dockerfile"
else
  git archive --prefix=src/ HEAD | tar -x -C "$base"
  chroot "$base" /src/containers/install.sh /src /opt/deskull
  rm -rf "$base/src"
  root="$base"
  how="the steps of containers/Dockerfile in a chroot"
fi
echo "built by $how: $(du -sm "$root/opt/deskull" | cut -f1) MB of deskull"

mkdir -p "$work/data/sub-01/anat" "$work/out" "$root/data" "$root/out"
chmod 777 "$work/out"
chroot "$root" /opt/deskull/bin/deskull demo -o /tmp/demo > /dev/null
mv "$root/tmp/demo/head.nii.gz" "$work/data/sub-01/anat/sub-01_T1w.nii.gz"
echo '{"Name": "demo", "BIDSVersion": "1.9.0"}' > "$work/data/dataset_description.json"
chmod -R a+rX "$work" "$work/data"
# A namespace of its own: no network but loopback that is down, and a root that nothing can be written to.
# shellcheck disable=SC2016  # the inner shell expands them
unshare --mount --net --pid --fork bash -euc '
  root="$1" work="$2"
  mount --bind "$root" "$root"
  mount --bind "$work/data" "$root/data"
  mount --bind "$work/out" "$root/out"
  mount -o remount,bind,ro "$root/data"
  mount -o remount,bind,ro "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/tmp"
  run() { chroot --userspec 65534:65534 "$root" env -i HOME=/nonexistent PATH=/opt/deskull/bin:/usr/bin:/bin "$@"; }
  if run touch /opt/written 2> /dev/null; then echo "error: the root can be written to" >&2; exit 1; fi
  run deskull bids /data /out participant
  run deskull bids /data /out group
' - "$root" "$work"
find "$work/out" -type f -printf '%P  %u\n' | sort
[ -s "$work/out/sub-01/anat/sub-01_desc-brain_mask.nii.gz" ]
