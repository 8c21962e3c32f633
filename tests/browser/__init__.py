"""The explorer in headless Chromium, with no network but loopback. Needs Debian's chromium and the extra `browser`:

pytest tests/browser
"""
