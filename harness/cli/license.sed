# LICENSE -> license_text.h: one C string a line.
s/["\\]/\\&/g
s/.*/    "&\\n"/
1s/^/static const char license_text[] =\n/
$s/$/;/
