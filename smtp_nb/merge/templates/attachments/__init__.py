"""Attachments of a template: files under a root, frames, figures."""
