# 'gnuplot accuracy-panels.gp' in this folder draws accuracy-panels.png from accuracy-panels.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 3048,1332 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'accuracy-panels.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST' offset 0,-0.2
set lmargin at screen 0.05118
set rmargin at screen 0.17585
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'ste' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.19291
set rmargin at screen 0.31759
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'binaryconnect' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.33465
set rmargin at screen 0.45932
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'binaryrelax' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.47638
set rmargin at screen 0.60105
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'parq' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.61811
set rmargin at screen 0.74278
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'softquant' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.75984
set rmargin at screen 0.88451
set tmargin at screen 0.89189
set bmargin at screen 0.68168
set title 'par' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.05118
set rmargin at screen 0.17585
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'nmsgd' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.19291
set rmargin at screen 0.31759
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'par-quasiconvex' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle
set lmargin at screen 0.33465
set rmargin at screen 0.45932
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'par-nonconvex' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.47638
set rmargin at screen 0.60105
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'proxquant' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.61811
set rmargin at screen 0.74278
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'proxconnect' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.75984
set rmargin at screen 0.88451
set tmargin at screen 0.59459
set bmargin at screen 0.38438
set title 'proxsgd' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.05118
set rmargin at screen 0.17585
set tmargin at screen 0.29730
set bmargin at screen 0.08709
set title 'lsq' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.19291
set rmargin at screen 0.31759
set tmargin at screen 0.29730
set bmargin at screen 0.08709
set title 'dorefa' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.33465
set rmargin at screen 0.45932
set tmargin at screen 0.29730
set bmargin at screen 0.08709
set title 'ttq' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle
set lmargin at screen 0.47638
set rmargin at screen 0.60105
set tmargin at screen 0.29730
set bmargin at screen 0.08709
set title 'admm' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle
set lmargin at screen 0.61811
set rmargin at screen 0.74278
set tmargin at screen 0.29730
set bmargin at screen 0.08709
set title 'waveq' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.90157, screen 0.89189 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set yrange [6.73067:90.6827]
set xrange [0:4.08]
plot 'accuracy-panels.tsv' index 0 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 1 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 2 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 3 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 4 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 5 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 6 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 7 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 8 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 9 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 10 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 11 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 12 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 13 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 14 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 15 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 16 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 17 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 18 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 19 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 20 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 21 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 22 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 23 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 24 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 25 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 26 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 27 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 28 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 29 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 30 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 31 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 32 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 33 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 34 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 35 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 36 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 37 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 38 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 39 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 40 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 41 using 3:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-panels.tsv' index 45 using 3:4 with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' notitle, \
  'accuracy-panels.tsv' index 42 using 3:4 with lines linecolor rgb "#440154" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 43 using 3:4 with lines linecolor rgb "#32678b" linewidth 2 notitle, \
  'accuracy-panels.tsv' index 44 using 3:4 with lines linecolor rgb "#4ab670" linewidth 2 notitle, \
  keyentry with lines linecolor rgb "#440154" linewidth 2 title '2 bits', \
  keyentry with lines linecolor rgb "#32678b" linewidth 2 title 'ternary', \
  keyentry with lines linecolor rgb "#4ab670" linewidth 2 title '1 bit', \
  keyentry with lines linecolor rgb "#222222" linewidth 1.4 dashtype '-' title 'float', \
  keyentry with lines linecolor rgb "#D4D4D4" linewidth 1 title 'the others'
unset multiplot
unset label
unset arrow
}
set output
