# 'gnuplot flips-ste.gp' in this folder draws flips-ste.png from flips-ste.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 2556,740 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'flips-ste.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST, ste, seed 1: flips and distances' offset 0,-0.2
set lmargin at screen 0.05164
set rmargin at screen 0.27856
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'codes that changed in an epoch' offset 0,-0.5
set ylabel 'share of weights (%)'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [0:*]
plot 'flips-ste.tsv' index 0 using 2:3 with linespoints linecolor rgb "#440154" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 1 using 2:3 with linespoints linecolor rgb "#3f2f73" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 2 using 2:3 with linespoints linecolor rgb "#375b8b" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 3 using 2:3 with linespoints linecolor rgb "#287f8c" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 4 using 2:3 with linespoints linecolor rgb "#32a180" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 5 using 2:3 with linespoints linecolor rgb "#55c168" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 6 using 2:3 with linespoints linecolor rgb "#9dc945" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 7 using 2:3 with linespoints linecolor rgb "#f0c81e" linewidth 1.5 pointtype 7 pointsize 0.4 notitle
set lmargin at screen 0.33490
set rmargin at screen 0.56182
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'distance of w to the nearest level' offset 0,-0.5
set ylabel 'mean (gaps between levels)'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [0:*]
plot 'flips-ste.tsv' index 0 using 2:4 with linespoints linecolor rgb "#440154" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 1 using 2:4 with linespoints linecolor rgb "#3f2f73" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 2 using 2:4 with linespoints linecolor rgb "#375b8b" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 3 using 2:4 with linespoints linecolor rgb "#287f8c" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 4 using 2:4 with linespoints linecolor rgb "#32a180" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 5 using 2:4 with linespoints linecolor rgb "#55c168" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 6 using 2:4 with linespoints linecolor rgb "#9dc945" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 7 using 2:4 with linespoints linecolor rgb "#f0c81e" linewidth 1.5 pointtype 7 pointsize 0.4 notitle
set lmargin at screen 0.61815
set rmargin at screen 0.84507
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'distance of x to the nearest level' offset 0,-0.5
set ylabel 'mean (gaps between levels)'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.86541, screen 0.80541 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set yrange [0:*]
plot 'flips-ste.tsv' index 0 using 2:5 with linespoints linecolor rgb "#440154" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 1 using 2:5 with linespoints linecolor rgb "#3f2f73" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 2 using 2:5 with linespoints linecolor rgb "#375b8b" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 3 using 2:5 with linespoints linecolor rgb "#287f8c" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 4 using 2:5 with linespoints linecolor rgb "#32a180" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 5 using 2:5 with linespoints linecolor rgb "#55c168" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 6 using 2:5 with linespoints linecolor rgb "#9dc945" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  'flips-ste.tsv' index 7 using 2:5 with linespoints linecolor rgb "#f0c81e" linewidth 1.5 pointtype 7 pointsize 0.4 notitle, \
  keyentry with linespoints linecolor rgb "#440154" linewidth 1.5 pointtype 7 pointsize 0.4 title 'conv1', \
  keyentry with linespoints linecolor rgb "#3f2f73" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer1.0.conv1', \
  keyentry with linespoints linecolor rgb "#375b8b" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer1.0.conv2', \
  keyentry with linespoints linecolor rgb "#287f8c" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer2.0.conv1', \
  keyentry with linespoints linecolor rgb "#32a180" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer2.0.conv2', \
  keyentry with linespoints linecolor rgb "#55c168" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer3.0.conv1', \
  keyentry with linespoints linecolor rgb "#9dc945" linewidth 1.5 pointtype 7 pointsize 0.4 title 'layer3.0.conv2', \
  keyentry with linespoints linecolor rgb "#f0c81e" linewidth 1.5 pointtype 7 pointsize 0.4 title 'linear'
unset multiplot
unset label
unset arrow
}
set output
