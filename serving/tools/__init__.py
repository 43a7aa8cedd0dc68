"""Calling an intent's HTTP tool: templates, limits, and the guard on where a call may go."""
