"""Forms of messages and answers: text that people type, turned into typed entries."""
