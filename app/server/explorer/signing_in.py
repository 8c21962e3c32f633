"""How a demo's explorer is signed in."""

DEMO_KEY = "CUSTOM_DATA_DEMO_KEY"  # set by `serve --demo` for its workers, only when it listens on a loopback address
