"""Reports to take into a meeting: one neutral model of chapters, sentences, tables and charts, and a small writer per format."""
