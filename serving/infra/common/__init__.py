"""What several parts are made of: tasks, services, grants, figures."""
