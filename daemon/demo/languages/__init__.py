"""What people of the demo write about, one module a language."""
