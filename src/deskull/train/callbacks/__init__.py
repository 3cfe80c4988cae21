"""What is recorded while a network trains."""
