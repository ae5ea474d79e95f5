# A text file -> elements of an array of C strings, one a line.
s/["\\]/\\&/g
s/.*/"&\\n",/
