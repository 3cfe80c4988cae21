#!/bin/sh
# Install deskull into a virtual environment of an image: containers/install.sh SOURCE FOLDER
#
# With the extras of a BIDS App and N4. Tests of libraries, and pip, are left out; bytecode is compiled, since the image is
# read-only when it runs.
set -eu
source="$1"
folder="$2"
python3 -m venv "$folder"
"$folder/bin/pip" install --no-cache-dir --no-compile --disable-pip-version-check "${source}[bids,n4]"
"$folder/bin/pip" uninstall --yes --quiet setuptools pip || true
site="$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
# Some packages read modules of a folder "tests" elsewhere (numpy.testing does not): these two do not.
for package in scipy nibabel; do
  find "$site/$package" -type d -name tests -prune -exec rm -rf {} +
done
"$folder/bin/python" -m compileall -q "$site" || true
# Every user may read and run it, whatever the umask of the build was.
chmod -R a+rX "$folder"
"$folder/bin/deskull" --version
"$folder/bin/deskull" info
