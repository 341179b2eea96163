"""Text that people type, turned into typed values.

Fields, widgets and text hygiene that every form may use. This package imports nothing of ours.
"""
