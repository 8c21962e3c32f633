"""The edge and the composition root: settings, authentication, the HTTP endpoint, the processes.

What a request means is decided further in.
"""
