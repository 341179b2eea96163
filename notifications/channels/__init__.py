"""One provider per file behind one small protocol; no models, no decisions about people."""
