"""Looking at masks: frames with outlines and prompts. What comes from here holds pixels of scans."""
