"""What is measured, a file each: how, and what is wanted."""
