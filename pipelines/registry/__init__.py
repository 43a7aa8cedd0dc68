"""The registry of releases: their versions, how these are found, verified and loaded, and the runs that made them.

`client`, `fetch` and `runs` talk to MLflow. They import it on first use, since that takes seconds.
"""
