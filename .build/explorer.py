"""Puts GraphiQL into the wheel, with Python alone: see app/server/explorer/bundle.py."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "app/server/explorer/graphiql"
REQUIRED = "CUSTOM_DATA_EXPLORER"  # "required": a wheel without GraphiQL is no wheel; for releases and CI


class ExplorerHook(BuildHookInterface[Any]):
    """Builds GraphiQL beside the code, where a checkout finds it too; elsewhere if that cannot be written.

    A registry that cannot be reached does not stop the build, unless CUSTOM_DATA_EXPLORER=required: whoever has only a
    mirror of PyPI gets a whole gateway whose page says how to add GraphiQL. A wrong hash always stops it.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from app.server.explorer import bundle

        try:
            build_data["force_include"].update(self._built(bundle, build_data, version == "editable"))
        except bundle.Refused as error:
            self.app.abort(f"GraphiQL is not what we pinned: {error}")
        except bundle.Unobtainable as error:
            if os.environ.get(REQUIRED) == "required":
                self.app.abort(f"No wheel without GraphiQL, because {REQUIRED}=required: {error}")
            self.app.display_warning(f"GraphiQL is left out: {error}")
        finally:
            sys.path.remove(self.root)

    def _built(self, bundle: Any, build_data: dict[str, Any], in_place: bool) -> dict[str, str]:
        try:
            bundle.build(Path(self.root, TARGET))
        except OSError:
            if in_place:
                raise
            folder = Path(self.directory, "graphiql")
            bundle.build(folder)
            return {str(folder): TARGET}
        build_data["artifacts"].append(f"/{TARGET}/")
        return {}
