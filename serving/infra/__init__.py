"""The platform on AWS as code: a CDK application. `serving/docs/aws.md` says what it builds and how to deploy it.

It imports nothing else of ours, and nothing imports it.
"""
