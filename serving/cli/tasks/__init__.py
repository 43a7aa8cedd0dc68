"""What the tasks of the admin API do, in a child process of their own: one function a kind, returning plain JSON."""
