"""Settings of ccache under which a copy of the tree below this checkout reuses what was compiled for the checkout itself."""

from pathlib import Path

# Absolute paths below CCACHE_BASEDIR are taken for what they are from the build folder, and that folder's own name is of no account:
# so a copy that is built in the same place of its own tree (build/test) asks for the same objects.
SHARED_OBJECTS = {"CCACHE_BASEDIR": str(Path(__file__).resolve().parents[2]), "CCACHE_NOHASHDIR": "1"}
