"""Forms of the register: text that people type, turned into typed entries."""
