"""What a broker sends, taken as it is: bounded in bytes, and readable or not, never a surprise."""
