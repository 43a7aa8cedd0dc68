"""The registry of releases: what a version is, how it is found, proved and loaded, and the runs that made it.

`client`, `fetch` and `runs` talk to MLflow. They import it when they are first used, since that takes seconds.
"""
