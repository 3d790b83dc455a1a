"""What the console must know of terminals; everything private of Textual that it touches is here."""
