"""Who may do what: keys, members, sessions, policies, and the audit log."""
