"""Who may do what: keys, members, sessions, and the audit log."""
