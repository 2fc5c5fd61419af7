"""The JSON API, version 1: what is published, for programs. ``views`` is the table of contents, ``document`` its OpenAPI document."""
