"""The admin API: what bot authors and operators do over HTTP."""
